/* The CPU stage with processes, with threads, inline, and with both. */

#include "stage/stage.h"

#include "base/clock.h"
#include "base/loop.h"

#include "support/process.h"
#include "support/truth.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OPEN_FILES 100

/* A file, and what came of it. */
struct file {
    unsigned done;
    struct fa_stage_result result;
};

struct rig {
    struct event_base *base;
    struct event *heartbeat;
    struct fa_nursery *nursery;
    struct fa_stage *stage;
    bool inside;
    unsigned done;
};

static void on_done(void *ctx, void *tag, const struct fa_stage_result *result)
{
    struct rig *rig = ctx;
    struct file *file = tag;
    cr_assert(!rig->inside, "done() from inside of a call");
    cr_assert_eq(++file->done, 1);
    file->result = *result;
    ++rig->done;
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

static void rig_begin(struct rig *rig, enum fa_hash_with with, unsigned jobs)
{
    struct fa_error err = {0};
    *rig = (struct rig){.base = fa_loop_new(NULL)};
    rig->heartbeat = event_new(rig->base, -1, EV_PERSIST, on_heartbeat, NULL);
    event_add(rig->heartbeat, &(struct timeval){.tv_usec = 10000});
    if (fa_stage_has_processes(with))
        rig->nursery = fa_nursery_new(rig->base, FA_TEST_WORKER, true, NULL);
    struct fa_stage_env env = {.base = rig->base,
                               .nursery = rig->nursery,
                               .with = with,
                               .jobs = jobs,
                               .open_files = OPEN_FILES,
                               .done = on_done,
                               .ctx = rig};
    rig->stage = fa_stage_new(&env, &err);
    cr_assert(rig->stage, "%s", err.msg);
}

static void rig_end(struct rig *rig)
{
    fa_stage_free(rig->stage);
    fa_nursery_free(rig->nursery);
    event_free(rig->heartbeat);
    event_base_free(rig->base);
}

static void submit_fd(struct rig *rig, int fd, uint64_t size, enum fa_stage_how how,
                      struct file *file)
{
    rig->inside = true;
    cr_assert_eq(
        fa_stage_submit(rig->stage, fd, size, FA_HASH_SHA256 | FA_HASH_MD5, how, file, NULL), 0);
    rig->inside = false;
}

/* A file whose contents follow from its number. */
static void submit(struct rig *rig, unsigned number, enum fa_stage_how how, struct file *file)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "file %u", number);
    int fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_eq(write(fd, text, (size_t)len), len);
    submit_fd(rig, fd, (uint64_t)len, how, file);
}

