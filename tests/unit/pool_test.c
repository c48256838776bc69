/* Pools of threads and of processes through their public header, and two that share a nursery. */

#include "pool/pool.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/test_tasks.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A task as its submitter sees it. */
struct seen {
    unsigned done;
    bool ok;
    bool lost;
    struct fa_error error;
    char text[256]; /* how the reply begins */
    size_t len;
    unsigned order;
    unsigned told;
    uint64_t progress;
    unsigned noted;
    size_t note_len;
    char note[16]; /* how the note begins */
    uint64_t id;
    struct fa_pool *then_cancel; /* with the first progress, or the note */
    const struct seen *until;    /* but not before this one is done; NULL */
    const char *whole;           /* what the reply may be the same as; NULL */
    bool same;
};

static bool submitting;
static unsigned finished;

static void on_done(void *arg, const struct fa_task_result *result)
{
    struct seen *seen = arg;
    cr_assert(!submitting, "a callback came from inside of a call");
    ++seen->done;
    seen->ok = result->ok;
    seen->lost = result->lost;
    seen->error = result->error;
    seen->len = result->len;
    seen->same = seen->whole && result->len && memcmp(seen->whole, result->data, result->len) == 0;
    size_t len = result->len < sizeof(seen->text) - 1 ? result->len : sizeof(seen->text) - 1;
    if (len)
        memcpy(seen->text, result->data, len);
    seen->text[len] = '\0';
    seen->order = finished++;
}

static void on_progress(void *arg, uint64_t value)
{
    struct seen *seen = arg;
    cr_assert(!submitting);
    cr_assert(value > seen->progress, "progress went back");
    cr_assert_eq(seen->done, 0);
    seen->progress = value;
    ++seen->told;
    if (seen->then_cancel && (!seen->until || seen->until->done))
        fa_pool_cancel(seen->then_cancel, seen->id);
}

static void on_note(void *arg, const void *data, size_t len)
{
    struct seen *seen = arg;
    cr_assert(!submitting);
    cr_assert_eq(seen->done, 0, "a note after the end");
    cr_assert_eq(seen->noted++, 0, "a second note");
    seen->note_len = len;
    memcpy(seen->note, data, len < sizeof(seen->note) ? len : sizeof(seen->note) - 1);
    if (seen->then_cancel)
        fa_pool_cancel(seen->then_cancel, seen->id);
}

static struct fa_pool *pool_new(enum fa_pool_kind kind, unsigned workers, double hang_timeout)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .size = sizeof(config),
        .kind = kind,
        .workers = workers,
        .types = fa_test_tasks,
        .setup = "set up",
        .setup_len = 6,
        .hang_timeout = hang_timeout,
        .worker_program = FA_TEST_WORKER,
    };
    struct fa_pool *pool = fa_pool_new(&config, &err);
    cr_assert(pool, "%s", err.msg);
    return pool;
}

static int submit(struct fa_pool *pool, const struct fa_task_request *request, struct seen *seen,
                  struct fa_error *err)
{
    struct fa_task_request full = *request;
    full.done = on_done;
    full.progress = on_progress;
    full.note = on_note;
    full.arg = seen;
    *seen =
        (struct seen){.then_cancel = seen->then_cancel, .until = seen->until, .whole = seen->whole};
    submitting = true;
    int result = fa_pool_submit(pool, &full, &seen->id, err);
    submitting = false;
    return result;
}

static void give(struct fa_pool *pool, const char *type, const char *text, struct seen *seen)
{
    struct fa_error err = {0};
    struct fa_task_request request = {
        .size = sizeof(request), .type = type, .data = text, .len = strlen(text)};
    cr_assert_eq(submit(pool, &request, seen, &err), 0, "%s", err.msg);
    cr_assert_eq(seen->done, 0);
}

static void wait_for(struct fa_pool *pool)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_pool_wait(pool, &err), 0, "%s", err.msg);
}

/* One task, from its start to its end. */
static void run(struct fa_pool *pool, const char *type, const char *text, struct seen *seen)
{
    give(pool, type, text, seen);
    wait_for(pool);
    cr_assert_eq(seen->done, 1);
}

static void expect_works(struct fa_pool *pool)
{
    struct seen seen = {0};
    run(pool, "echo", "hello", &seen);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert_str_eq(seen.text, "hello");
}

/* The descriptors that a pool with one worker has when that works, its pidfd among them. */
static int settled_fds(struct fa_pool *pool)
{
    struct seen nap = {0};
    run(pool, "nap", "50", &nap);
    cr_assert(nap.ok);
    return fa_process_fds(getpid());
}

static size_t workers_of(pid_t pids[FA_WORKERS_MAX])
{
    return fa_workers_find(getpid(), FA_NAME_WORKER, pids, FA_WORKERS_MAX);
}

static bool has_workers(void *arg)
{
    pid_t pids[FA_WORKERS_MAX];
    return workers_of(pids) >= *(size_t *)arg;
}

static int made_of(const char *text)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

/* Descriptors and threads before the pool was created. */
struct baseline {
    int fds;
    int threads;
};

static struct baseline baseline(void)
{
    return (struct baseline){fa_process_fds(getpid()), fa_process_threads(getpid())};
}

static void expect_baseline(struct baseline before)
{
    cr_assert_eq(fa_process_fds(getpid()), before.fds, "descriptors leaked");
    cr_assert_eq(fa_process_threads(getpid()), before.threads, "threads leaked");
    cr_assert(!fa_workers_zombie(getpid()), "a zombie is left");
    cr_assert_eq(fa_process_descendants(getpid(), NULL, 0), 0, "a child is left");
}

/* A test of each kind. */
#define BOTH_KINDS(name)                      \
    static void name(enum fa_pool_kind kind); \
    Test(threads, name)                       \
    {                                         \
        name(FA_POOL_THREADS);                \
    }                                         \
    Test(processes, name)                     \
    {                                         \
        name(FA_POOL_PROCESSES);              \
    }                                         \
    static void name(enum fa_pool_kind kind)

