#include "support/listed_job.h"

#include "list/text.h"

#include <criterion/criterion.h>
#include <string.h>

static void no_bad_mirror(void *ctx, const struct fa_job *job, unsigned mirror,
                          const struct fa_error *why)
{
    (void)ctx, (void)job;
    cr_assert_fail("mirror %u: %s", mirror, why->msg);
}

struct fa_job *fa_listed_job(uint64_t line, const char *urls)
{
    struct fa_error err = {0};
    struct fa_entry *entry = fa_text_parse("list", line, urls, strlen(urls), &err);
    struct fa_job *job = entry ? fa_job_new(entry) : NULL;
    cr_assert(job, "%s", err.msg);
    cr_assert_eq(fa_job_parse(job, no_bad_mirror, NULL, &err), 0, "%s", err.msg);
    return job;
}
