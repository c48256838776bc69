/*
 * Paths come from the state or from a manifest.  A file of the right size goes to the CPU stage;
 * its finding is reported when its digest is back, so findings are not in the order of the state.
 * The stage bounds the number of open files: verify_work() runs the event loop until there is a
 * free place.
 *
 * The folder is walked last for files that nothing knows.  A run may be in progress meanwhile:
 * files that it finishes before the walk are in the state by then, and are not reported as
 * unknown.
 *
 * With a manifest, its names are kept as hashes in a table (engine/names.h), so that memory stays
 * bounded.
 */
#include <fetchall/verify.h>

#include "base/loop.h"
#include "engine/config.h"
#include "engine/inspect.h"
#include "engine/limits.h"
#include "engine/name.h"
#include "engine/names.h"
#include "engine/retry.h"
#include "engine/store.h"
#include "engine/walk.h"
#include "list/sum.h"
#include "stage/stage.h"
#include "state/files.h"

#include <event2/event.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MOST 256
/* Descriptors reserved for what is not counted: libraries, handlers. */
#define SPARE_FILES 32
/* A longer line of a manifest cannot contain a valid path. */
#define LINE_MOST (16 * 1024)
/* The state, its -wal, -shm and -journal, and the manifest. */
#define OWN_MOST 5

/* A file in the stage. */
struct file {
    struct file *next; /* in verify.again */
    int64_t size;
    struct fa_digest digest;
    unsigned crashes;
    char path[];
};

struct verify {
    const struct fa_config *config;
    fa_verify_handler handler;
    void *ctx;
    struct fa_store *store;
    struct fa_state *state; /* NULL: a manifest, and no state */
    struct fa_names *names; /* of the manifest; NULL: the names are in the state */
    struct event_base *base;
    struct fa_nursery *nursery;
    struct fa_stage *stage;
    size_t under_way;
    struct file *again;
    struct {
        dev_t dev;
        ino_t ino;
    } own[OWN_MOST];
    size_t n_own;
    bool failed;
    struct fa_error error;
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
    };
    return (unsigned)finding < FA_FINDINGS ? names[finding] : "unknown";
}

/* The one way to the handler, so that every finding has all fields. */
static void verify_report(struct verify *v, enum fa_finding finding, const char *path, int64_t size,
                          const char *why)
{
    struct fa_checked checked = {
        .finding = finding,
        .path = path,
        .size = size > 0 ? (uint64_t)size : 0,
        .why = why,
    };
    v->handler(v->ctx, &checked);
}

/* The first error is the cause; those that follow from it would hide it. */
static void verify_fail(struct verify *v, int code)
{
    if (!v->failed)
        fa_error_system(&v->error, FA_CLASS_LOCAL_IO, code, "cannot verify '%s'", v->config->dir);
    v->failed = true;
}

/* Submit a file to the stage, or report why it cannot be read.  A file whose worker crashed is
 * hashed in a worker of its own. */
static void verify_submit(struct verify *v, struct file *file)
{
    struct fa_error err = {0};
    int fd = fa_folder_file(fa_store_folder(v->store), file->path, &err);
    if (fd >= 0 &&
        fa_stage_submit(v->stage, fd, (uint64_t)file->size, file->digest.hash,
                        file->crashes > 0 ? FA_STAGE_ALONE : FA_STAGE_BATCH, file, &err) == 0) {
        ++v->under_way;
        return;
    }
    verify_report(v, FA_FINDING_UNREADABLE, file->path, 0, err.msg);
    free(file);
}