TestSuite(threads, .timeout = 60.0);
TestSuite(processes, .timeout = 60.0);

BOTH_KINDS(a_reply_comes_back)
{
    struct fa_pool *pool = pool_new(kind, 2, 0);
    struct seen seen = {0};
    run(pool, "echo", "some bytes", &seen);
    cr_assert(seen.ok && !seen.lost);
    cr_assert_eq(seen.error.class, FA_CLASS_NONE);
    cr_assert_str_eq(seen.text, "some bytes");
    run(pool, "echo", "", &seen);
    cr_assert(seen.ok);
    cr_assert_eq(seen.len, 0);
    run(pool, "setup", "", &seen);
    cr_assert_str_eq(seen.text, "set up");
    fa_pool_free(pool);
}

BOTH_KINDS(tasks_run_where_they_should)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    run(pool, "pid", "", &seen);
    cr_assert_eq(atoi(seen.text) == getpid(), kind == FA_POOL_THREADS);
    fa_pool_free(pool);
}

BOTH_KINDS(a_thousand_tasks_each_have_their_result)
{
    enum { MANY = 1000 };
    struct fa_pool *pool = pool_new(kind, 4, 0);
    struct seen *seen = calloc(MANY, sizeof(*seen));
    for (unsigned i = 0; i < MANY; ++i) {
        char text[16];
        snprintf(text, sizeof(text), "%u", i);
        give(pool, "echo", text, &seen[i]);
    }
    wait_for(pool);
    for (unsigned i = 0; i < MANY; ++i) {
        cr_assert_eq(seen[i].done, 1);
        cr_assert(seen[i].ok, "%s", seen[i].error.msg);
        cr_assert_eq((unsigned)atoi(seen[i].text), i);
    }
    free(seen);
    fa_pool_free(pool);
}

BOTH_KINDS(one_worker_takes_tasks_in_their_order)
{
    enum { MANY = 1000 };
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen *seen = calloc(MANY, sizeof(*seen));
    for (unsigned i = 0; i < MANY; ++i)
        give(pool, "echo", "x", &seen[i]);
    wait_for(pool);
    for (unsigned i = 0; i < MANY; ++i)
        cr_assert_eq(seen[i].order, i);
    free(seen);
    fa_pool_free(pool);
}

BOTH_KINDS(descriptors_arrive_and_are_closed)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    struct fa_error err = {0};
    struct fa_task_request request = {.size = sizeof(request), .type = "fds"};
    int before = settled_fds(pool);
    for (int round = 0; round < 3; ++round) {
        int fds[FA_TASK_FDS_MAX];
        for (size_t i = 0; i < FA_TASK_FDS_MAX; ++i)
            fds[i] = made_of(i % 2 ? "b" : "a");
        request.fds = fds;
        request.n_fds = FA_TASK_FDS_MAX;
        cr_assert_eq(submit(pool, &request, &seen, &err), 0);
        wait_for(pool);
        cr_assert(seen.ok, "%s", seen.error.msg);
        cr_assert_eq(seen.len, FA_TASK_FDS_MAX);
        cr_assert_eq(strncmp(seen.text, "abab", 4), 0);
    }
    cr_assert_eq(fa_process_fds(getpid()), before);
    fa_pool_free(pool);
}

BOTH_KINDS(the_offset_of_a_descriptor_is_free_to_use)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    struct fa_error err = {0};
    int fds[] = {made_of("one,"), made_of(""), made_of("three")};
    struct fa_task_request request = {
        .size = sizeof(request), .type = "fds", .fds = fds, .n_fds = 3};
    cr_assert_eq(submit(pool, &request, &seen, &err), 0);
    wait_for(pool);
    cr_assert_str_eq(seen.text, "one,three");
    fa_pool_free(pool);
}

BOTH_KINDS(errors_are_values_that_arrive_whole)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    run(pool, "fail", "no such luck", &seen);
    cr_assert(!seen.ok && !seen.lost);
    cr_assert_eq(seen.error.class, FA_CLASS_DNS);
    cr_assert_eq(seen.error.domain, FA_DOMAIN_SYSTEM);
    cr_assert_eq(seen.error.code, ETIMEDOUT);
    cr_assert_eq(strncmp(seen.error.msg, "no such luck: ", 14), 0, "%s", seen.error.msg);
    run(pool, "sick", "", &seen);
    cr_assert(!seen.ok && !seen.lost);
    cr_assert_eq(seen.error.class, FA_CLASS_TLS);
    expect_works(pool);
    fa_pool_free(pool);
}

BOTH_KINDS(a_failure_always_has_a_reason)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    run(pool, "mute", "", &seen);
    cr_assert(!seen.ok && !seen.lost);
    cr_assert_neq(seen.error.class, FA_CLASS_NONE);
    cr_assert_neq(seen.error.msg[0], '\0');
    fa_pool_free(pool);
}

BOTH_KINDS(replies_and_inputs_have_one_limit)
{
    static const struct {
        const char *bytes;
        bool ok;
    } rows[] = {{"0", true},        {"1", true},         {"65512", true},
                {"65513", true},    {"131024", true},    {"131025", true},
                {"16777216", true}, {"16777217", false}, {"20000000", false}};
    struct fa_pool *pool = pool_new(kind, 1, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct seen seen = {0};
        run(pool, "big", rows[i].bytes, &seen);
        cr_assert_eq(seen.ok, rows[i].ok, "%s: %s", rows[i].bytes, seen.error.msg);
        if (rows[i].ok)
            cr_assert_eq(seen.len, (size_t)atoi(rows[i].bytes));
    }
    static char input[FA_TASK_BYTES_MAX];
    struct seen seen = {0};
    struct fa_error err = {0};
    struct fa_task_request request = {
        .size = sizeof(request), .type = "echo", .data = input, .len = sizeof(input)};
    cr_assert_eq(submit(pool, &request, &seen, &err), 0);
    wait_for(pool);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert_eq(seen.len, sizeof(input));
    fa_pool_free(pool);
}