static void wait_for(struct rig *rig, unsigned done)
{
    double until = fa_clock_now() + fa_timeout(20);
    rig->inside = true;
    fa_stage_flush(rig->stage);
    rig->inside = false;
    while (rig->done < done && fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
    cr_assert_eq(rig->done, done);
}

static void expect_digests(const struct file *file, unsigned number)
{
    char path[64], text[64], want[FA_SHA256_HEX], got[FA_SHA256_HEX];
    int len = snprintf(text, sizeof(text), "file %u", number);
    int fd = memfd_create("truth", MFD_CLOEXEC);
    cr_assert_eq(write(fd, text, (size_t)len), len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fa_truth_sha256_file(path, want);
    close(fd);
    cr_assert_eq(file->done, 1);
    cr_assert_eq(file->result.error.class, FA_CLASS_NONE, "%s", file->result.error.msg);
    cr_assert_eq(file->result.n_digests, 2);
    cr_assert_eq(file->result.digests[0].hash, FA_HASH_MD5);
    cr_assert_eq(file->result.digests[1].hash, FA_HASH_SHA256);
    for (int i = 0; i < 32; ++i)
        sprintf(got + 2 * i, "%02x", file->result.digests[1].bytes[i]);
    cr_assert_str_eq(got, want, "file %u", number);
}

/* A test of each model. */
#define ALL_MODELS(name)                       \
    static void name(enum fa_hash_with with);  \
    Test(stage_process, name, .timeout = 60.0) \
    {                                          \
        name(FA_HASH_WITH_PROCESS);            \
    }                                          \
    Test(stage_thread, name, .timeout = 60.0)  \
    {                                          \
        name(FA_HASH_WITH_THREAD);             \
    }                                          \
    Test(stage_inline, name, .timeout = 60.0)  \
    {                                          \
        name(FA_HASH_WITH_INLINE);             \
    }                                          \
    Test(stage_auto, name, .timeout = 60.0)    \
    {                                          \
        name(FA_HASH_WITH_AUTO);               \
    }                                          \
    static void name(enum fa_hash_with with)

ALL_MODELS(thousands_of_small_files_each_get_their_digests)
{
    enum { MANY = 3000 };
    struct rig rig;
    struct file *files = calloc(MANY, sizeof(*files));
    rig_begin(&rig, with, 2);
    unsigned begun = 0;
    while (begun < MANY) {
        for (; begun < MANY && !fa_stage_full(rig.stage); ++begun)
            submit(&rig, begun, (enum fa_stage_how)(begun % 3), &files[begun]);
        wait_for(&rig, begun);
    }
    for (unsigned i = 0; i < MANY; ++i)
        expect_digests(&files[i], i);
    free(files);
    rig_end(&rig);
}

ALL_MODELS(it_is_full_at_its_number_of_open_files)
{
    struct rig rig;
    static struct file files[OPEN_FILES];
    rig_begin(&rig, with, 1);
    for (unsigned i = 0; i < OPEN_FILES; ++i) {
        cr_assert(!fa_stage_full(rig.stage));
        submit(&rig, i, FA_STAGE_CACHED, &files[i]);
    }
    cr_assert(fa_stage_full(rig.stage));
    wait_for(&rig, OPEN_FILES);
    cr_assert(!fa_stage_full(rig.stage));
    rig_end(&rig);
}

ALL_MODELS(one_bad_file_spoils_no_other)
{
    struct rig rig;
    static struct file files[20];
    rig_begin(&rig, with, 1);
    for (unsigned i = 0; i < 20; ++i) {
        if (i % 5 == 2)
            submit_fd(&rig, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1, FA_STAGE_CACHED,
                      &files[i]);
        else
            submit(&rig, i, FA_STAGE_CACHED, &files[i]);
    }
    wait_for(&rig, 20);
    for (unsigned i = 0; i < 20; ++i) {
        if (i % 5 != 2) {
            expect_digests(&files[i], i);
            continue;
        }
        cr_assert_eq(files[i].result.error.class, FA_CLASS_LOCAL_IO);
        cr_assert_eq(files[i].result.n_digests, 0);
        cr_assert(!files[i].result.lost);
        cr_assert_neq(files[i].result.error.msg[0], '\0');
    }
    rig_end(&rig);
}

ALL_MODELS(freeing_with_files_under_way_leaves_nothing)
{
    struct rig rig;
    static struct file files[OPEN_FILES];
    int before = fa_process_fds(getpid());
    rig_begin(&rig, with, 2);
    for (unsigned i = 0; i < OPEN_FILES; ++i) {
        submit(&rig, i, FA_STAGE_CACHED, &files[i]);
        if (i == OPEN_FILES / 2)
            fa_stage_flush(rig.stage);
    }
    rig.inside = true;
    rig_end(&rig);
    cr_assert_eq(rig.done, 0);
    cr_assert_eq(fa_process_fds(getpid()), before);
    cr_assert_eq(fa_process_descendants(getpid(), NULL, 0), 0);
}

ALL_MODELS(the_loop_goes_on_while_a_large_file_is_hashed)
{
    struct rig rig;
    struct file file = {0}, small = {0};
    int fd = memfd_create("large", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(fd, 50000000), 0);
    rig_begin(&rig, with, 2);
    submit_fd(&rig, fd, 50000000, FA_STAGE_CACHED, &file);
    submit(&rig, 1, FA_STAGE_CACHED, &small);
    wait_for(&rig, 2);
    expect_digests(&small, 1);
    cr_assert_eq(file.result.n_digests, 2);
    rig_end(&rig);
}

static bool has_worker(void *arg)
{
    return fa_workers_find(getpid(), FA_NAME_WORKER, arg, 1) >= 1;
}

/* @return Whether a file of that size went to a worker */
static bool needs_worker(enum fa_hash_with with, uint64_t size, enum fa_stage_how how)
{
    struct rig rig;
    struct file file = {0};
    pid_t pid;
    int fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    rig_begin(&rig, with, 1);
    submit_fd(&rig, fd, size, how, &file);
    wait_for(&rig, 1);
    cr_assert_eq(file.result.n_digests, 2);
    bool found = has_worker(&pid);
    rig_end(&rig);
    return found;
}

/* With two algorithms: see submit_fd(). */
Test(stage_auto, small_files_in_the_page_cache_need_no_worker, .timeout = 60.0)
{
    cr_assert(!needs_worker(FA_HASH_WITH_AUTO, 0, FA_STAGE_CACHED));
    cr_assert(!needs_worker(FA_HASH_WITH_AUTO, 8192, FA_STAGE_CACHED));
    cr_assert(needs_worker(FA_HASH_WITH_AUTO, 8193, FA_STAGE_CACHED));
    cr_assert(needs_worker(FA_HASH_WITH_AUTO, 1, FA_STAGE_BATCH));
    cr_assert(needs_worker(FA_HASH_WITH_AUTO, 1, FA_STAGE_ALONE));
    cr_assert(needs_worker(FA_HASH_WITH_PROCESS, 1, FA_STAGE_CACHED));
}

/* SHA-256 and MD5, as in submit_fd(). */
static bool hashes_now(enum fa_hash_with with, uint64_t size, struct file *ret)
{
    struct rig rig;
    int fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_eq(write(fd, "file 7", 6), 6);
    rig_begin(&rig, with, 1);
    rig.inside = true;
    *ret = (struct file){.done = 1};
    bool found = fa_stage_hash_now(rig.stage, fd, size, FA_HASH_SHA256 | FA_HASH_MD5, &ret->result);
    rig.inside = false;
    rig_end(&rig);
    close(fd);
    return found;
}

Test(stage_auto, small_files_are_hashed_at_once_and_the_choice_of_a_model_rules, .timeout = 60.0)
{
    static struct file file;
    cr_assert(hashes_now(FA_HASH_WITH_AUTO, 6, &file));
    expect_digests(&file, 7);
    cr_expect_not(hashes_now(FA_HASH_WITH_AUTO, 8193, &file));
    cr_expect_not(hashes_now(FA_HASH_WITH_PROCESS, 6, &file));
    cr_expect_not(hashes_now(FA_HASH_WITH_THREAD, 6, &file));
    cr_expect_not(hashes_now(FA_HASH_WITH_INLINE, 6, &file));
}

Test(stage_process, a_crash_loses_its_batch_and_each_file_can_be_tried_again, .timeout = 60.0)
{
    struct rig rig;
    static struct file files[10], again[10];
    pid_t pid;
    int fd = memfd_create("large", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(fd, 4000000000), 0);
    rig_begin(&rig, FA_HASH_WITH_PROCESS, 1);
    submit_fd(&rig, fd, 10, FA_STAGE_BATCH, &files[0]); /* it says that it is small */
    for (unsigned i = 1; i < 10; ++i)
        submit(&rig, i, FA_STAGE_BATCH, &files[i]);
    fa_stage_flush(rig.stage);
    event_base_loop(rig.base, EVLOOP_ONCE);
    cr_assert(fa_wait_until(has_worker, &pid, 5));
    kill(pid, SIGKILL);
    wait_for(&rig, 10);
    unsigned lost = 0;
    for (unsigned i = 0; i < 10; ++i) {
        lost += files[i].result.lost;
        cr_assert(!files[i].result.lost || files[i].result.error.class == FA_CLASS_WORKER_CRASHED);
        cr_assert(i == 0 || files[i].result.lost || files[i].result.n_digests == 2);
    }
    cr_assert(files[0].result.lost && lost >= 2);
    for (unsigned i = 0; i < 10; ++i)
        submit(&rig, i, FA_STAGE_ALONE, &again[i]);
    wait_for(&rig, 20);
    for (unsigned i = 0; i < 10; ++i)
        expect_digests(&again[i], i);
    rig_end(&rig);
}
