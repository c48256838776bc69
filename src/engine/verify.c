/*
 * Paths come from the state or from a manifest, and go to a checker (engine/checker.h).
 *
 * The folder is walked last for files that nothing knows.  A run may be in progress meanwhile:
 * files that it finishes before the walk are in the state by then, and are not reported as
 * unknown.
 *
 * With a manifest, its names are kept as hashes in a table (engine/names.h), so that memory stays
 * bounded.
 */
#include <fetchall/verify.h>

#include "engine/checker.h"
#include "engine/config.h"
#include "engine/inspect.h"
#include "engine/name.h"
#include "engine/names.h"
#include "engine/store.h"
#include "engine/volumes.h"
#include "engine/walk.h"
#include "list/sum.h"
#include "state/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer line of a manifest cannot contain a valid path. */
#define LINE_MOST (16 * 1024)
/* The state, its -wal, -shm and -journal, and the manifest. */
#define OWN_MOST 5

struct verify {
    const struct fa_config *config;
    struct fa_store *store;
    struct fa_state *state; /* NULL: a manifest, and no state */
    struct fa_volumes volumes;
    struct fa_names *names; /* of the manifest; NULL: the names are in the state */
    struct fa_checker checker;
    struct {
        dev_t dev;
        ino_t ino;
    } own[OWN_MOST];
    size_t n_own;
};

/* Records without a file are those of failed entries and parts.  A file that nothing vouches for is
 * found by the walk. */
static bool verify_check_record(void *arg, const struct fa_record *record)
{
    struct verify *v = arg;
    bool has_file = record->path && fa_inspect_has_file(record) && !record->unverified;
    struct fa_checker_member member = {v->store, NULL, record->offset};
    if (record->alias)
        return true;
    if (has_file && record->archive) {
        member.volume = fa_volumes_find(&v->volumes, record->archive);
        fa_checker_check_member(&v->checker, &member, record->path, record->size, &record->digest,
                                record->digest.hash != 0);
        return !v->checker.failed;
    }
    if (has_file)
        fa_checker_check(&v->checker, record->path, record->size, &record->digest,
                         record->digest.hash != 0);
    return !v->checker.failed;
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
    if (fa_names_claim(v->names, key, 1, &claim, &v->checker.error))
        v->checker.failed = true;
    else
        fa_checker_check(&v->checker, sum->name, -1, &digest, digest.hash != 0);
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
    for (uint64_t n = 1;
         in && !v->checker.failed && (len = manifest_read_line(in, line, &cut)) >= 0; ++n) {
        int found = cut ? -1 : fa_sum_parse(line, (size_t)len, &sum, &err);
        if (found > 0)
            verify_check_sum(v, &sum);
        if (found < 0) {
            snprintf(why, sizeof(why), "line %" PRIu64 ": %s", n, cut ? "it is too long" : err.msg);
            fa_checker_report(&v->checker, FA_FINDING_UNREADABLE, manifest, 0, why);
        }
    }
    if (!in || ferror(in)) {
        fa_error_system(&v->checker.error, FA_CLASS_LOCAL_IO, errno,
                        "cannot read the manifest '%s'", manifest);
        v->checker.failed = true;
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
    if (fa_volumes_have_file(&v->volumes, path))
        return true;
    if (!v->names) {
        int found = fa_state_get(v->state, key, &record, &v->checker.error);
        v->checker.failed |= found < 0;
        return found < 0 || (found > 0 && !record.unverified && !record.archive);
    }
    v->checker.failed |= fa_names_claim(v->names, key, 1, &claim, &v->checker.error) != 0;
    return claim != FA_CLAIM_NEW;
}

static void verify_on_walk(void *arg, const char *path, int code)
{
    struct verify *v = arg;
    if (v->checker.failed)
        return;
    if (code)
        fa_checker_report(&v->checker, FA_FINDING_UNREADABLE, path[0] ? path : v->config->dir, 0,
                          strerror(code));
    else if (!verify_is_known(v, path) && !verify_is_own(v, path))
        fa_checker_report(&v->checker, FA_FINDING_UNKNOWN, path, 0, NULL);
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
    if (fa_volumes_init(&v->volumes, v->state, err))
        return -1;
    if (manifest && !(v->names = fa_names_new(fa_store_scratch(v->store), err)))
        return -1;
    for (size_t i = 0; config->state && i < FA_FILES; ++i)
        verify_add_own(v, config->state, fa_files_suffixes[i]);
    if (manifest)
        verify_add_own(v, manifest, "");
    return fa_checker_open(&v->checker, config, fa_store_folder(v->store), err);
}

static void verify_close(struct verify *v)
{
    fa_checker_close(&v->checker);
    fa_names_free(v->names);
    fa_volumes_fini(&v->volumes);
    fa_state_close(v->state);
    fa_store_free(v->store);
}

int fa_verify_run(const struct fa_config *config, const char *manifest, fa_verify_handler handler,
                  void *ctx, int64_t *ret_busy, struct fa_error *err)
{
    struct fa_config own;
    struct verify v = {.config = &own, .checker = {.handler = handler, .ctx = ctx}};
    int result = -1;
    *ret_busy = 0;
    if (fa_config_copy(&own, config, err))
        return -1;
    if (verify_open(&v, manifest, ret_busy, err))
        goto out;
    if (manifest)
        verify_check_manifest(&v, manifest);
    else if (fa_state_each(v.state, FA_STANDINGS, verify_check_record, &v, &v.checker.error))
        v.checker.failed = true;
    fa_checker_finish(&v.checker);
    if (!v.checker.failed)
        fa_walk(fa_store_folder(v.store), verify_on_walk, &v);
    result = v.checker.failed ? -1 : 0;
    if (v.checker.failed && err)
        *err = v.checker.error;

out:
    verify_close(&v);
    return result;
}