/* Around the size of a frame, and of the chunks in which a memory file is read. */
BOTH_KINDS(inputs_of_any_size_arrive_as_they_were)
{
    static const size_t sizes[] = {65499, 65500, 65505, 65506, 65507, 65508,
                                   65512, 65513, 69632, 80000, 300001};
    struct fa_pool *pool = pool_new(kind, 1, 0);
    int before = settled_fds(pool);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i) {
        struct seen seen = {0};
        struct fa_error err = {0};
        char *input = malloc(sizes[i]);
        for (size_t j = 0; j < sizes[i]; ++j)
            input[j] = (char)(j * 31 + j / 251);
        struct fa_task_request request = {
            .size = sizeof(request), .type = "echo", .data = input, .len = sizes[i]};
        seen.whole = input;
        cr_assert_eq(submit(pool, &request, &seen, &err), 0);
        wait_for(pool);
        cr_assert(seen.ok, "%zu: %s", sizes[i], seen.error.msg);
        cr_assert_eq(seen.len, sizes[i]);
        cr_assert(seen.same, "%zu", sizes[i]);
        free(input);
    }
    cr_assert_eq(fa_process_fds(getpid()), before);
    fa_pool_free(pool);
}

BOTH_KINDS(a_large_input_has_its_descriptors_too)
{
    static char input[200000];
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    struct fa_error err = {0};
    int fds[FA_TASK_FDS_MAX];
    for (size_t i = 0; i < FA_TASK_FDS_MAX; ++i)
        fds[i] = made_of(i % 2 ? "b" : "a");
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "fds",
                                      .data = input,
                                      .len = sizeof(input),
                                      .fds = fds,
                                      .n_fds = FA_TASK_FDS_MAX};
    cr_assert_eq(submit(pool, &request, &seen, &err), 0);
    wait_for(pool);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert_eq(seen.len, FA_TASK_FDS_MAX);
    fa_pool_free(pool);
}

BOTH_KINDS(what_a_pool_is_set_up_with_may_be_large)
{
    static char setup[FA_TASK_BYTES_MAX + 1];
    memset(setup, 's', sizeof(setup));
    struct fa_error err = {0};
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = kind,
                                    .workers = 1,
                                    .types = fa_test_tasks,
                                    .setup = setup,
                                    .setup_len = 200000,
                                    .worker_program = FA_TEST_WORKER};
    struct seen seen = {0};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    cr_assert(pool, "%s", err.msg);
    run(pool, "setup", "", &seen);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert_eq(seen.len, 200000);
    fa_pool_free(pool);
    config.setup_len = sizeof(setup);
    cr_assert_null(fa_pool_new(&config, &err));
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
}

BOTH_KINDS(a_pool_may_have_many_types)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {0};
    run(pool, "last", "hello", &seen);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert_str_eq(seen.text, "hello");
    fa_pool_free(pool);
}

BOTH_KINDS(refusals_are_reported_at_once_and_descriptors_are_closed)
{
    static char input[FA_TASK_BYTES_MAX + 1];
    static const struct {
        const char *type;
        size_t len, n_fds;
        enum fa_class class;
    } rows[] = {
        {"echo", sizeof(input), 2, FA_CLASS_LOCAL_IO},
        {"echo", SIZE_MAX, 2, FA_CLASS_LOCAL_IO},
        {"echo", 1, FA_TASK_FDS_MAX + 1, FA_CLASS_LOCAL_IO},
        {"no such type", 1, 2, FA_CLASS_REFUSED},
    };
    const int none[] = {-1};
    struct fa_task_request undone = {.size = sizeof(undone), .type = "echo"};
    struct fa_pool *pool = pool_new(kind, 1, 0);
    int before = fa_process_fds(getpid());
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct seen seen = {0};
        struct fa_error err = {0};
        int fds[FA_TASK_FDS_MAX + 1];
        for (size_t j = 0; j < rows[i].n_fds; ++j)
            fds[j] = made_of("x");
        struct fa_task_request request = {.size = sizeof(request),
                                          .type = rows[i].type,
                                          .data = input,
                                          .len = rows[i].len,
                                          .fds = fds,
                                          .n_fds = rows[i].n_fds};
        cr_assert_eq(submit(pool, &request, &seen, &err), -1);
        cr_assert_eq(err.class, rows[i].class, "%s", err.msg);
        cr_assert_eq(fa_process_fds(getpid()), before);
        wait_for(pool);
        cr_assert_eq(seen.done, 0);
    }
    cr_assert_eq(fa_pool_submit(pool, &undone, NULL, NULL), -1);
    undone.done = on_done;
    undone.fds = none;
    undone.n_fds = 1;
    cr_assert_eq(fa_pool_submit(pool, &undone, NULL, NULL), -1);
    expect_works(pool);
    fa_pool_free(pool);
}

BOTH_KINDS(progress_is_reported_and_a_running_task_can_be_cancelled)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen seen = {.then_cancel = pool};
    run(pool, "slow", "", &seen);
    cr_assert(seen.ok, "%s", seen.error.msg);
    cr_assert(seen.told >= 1);
    cr_assert_str_eq(seen.text, "tuned 0");
    expect_works(pool);
    fa_pool_free(pool);
}

BOTH_KINDS(a_note_comes_once_and_before_the_end)
{
    static const struct {
        const char *bytes, *answers;
        size_t len;
    } rows[] = {
        {"7", "0 -1", 7},
        {"1000", "0 -1", 1000},
        {"0", "-1 0", 7},
        {"1001", "-1 0", 7},
    };
    struct fa_pool *pool = pool_new(kind, 1, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct seen seen = {.then_cancel = pool};
        run(pool, "note", rows[i].bytes, &seen);
        cr_assert(seen.ok, "%s", seen.error.msg);
        cr_assert_str_eq(seen.text, rows[i].answers, "%s: %s", rows[i].bytes, seen.text);
        cr_assert_eq(seen.noted, 1, "%s", rows[i].bytes);
        cr_assert_eq(seen.note_len, rows[i].len, "%zu", seen.note_len);
        cr_assert_eq(strncmp(seen.note, "a note", 7), 0);
    }
    fa_pool_free(pool);
}

