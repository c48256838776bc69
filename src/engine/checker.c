/*
 * A file of the right size goes to the CPU stage; its finding is reported when its digests are
 * back.  The stage bounds the number of open files: checker_work() runs the event loop until there
 * is a free place.
 */
#include "engine/checker.h"

#include "base/loop.h"
#include "engine/limits.h"
#include "engine/retry.h"
#include "stage/stage.h"

#include <event2/event.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define OPEN_MOST 256
/* Descriptors reserved for what is not counted: libraries, handlers. */
#define SPARE_FILES 32

/* A file in the stage. */
struct fa_checker_file {
    struct fa_checker_file *next; /* in checker.again */
    int64_t size;
    unsigned crashes;
    struct fa_checker_member member; /* volume NULL: a file of its own */
    size_t n_digests;
    struct fa_digest digests[FA_HASHES]; /* expected */
    char path[];
};

const char *fa_finding_name(enum fa_finding finding)
{
    static const char *const names[FA_FINDINGS] = {
        [FA_FINDING_GOOD] = "good",
        [FA_FINDING_UNHASHED] = "unhashed",
        [FA_FINDING_MISSING] = "missing",
        [FA_FINDING_CHANGED] = "changed",
        [FA_FINDING_UNREADABLE] = "unreadable",
        [FA_FINDING_UNKNOWN] = "unknown",
        [FA_FINDING_INVALID] = "invalid",
    };
    return (unsigned)finding < FA_FINDINGS ? names[finding] : "unknown";
}

/* The one way to the handler, so that every finding has all fields. */
void fa_checker_report(struct fa_checker *checker, enum fa_finding finding, const char *path,
                       int64_t size, const char *why)
{
    struct fa_checked checked = {
        .finding = finding,
        .path = path,
        .size = size > 0 ? (uint64_t)size : 0,
        .why = why,
    };
    checker->handler(checker->ctx, &checked);
}

/* The first error is the cause; those that follow from it would hide it. */
void fa_checker_fail(struct fa_checker *checker, int code)
{
    if (!checker->failed)
        fa_error_system(&checker->error, FA_CLASS_LOCAL_IO, code, "cannot verify '%s'",
                        checker->dir);
    checker->failed = true;
}

/* Submit a file to the stage, or report why it cannot be read.  A file whose worker crashed is
 * hashed in a worker of its own. */
static void checker_submit(struct fa_checker *checker, struct fa_checker_file *file)
{
    struct fa_error err = {0};
    unsigned hashes = 0;
    for (size_t i = 0; i < file->n_digests; ++i)
        hashes |= file->digests[i].hash;
    const struct fa_checker_member *member = &file->member;
    int fd = member->volume ? fa_volume_open(member->volume, member->store, &err)
                            : fa_folder_file(checker->folder, file->path, &err);
    struct fa_digest_range range = {.from = FA_STAGE_WHOLE, .size = (uint64_t)file->size};
    if (member->volume)
        range = fa_volume_range(member->volume, member->offset, range.size);
    if (fd >= 0 && fa_stage_submit_member(checker->stage, fd, &range, hashes,
                                          file->crashes > 0 ? FA_STAGE_ALONE : FA_STAGE_BATCH, file,
                                          &err) == 0) {
        ++checker->under_way;
        return;
    }
    fa_checker_report(checker, FA_FINDING_UNREADABLE, file->path, 0, err.msg);
    free(file);
}

/* @return the algorithm of the first digest that differs; 0: none */
static enum fa_hash file_compare(const struct fa_checker_file *file,
                                 const struct fa_stage_result *result)
{
    for (size_t i = 0; i < file->n_digests; ++i) {
        const struct fa_digest *expected = &file->digests[i];
        size_t j = 0;
        while (j < result->n_digests && result->digests[j].hash != expected->hash)
            ++j;
        if (j == result->n_digests ||
            memcmp(result->digests[j].bytes, expected->bytes, fa_hash_size(expected->hash)) != 0)
            return expected->hash;
    }
    return 0;
}

/* A file may crash its worker, or be its victim: repeat it until it has crashed too many. */
static void checker_on_done(void *ctx, void *tag, const struct fa_stage_result *result)
{
    struct fa_checker *checker = ctx;
    struct fa_checker_file *file = tag;
    char why[80];
    --checker->under_way;
    if (result->lost && ++file->crashes < FA_RETRY_CRASHES_MAX) {
        file->next = checker->again;
        checker->again = file;
        return;
    }
    if (result->error.class != FA_CLASS_NONE || result->n_digests == 0) {
        fa_checker_report(checker, FA_FINDING_UNREADABLE, file->path, 0, result->error.msg);
        free(file);
        return;
    }
    enum fa_hash differs = file_compare(file, result);
    if (differs)
        snprintf(why, sizeof(why), "its %s is another", fa_hash_name(differs));
    fa_checker_report(checker, differs ? FA_FINDING_CHANGED : FA_FINDING_GOOD, file->path,
                      file->size, differs ? why : NULL);
    free(file);
}