/* A file may crash its worker, or be its victim: repeat it until it has crashed too many. */
static void verify_on_done(void *ctx, void *tag, const struct fa_stage_result *result)
{
    struct verify *v = ctx;
    struct file *file = tag;
    const struct fa_digest *expected = &file->digest;
    char why[80];
    --v->under_way;
    if (result->lost && ++file->crashes < FA_RETRY_CRASHES_MAX) {
        file->next = v->again;
        v->again = file;
        return;
    }
    if (result->error.class != FA_CLASS_NONE || result->n_digests == 0) {
        verify_report(v, FA_FINDING_UNREADABLE, file->path, 0, result->error.msg);
    } else if (memcmp(result->digests[0].bytes, expected->bytes, fa_hash_size(expected->hash)) ==
               0) {
        verify_report(v, FA_FINDING_GOOD, file->path, file->size, NULL);
    } else {
        snprintf(why, sizeof(why), "its %s is another", fa_hash_name(expected->hash));
        verify_report(v, FA_FINDING_CHANGED, file->path, file->size, why);
    }
    free(file);
}

/* Run the loop until the stage has a free place, or with `all` until it is empty. */
static void verify_work(struct verify *v, bool all)
{
    while (v->again || (all ? v->under_way > 0 : fa_stage_full(v->stage))) {
        while (v->again && !fa_stage_full(v->stage)) {
            struct file *file = v->again;
            v->again = file->next;
            verify_submit(v, file);
        }
        fa_stage_flush(v->stage);
        if (v->under_way > 0 && event_base_loop(v->base, EVLOOP_ONCE) != 0) {
            verify_fail(v, EIO);
            return;
        }
    }
}

/* Waits for a free place first, so that the number of open files is bounded. */
static void verify_hash(struct verify *v, const char *path, int64_t size,
                        const struct fa_digest *digest)
{
    size_t room = strlen(path) + 1;
    struct file *file = malloc(sizeof(*file) + room);
    if (!file) {
        verify_fail(v, ENOMEM);
        return;
    }
    *file = (struct file){.size = size, .digest = *digest};
    memcpy(file->path, path, room);
    verify_work(v, false);
    verify_submit(v, file);
}

/*
 * Check the size of a file, and submit it for its digest.
 * @size    -1: unknown
 * @digest  hash 0: none
 */
static void verify_check(struct verify *v, const char *path, int64_t size,
                         const struct fa_digest *digest)
{
    struct fa_error err = {0};
    char why[80];
    int64_t there = -1;
    switch (fa_folder_look(fa_store_folder(v->store), path, &there, &err)) {
    case FA_THERE_NOTHING:
        verify_report(v, FA_FINDING_MISSING, path, 0, NULL);
        return;
    case FA_THERE_REFUSED:
        verify_report(v, err.class == FA_CLASS_REFUSED ? FA_FINDING_CHANGED : FA_FINDING_UNREADABLE,
                      path, 0, err.msg);
        return;
    case FA_THERE_FILE:
        break;
    }
    if (size >= 0 && there != size) {
        snprintf(why, sizeof(why), "it has %" PRId64 " bytes, not %" PRId64, there, size);
        verify_report(v, FA_FINDING_CHANGED, path, 0, why);
    } else if (!digest->hash) {
        verify_report(v, FA_FINDING_UNHASHED, path, 0, NULL);
    } else {
        verify_hash(v, path, there, digest);
    }
}

/* Records without a file are those of failed entries and parts.  A file that nothing vouches for is
 * found by the walk. */
static bool verify_check_record(void *arg, const struct fa_record *record)
{
    struct verify *v = arg;
    if (record->path && fa_inspect_has_file(record) && !record->unverified)
        verify_check(v, record->path, record->size, &record->digest);
    return !v->failed;
}

/*
 * Read a line without its newline; what exceeds LINE_MOST is dropped.
 * @return Its length, or -1 at the end
 */
static ssize_t manifest_read_line(FILE *in, char line[LINE_MOST + 1], bool *ret_cut)
{
    ssize_t len = 0;
    int c;
    *ret_cut = false;
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        if (len < LINE_MOST)
            line[len++] = (char)c;
        else
            *ret_cut = true;
    }
    return c == EOF && len == 0 ? -1 : len;
}