BOTH_KINDS(a_note_just_before_the_end_is_delivered_and_none_is_left_for_the_next_task)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    for (int i = 0; i < 20; ++i) {
        struct seen seen = {0};
        run(pool, "note", "brief", &seen);
        cr_assert_str_eq(seen.text, "0 -1");
        cr_assert_eq(seen.noted, 1);
        run(pool, "echo", "x", &seen);
        cr_assert_eq(seen.noted, 0);
    }
    fa_pool_free(pool);
}

static void only_done(void *arg, const struct fa_task_result *result)
{
    *(bool *)arg = result->ok;
}

BOTH_KINDS(a_note_that_nobody_wants_is_dropped)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    bool ok = false;
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "note",
                                      .data = "brief",
                                      .len = 5,
                                      .done = only_done,
                                      .arg = &ok};
    cr_assert_eq(fa_pool_submit(pool, &request, NULL, NULL), 0);
    wait_for(pool);
    cr_assert(ok);
    fa_pool_free(pool);
}

BOTH_KINDS(a_cancelled_task_that_had_not_begun_ends_at_once)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen running = {.then_cancel = NULL};
    struct seen waiting[3] = {{0}};
    give(pool, "nap", "700", &running);
    for (int i = 0; i < 3; ++i)
        give(pool, "echo", "x", &waiting[i]);
    double before = fa_now();
    submitting = true;
    fa_pool_cancel(pool, waiting[1].id);
    fa_pool_cancel(pool, waiting[1].id);
    submitting = false;
    cr_assert_eq(waiting[1].done, 0);
    wait_for(pool);
    cr_assert(fa_now() - before > 0.5);
    cr_assert_eq(waiting[1].done, 1);
    cr_assert(!waiting[1].ok && !waiting[1].lost);
    cr_assert_eq(waiting[1].error.class, FA_CLASS_CANCELLED);
    cr_assert(waiting[1].order < running.order, "it waited for a worker");
    cr_assert(waiting[0].ok && waiting[2].ok && running.ok);
    fa_pool_free(pool);
}

BOTH_KINDS(the_last_of_the_queue_can_be_cancelled_and_others_follow)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen first = {0}, last = {0}, next = {0};
    give(pool, "nap", "50", &first);
    give(pool, "echo", "x", &last);
    fa_pool_cancel(pool, last.id);
    give(pool, "echo", "y", &next);
    wait_for(pool);
    cr_assert(first.ok && next.ok && !last.ok);
    cr_assert_str_eq(next.text, "y");
    fa_pool_cancel(pool, next.id);
    fa_pool_tune(pool, next.id, 1);
    fa_pool_cancel(pool, UINT64_MAX);
    expect_works(pool);
    fa_pool_free(pool);
}

struct tuner {
    struct fa_pool *pool;
    struct seen seen;
};

static void tune_and_cancel(void *arg, uint64_t value)
{
    struct tuner *tuner = arg;
    (void)value;
    if (tuner->seen.told++ == 0)
        fa_pool_tune(tuner->pool, tuner->seen.id, 4711);
    else
        fa_pool_cancel(tuner->pool, tuner->seen.id);
}

static void tuner_done(void *arg, const struct fa_task_result *result)
{
    struct tuner *tuner = arg;
    on_done(&tuner->seen, result);
}

BOTH_KINDS(a_running_task_can_be_tuned)
{
    struct tuner tuner = {.pool = pool_new(kind, 1, 0)};
    struct fa_error err = {0};
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "slow",
                                      .done = tuner_done,
                                      .progress = tune_and_cancel,
                                      .arg = &tuner};
    cr_assert_eq(fa_pool_submit(tuner.pool, &request, &tuner.seen.id, &err), 0);
    wait_for(tuner.pool);
    cr_assert_str_eq(tuner.seen.text, "tuned 4711");
    fa_pool_free(tuner.pool);
}

BOTH_KINDS(what_a_pending_task_is_tuned_to_it_finds_when_it_starts)
{
    struct tuner tuner = {.pool = pool_new(kind, 1, 0)};
    struct fa_error err = {0};
    struct seen first = {0};
    give(tuner.pool, "nap", "100", &first);
    tuner.seen.told = 1; /* cancel with the first progress */
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "slow",
                                      .done = tuner_done,
                                      .progress = tune_and_cancel,
                                      .arg = &tuner};
    cr_assert_eq(fa_pool_submit(tuner.pool, &request, &tuner.seen.id, &err), 0);
    fa_pool_tune(tuner.pool, tuner.seen.id, 99);
    wait_for(tuner.pool);
    cr_assert_str_eq(tuner.seen.text, "tuned 99");
    fa_pool_free(tuner.pool);
}

struct chain {
    struct fa_pool *pool;
    unsigned left;
};

static void submit_next(void *arg, const struct fa_task_result *result)
{
    struct chain *chain = arg;
    struct fa_task_request request = {
        .size = sizeof(request), .type = "echo", .done = submit_next, .arg = chain};
    cr_assert(result->ok);
    if (chain->left == 0)
        return;
    --chain->left;
    cr_assert_eq(fa_pool_submit(chain->pool, &request, NULL, NULL), 0);
}

