/*
 * The worker program of the unit tests: Criterion's own test process must not be run again as a
 * nursery. "fa_test_worker supervise N" is a supervisor with N busy workers, to be killed.
 */
#include "test_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore(void *arg, const struct fa_task_result *result)
{
    (void)arg, (void)result;
}

static int supervise(unsigned n)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .kind = FA_POOL_PROCESSES, .workers = n, .types = fa_test_tasks};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    struct fa_task_request request = {.type = "hang", .data = "spin", .len = 4, .done = ignore};
    for (unsigned i = 0; pool && i < n; ++i)
        fa_pool_submit(pool, &request, NULL, &err);
    if (pool)
        fa_pool_wait(pool, &err);
    fprintf(stderr, "%s\n", err.msg);
    fa_pool_free(pool);
    return 1;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, fa_test_tasks);
    if (argc == 3 && strcmp(argv[1], "supervise") == 0)
        return supervise((unsigned)strtoul(argv[2], NULL, 10));
    return 1;
}
