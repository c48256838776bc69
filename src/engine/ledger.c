/*
 * A commit can cost an fsync(2), so records are batched: a commit is due after COMMIT_EVERY seconds
 * or COMMIT_CHANGES records.  With --fsync batch the file system is synced before each commit, so
 * that no record refers to data that a power cut could still lose.  Without fsync(2) it is due
 * sooner: what is not committed is not reported to a queue either, and a dead worker's files are
 * downloaded again.
 *
 * Strings of a record are borrowed until the next call to the state.
 */
#include "engine/ledger.h"

#include <fetchall/redact.h>

#include "base/io.h"
#include "engine/inspect.h"
#include "engine/statuses.h"
#include "list/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_EVERY   0.2
#define COMMIT_SOON    0.05 /* without fsync(2) */
#define COMMIT_CHANGES 1000
/* Record a transfer in progress once it has that many bytes: small files are not worth it. */
#define PART_MIN (256 * 1024)
/* With --fsync batch: bytes of a part between two records. */
#define SYNCED_STEP (8 * 1024 * 1024)

bool fa_ledger_has_part(enum fa_standing standing, bool strong, bool replaces)
{
    return standing == FA_STANDING_PART || (standing == FA_STANDING_FAILED && strong && !replaces);
}

static bool ledger_keeps_part(void *arg, uint64_t key)
{
    struct fa_ledger *ledger = arg;
    struct fa_record record;
    if (fa_volumes_have_part(&ledger->volumes, key))
        return true;
    return fa_state_get(ledger->state, key, &record, NULL) == 1 &&
           fa_ledger_has_part(record.standing, record.strong, record.replaces);
}

/* A damaged state is renamed; a file that the user named by mistake must not be. */
static bool file_is_not_state(const char *file)
{
    char head[16] = "";
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head));
    if (fd >= 0)
        close(fd);
    return n > 0 && strncmp(head, "SQLite format 3", sizeof(head)) != 0;
}

/* A state that is not in the folder must name it: otherwise two folders could use one state, and
 * take each other's files for their own. */
static int ledger_open_state(struct fa_ledger *ledger, const struct fa_emitter *emitter,
                             struct fa_error *err)
{
    const struct fa_config *config = ledger->config;
    char notice[FA_MESSAGE_MAX] = "";
    char *file = config->state ? strdup(config->state) : fa_store_state(ledger->store);
    char *dir = config->state ? fa_folder_path(fa_store_folder(ledger->store)) : NULL;
    if (!file || (config->state && !dir))
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the state");
    else if (config->state && file_is_not_state(file))
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "'%s' is not a state", file);
    else
        ledger->state = fa_state_open(file, dir, config->plan ? FA_STATE_READ : FA_STATE_WRITE,
                                      config->fsync != FA_FSYNC_NONE, notice, err);
    free(file);
    free(dir);
    if (notice[0])
        fa_emit_notice(emitter, NULL, "%s", notice);
    return ledger->state ? 0 : -1;
}

static bool ledger_look(void *folder, const char *path, int64_t *ret_size)
{
    return fa_folder_look(folder, path, ret_size, NULL) == FA_THERE_FILE;
}

/* A command of --exec may change the files of other entries. */
static int ledger_read_ahead(struct fa_ledger *ledger, struct fa_error *err)
{
    const struct fa_config *config = ledger->config;
    bool looks = !config->output && !config->exec;
    if (fa_folder_again(&ledger->ahead, fa_store_folder(ledger->store), err))
        return -1;
    fa_state_read_ahead(ledger->state, looks ? ledger_look : NULL, &ledger->ahead);
    return 0;
}

int fa_ledger_open(struct fa_ledger *ledger, const char *mode, double began,
                   const struct fa_emitter *emitter, struct fa_error *err)
{
    const struct fa_config *config = ledger->config;
    struct fa_error why = {0};
    if (!config->no_state && ledger_open_state(ledger, emitter, &why)) {
        /* A plan works without a state. */
        if (config->plan && why.domain == FA_DOMAIN_SYSTEM && why.code == ENOENT)
            return 0;
        *err = why;
        return -1;
    }
    if (fa_volumes_init(&ledger->volumes, ledger->state, err))
        return -1;
    if (config->plan)
        return 0;
    if (ledger->state)
        fa_state_last_run(ledger->state, &ledger->last_run);
    fa_store_purge(ledger->store, ledger->state ? ledger_keeps_part : NULL, ledger);
    if (!ledger->state)
        return 0;
    return fa_state_begin(ledger->state, mode, began, err) || ledger_read_ahead(ledger, err) ? -1
                                                                                             : 0;
}