static void wait_again(void *arg, const struct fa_task_result *result)
{
    struct chain *chain = arg;
    struct fa_error err = {0};
    cr_assert(result->ok);
    cr_assert_eq(fa_pool_wait(chain->pool, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    ++chain->left;
}

BOTH_KINDS(a_callback_may_not_wait)
{
    struct chain chain = {.pool = pool_new(kind, 1, 0)};
    struct fa_task_request request = {
        .size = sizeof(request), .type = "echo", .done = wait_again, .arg = &chain};
    cr_assert_eq(fa_pool_submit(chain.pool, &request, NULL, NULL), 0);
    cr_assert_eq(fa_pool_submit(chain.pool, &request, NULL, NULL), 0);
    wait_for(chain.pool);
    cr_assert_eq(chain.left, 2);
    fa_pool_free(chain.pool);
}

BOTH_KINDS(a_callback_may_submit_the_next_task)
{
    struct chain chain = {.pool = pool_new(kind, 2, 0), .left = 200};
    struct fa_task_request request = {
        .size = sizeof(request), .type = "echo", .done = submit_next, .arg = &chain};
    cr_assert_eq(fa_pool_submit(chain.pool, &request, NULL, NULL), 0);
    wait_for(chain.pool);
    cr_assert_eq(chain.left, 0);
    fa_pool_free(chain.pool);
}

BOTH_KINDS(freeing_with_tasks_under_way_calls_nothing_and_leaves_nothing)
{
    struct baseline before = baseline();
    struct fa_pool *pool = pool_new(kind, 3, 0);
    struct seen seen[12] = {{0}};
    pid_t pids[FA_WORKERS_MAX];
    for (int i = 0; i < 12; ++i) {
        struct fa_error err = {0};
        int fds[] = {made_of("x"), made_of("y")};
        struct fa_task_request request = {
            .size = sizeof(request), .type = i % 3 ? "slow" : "echo", .fds = fds, .n_fds = 2};
        cr_assert_eq(submit(pool, &request, &seen[i], &err), 0);
    }
    size_t three = 3;
    if (kind == FA_POOL_PROCESSES)
        cr_assert(fa_wait_until(has_workers, &three, 5));
    size_t n = fa_process_descendants(getpid(), pids, FA_WORKERS_MAX);
    double start = fa_now();
    fa_pool_free(pool);
    cr_assert(fa_now() - start < fa_timeout(1));
    cr_assert(fa_workers_gone(pids, n, 1));
    for (int i = 0; i < 12; ++i)
        cr_assert_eq(seen[i].done, 0);
    expect_baseline(before);
}

BOTH_KINDS(ten_thousand_tasks_made_and_cancelled_leave_the_baseline)
{
    enum { MANY = 10000 };
    struct baseline before = baseline();
    struct fa_pool *pool = pool_new(kind, 2, 0);
    struct seen *seen = calloc(MANY, sizeof(*seen));
    struct fa_error err = {0};
    expect_works(pool);
    int fds_before = fa_process_fds(getpid());
    for (int i = 0; i < MANY; ++i) {
        int fd = i % 100 ? -1 : made_of("x");
        struct fa_task_request request = {
            .size = sizeof(request), .type = "echo", .fds = &fd, .n_fds = fd >= 0};
        cr_assert_eq(submit(pool, &request, &seen[i], &err), 0);
        if (i % 7)
            fa_pool_cancel(pool, seen[i].id);
        if (i % 1000 == 999)
            wait_for(pool);
    }
    wait_for(pool);
    for (int i = 0; i < MANY; ++i)
        cr_assert_eq(seen[i].done, 1);
    cr_assert(fa_process_fds(getpid()) <= fds_before + 4, "only sockets of workers are new");
    fa_pool_free(pool);
    free(seen);
    expect_baseline(before);
}

BOTH_KINDS(many_pools_one_after_the_other_leave_the_baseline)
{
    struct baseline before = baseline();
    for (int i = 0; i < 20; ++i) {
        struct fa_pool *pool = pool_new(kind, 2, 0);
        expect_works(pool);
        fa_pool_free(pool);
    }
    expect_baseline(before);
}

BOTH_KINDS(the_id_of_a_finished_task_touches_no_later_one)
{
    struct fa_pool *pool = pool_new(kind, 1, 0);
    struct seen old = {0}, seen = {0};
    run(pool, "echo", "x", &old);
    give(pool, "echo", "y", &seen);
    cr_assert_neq(seen.id, old.id);
    fa_pool_cancel(pool, old.id);
    wait_for(pool);
    cr_assert(seen.ok);
    fa_pool_free(pool);
}

Test(processes, workers_start_as_tasks_come_and_are_kept)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 4, 0);
    pid_t pids[FA_WORKERS_MAX];
    cr_assert_eq(workers_of(pids), 0);
    struct seen first = {0}, second = {0};
    run(pool, "pid", "", &first);
    run(pool, "pid", "", &second);
    cr_assert_eq(workers_of(pids), 1);
    cr_assert_str_eq(first.text, second.text);
    fa_pool_free(pool);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* In a race between the end of the nursery and that of its workers, which is run a few times. */
Test(processes, the_time_of_all_workers_is_counted_as_ours)
{
    for (int round = 1; round <= 10; ++round) {
        struct rusage usage;
        struct seen seen[4] = {0};
        struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 4, 0);
        for (size_t i = 0; i < 4; ++i)
            give(pool, "burn", "30", &seen[i]);
        wait_for(pool);
        fa_pool_free(pool);
        getrusage(RUSAGE_CHILDREN, &usage);
        double used = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
        cr_assert_geq(used, round * 4 * 0.030 * 0.9, "%.3f s after %d rounds", used, round);
    }
}

/* The only worker, which runs that task. */
static pid_t busy_worker(const struct seen *seen)
{
    pid_t pids[FA_WORKERS_MAX];
    size_t one = 1;
    cr_assert(fa_wait_until(has_workers, &one, 5));
    cr_assert_eq(workers_of(pids), 1);
    cr_assert_eq(seen->done, 0);
    return pids[0];
}

