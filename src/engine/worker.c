/*
 * The entry point of the helper processes.  A process of the library starts by executing the same
 * program again, so main() of each program that uses it has to come here first.
 */
#include "pool/keeping.h"
#include "pool/nursery.h"
#include "pool/nursery_process.h"
#include "stage/digest_task.h"
#include "strategy/strategy.h"

#include <stdlib.h>
#include <unistd.h>

/* Merge the task types of the library with those of the program, and become a nursery or a
 * keeper if this process was started as one.  The memory is never freed: the nursery does not
 * return. */
void fa_worker_main(int argc, char **argv, const struct fa_task_type *types)
{
    (void)argc, (void)argv;
    const struct fa_task_type *sources[] = {fa_download_tasks, fa_digest_tasks, types};
    const size_t n_sources = sizeof(sources) / sizeof(*sources);
    size_t n = 0;
    fa_keeping_main();
    if (!fa_nursery_is_due())
        return;
    for (size_t i = 0; i < n_sources; ++i)
        for (const struct fa_task_type *type = sources[i]; type && type->name; ++type)
            ++n;
    struct fa_task_type *all = calloc(n + 1, sizeof(*all));
    if (!all)
        _exit(1);
    n = 0;
    for (size_t i = 0; i < n_sources; ++i)
        for (const struct fa_task_type *type = sources[i]; type && type->name; ++type)
            all[n++] = *type;
    fa_nursery_main(all);
}
