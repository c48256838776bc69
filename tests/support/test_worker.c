/*
 * The worker program of the unit tests: Criterion's own test process must not be run again as a
 * nursery. "fa_test_worker supervise N" is a supervisor with N busy workers, to be killed.  With
 * FA_TEST_FORGETS in the environment it is a program that does not become a nursery; with
 * FA_TEST_HOSTILE its workers lie (hostile_tasks.h).  While the file of FA_TEST_NO_FORK exists, no
 * worker can be forked; a limit of processes would not hold for root.
 */
#include "hostile_tasks.h"
#include "pool/nursery.h"
#include "test_tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
    const char *file = getenv("FA_TEST_NO_FORK");
    if (!file || access(file, F_OK) != 0)
        return __real_fork();
    errno = EAGAIN;
    return -1;
}

static void ignore(void *arg, const struct fa_task_result *result)
{
    (void)arg, (void)result;
}

static int supervise(unsigned n)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_PROCESSES, .workers = n, .types = fa_test_tasks};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    struct fa_task_request request = {
        .size = sizeof(request), .type = "hang", .data = "spin", .len = 4, .done = ignore};
    for (unsigned i = 0; pool && i < n; ++i)
        fa_pool_submit(pool, &request, NULL, &err);
    if (pool)
        fa_pool_wait(pool, &err);
    fprintf(stderr, "%s\n", err.msg);
    fa_pool_free(pool);
    return 1;
}

/* Status 7: there is no pool; 8: its task was lost. */
static int forget(void)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_PROCESSES, .workers = 1, .types = fa_test_tasks};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    if (!pool)
        return strstr(err.msg, "fa_worker_main()") ? 7 : 1;
    struct fa_task_request request = {.size = sizeof(request), .type = "echo", .done = ignore};
    int result = fa_pool_submit(pool, &request, NULL, &err) || fa_pool_wait(pool, &err) ? 1 : 8;
    fa_pool_free(pool);
    return result;
}

int main(int argc, char **argv)
{
    if (getenv("FA_TEST_HOSTILE"))
        fa_nursery_main(fa_hostile_tasks);
    if (getenv("FA_TEST_FORGETS"))
        return forget();
    fa_worker_main(argc, argv, fa_test_tasks);
    if (argc == 3 && strcmp(argv[1], "supervise") == 0)
        return supervise((unsigned)strtoul(argv[2], NULL, 10));
    return 1;
}