Test(processes, killing_a_busy_worker_costs_its_task_only)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 3, 0);
    struct seen victim = {0}, others[6] = {{0}};
    give(pool, "slow", "", &victim);
    kill(busy_worker(&victim), SIGKILL);
    for (int i = 0; i < 6; ++i)
        give(pool, "nap", "20", &others[i]);
    wait_for(pool);
    cr_assert(!victim.ok && victim.lost);
    cr_assert_eq(victim.error.class, FA_CLASS_WORKER_CRASHED);
    cr_assert(strstr(victim.error.msg, "signal 9"), "%s", victim.error.msg);
    for (int i = 0; i < 6; ++i)
        cr_assert(others[i].ok, "%s", others[i].error.msg);
    fa_pool_free(pool);
}

Test(processes, killing_an_idle_worker_costs_nothing)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 1, 0);
    for (int i = 0; i < 5; ++i) {
        expect_works(pool);
        pid_t pids[FA_WORKERS_MAX];
        cr_assert_eq(workers_of(pids), 1);
        kill(pids[0], SIGKILL);
        cr_assert(fa_workers_gone(pids, 1, 5));
        /* It may get a task before its death is noticed: then only that task is lost. */
        struct seen seen = {0};
        run(pool, "echo", "x", &seen);
        cr_assert(seen.ok || seen.lost);
    }
    expect_works(pool);
    fa_pool_free(pool);
}

Test(processes, the_pool_has_its_size_again_after_deaths)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 3, 0);
    struct seen crashed[3] = {{0}}, seen[3] = {{0}};
    for (int i = 0; i < 3; ++i)
        give(pool, "crash", "9", &crashed[i]);
    wait_for(pool);
    for (int i = 0; i < 3; ++i)
        cr_assert(crashed[i].lost);
    for (int i = 0; i < 3; ++i)
        give(pool, "nap", "300", &seen[i]);
    wait_for(pool);
    pid_t pids[FA_WORKERS_MAX];
    cr_assert_eq(workers_of(pids), 3);
    fa_pool_free(pool);
}

Test(processes, the_message_says_how_a_worker_died)
{
    static const struct {
        const char *type, *input, *text;
    } rows[] = {
        {"crash", "6", "signal 6, Aborted"}, {"crash", "11", "signal 11, Segmentation fault"},
        {"crash", "9", "signal 9, Killed"},  {"exit", "0", "exit status 0"},
        {"exit", "3", "exit status 3"},
    };
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 1, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct seen seen = {0};
        run(pool, rows[i].type, rows[i].input, &seen);
        cr_assert(!seen.ok && seen.lost);
        cr_assert_eq(seen.error.class, FA_CLASS_WORKER_CRASHED);
        cr_assert(strstr(seen.error.msg, rows[i].text), "%s", seen.error.msg);
        expect_works(pool);
    }
    fa_pool_free(pool);
}

Test(processes, a_worker_that_hangs_is_killed_in_time)
{
    static const char *const how[] = {"stop", "spin"};
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 2, 0.5);
    for (size_t i = 0; i < 2; ++i) {
        struct seen hung = {0}, other = {0};
        double start = fa_now();
        give(pool, "hang", how[i], &hung);
        give(pool, "nap", "300", &other);
        wait_for(pool);
        double took = fa_now() - start;
        cr_assert(hung.lost && other.ok);
        cr_assert_eq(hung.error.class, FA_CLASS_WORKER_CRASHED);
        cr_assert(strstr(hung.error.msg, "hung"), "%s", hung.error.msg);
        cr_assert(took >= 0.5 && took < fa_timeout(1.5), "%s: %.2f s", how[i], took);
        expect_works(pool);
    }
    fa_pool_free(pool);
}

Test(processes, a_worker_that_reports_progress_is_not_taken_for_hung)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 1, 0.4);
    struct tuner tuner = {.pool = pool};
    struct fa_error err = {0};
    struct fa_task_request request = {
        .size = sizeof(request), .type = "slow", .done = tuner_done, .arg = &tuner};
    cr_assert_eq(fa_pool_submit(pool, &request, &tuner.seen.id, &err), 0);
    struct fa_pool *clock = pool_new(FA_POOL_THREADS, 1, 0);
    struct seen nap = {0};
    run(clock, "nap", "1200", &nap);
    fa_pool_free(clock);
    fa_pool_cancel(pool, tuner.seen.id);
    wait_for(pool);
    cr_assert_eq(tuner.seen.done, 1);
    fa_pool_free(pool);
}

Test(processes, a_worker_that_sends_garbage_is_killed_and_replaced)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 1, 0);
    int before = settled_fds(pool);
    for (size_t i = 0; fa_test_garbage_kinds[i]; ++i) {
        struct seen seen = {0};
        pid_t old[FA_WORKERS_MAX];
        cr_assert_eq(workers_of(old), 1);
        give(pool, "garbage", fa_test_garbage_kinds[i], &seen);
        fa_pool_tune(pool, seen.id, seen.id);
        wait_for(pool);
        cr_assert(!seen.ok && seen.lost, "%s", fa_test_garbage_kinds[i]);
        cr_assert_eq(seen.error.class, FA_CLASS_WORKER_CRASHED);
        bool silent = strcmp(fa_test_garbage_kinds[i], "empty") == 0; /* looks like the end */
        cr_assert(silent || strstr(seen.error.msg, "protocol violation"), "%s: %s",
                  fa_test_garbage_kinds[i], seen.error.msg);
        cr_assert(fa_workers_gone(old, 1, 2));
        cr_assert_eq(settled_fds(pool), before, "%s", fa_test_garbage_kinds[i]);
    }
    fa_pool_free(pool);
}

static bool has_nursery(void *arg)
{
    return fa_workers_find(getpid(), FA_NAME_NURSERY, arg, 1) == 1;
}

static pid_t nursery_of_this(void)
{
    pid_t pid = 0;
    cr_assert(fa_wait_until(has_nursery, &pid, 5));
    return pid;
}

