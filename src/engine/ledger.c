/*
 * A commit can cost an fsync(2), so records are batched: a commit is due after COMMIT_EVERY seconds
 * or COMMIT_CHANGES records.  With --fsync batch the file system is synced before each commit, so
 * that no record refers to data that a power cut could still lose.
 *
 * After a power cut, the tail of a part may be zeros although its size is right: only the bytes
 * that its record calls synced are used, and complete files of that run are hashed again
 * ("doubtful").  The boot ID in the state tells a power cut from a crash of the process, which
 * loses no written data.
 *
 * Strings of a record are borrowed until the next call to the state; representations are checked
 * when they are read, as the database may be damaged or edited.
 */
#include "engine/ledger.h"

#include <fetchall/redact.h>

#include "base/io.h"
#include "engine/inspect.h"
#include "engine/statuses.h"
#include "list/packed.h"
#include "list/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_EVERY   0.2
#define COMMIT_CHANGES 1000
/* Record a transfer in progress once it has that many bytes: small files are not worth it. */
#define PART_MIN (256 * 1024)
/* With --fsync batch: bytes of a part between two records. */
#define SYNCED_STEP (8 * 1024 * 1024)

/* A failed record may describe a part, too: one with a strong validator and no existing file. */
static bool record_has_part(enum fa_standing standing, bool strong, bool replaces)
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
           record_has_part(record.standing, record.strong, record.replaces);
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
    return ledger->state ? fa_state_begin(ledger->state, mode, began, err) : 0;
}

/* What is pending is lost; the end of a run commits before. */
void fa_ledger_close(struct fa_ledger *ledger)
{
    fa_volumes_fini(&ledger->volumes);
    fa_state_close(ledger->state);
    ledger->state = NULL;
}

/* A malformed validator must not get into a request header, nor resume a part. */
static void representation_from_record(struct fa_representation *ret,
                                       const struct fa_record *record)
{
    const char *etag = record->etag ? record->etag : "";
    const char *coding = record->coding ? record->coding : "";
    char if_range[FA_ETAG_MAX];
    bool good = (!etag[0] || fa_etag_is_good(etag, strlen(etag))) && fa_coding_is_good(coding);
    *ret = fa_representation_none;
    ret->total = record->size >= 0 ? record->size : -1;
    ret->validator.modified = record->modified >= 0 ? record->modified : -1;
    if (!good)
        return;
    memcpy(ret->validator.etag, etag, strlen(etag) + 1);
    memcpy(ret->coding, coding, strlen(coding) + 1);
    ret->validator.strong = record->strong;
    fa_validator_if_range(&ret->validator, if_range);
    ret->validator.strong = if_range[0];
}

int fa_ledger_lookup(struct fa_ledger *ledger, const struct fa_job *job, uint64_t key,
                     struct fa_recalled *ret, struct fa_error *err)
{
    struct fa_record record;
    *ret = (struct fa_recalled){.rep = fa_representation_none};
    if (!ledger->state || (fa_state_is_fresh(ledger->state) && !job->place.repeat))
        return 0;
    int found = fa_state_get(ledger->state, key, &record, err);
    if (found <= 0)
        return found;
    *ret = (struct fa_recalled){
        .found = true,
        .own = record.owner == job->place.owner,
        .owner = record.owner,
        .standing = record.standing,
        .replaces = record.replaces,
        .tried = record.tried,
        .unverified = record.unverified,
        .digest = record.digest,
        .mirror = record.mirror,
        .synced = record.durable,
        .run = record.run,
        .hook = record.hook,
        .archive = record.archive,
        .offset = record.offset,
    };
    representation_from_record(&ret->rep, &record);
    /* A column names the file as out= does. */
    bool named = fa_template_has_column(ledger->config->name, NULL, 0);
    if (!ret->own && strcmp(record.slice ? record.slice : "", job->range) == 0)
        ret->kin =
            fa_identity_kin(named ? FA_MATCH_NAME : ledger->config->match, job->entry, record.url);
    return 0;
}

/* Whether the machine crashed during the last run. */
static bool ledger_was_cut(const struct fa_ledger *ledger)
{
    return ledger->last_run.ended == 0 && !ledger->last_run.same_boot;
}

/* Whether the bytes of the other URL are resumed from that of the job, by the validator as ever.
 * Two files may have the same one, so that without a relation only a checksum can vouch for it. */
static bool job_inherits_part(const struct fa_job *job, const struct fa_recalled *record)
{
    return !record->own && record->mirror == record->owner &&
           (record->kin == FA_KIN_URL || (record->kin == FA_KIN_NAME && job->entry->hash));
}

/* The process was killed before it made a complete split part a plain one. */
static void part_unite(const struct fa_ledger *ledger, struct fa_job *job)
{
    struct fa_part *part = &job->part;
    struct fa_inode inode = {0};
    int fd = fa_store_part_join(ledger->store, job->place.key, &inode, NULL);
    bool united =
        fd >= 0 && fa_store_part_unite(ledger->store, fd, part->split->map.size, false, NULL) == 0;
    if (!united)
        part->bytes = 0;
    fa_split_free(part->split);
    part->split = NULL;
    if (fd >= 0)
        close(fd);
}