/* What is pending is lost; the end of a run commits before. */
void fa_ledger_close(struct fa_ledger *ledger)
{
    fa_volumes_fini(&ledger->volumes);
    fa_state_close(ledger->state);
    ledger->state = NULL;
    if (ledger->ahead.dir)
        fa_folder_fini(&ledger->ahead);
    ledger->ahead.dir = NULL;
}

/* The state has one digest for each file: the first one that was asked for.  An Adler-32 says too
 * little about a file to be recorded. */
static const struct fa_digest *result_first_digest(const struct fa_ledger *ledger,
                                                   const struct fa_result *result)
{
    for (size_t i = 0; i < result->n_digests; ++i)
        if (result->digests[i].hash == (enum fa_hash)ledger->config->hash_first)
            return &result->digests[i];
    const struct fa_digest *first = result->n_digests > 0 ? &result->digests[0] : NULL;
    return first && !(first->hash & FA_HASHES_WEAK) ? first : NULL;
}

/* Borrowed: the record points to the texts of the representation until it has been put. */
static void representation_to_record(struct fa_record *record, const struct fa_representation *rep)
{
    record->etag = rep->validator.etag[0] ? rep->validator.etag : NULL;
    record->modified = rep->validator.modified;
    record->strong = rep->validator.strong;
    record->coding = rep->coding[0] ? rep->coding : NULL;
    record->size = rep->total;
}

/* The first failure is kept for the turn, which ends the run: a job cannot handle it. */
static void ledger_put(struct fa_ledger *ledger, const struct fa_record *record)
{
    if (ledger->failure.class == FA_CLASS_NONE)
        (void)fa_state_put(ledger->state, record, &ledger->failure);
}

/* -1 where zero would be a value: a file can be empty, and 1970 is a date. */
static struct fa_record record_of_job(const struct fa_job *job, enum fa_standing standing)
{
    return (struct fa_record){
        .key = job->place.key,
        .owner = job->place.owner,
        .standing = standing,
        .path = job->place.path,
        .line = (int64_t)job->entry->line,
        .size = -1,
        .modified = -1,
        .mirror = job->part.mirror,
        .slice = job->slice.set ? job->range : NULL,
        .hook = job->place.hook,
        .archive = job->place.archive,
        .offset = job->place.offset,
    };
}

/* An existing file keeps the representation and digest that the state had, as no answer is new. */
static void ledger_put_done(struct fa_ledger *ledger, const struct fa_job *job,
                            const struct fa_result *result)
{
    struct fa_record record = record_of_job(job, FA_STANDING_DONE);
    const struct fa_digest *digest =
        result->unverified ? NULL : result_first_digest(ledger, result);
    const struct fa_known *known = job->place.known;
    bool fetched = result->status == FA_STATUS_OK;
    record.unverified = result->unverified;
    record.url = result->url;
    record.http = result->http;
    if (fetched || result->status == FA_STATUS_UNCHANGED)
        representation_to_record(&record, &job->outcome.head.rep);
    else if (known)
        representation_to_record(&record, &known->rep);
    record.size = job->place.size;
    if (!fetched && job->part.bytes > 0)
        fa_store_part_remove(ledger->store, job->place.key);
    if (digest)
        record.digest = *digest;
    else if (!fetched && known)
        record.digest = known->digest;
    ledger_put(ledger, &record);
}