/* Run the loop until the stage has a free place, or with `all` until it is empty. */
static void checker_work(struct fa_checker *checker, bool all)
{
    while (checker->again || (all ? checker->under_way > 0 : fa_stage_full(checker->stage))) {
        while (checker->again && !fa_stage_full(checker->stage)) {
            struct fa_checker_file *file = checker->again;
            checker->again = file->next;
            checker_submit(checker, file);
        }
        fa_stage_flush(checker->stage);
        if (checker->under_way > 0 && event_base_loop(checker->base, EVLOOP_ONCE) != 0) {
            fa_checker_fail(checker, EIO);
            return;
        }
    }
}

/* Waits for a free place first, so that the number of open files is bounded. */
static void checker_hash(struct fa_checker *checker, const struct fa_checker_member *member,
                         const char *path, int64_t size, const struct fa_digest *digests, size_t n)
{
    size_t room = strlen(path) + 1;
    struct fa_checker_file *file = malloc(sizeof(*file) + room);
    if (!file) {
        fa_checker_fail(checker, ENOMEM);
        return;
    }
    *file = (struct fa_checker_file){.size = size, .member = *member, .n_digests = n};
    memcpy(file->digests, digests, n * sizeof(*digests));
    memcpy(file->path, path, room);
    checker_work(checker, false);
    checker_submit(checker, file);
}

void fa_checker_check(struct fa_checker *checker, const char *path, int64_t size,
                      const struct fa_digest *digests, size_t n)
{
    const struct fa_checker_member own = {0};
    struct fa_error err = {0};
    char why[80];
    int64_t there = -1;
    switch (fa_folder_look(checker->folder, path, &there, &err)) {
    case FA_THERE_NOTHING:
        fa_checker_report(checker, FA_FINDING_MISSING, path, 0, NULL);
        return;
    case FA_THERE_REFUSED:
        fa_checker_report(
            checker, err.class == FA_CLASS_REFUSED ? FA_FINDING_CHANGED : FA_FINDING_UNREADABLE,
            path, 0, err.msg);
        return;
    case FA_THERE_FILE:
        break;
    }
    if (size >= 0 && there != size) {
        snprintf(why, sizeof(why), "it has %" PRId64 " bytes, not %" PRId64, there, size);
        fa_checker_report(checker, FA_FINDING_CHANGED, path, 0, why);
    } else if (n == 0) {
        fa_checker_report(checker, FA_FINDING_UNHASHED, path, 0, NULL);
    } else {
        checker_hash(checker, &own, path, there, digests, n);
    }
}

void fa_checker_check_member(struct fa_checker *checker, const struct fa_checker_member *member,
                             const char *path, int64_t size, const struct fa_digest *digests,
                             size_t n)
{
    if (!member->volume || size < 0 ||
        !fa_volume_has(member->volume, member->store, member->offset, (uint64_t)size))
        fa_checker_report(checker, FA_FINDING_MISSING, path, 0, NULL);
    else if (n == 0)
        fa_checker_report(checker, FA_FINDING_UNHASHED, path, 0, NULL);
    else
        checker_hash(checker, member, path, size, digests, n);
}

void fa_checker_finish(struct fa_checker *checker)
{
    checker_work(checker, true);
}

/* Limit the files that are open at once; a worker process costs a socket and a pidfd. */
static unsigned checker_fit_files(unsigned jobs)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return OPEN_MOST;
    unsigned long used = fa_limits_open_files() + SPARE_FILES + 3ul * jobs;
    unsigned long left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    /* A descriptor that is sent to a worker is open twice for a moment. */
    return left / 2 < 1 ? 1 : left / 2 > OPEN_MOST ? OPEN_MOST : (unsigned)(left / 2);
}

int fa_checker_open(struct fa_checker *checker, const struct fa_config *config,
                    struct fa_folder *folder, struct fa_error *err)
{
    unsigned jobs = config->hash_jobs ? config->hash_jobs : fa_limits_cores(256);
    bool processes = fa_stage_has_processes(config->hash_with);
    checker->dir = config->dir;
    checker->folder = folder;
    checker->base = fa_loop_new(err);
    if (!checker->base)
        return -1;
    checker->nursery = fa_nursery_new(checker->base, config->worker_program, processes, err);
    if (!checker->nursery)
        return -1;
    struct fa_stage_env env = {
        .base = checker->base,
        .nursery = checker->nursery,
        .with = config->hash_with,
        .jobs = jobs,
        .confined = config->sandbox != FA_SANDBOX_OFF,
        .open_files = checker_fit_files(jobs),
        .done = checker_on_done,
        .ctx = checker,
    };
    checker->stage = fa_stage_new(&env, err);
    return checker->stage ? 0 : -1;
}

void fa_checker_close(struct fa_checker *checker)
{
    fa_stage_free(checker->stage);
    fa_nursery_free(checker->nursery);
    if (checker->base)
        event_base_free(checker->base);
}
