#include "pool/nursery.h"
#include "stage/stage.h"
#include "strategy/strategy.h"

#include <stdlib.h>
#include <string.h>

#define TYPES_MAX 32

/* The types of the library, and then those of the program. */
void fa_worker_main(int argc, char **argv, const struct fa_task_type *types)
{
    (void)argc, (void)argv;
    struct fa_task_type all[TYPES_MAX + 1] = {0};
    const struct fa_task_type *sources[] = {fa_download_tasks, fa_digest_tasks, types};
    size_t n = 0;
    for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); ++i)
        for (const struct fa_task_type *type = sources[i]; type && type->name; ++type)
            if (n < TYPES_MAX)
                all[n++] = *type;
    fa_nursery_main(all);
}