/* What a later run needs to retry the entry; the URL is enough for a plain entry. */
static void record_pack_entry(struct fa_ledger *ledger, const struct fa_entry *entry,
                              struct fa_buf *buf, struct fa_record *record)
{
    record->secret = fa_inspect_is_secret(entry, ledger->config->secret_keys);
    if (!record->secret && fa_entry_is_plain(entry))
        return;
    fa_entry_pack(entry, NULL, buf);
    fa_buf_put_u8(buf, 0);
    record->text = (const char *)buf->data;
    if (buf->failed && ledger->failure.class == FA_CLASS_NONE)
        fa_error_system(&ledger->failure, FA_CLASS_LOCAL_IO, ENOMEM,
                        "cannot record a failed entry");
}

/* A failed entry whose file exists keeps the record of that file ("replaces"). */
static void ledger_put_failed(struct fa_ledger *ledger, const struct fa_job *job,
                              const struct fa_result *result)
{
    const struct fa_known *known = job->place.known;
    struct fa_record record = record_of_job(job, FA_STANDING_FAILED);
    struct fa_buf packed;
    fa_buf_init(&packed);
    record_pack_entry(ledger, job->entry, &packed, &record);
    record.url = result->url;
    record.http = result->http;
    record.class = result->error.class;
    record.error = result->error.msg;
    record.transient = result->transient;
    record.tried = job->tries.attempts > 0;
    record.replaces = known != NULL;
    if (!known && job->place.plain)
        record.path = job->place.plain;
    if (known) {
        representation_to_record(&record, &known->rep);
        record.digest = known->digest;
    } else if (job->part.bytes > 0) {
        representation_to_record(&record, &job->part.rep);
    }
    ledger_put(ledger, &record);
    fa_buf_fini(&packed);
}

/* A cancelled job whose part is empty: its record describes nothing any more. */
static void ledger_forget_part(struct fa_ledger *ledger, const struct fa_job *job)
{
    bool needless = job->part.recorded && job->part.bytes == 0 && !job->place.known &&
                    job->place.hook == FA_HOOK_NONE;
    if (needless && ledger->failure.class == FA_CLASS_NONE)
        (void)fa_state_remove(ledger->state, job->place.key, &ledger->failure);
}

void fa_ledger_put_end(struct fa_ledger *ledger, const struct fa_job *job,
                       const struct fa_result *result)
{
    const struct fa_known *known = job->place.known;
    if (!ledger->state || ledger->config->plan || !job->place.path || job->place.key == 0)
        return;
    ledger->urgent |= job->place.hooked;
    switch (fa_status_recorded(result->status)) {
    case FA_RECORDED_DONE:
        ledger_put_done(ledger, job, result);
        break;
    case FA_RECORDED_IF_NEW:
        if (!known || !known->done || result->n_digests > 0 || job->place.hooked)
            ledger_put_done(ledger, job, result);
        break;
    case FA_RECORDED_IF_HASHED:
        if (result->n_digests > 0)
            ledger_put_done(ledger, job, result);
        break;
    case FA_RECORDED_FAILED:
        if (result->error.class != FA_CLASS_CANCELLED)
            ledger_put_failed(ledger, job, result);
        else
            ledger_forget_part(ledger, job);
        break;
    case FA_RECORDED_NOT:
        break;
    }
}

/* The record of a job that has no result yet, which would have its URL.  @ret_url  To be freed. */
static struct fa_record record_of_unended_job(const struct fa_ledger *ledger,
                                              const struct fa_job *job, enum fa_standing standing,
                                              char **ret_url)
{
    struct fa_record record = record_of_job(job, standing);
    *ret_url = fa_redact_url(job->entry->urls[0], ledger->config->secret_keys);
    record.url = *ret_url ? *ret_url : "?";
    return record;
}

/* Sync the data before committing the record that refers to it. */
static int ledger_commit(struct fa_ledger *ledger, const struct fa_counts *counts, bool lists_final,
                         bool ended, struct fa_error *err)
{
    struct fa_state *state = ledger->state;
    bool sync = ledger->config->fsync == FA_FSYNC_BATCH && fa_state_pending(state) > 0;
    if (sync && fa_folder_sync(fa_store_folder(ledger->store), NULL, err))
        return -1;
    if (fa_state_progress(state, counts->entries, counts->done - counts->cancelled, lists_final,
                          ended, err))
        return -1;
    if (fa_state_commit(state, err) == 0)
        return 0;
    return fa_io_is_full(err) && fa_store_give_spare(ledger->store) ? fa_state_commit(state, err)
                                                                    : -1;
}