static uint64_t verify_key(const struct verify *v, const char *path)
{
    return fa_name_key(path, fa_store_folder(v->store)->folds);
}

/* The format of a checksum line may not name its hash: prefer that of the state, of equal
 * length. */
static void verify_check_sum(struct verify *v, const struct fa_sum *sum)
{
    struct fa_record record;
    struct fa_digest digest = {0};
    enum fa_claim claim;
    uint64_t key = verify_key(v, sum->name);
    enum fa_hash likely = 0;
    if (v->state && fa_state_get(v->state, key, &record, NULL) == 1)
        likely = record.digest.hash;
    digest.hash = sum->hash ? sum->hash : fa_sum_hash(sum->size, likely);
    memcpy(digest.bytes, sum->bytes, sum->size);
    if (fa_names_claim(v->names, key, 1, &claim, &v->error))
        v->failed = true;
    else
        verify_check(v, sum->name, -1, &digest);
}

/* A line that cannot be read is a finding, not the end: the other files are still checked. */
static void verify_check_manifest(struct verify *v, const char *manifest)
{
    char line[LINE_MOST + 1];
    char why[FA_MESSAGE_MAX + 40];
    struct fa_error err = {0};
    struct fa_sum sum;
    bool cut;
    ssize_t len;
    FILE *in = fopen(manifest, "re");
    for (uint64_t n = 1; in && !v->failed && (len = manifest_read_line(in, line, &cut)) >= 0; ++n) {
        int found = cut ? -1 : fa_sum_parse(line, (size_t)len, &sum, &err);
        if (found > 0)
            verify_check_sum(v, &sum);
        if (found < 0) {
            snprintf(why, sizeof(why), "line %" PRIu64 ": %s", n, cut ? "it is too long" : err.msg);
            verify_report(v, FA_FINDING_UNREADABLE, manifest, 0, why);
        }
    }
    if (!in || ferror(in)) {
        fa_error_system(&v->error, FA_CLASS_LOCAL_IO, errno, "cannot read the manifest '%s'",
                        manifest);
        v->failed = true;
    }
    if (in)
        fclose(in);
}

/* State and manifest may be inside the folder: they are not unknown files. */
static void verify_add_own(struct verify *v, const char *file, const char *suffix)
{
    char name[4096];
    struct stat st;
    snprintf(name, sizeof(name), "%s%s", file, suffix);
    if (stat(name, &st) == 0) {
        v->own[v->n_own].dev = st.st_dev;
        v->own[v->n_own++].ino = st.st_ino;
    }
}

static bool verify_is_own(const struct verify *v, const char *path)
{
    struct stat st;
    int64_t size;
    int fd = v->n_own > 0 &&
                     fa_folder_look(fa_store_folder(v->store), path, &size, NULL) == FA_THERE_FILE
                 ? fa_folder_file(fa_store_folder(v->store), path, NULL)
                 : -1;
    bool good = fd >= 0 && fstat(fd, &st) == 0;
    bool own = false;
    for (size_t i = 0; good && i < v->n_own; ++i)
        own |= v->own[i].dev == st.st_dev && v->own[i].ino == st.st_ino;
    if (fd >= 0)
        close(fd);
    return own;
}

static bool verify_is_known(struct verify *v, const char *path)
{
    struct fa_record record;
    enum fa_claim claim = FA_CLAIM_NEW;
    uint64_t key = verify_key(v, path);
    if (!v->names) {
        int found = fa_state_get(v->state, key, &record, &v->error);
        v->failed |= found < 0;
        return found < 0 || (found > 0 && !record.unverified);
    }
    v->failed |= fa_names_claim(v->names, key, 1, &claim, &v->error) != 0;
    return claim != FA_CLAIM_NEW;
}

