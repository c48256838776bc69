#include "cli/failures.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/place.h"
#include "cli/term.h"

/* What may help, by class.  Only what is true for every failure of the class stands here. */
static const char *const hints[FA_CLASSES] = {
    [FA_CLASS_DNS] = "check the name; if it is right, run it again later",
    [FA_CLASS_CONNECT] = "run it again later",
    [FA_CLASS_TLS] = "check the port and the date; --cacert FILE trusts a CA of your own",
    [FA_CLASS_TIMEOUT] = "--connect-timeout and --timeout allow more time",
    [FA_CLASS_STALLED] = "--stall-timeout allows a longer silence, --speed-limit a slower body",
    [FA_CLASS_TRUNCATED] = "run it again later",
    [FA_CLASS_TOO_LARGE] = "--max-size allows larger files",
    [FA_CLASS_INTEGRITY] = "the server sends something else than the list says",
    [FA_CLASS_CHANGED] = "run it again",
    [FA_CLASS_LOCAL_IO] = "check space and permissions of the folder (--dir)",
    [FA_CLASS_CANCELLED] = "run it again: what is there is not fetched again",
};

const char *fa_failures_hint(const struct fa_error *error)
{
    if (error->domain == FA_DOMAIN_HTTP) {
        switch (error->code) {
        case 401:
        case 403:
            return "if it wants a password or a token, --netrc or -H @FILE sends it";
        case 407:
            return "the proxy wants a password: --proxy, or http_proxy in the environment";
        case 429:
        case 503:
            return "--per-host asks for less at once; run it again later";
        default:
            break;
        }
    }
    return hints[error->class];
}

static bool same_origin(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void fa_failures_add(struct fa_failures *failures, const struct fa_result *result)
{
    for (size_t i = 0; i < failures->n_groups; ++i) {
        struct fa_failure_group *group = &failures->groups[i];
        if (group->class == result->error.class && same_origin(group->origin, result->origin)) {
            ++group->count;
            return;
        }
    }
    if (failures->n_groups == FA_FAILURES_GROUPS) {
        ++failures->others;
        return;
    }
    struct fa_failure_group *group = &failures->groups[failures->n_groups++];
    /* When memory runs out, texts are missing from the summary, and nothing else. */
    *group = (struct fa_failure_group){
        .class = result->error.class,
        .origin = result->origin ? strdup(result->origin) : NULL,
        .count = 1,
        .list = result->list ? strdup(result->list) : NULL,
        .line = result->line,
        .url = result->url ? strdup(result->url) : NULL,
        .error = result->error,
    };
}

static int compare(const void *a, const void *b)
{
    const struct fa_failure_group *x = a;
    const struct fa_failure_group *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return strcmp(x->origin ? x->origin : "", y->origin ? y->origin : "");
}

static void put_group(const struct fa_failure_group *group, FILE *out)
{
    fprintf(out, "%8llu  %-12s ", (unsigned long long)group->count, fa_class_name(group->class));
    fa_term_put(out, group->origin ? group->origin : "(no host)");
    fprintf(out, "\n%10s", "");
    fa_place_put(out, group->list, group->line);
    fa_term_put(out, group->url ? group->url : "?");
    fputs(": ", out);
    fa_term_put(out, group->error.msg);
    fputc('\n', out);
}

void fa_failures_print(struct fa_failures *failures, size_t most, FILE *out)
{
    qsort(failures->groups, failures->n_groups, sizeof(failures->groups[0]), compare);
    const char *told[FA_FAILURES_GROUPS];
    size_t n_told = 0;
    uint64_t rest = failures->others;
    for (size_t i = 0; i < failures->n_groups; ++i) {
        const struct fa_failure_group *group = &failures->groups[i];
        if (i >= most) {
            rest += group->count;
            continue;
        }
        put_group(group, out);
        /* Each hint once, at the first group that it is good for. */
        const char *hint = fa_failures_hint(&group->error);
        for (size_t j = 0; hint && j < n_told; ++j)
            if (told[j] == hint)
                hint = NULL;
        if (hint) {
            told[n_told++] = hint;
            fprintf(out, "%10s(%s)\n", "", hint);
        }
    }
    if (rest)
        fprintf(out, "%8llu  more, of other kinds or from other hosts; --report FILE tells all\n",
                (unsigned long long)rest);
}

void fa_failures_fini(struct fa_failures *failures)
{
    for (size_t i = 0; i < failures->n_groups; ++i) {
        free(failures->groups[i].origin);
        free(failures->groups[i].list);
        free(failures->groups[i].url);
    }
    failures->n_groups = 0;
}