/* The part stops being stale once its record is committed.  If that fails it remains stale, and
 * the next commit reports the error. */
static void part_end_staleness(struct fa_ledger *ledger, struct fa_job *job,
                               const struct fa_counts *counts)
{
    struct fa_error err;
    if (ledger_commit(ledger, counts, counts->lists_final, false, &err) == 0 &&
        fa_store_part_know(ledger->store, job->place.key, &job->part.inode) == 0)
        job->part.stale = false;
}

/* A record is needed only while there is no result; that of the complete file replaces it. */
static void ledger_put_part(struct fa_ledger *ledger, struct fa_job *job,
                            const struct fa_head *head, uint64_t synced,
                            const struct fa_counts *counts)
{
    if (job->robots)
        return; /* it is no entry */
    if (job->place.known)
        return; /* the record describes the existing file until this one replaces it */
    if (job->part.unnamed && fa_job_name_part(job, ledger->store, NULL))
        return; /* there is nothing that a later run could resume */
    char *url;
    struct fa_record record = record_of_unended_job(ledger, job, FA_STANDING_PART, &url);
    record.mirror = job->target.mirrors[job->target.mirror].key;
    record.durable = synced;
    representation_to_record(&record, &head->rep);
    ledger_put(ledger, &record);
    free(url);
    job->part.recorded = true;
    job->part.withdrawn = false;
    if (job->part.stale && !job->part.split)
        part_end_staleness(ledger, job, counts);
}

/* A commit syncs the data first, so bytes written by now are on the disk once the record is. */
static void ledger_put_synced(struct fa_ledger *ledger, struct fa_job *job,
                              const struct fa_counts *counts)
{
    const struct fa_head *head = &job->attempt.head;
    uint64_t received = job->attempt.received;
    uint64_t written = head->kept + received - FA_PART_UNWRITTEN;
    if (received < FA_PART_UNWRITTEN || !head->rep.validator.strong ||
        written < job->part.synced + SYNCED_STEP)
        return;
    job->part.synced = written;
    ledger_put_part(ledger, job, head, written, counts);
}

/* A transfer that resumes the recorded bytes needs no new record. */
void fa_ledger_put_head(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts)
{
    const struct fa_attempt *attempt = &job->attempt;
    struct fa_part *part = &job->part;
    if (!ledger->state)
        return;
    if (part->head_recorded && !part->split && ledger->config->fsync == FA_FSYNC_BATCH)
        ledger_put_synced(ledger, job, counts);
    if (part->head_recorded || attempt->received < PART_MIN || !attempt->has_head)
        return;
    part->head_recorded = true;
    part->synced = 0;
    part->stale |= attempt->offset > 0 && attempt->head.kept == 0;
    bool same = attempt->offset > 0 && attempt->head.kept == attempt->offset && part->recorded &&
                !part->stale;
    if (attempt->head.rep.validator.strong && !same)
        ledger_put_part(ledger, job, &attempt->head, 0, counts);
}

void fa_ledger_put_part(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts)
{
    struct fa_head head = {.rep = job->part.rep};
    if (ledger->state && (job->part.stale || !job->part.head_recorded))
        ledger_put_part(ledger, job, &head, 0, counts);
}

/* The new record has no validator, so that the part is not resumed by it.  A known file has a
 * record of its own, which does not describe the part. */
int fa_ledger_withdraw(struct fa_ledger *ledger, struct fa_job *job, const struct fa_counts *counts,
                       struct fa_error *err)
{
    struct fa_part *part = &job->part;
    if (!ledger->state || fa_store_marks_parts(ledger->store) || !part->recorded ||
        part->withdrawn || job->place.known)
        return 0;
    char *url;
    struct fa_record record = record_of_unended_job(ledger, job, FA_STANDING_PART, &url);
    int result = fa_state_put(ledger->state, &record, err);
    free(url);
    if (result == 0)
        result = ledger_commit(ledger, counts, counts->lists_final, false, err);
    part->stale |= result == 0;
    part->withdrawn = result == 0;
    return result;
}