Test(processes, tasks_come_back_lost_when_the_nursery_dies_and_later_ones_work)
{
    struct baseline before = baseline();
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 8, 0);
    struct seen seen[8] = {{0}};
    pid_t pids[FA_WORKERS_MAX];
    for (int i = 0; i < 8; ++i)
        give(pool, "slow", "", &seen[i]);
    size_t eight = 8;
    cr_assert(fa_wait_until(has_workers, &eight, 5));
    size_t n = workers_of(pids);
    pid_t nursery = nursery_of_this();
    kill(nursery, SIGKILL);
    wait_for(pool);
    for (int i = 0; i < 8; ++i) {
        cr_assert(seen[i].lost && !seen[i].ok);
        cr_assert_eq(seen[i].error.class, FA_CLASS_WORKER_CRASHED);
        cr_assert(strstr(seen[i].error.msg, "nursery"), "%s", seen[i].error.msg);
    }
    cr_assert(fa_workers_gone(pids, n, 1));
    double start = fa_now();
    expect_works(pool);
    cr_assert(fa_now() - start < fa_timeout(1), "one death of a nursery is one, not eight");
    cr_assert_neq(nursery_of_this(), nursery);
    struct seen setup = {0};
    run(pool, "setup", "", &setup);
    cr_assert_str_eq(setup.text, "set up");
    fa_pool_free(pool);
    expect_baseline(before);
}

Test(processes, a_worker_that_cannot_be_forked_costs_no_task_while_another_lives)
{
    struct fa_scratch scratch;
    fa_scratch_init(&scratch);
    setenv("FA_TEST_NO_FORK", fa_scratch_path(&scratch, "no-fork"), 1);
    struct baseline before = baseline();
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 3, 0);
    struct seen first = {0}, slow, seen[6] = {{0}};
    pid_t pids[FA_WORKERS_MAX];
    run(pool, "pid", "", &first);
    fa_scratch_write(&scratch, "no-fork", "");
    for (int i = 0; i < 6; ++i) {
        int fd = made_of("text");
        struct fa_task_request request = {.size = sizeof(request), .type = "fds", .n_fds = 1};
        request.fds = &fd;
        struct fa_error err = {0};
        cr_assert_eq(submit(pool, &request, &seen[i], &err), 0, "%s", err.msg);
    }
    wait_for(pool);
    for (int i = 0; i < 6; ++i)
        cr_assert(seen[i].ok && strcmp(seen[i].text, "text") == 0, "%d: %s", i, seen[i].error.msg);
    cr_assert_eq(workers_of(pids), 1);

    /* Later there are as many as configured. */
    fa_file_remove(getenv("FA_TEST_NO_FORK"));
    slow = (struct seen){.then_cancel = pool, .until = &seen[0]};
    give(pool, "slow", "", &slow);
    run(pool, "pid", "", &seen[0]);
    cr_assert(seen[0].ok && strcmp(seen[0].text, first.text) != 0, "%s", seen[0].error.msg);
    fa_pool_free(pool);
    expect_baseline(before);
    fa_scratch_fini(&scratch);
}

Test(processes, tasks_fail_if_no_worker_can_be_forked)
{
    struct fa_scratch scratch;
    fa_scratch_init(&scratch);
    setenv("FA_TEST_NO_FORK", fa_scratch_write(&scratch, "no-fork", ""), 1);
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 3, 0);
    struct seen seen[4] = {{0}};
    for (int i = 0; i < 4; ++i)
        give(pool, "echo", "x", &seen[i]);
    wait_for(pool);
    for (int i = 0; i < 4; ++i) {
        cr_assert(seen[i].lost && !seen[i].ok);
        cr_assert(strstr(seen[i].error.msg, "cannot fork a worker"), "%s", seen[i].error.msg);
    }
    fa_file_remove(getenv("FA_TEST_NO_FORK"));
    expect_works(pool);
    fa_pool_free(pool);
    fa_scratch_fini(&scratch);
}

/* More than the nursery's socket holds, while the second pool has not one worker yet. */
Test(processes, a_nursery_that_has_much_to_do_costs_no_task)
{
    enum { MANY = 600 };
    struct fa_error err = {0};
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = FA_POOL_PROCESSES,
                                    .workers = MANY,
                                    .types = fa_test_tasks,
                                    .worker_program = FA_TEST_WORKER};
    struct event_base *base = event_base_new();
    struct fa_nursery *nursery = fa_nursery_new(base, FA_TEST_WORKER, true, &err);
    struct fa_pool *many = fa_pool_new_on(base, nursery, &config, &err);
    struct fa_pool *other = fa_pool_new_on(base, nursery, &config, &err);
    struct seen *seen = calloc(MANY + 1, sizeof(*seen));
    cr_assert(many && other, "%s", err.msg);
    cr_assert_eq(kill(fa_nursery_pid(nursery), SIGSTOP), 0);
    for (int i = 0; i < MANY; ++i)
        give(many, "echo", "hello", &seen[i]);
    give(other, "echo", "hello", &seen[MANY]);
    event_base_loop(base, EVLOOP_NONBLOCK);
    kill(fa_nursery_pid(nursery), SIGCONT);
    while (finished <= MANY)
        event_base_loop(base, EVLOOP_ONCE);
    for (int i = 0; i <= MANY; ++i)
        cr_assert(seen[i].done == 1 && seen[i].ok, "%d: %s", i, seen[i].error.msg);
    fa_pool_free(many);
    fa_pool_free(other);
    fa_nursery_free(nursery);
    event_base_free(base);
    free(seen);
}