/* Recall a part that several attempts wrote to: what its map says, if it is of the recorded
 * version.  @return whether it is such a part */
static bool job_recall_split(const struct fa_ledger *ledger, struct fa_job *job,
                             const struct fa_recalled *record)
{
    struct fa_part_map map = {.version = fa_part_map_version(&record->rep)};
    int fd = record->rep.total > 0 ? fa_store_part_map(ledger->store, job->place.key) : -1;
    if (fd < 0)
        return false;
    map.size = (uint64_t)record->rep.total;
    if (fa_part_map_read(fd, &map, ledger_was_cut(ledger)) == 0)
        job->part.split = fa_split_new(-1, &map);
    close(fd);
    if (!job->part.split)
        return false;
    job->part.bytes = job->tries.reached = fa_split_bytes(job->part.split);
    if (fa_split_is_whole(job->part.split))
        part_unite(ledger, job);
    return true;
}

/* Recall a part, as far as its file still exists and is not stale. */
static void job_recall_part(const struct fa_ledger *ledger, struct fa_job *job,
                            const struct fa_recalled *record)
{
    int64_t bytes = fa_store_part_size(ledger->store, job->place.key);
    if (record->rep.total >= 0 && bytes > record->rep.total)
        bytes = 0; /* not those of the file */
    if (bytes > 0 && ledger_was_cut(ledger) && (uint64_t)bytes > record->synced)
        bytes = (int64_t)record->synced;
    if (!job_recall_split(ledger, job, record))
        job->part.bytes = bytes > 0 ? (uint64_t)bytes : 0;
    job->part.mirror = record->mirror;
    job->part.rep = record->rep;
    if (job_inherits_part(job, record))
        job->part.mirror = job->target.mirrors[job->target.mirror].key;
}

/* A plan and a run decide alike, so both keep what the state says about the file. */
static int place_recall_known(const struct fa_ledger *ledger, struct fa_place *place,
                              const struct fa_recalled *record)
{
    if (!place->known && !(place->known = malloc(sizeof(*place->known))))
        return -1;
    *place->known = (struct fa_known){
        .rep = record->rep,
        .digest = record->digest,
        .done = record->standing == FA_STANDING_DONE,
        .doubtful = ledger_was_cut(ledger) && record->run == ledger->last_run.id,
    };
    if (!record->own && record->kin != FA_KIN_URL)
        place->known->rep.validator = fa_representation_none.validator;
    return 0;
}

/* If the part of a record is missing and its file exists, the process was killed just after it
 * renamed the part.  After a power cut the file may lack bytes. */
static bool record_describes_file(const struct fa_ledger *ledger, const struct fa_job *job,
                                  const struct fa_recalled *record)
{
    return record->standing == FA_STANDING_DONE || record->replaces ||
           (record->standing == FA_STANDING_PART && job->part.bytes == 0 &&
            !ledger_was_cut(ledger));
}

/* What an earlier entry of this run has put says nothing about the last one. */
bool fa_ledger_skips(const struct fa_ledger *ledger, const struct fa_recalled *record)
{
    bool wanted = record->found &&
                  (record->standing == FA_STANDING_FAILED || record->run > ledger->last_run.id);
    return ledger->config->retry_failed && !wanted;
}

/* A plan does not open parts, so it recalls none. */
enum fa_recall fa_ledger_recall(const struct fa_ledger *ledger, struct fa_job *job,
                                const struct fa_recalled *record, int64_t size)
{
    bool failed = record->found && record->standing == FA_STANDING_FAILED;
    if (fa_ledger_skips(ledger, record))
        return FA_RECALL_SKIP;
    if (!record->found)
        return FA_RECALL_NOTHING;
    job->part.recorded = true;
    job->place.hook = record->hook;
    job->tries.failed = failed && record->tried;
    if (record_has_part(record->standing, record->rep.validator.strong, record->replaces) &&
        !ledger->config->plan)
        job_recall_part(ledger, job, record);
    if (size < 0 || record->rep.total < 0 || record->unverified ||
        !record_describes_file(ledger, job, record))
        return FA_RECALL_NOTHING;
    if (place_recall_known(ledger, &job->place, record))
        return FA_RECALL_ERROR;
    if (ledger->config->output) {
        job->place.archive = record->archive;
        job->place.offset = record->offset;
    }
    return record->rep.total == size ? FA_RECALL_DONE : FA_RECALL_OTHER;
}

/* The run that wrote the file may have been killed before its digest was recorded.  A file that is
 * not known gets none: verify would compare it with itself. */
static bool ledger_lacks_digest(const struct fa_ledger *ledger, const struct fa_job *job)
{
    const struct fa_known *known = job->place.known;
    return ledger->state && ledger->config->hash && known && !known->done;
}

bool fa_ledger_wants_digest(const struct fa_ledger *ledger, const struct fa_job *job)
{
    return ledger->config->hash_existing || ledger_lacks_digest(ledger, job);
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
    if (!ledger->state || ledger->config->plan || fa_state_pending(ledger->state) == 0)
        return false;
    return ledger->urgent || ledger->config->fsync == FA_FSYNC_EACH ||
           now - ledger->committed >= COMMIT_EVERY ||
           fa_state_pending(ledger->state) >= COMMIT_CHANGES;
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
