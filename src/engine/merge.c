/*
 * The result is written to DIR/.fetchall/merge.db and renamed to the state when it is complete;
 * only then are the shards removed.  So what a kill leaves tells what to do: without a state, all
 * shards are there, and the merge starts again; with both a state and shards, only removing is
 * left.
 *
 * Each shard is locked while it is read.  A shard that starts meanwhile sees merge.db, and refuses
 * to run (fa_shard_check()); one that has started before holds its lock, and the merge is refused.
 *
 * Records are joined by the key of the path, as in a state.  A complete file is never displaced by
 * a failed one.
 */
#include <fetchall/merge.h>

#include "base/sized.h"
#include "engine/inspect.h"
#include "engine/shard.h"
#include "engine/store.h"
#include "engine/store_part.h"
#include "state/files.h"
#include "state/state.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMIT_RECORDS 10000

struct source {
    char *file;            /* of the state */
    struct fa_shard shard; /* count 0: not known */
};

struct merge {
    const char *dir;
    struct fa_store *store;
    fa_merge_handler handler;
    void *ctx;
    struct source *sources;
    size_t n_sources;
    bool own; /* the sources are the shards of dir */

    struct fa_state *state; /* the result */
    const struct source *source;
    struct fa_merge_summary summary;
    struct fa_state_run run; /* lists_final, entries and done of all shards together */
    uint64_t pending;
    struct fa_error error; /* the first one */
};

const char *fa_merge_finding_name(enum fa_merge_finding finding)
{
    static const char *const names[FA_MERGE_FINDINGS] = {
        [FA_MERGE_MISSING] = "missing",
        [FA_MERGE_UNFINISHED] = "unfinished",
        [FA_MERGE_DOUBLE] = "double",
        [FA_MERGE_DISAGREES] = "disagrees",
    };
    return (unsigned)finding < FA_MERGE_FINDINGS ? names[finding] : "unknown";
}

static void merge_report(const struct merge *m, enum fa_merge_finding finding, const char *name,
                         const char *why)
{
    const struct fa_merge_found found = {finding, name, why};
    m->handler(m->ctx, &found);
}

/* "shard 2 of 4".  @none  Returned if it is not known to be one. */
static const char *source_name(const struct source *source, const char *none, char *ret,
                               size_t size)
{
    if (source->shard.count == 0)
        return none;
    snprintf(ret, size, "shard %u of %u", source->shard.index, source->shard.count);
    return ret;
}

static int merge_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot merge states");
    return -1;
}

/* @file  Taken; NULL: there was no memory for it. */
static int merge_add_source(struct merge *m, char *file, const struct fa_shard *shard,
                            struct fa_error *err)
{
    struct source *more =
        file ? reallocarray(m->sources, m->n_sources + 1, sizeof(*m->sources)) : NULL;
    if (!more) {
        free(file);
        return merge_no_memory(err);
    }
    m->sources = more;
    m->sources[m->n_sources++] = (struct source){file, shard ? *shard : (struct fa_shard){0}};
    return 0;
}

/* Add the shards of a folder.  @return 0, also if it has none; or -1 */
static int merge_add_shards(struct merge *m, const char *dir, struct fa_error *err)
{
    char *path = NULL;
    const char *base = strrchr(FA_STATE_FILE, '/');
    int own = (int)(base - FA_STATE_FILE);
    if (asprintf(&path, "%s/%.*s", dir, own, FA_STATE_FILE) < 0)
        return merge_no_memory(err);
    DIR *folder = opendir(path);
    int result = folder || errno == ENOENT ? 0 : -1;
    if (result)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s'", path);
    for (struct dirent *entry; folder && result == 0 && (entry = readdir(folder));) {
        struct fa_shard shard;
        char *file = NULL;
        if (!fa_shard_from_name(entry->d_name, &shard))
            continue;
        if (asprintf(&file, "%s/%s%s", path, entry->d_name, base) < 0)
            file = NULL;
        result = merge_add_source(m, file, &shard, err);
    }
    if (folder)
        closedir(folder);
    free(path);
    return result;
}