/* The new record has no validator: if the process dies now, the file is fetched again. */
int fa_ledger_disown(struct fa_ledger *ledger, const struct fa_job *job,
                     const struct fa_counts *counts, struct fa_error *err)
{
    if (!ledger->state || !job->place.known)
        return 0;
    char *url;
    struct fa_record record = record_of_unended_job(ledger, job, FA_STANDING_DONE, &url);
    int result = fa_state_put(ledger->state, &record, err);
    free(url);
    return result ? result : ledger_commit(ledger, counts, counts->lists_final, false, err);
}

void fa_ledger_put_volume(struct fa_ledger *ledger, const struct fa_volume *volume)
{
    if (volume && ledger->state && ledger->failure.class == FA_CLASS_NONE)
        (void)fa_state_put_archive(ledger->state, &volume->state, &ledger->failure);
}

int fa_ledger_put_alias(struct fa_ledger *ledger, const struct fa_job *job, uint64_t key,
                        struct fa_error *err)
{
    struct fa_record record = record_of_job(job, FA_STANDING_DONE);
    record.key = key;
    record.alias = true;
    record.url = ""; /* that of its file is redacted */
    return fa_state_put(ledger->state, &record, err);
}

/* If the process dies before the file has its name, the record is that of its part. */
int fa_ledger_put_pending(struct fa_ledger *ledger, struct fa_job *job,
                          const struct fa_counts *counts, struct fa_error *err)
{
    if (!ledger->state)
        return 0;
    char *url;
    struct fa_record record = record_of_unended_job(ledger, job, FA_STANDING_PART, &url);
    representation_to_record(&record, &job->part.rep);
    int result = fa_state_put(ledger->state, &record, err);
    free(url);
    job->part.recorded |= result == 0;
    return result ? result : ledger_commit(ledger, counts, counts->lists_final, false, err);
}

/* The oldest first, so that the latest ones stay if there is no room for all. */
int fa_ledger_recall_limits(struct fa_ledger *ledger, struct fa_learned *ret, struct fa_error *err)
{
    struct fa_state_limit limits[FA_STATE_LIMITS_MAX];
    int n = ledger->state ? fa_state_limits(ledger->state, limits, err) : 0;
    for (int i = n; i > 0; --i)
        fa_learned_put(ret, &limits[i - 1]);
    ret->changed = false;
    return n < 0 ? -1 : 0;
}

int fa_ledger_put_limits(struct fa_ledger *ledger, const struct fa_learned *learned,
                         struct fa_error *err)
{
    if (!ledger->state || ledger->config->plan || !learned->changed)
        return 0;
    return fa_state_put_limits(ledger->state, learned->limits, FA_STATE_LIMITS_MAX, err);
}

/* With --fsync each, every record is committed in its turn. */
bool fa_ledger_is_due(const struct fa_ledger *ledger, double now)
{
    double every = ledger->config->fsync == FA_FSYNC_NONE ? COMMIT_SOON : COMMIT_EVERY;
    if (!ledger->state || ledger->config->plan || fa_state_pending(ledger->state) == 0)
        return false;
    return ledger->urgent || ledger->config->fsync == FA_FSYNC_EACH ||
           now - ledger->committed >= every || fa_state_pending(ledger->state) >= COMMIT_CHANGES;
}

bool fa_ledger_is_saved(const struct fa_ledger *ledger)
{
    return !ledger->state || fa_state_pending(ledger->state) == 0;
}

int fa_ledger_commit(struct fa_ledger *ledger, const struct fa_counts *counts, double now,
                     struct fa_error *err)
{
    if (!ledger->state || ledger->config->plan || fa_state_pending(ledger->state) == 0)
        return 0;
    ledger->committed = now;
    ledger->urgent = false;
    return ledger_commit(ledger, counts, counts->lists_final, false, err);
}

/* Also without changes: the record of the run has to say that it ended. */
int fa_ledger_finish(struct fa_ledger *ledger, const struct fa_counts *counts, bool complete,
                     struct fa_error *err)
{
    if (!ledger->state || ledger->config->plan)
        return 0;
    return ledger_commit(ledger, counts, complete, true, err);
}