/* A new nursery gets the roles that are left, and none of a pool that was freed. */
Test(processes, pools_that_share_a_nursery_may_come_and_go)
{
    struct fa_error err = {0};
    struct event_base *base = event_base_new();
    struct fa_nursery *nursery = fa_nursery_new(base, FA_TEST_WORKER, true, &err);
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = FA_POOL_PROCESSES,
                                    .workers = 1,
                                    .types = fa_test_tasks,
                                    .setup = "kept",
                                    .setup_len = 4,
                                    .worker_program = FA_TEST_WORKER};
    struct fa_pool *kept = fa_pool_new_on(base, nursery, &config, &err);
    cr_assert(kept, "%s", err.msg);
    for (int i = 0; i < 40; ++i) {
        struct seen seen = {0};
        config.setup = i % 2 ? "odd " : "even";
        struct fa_pool *pool = fa_pool_new_on(base, nursery, &config, &err);
        cr_assert(pool, "%d: %s", i, err.msg);
        if (i % 10 == 0) {
            pid_t pid = fa_nursery_pid(nursery);
            kill(pid, SIGKILL);
            cr_assert(fa_workers_gone(&pid, 1, 2));
            event_base_loop(base, EVLOOP_NONBLOCK);
        }
        give(pool, "setup", "", &seen);
        while (!seen.done)
            event_base_loop(base, EVLOOP_ONCE);
        cr_assert_str_eq(seen.text, config.setup, "%d: %s", i, seen.error.msg);
        fa_pool_free(pool);
    }
    struct seen seen = {0};
    give(kept, "setup", "", &seen);
    while (!seen.done)
        event_base_loop(base, EVLOOP_ONCE);
    cr_assert_str_eq(seen.text, "kept", "%s", seen.error.msg);
    fa_pool_free(kept);
    fa_nursery_free(nursery);
    event_base_free(base);
}

Test(processes, a_nursery_that_died_unnoticed_costs_no_task_that_had_not_begun)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 2, 0);
    expect_works(pool);
    pid_t pids[FA_WORKERS_MAX];
    size_t n = fa_process_descendants(getpid(), pids, FA_WORKERS_MAX);
    cr_assert_eq(n, 2);
    kill(nursery_of_this(), SIGKILL);
    cr_assert(fa_workers_gone(pids, n, 2));
    struct seen seen[3] = {{0}};
    for (int i = 0; i < 3; ++i)
        give(pool, "echo", "x", &seen[i]);
    wait_for(pool);
    for (int i = 0; i < 3; ++i)
        cr_assert(seen[i].ok || seen[i].lost, "%s", seen[i].error.msg);
    cr_assert(seen[2].ok, "%s", seen[2].error.msg);
    expect_works(pool);
    fa_pool_free(pool);
}

Test(processes, a_new_nursery_is_started_before_the_death_of_the_old_one_is_noticed)
{
    struct fa_pool *pool = pool_new(FA_POOL_PROCESSES, 2, 0);
    pid_t nursery = nursery_of_this();
    kill(nursery, SIGKILL);
    cr_assert(fa_workers_gone(&nursery, 1, 2));
    expect_works(pool);
    fa_pool_free(pool);
}

Test(processes, all_are_gone_within_a_second_of_the_supervisors_death)
{
    const char *argv[] = {FA_TEST_WORKER, "supervise", "3", NULL};
    struct fa_spawn spawn = {.argv = argv, .fds = {0, 1, 2}, .death_signal = SIGKILL};
    pid_t supervisor = fa_process_spawn(&spawn);
    pid_t pids[FA_WORKERS_MAX];
    double until = fa_now() + fa_timeout(10);
    while (fa_workers_find(supervisor, FA_NAME_WORKER, NULL, 0) < 3 && fa_now() < until)
        usleep(5000);
    size_t n = fa_process_descendants(supervisor, pids, FA_WORKERS_MAX);
    cr_assert_eq(n, 4, "three workers and a nursery");
    kill(supervisor, SIGKILL);
    cr_assert(fa_workers_gone(pids, n, 1));
    waitpid(supervisor, NULL, 0);
}

Test(processes, a_program_that_is_no_worker_is_an_error)
{
    static const char *const programs[] = {"/nonexistent/worker", "/bin/true"};
    for (size_t i = 0; i < 2; ++i) {
        struct fa_error err = {0};
        struct fa_pool_config config = {.size = sizeof(config),
                                        .kind = FA_POOL_PROCESSES,
                                        .workers = 2,
                                        .types = fa_test_tasks,
                                        .worker_program = programs[i]};
        struct fa_pool *pool = fa_pool_new(&config, &err);
        if (!pool) {
            cr_assert_eq(err.class, FA_CLASS_LOCAL_IO, "%s", err.msg);
            continue;
        }
        struct seen seen = {0};
        run(pool, "echo", "x", &seen);
        cr_assert(!seen.ok && seen.lost);
        cr_assert(seen.error.class == FA_CLASS_WORKER_CRASHED ||
                      seen.error.class == FA_CLASS_LOCAL_IO,
                  "%s", seen.error.msg);
        fa_pool_free(pool);
    }
}

Test(processes, a_type_that_the_worker_program_does_not_know_is_an_error)
{
    static const struct fa_task_type strange[] = {{.name = "strange"}, {0}};
    struct fa_error err = {0};
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = FA_POOL_PROCESSES,
                                    .workers = 1,
                                    .types = strange,
                                    .worker_program = FA_TEST_WORKER};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    cr_assert(pool, "%s", err.msg);
    struct seen seen = {0};
    run(pool, "strange", "x", &seen);
    cr_assert(!seen.ok);
    cr_assert_eq(seen.error.class, FA_CLASS_REFUSED);
    cr_assert(strstr(seen.error.msg, "strange"), "%s", seen.error.msg);
    fa_pool_free(pool);
}

/* Otherwise each would become the nursery of the previous one, endlessly. */
Test(processes, a_program_that_forgets_to_become_a_worker_starts_no_chain_of_itself)
{
    char command[PATH_MAX + 64];
    snprintf(command, sizeof(command), "FA_TEST_FORGETS=1 '%s'", FA_TEST_WORKER);
    int status = system(command);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 8, "%#x", (unsigned)status);
}