/* A folder stands for the state in it, or for those of its shards. */
static int merge_add_operand(struct merge *m, const char *name, struct fa_error *err)
{
    struct stat st;
    char *file = NULL;
    size_t before = m->n_sources;
    if (stat(name, &st)) {
        fa_error_system(err, FA_CLASS_REFUSED, errno, "cannot read '%s'", name);
        return -1;
    }
    struct fa_shard shard = fa_inspect_shard(name);
    if (!S_ISDIR(st.st_mode))
        return merge_add_source(m, strdup(name), &shard, err);
    if (merge_add_shards(m, name, err))
        return -1;
    if (m->n_sources > before)
        return 0;
    if (asprintf(&file, "%s/" FA_STATE_FILE, name) < 0)
        file = NULL;
    return merge_add_source(m, file, NULL, err);
}

static int source_compare(const void *a, const void *b)
{
    const struct source *first = a, *second = b;
    unsigned x = first->shard.index, y = second->shard.index;
    return x != y ? (x < y ? -1 : 1) : strcmp(first->file, second->file);
}

static void merge_report_missing(struct merge *m, unsigned from, unsigned to)
{
    char name[48];
    for (; from < to; ++from) {
        struct source source = {.shard = {.index = from, .count = m->sources[0].shard.count}};
        merge_report(m, FA_MERGE_MISSING, source_name(&source, NULL, name, sizeof(name)),
                     "it has no state here");
        m->run.lists_final = false;
    }
}

/* Name the shards without a state; those with one are sorted by their index. */
static int merge_check_shards(struct merge *m, struct fa_error *err)
{
    char name[2][48];
    unsigned next = 0, count = m->n_sources > 0 ? m->sources[0].shard.count : 0;
    for (size_t i = 0; i < m->n_sources; ++i) {
        const struct fa_shard *shard = &m->sources[i].shard;
        if (shard->count != count) {
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                         "the states are not those of one list: '%s' is %s, '%s' is %s",
                         m->sources[0].file,
                         source_name(&m->sources[0], "no shard", name[0], sizeof(name[0])),
                         m->sources[i].file,
                         source_name(&m->sources[i], "no shard", name[1], sizeof(name[1])));
            return -1;
        }
        merge_report_missing(m, next, shard->index);
        next = shard->index + 1;
    }
    merge_report_missing(m, next, count);
    return 0;
}

/* Which of two records of a path to keep. */
static bool record_is_better(const struct fa_record *record, const struct fa_record *there)
{
    if (record->alias || there->alias)
        return !record->alias;
    return record->standing == FA_STANDING_DONE && there->standing != FA_STANDING_DONE;
}

static void merge_compare(const struct merge *m, const struct fa_record *record,
                          const struct fa_record *there)
{
    bool done = record->standing == FA_STANDING_DONE && there->standing == FA_STANDING_DONE;
    const char *path = record->path ? record->path : "";
    if ((record->alias || there->alias) && record->owner == there->owner)
        return; /* the record of the file says what it is */
    if (record->owner != there->owner)
        merge_report(m, FA_MERGE_DISAGREES, path, "two URLs have this name");
    else if (done &&
             (record->size != there->size || (record->digest.hash == there->digest.hash &&
                                              memcmp(record->digest.bytes, there->digest.bytes,
                                                     sizeof(record->digest.bytes)) != 0)))
        merge_report(m, FA_MERGE_DISAGREES, path, "the states have different contents of it");
    else if (done)
        merge_report(m, FA_MERGE_DOUBLE, path, "two states have it");
}

/* An archive stays in its folder, and others have archives of the same names. */
static void merge_refuse_archives(struct merge *m)
{
    fa_error_set(
        &m->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
        "'%s' has files in archives (--output), which are not merged: use 'fetchall verify' "
        "and 'fetchall status' in each folder",
        m->source->file);
}