static void verify_on_walk(void *arg, const char *path, int code)
{
    struct verify *v = arg;
    if (v->failed)
        return;
    if (code)
        verify_report(v, FA_FINDING_UNREADABLE, path[0] ? path : v->config->dir, 0, strerror(code));
    else if (!verify_is_known(v, path) && !verify_is_own(v, path))
        verify_report(v, FA_FINDING_UNKNOWN, path, 0, NULL);
}

/* Limit the files that are open at once; a worker process costs a socket and a pidfd. */
static unsigned verify_fit_files(unsigned jobs)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return OPEN_MOST;
    unsigned long used = fa_limits_open_files() + SPARE_FILES + 3ul * jobs;
    unsigned long left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    /* A descriptor that is sent to a worker is open twice for a moment. */
    return left / 2 < 1 ? 1 : left / 2 > OPEN_MOST ? OPEN_MOST : (unsigned)(left / 2);
}

static int verify_open_stage(struct verify *v, struct fa_error *err)
{
    const struct fa_config *config = v->config;
    unsigned jobs = config->hash_jobs ? config->hash_jobs : fa_limits_cores(256);
    bool processes = fa_stage_has_processes(config->hash_with);
    v->base = fa_loop_new(err);
    if (!v->base)
        return -1;
    v->nursery = fa_nursery_new(v->base, config->worker_program, processes, err);
    if (!v->nursery)
        return -1;
    struct fa_stage_env env = {
        .base = v->base,
        .nursery = v->nursery,
        .with = config->hash_with,
        .jobs = jobs,
        .confined = config->sandbox != FA_SANDBOX_OFF,
        .open_files = verify_fit_files(jobs),
        .done = verify_on_done,
        .ctx = v,
    };
    v->stage = fa_stage_new(&env, err);
    return v->stage ? 0 : -1;
}

static int verify_open(struct verify *v, const char *manifest, int64_t *ret_busy,
                       struct fa_error *err)
{
    const struct fa_config *config = v->config;
    struct fa_shard shard = fa_config_shard(config);
    v->store = fa_store_new(config->dir, &shard, true, err);
    if (!v->store)
        return -1;
    if (!config->state && !manifest && fa_store_check_shard(v->store, &shard, err))
        return -1;
    *ret_busy = fa_store_holder(v->store);
    v->state = fa_inspect_open(v->store, config->dir, config->state, err);
    if (!v->state && !manifest)
        return -1;
    if (manifest && !(v->names = fa_names_new(fa_store_scratch(v->store), err)))
        return -1;
    for (size_t i = 0; config->state && i < FA_FILES; ++i)
        verify_add_own(v, config->state, fa_files_suffixes[i]);
    if (manifest)
        verify_add_own(v, manifest, "");
    return verify_open_stage(v, err);
}

static void verify_close(struct verify *v)
{
    fa_stage_free(v->stage);
    fa_nursery_free(v->nursery);
    if (v->base)
        event_base_free(v->base);
    fa_names_free(v->names);
    fa_state_close(v->state);
    fa_store_free(v->store);
}

int fa_verify_run(const struct fa_config *config, const char *manifest, fa_verify_handler handler,
                  void *ctx, int64_t *ret_busy, struct fa_error *err)
{
    struct fa_config own;
    struct verify v = {.config = &own, .handler = handler, .ctx = ctx};
    int result = -1;
    *ret_busy = 0;
    if (fa_config_copy(&own, config, err))
        return -1;
    if (verify_open(&v, manifest, ret_busy, err))
        goto out;
    if (manifest)
        verify_check_manifest(&v, manifest);
    else if (fa_state_each(v.state, FA_STANDINGS, verify_check_record, &v, &v.error))
        v.failed = true;
    verify_work(&v, true);
    if (!v.failed)
        fa_walk(fa_store_folder(v.store), verify_on_walk, &v);
    result = v.failed ? -1 : 0;
    if (v.failed && err)
        *err = v.error;

out:
    verify_close(&v);
    return result;
}