static bool merge_put(void *arg, const struct fa_record *record)
{
    struct merge *m = arg;
    struct fa_record there;
    if (record->archive > 0) {
        merge_refuse_archives(m);
        return false;
    }
    int found = fa_state_get(m->state, record->key, &there, &m->error);
    if (found < 0)
        return false;
    if (found > 0)
        merge_compare(m, record, &there);
    m->summary.records += found == 0 && !record->alias;
    if ((found == 0 || record_is_better(record, &there)) &&
        fa_state_put(m->state, record, &m->error))
        return false;
    if (++m->pending % COMMIT_RECORDS > 0)
        return true;
    return fa_state_commit(m->state, &m->error) == 0;
}

static void merge_add_run(struct merge *m, const struct fa_state_run *run)
{
    char text[48];
    const char *name = source_name(m->source, m->source->file, text, sizeof(text));
    bool handled = run->lists_final && run->done >= run->entries;
    if (run->ended == 0)
        merge_report(m, FA_MERGE_UNFINISHED, name,
                     "its last run was killed: run it again, or check its files with 'fetchall "
                     "verify'");
    else if (!handled)
        merge_report(m, FA_MERGE_UNFINISHED, name, "its last run was stopped: run it again");
    m->run.lists_final &= run->lists_final;
    m->run.entries += run->entries;
    m->run.done += run->done;
}

/* The lock of a shard of dir, which must not be running.  NULL: it is, or an error. */
static struct fa_store *merge_lock(const struct merge *m, const struct source *source,
                                   struct fa_error *err)
{
    return fa_store_new(m->dir, &source->shard, false, err);
}

/* A shard without a state was killed before it had one, or was emptied by a merge before. */
static int merge_read(struct merge *m, struct fa_error *err)
{
    char notice[FA_MESSAGE_MAX];
    struct fa_state_run run;
    struct fa_store *lock = m->own ? merge_lock(m, m->source, err) : NULL;
    if (m->own && !lock)
        return -1;
    struct fa_error why = {0};
    struct fa_state *state =
        fa_state_open(m->source->file, NULL, FA_STATE_READ, false, notice, &why);
    int result = state ? 0 : -1;
    if (state) {
        fa_state_last_run(state, &run);
        merge_add_run(m, &run);
        ++m->summary.states;
        result = fa_state_each(state, FA_STANDINGS, merge_put, m, &why);
        if (result == 0 && m->error.class != FA_CLASS_NONE) {
            why = m->error;
            result = -1;
        }
    } else if (m->own && why.domain == FA_DOMAIN_SYSTEM && why.code == ENOENT) {
        result = 0;
    }
    fa_state_close(state);
    fa_store_free(lock);
    if (result && err)
        *err = why;
    return result;
}

/* Make the result.  @file  Where. */
static int merge_write(struct merge *m, const char *file, struct fa_error *err)
{
    char notice[FA_MESSAGE_MAX];
    m->state = fa_state_open(file, NULL, FA_STATE_WRITE, true, notice, err);
    if (!m->state || merge_check_shards(m, err) || fa_state_begin(m->state, "merge", 0, err))
        return -1;
    for (size_t i = 0; i < m->n_sources; ++i) {
        m->source = &m->sources[i];
        if (merge_read(m, err))
            return -1;
    }
    return fa_state_progress(m->state, m->run.entries, m->run.done, m->run.lists_final, true,
                             err) ||
                   fa_state_commit(m->state, err) || fa_state_write_back(m->state, err)
               ? -1
               : 0;
}

static void remove_state(const char *file)
{
    for (size_t i = 0; i < FA_FILES; ++i) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", file, fa_files_suffixes[i]) >= 0)
            (void)!unlink(name);
        free(name);
    }
}

/* Where the result is written.  NULL: no memory. */
static char *merge_temp(const char *file)
{
    char *temp = NULL;
    const char *slash = strrchr(file, '/');
    return asprintf(&temp, "%.*s/" FA_SHARD_MERGED, (int)(slash - file), file) < 0 ? NULL : temp;
}

static int merge_join(struct merge *m, const char *file, struct fa_error *err)
{
    char *temp = merge_temp(file);
    if (!temp)
        return merge_no_memory(err);
    remove_state(temp); /* of a merge that was killed */
    int result = merge_write(m, temp, err);
    fa_state_close(m->state);
    m->state = NULL;
    if (result == 0 && rename(temp, file)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot rename '%s'", temp);
        result = -1;
    }
    if (result)
        remove_state(temp);
    free(temp);
    return result;
}

/* The state has the records of all shards. */
static int merge_remove_shards(struct merge *m, struct fa_error *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < m->n_sources; ++i) {
        struct fa_store *shard = merge_lock(m, &m->sources[i], err);
        result = shard ? fa_store_absorb(m->store, shard, err) : -1;
        fa_store_free(shard);
    }
    return result;
}

/* The merge of other folders was killed: only whoever began it knows which. */
static bool merge_was_stopped(const char *file)
{
    char *temp = merge_temp(file);
    bool there = temp && access(temp, F_OK) == 0;
    free(temp);
    return there;
}

/* There is a state already if a merge was killed after it had written it.  @file  NULL: no folder. */
static int merge_check(const struct merge *m, const char *file, bool there, struct fa_error *err)
{
    const char *why = "has a state already: choose another folder (-d)";
    if (m->n_sources > 0 && (m->own || !there))
        return 0;
    if (m->n_sources == 0)
        why = file && merge_was_stopped(file)
                  ? "has what a merge of other folders left that was stopped: repeat it, with the "
                    "same STATEs"
                  : "has no shards to merge";
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "'%s' %s", m->dir, why);
    return -1;
}

static int merge_work(struct merge *m, struct fa_error *err)
{
    char *file = fa_store_state(m->store);
    bool there = file && access(file, F_OK) == 0;
    int result = file ? merge_check(m, file, there, err) : merge_no_memory(err);
    if (m->n_sources > 0)
        qsort(m->sources, m->n_sources, sizeof(*m->sources), source_compare);
    if (result == 0 && !there)
        result = merge_join(m, file, err);
    if (result == 0 && m->own)
        result = merge_remove_shards(m, err);
    free(file);
    return result;
}

/* The smallest struct of a caller that is accepted ends with this field. */
#define FIRST_SIZE offsetof(struct fa_merge_summary, records)

int fa_merge_run(const char *dir, const char *const *states, size_t n, fa_merge_handler handler,
                 void *ctx, struct fa_merge_summary *ret, struct fa_error *err)
{
    struct merge m = {.dir = dir, .handler = handler, .ctx = ctx, .own = n == 0};
    m.summary.size = sizeof(m.summary);
    m.run.lists_final = true;
    int result = fa_sized_check(ret, FIRST_SIZE, "fa_merge_summary", err);
    for (size_t i = 0; result == 0 && i < n; ++i)
        result = merge_add_operand(&m, states[i], err);
    if (result == 0 && m.own && access(dir, F_OK) && errno == ENOENT)
        result = merge_check(&m, NULL, false, err); /* a typing error: make no folder */
    if (result == 0 && !(m.store = fa_store_new(dir, NULL, false, err)))
        result = -1;
    if (result == 0 && m.own)
        result = merge_add_shards(&m, dir, err);
    if (result == 0)
        result = merge_work(&m, err);
    if (result == 0)
        fa_sized_put(ret, &m.summary, sizeof(m.summary));
    for (size_t i = 0; i < m.n_sources; ++i)
        free(m.sources[i].file);
    free(m.sources);
    fa_store_free(m.store);
    return result;
}
