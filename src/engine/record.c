/*
 * What the state is told: a record when the head of an answer has come (its part may be resumed),
 * and one when a job has ended.  Always after the fact, so that a kill in between loses a record
 * and never makes one lie.
 *
 * A part's bytes can change before the state hears of it: when an attempt begins anew, or the
 * server sends another version.  Such a part has the mode of a stale part until the record of its
 * new bytes is committed, and is not resumed if it is found in that mode.
 */
#include "engine/session.h"

#include <fetchall/redact.h>

#include "base/io.h"
#include "engine/inspect.h"
#include "engine/statuses.h"
#include "list/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_EVERY   0.2
#define COMMIT_CHANGES 1000
/* A transfer under way is not told of before that many bytes. */
#define PART_MIN (256 * 1024)
/* Bytes that may be received and not be written yet. */
#define UNWRITTEN (512 * 1024)
/* With --fsync batch: a record for so many more bytes of a part. */
#define DURABLE_STEP (8 * 1024 * 1024)

static bool has_part(const struct fa_record *record)
{
    return record->standing == FA_STANDING_PART ||
           (record->standing == FA_STANDING_FAILED && record->strong && !record->replaces);
}

static bool keeps(void *arg, uint64_t key)
{
    struct fa_session *s = arg;
    struct fa_record record;
    return fa_state_get(s->state, key, &record, NULL) == 1 && has_part(&record);
}

/* What the user names by mistake is not set aside as a damaged state. */
static bool is_no_state(const char *file)
{
    char head[16] = "";
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head));
    if (fd >= 0)
        close(fd);
    return n > 0 && strncmp(head, "SQLite format 3", sizeof(head)) != 0;
}

static int open_state(struct fa_session *s, struct fa_error *err)
{
    char notice[FA_MESSAGE_MAX] = "";
    char *file = s->config.state ? strdup(s->config.state) : fa_store_state(s->store);
    char *dir = s->config.state ? fa_folder_path(fa_store_folder(s->store)) : NULL;
    bool durable = s->config.fsync != FA_FSYNC_NONE;
    if (!file || (s->config.state && !dir))
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the state");
    else if (s->config.state && is_no_state(file))
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "'%s' is no state", file);
    else
        s->state = fa_state_open(file, dir, s->config.plan ? FA_STATE_READ : FA_STATE_WRITE,
                                 durable, notice, err);
    free(file);
    free(dir);
    if (notice[0])
        fa_tell_notice(s, NULL, "%s", notice);
    return s->state ? 0 : -1;
}

int fa_record_open(struct fa_session *s, struct fa_error *err)
{
    struct fa_error why = {0};
    if (!s->config.no_state && open_state(s, &why)) {
        /* What would be fetched can be told without one. */
        if (s->config.plan && why.domain == FA_DOMAIN_SYSTEM && why.code == ENOENT)
            return 0;
        *err = why;
        return -1;
    }
    if (s->config.plan)
        return 0;
    if (s->state)
        fa_state_last_run(s->state, &s->last_run);
    fa_store_purge(s->store, s->state ? keeps : NULL, s);
    return s->state ? fa_state_begin(s->state, s->ops->name, err) : 0;
}

/* What is not as we write it does not get into a request, and nothing is resumed by it. */
static void set_rep(struct fa_representation *ret, const struct fa_record *record)
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

/* Whether the machine stopped while the last run was at work. */
static bool was_cut(const struct fa_session *s)
{
    return s->last_run.ended == 0 && !s->last_run.same_boot;
}

/* The part that a record tells of, as far as it is there as it was left. */
static void take_part(struct fa_session *s, struct fa_job *job, const struct fa_record *record)
{
    int64_t bytes = fa_store_part_size(s->store, job->key);
    if (bytes > 0 && was_cut(s) && (uint64_t)bytes > record->durable)
        bytes = (int64_t)record->durable;
    job->part = (struct fa_part){
        .bytes = bytes > 0 ? (uint64_t)bytes : 0,
        .mirror = record->mirror,
    };
    set_rep(&job->part.rep, record);
}

static int take_known(const struct fa_session *s, struct fa_job *job,
                      const struct fa_record *record)
{
    if (!job->known && !(job->known = malloc(sizeof(*job->known))))
        return -1;
    *job->known = (struct fa_known){
        .digest = record->digest,
        .done = record->standing == FA_STANDING_DONE,
        .doubtful = was_cut(s) && record->run == s->last_run.id,
    };
    set_rep(&job->known->rep, record);
    return 0;
}

/* A part that is gone while its file is there was given its name just before a kill.  A power cut
 * may have left the name without all of the bytes. */
static bool tells_of_file(const struct fa_session *s, const struct fa_job *job,
                          const struct fa_record *record)
{
    return record->standing == FA_STANDING_DONE || record->replaces ||
           (record->standing == FA_STANDING_PART && job->part.bytes == 0 && !was_cut(s));
}

int fa_record_is_anothers(struct fa_session *s, const struct fa_job *job, struct fa_error *err)
{
    struct fa_record record;
    if (!s->state || fa_state_is_fresh(s->state))
        return 0;
    int found = fa_state_get(s->state, job->key, &record, err);
    return found > 0 ? record.owner != job->owner : found;
}

enum fa_recall fa_record_recall(struct fa_session *s, struct fa_job *job, int64_t size)
{
    struct fa_record record;
    struct fa_error err = {0};
    if (!s->state || fa_state_is_fresh(s->state))
        return s->config.retry_failed ? FA_RECALL_SKIP : FA_RECALL_NOTHING;
    int found = fa_state_get(s->state, job->key, &record, &err);
    if (found < 0) {
        fa_session_end(s, FA_END_LOCAL, &err);
        return FA_RECALL_SKIP;
    }
    if (s->config.retry_failed && !(found && record.standing == FA_STANDING_FAILED))
        return FA_RECALL_SKIP;
    if (!found)
        return FA_RECALL_NOTHING;
    job->recorded = true;
    if (has_part(&record) && !s->config.plan)
        take_part(s, job, &record);
    if (size < 0 || record.size < 0 || !tells_of_file(s, job, &record))
        return FA_RECALL_NOTHING;
    if (take_known(s, job, &record)) {
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take in an entry");
        fa_session_end(s, FA_END_LOCAL, &err);
        return FA_RECALL_SKIP;
    }
    return record.size == size ? FA_RECALL_DONE : FA_RECALL_OTHER;
}

/* The file may be of a run that was killed before the state had its digest. */
static bool lacks_digest(const struct fa_session *s, const struct fa_job *job)
{
    return s->state && s->config.hash && s->last_run.id > 0 && !(job->known && job->known->done);
}

bool fa_record_wants_digest(const struct fa_session *s, const struct fa_job *job)
{
    return s->config.hash_existing || lacks_digest(s, job);
}

static const struct fa_digest *first_digest(const struct fa_session *s,
                                            const struct fa_result *result)
{
    for (size_t i = 0; i < result->n_digests; ++i)
        if (result->digests[i].hash == (enum fa_hash)s->config.hash_first)
            return &result->digests[i];
    return result->n_digests > 0 ? &result->digests[0] : NULL;
}

static void put_rep(struct fa_record *record, const struct fa_representation *rep)
{
    record->etag = rep->validator.etag[0] ? rep->validator.etag : NULL;
    record->modified = rep->validator.modified;
    record->strong = rep->validator.strong;
    record->coding = rep->coding[0] ? rep->coding : NULL;
    record->size = rep->total;
}

static void put(struct fa_session *s, const struct fa_record *record)
{
    struct fa_error err = {0};
    if (fa_state_put(s->state, record, &err))
        fa_session_end(s, FA_END_LOCAL, &err);
}

static struct fa_record begin_record(const struct fa_job *job, enum fa_standing standing)
{
    return (struct fa_record){
        .key = job->key,
        .owner = job->owner,
        .standing = standing,
        .path = job->path,
        .line = (int64_t)job->entry->line,
        .size = -1,
        .modified = -1,
        .mirror = job->part.mirror,
    };
}

static void put_done(struct fa_session *s, const struct fa_job *job, const struct fa_result *result)
{
    struct fa_record record = begin_record(job, FA_STANDING_DONE);
    const struct fa_digest *digest = first_digest(s, result);
    bool fetched = result->status == FA_STATUS_OK;
    record.url = result->url;
    record.http = result->http;
    if (fetched || result->status == FA_STATUS_UNCHANGED)
        put_rep(&record, &job->outcome.head.rep);
    else if (job->known)
        put_rep(&record, &job->known->rep);
    record.size = job->size;
    if (!fetched && job->part.bytes > 0)
        fa_store_part_remove(s->store, job->key);
    if (digest)
        record.digest = *digest;
    else if (!fetched && job->known)
        record.digest = job->known->digest;
    put(s, &record);
}

static void put_failed(struct fa_session *s, const struct fa_job *job,
                       const struct fa_result *result)
{
    const struct fa_entry *entry = job->entry;
    struct fa_record record = begin_record(job, FA_STANDING_FAILED);
    record.url = result->url;
    record.http = result->http;
    record.class = result->error.class;
    record.error = result->error.msg;
    record.may_pass = result->may_pass;
    record.secret = fa_inspect_is_secret(entry, s->config.secret_keys);
    struct fa_buf packed;
    fa_buf_init(&packed);
    fa_entry_pack(entry, NULL, &packed);
    fa_buf_put_u8(&packed, 0);
    if (record.secret || !fa_entry_is_plain(entry))
        record.text = (const char *)packed.data;
    record.replaces = job->known != NULL;
    if (job->known) {
        put_rep(&record, &job->known->rep);
        record.digest = job->known->digest;
    } else if (job->part.bytes > 0) {
        put_rep(&record, &job->part.rep);
    }
    put(s, &record);
    if (packed.failed) {
        struct fa_error err;
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot write down what failed");
        fa_session_end(s, FA_END_LOCAL, &err);
    }
    fa_buf_fini(&packed);
}

void fa_record_end(struct fa_session *s, const struct fa_job *job, const struct fa_result *result)
{
    struct fa_error err = {0};
    if (!s->state || s->config.plan || !job->path || job->key == 0)
        return;
    switch (fa_status_recorded(result->status)) {
    case FA_RECORDED_DONE:
        put_done(s, job, result);
        break;
    case FA_RECORDED_IF_NEW:
        if (!job->known || !job->known->done || result->n_digests > 0)
            put_done(s, job, result);
        break;
    case FA_RECORDED_FAILED:
        if (result->error.class != FA_CLASS_CANCELLED)
            put_failed(s, job, result);
        else if (job->recorded && job->part.bytes == 0 && !job->known &&
                 fa_state_remove(s->state, job->key, &err))
            fa_session_end(s, FA_END_LOCAL, &err);
        break;
    case FA_RECORDED_NOT:
        break;
    }
}

/* Of a job that has no result yet, which would hold its URL.  @ret_url  To be freed. */
static struct fa_record begin_unended(const struct fa_session *s, const struct fa_job *job,
                                      enum fa_standing standing, char **ret_url)
{
    struct fa_record record = begin_record(job, standing);
    *ret_url = fa_redact_url(job->entry->urls[0], s->config.secret_keys);
    record.url = *ret_url ? *ret_url : "?";
    return record;
}

static void put_part(struct fa_session *s, struct fa_job *job, const struct fa_head *head,
                     uint64_t durable)
{
    if (job->known)
        return; /* its record is about the file that is there, until this one has its place */
    char *url;
    struct fa_record record = begin_unended(s, job, FA_STANDING_PART, &url);
    record.mirror = job->mirror_key;
    record.durable = durable;
    put_rep(&record, &head->rep);
    put(s, &record);
    free(url);
    job->recorded = true;
    if (job->stale) {
        fa_record_commit(s, 0, true);
        if (fa_state_pending(s->state) == 0 &&
            fa_store_part_know(s->store, job->key, &job->inode) == 0)
            job->stale = false;
    }
}

/* The commit syncs before it tells, so what is written by now is safe when the record is. */
static void put_durable(struct fa_session *s, struct fa_job *job)
{
    const struct fa_head *head = &job->attempt.head;
    uint64_t written = head->kept + job->attempt.received - UNWRITTEN;
    if (job->attempt.received < UNWRITTEN || !head->rep.validator.strong ||
        written < job->durable + DURABLE_STEP)
        return;
    job->durable = written;
    put_part(s, job, head, written);
}

void fa_record_heads(struct fa_session *s)
{
    for (struct fa_job *job = s->oldest; s->state && job; job = job->newer) {
        const struct fa_attempt *attempt = &job->attempt;
        if (job->told && s->config.fsync == FA_FSYNC_BATCH)
            put_durable(s, job);
        if (job->told || attempt->received < PART_MIN || !attempt->has_head)
            continue;
        job->told = true;
        job->durable = 0;
        job->stale |= attempt->offset > 0 && attempt->head.kept == 0;
        bool same = attempt->offset > 0 && attempt->head.kept == attempt->offset && job->recorded;
        if (attempt->head.rep.validator.strong && !same)
            put_part(s, job, &attempt->head, 0);
    }
}

void fa_record_part(struct fa_session *s, struct fa_job *job)
{
    struct fa_head head = {.rep = job->part.rep};
    if (s->state && (job->stale || !job->told))
        put_part(s, job, &head, 0);
}

/* What is claimed comes after what it claims. */
static int commit(struct fa_session *s, bool lists_final, bool ended, struct fa_error *err)
{
    bool sync = s->config.fsync == FA_FSYNC_BATCH && fa_state_pending(s->state) > 0;
    if (sync && fa_folder_sync(fa_store_folder(s->store), NULL, err))
        return -1;
    if (fa_state_progress(s->state, s->entries, s->done - s->cancelled, lists_final, ended, err))
        return -1;
    if (fa_state_commit(s->state, err) == 0)
        return 0;
    return fa_room_is_full(err) && fa_store_give_spare(s->store) ? fa_state_commit(s->state, err)
                                                                 : -1;
}

int fa_record_disown(struct fa_session *s, const struct fa_job *job, struct fa_error *err)
{
    if (!s->state || !job->known)
        return 0;
    char *url;
    struct fa_record record = begin_unended(s, job, FA_STANDING_DONE, &url);
    int result = fa_state_put(s->state, &record, err);
    free(url);
    return result ? result : commit(s, fa_admit_is_over(s), false, err);
}

bool fa_record_commit(struct fa_session *s, double now, bool last)
{
    if (!s->state || s->config.plan || fa_state_pending(s->state) == 0)
        return true;
    bool due = s->config.fsync == FA_FSYNC_EACH || now - s->committed_at >= COMMIT_EVERY ||
               fa_state_pending(s->state) >= COMMIT_CHANGES;
    if (!last && (!due || s->full))
        return true;
    struct fa_error err = {0};
    if (now > 0)
        s->committed_at = now;
    if (commit(s, fa_admit_is_over(s), false, &err) == 0)
        return true;
    if (!fa_room_lacks(s, &err, 0, fa_session_now(s)))
        fa_session_end(s, FA_END_LOCAL, &err);
    return false;
}

void fa_record_close(struct fa_session *s)
{
    struct fa_error err = {0};
    if (!s->state || s->config.plan)
        return;
    bool over = fa_admit_is_over(s) && s->end == FA_END_COMPLETE;
    if (commit(s, over, true, &err)) {
        s->end = FA_END_LOCAL;
        s->end_error = err;
    }
}

/* What failed, as a list. */
struct failed_list {
    FILE *out;
    uint64_t left_out; /* of an older version's state: what they need is only in their list */
};

static bool write_entry(void *arg, const struct fa_record *record)
{
    struct failed_list *list = arg;
    bool lacking = record->secret && !record->text;
    list->left_out += lacking;
    if (lacking || !record->path)
        return true;
    const char *text = record->text ? record->text : record->url;
    struct fa_entry *entry = fa_entry_unpack("", 0, text, strlen(text), NULL);
    struct fa_buf line;
    fa_buf_init(&line);
    if (entry)
        fa_entry_pack(entry, record->path, &line);
    fa_buf_put_u8(&line, '\n');
    if (!entry || line.failed || fwrite(line.data, line.len, 1, list->out) != 1) {
        fclose(list->out);
        list->out = NULL;
    }
    fa_buf_fini(&line);
    fa_entry_free(entry);
    return list->out;
}

int fa_record_failed(struct fa_session *s, struct fa_error *err)
{
    int fd = fa_io_unlinked(fa_store_scratch(s->store));
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    struct failed_list list = {.out = copy < 0 ? NULL : fdopen(copy, "w")};
    int result = -1;
    if (!list.out || fputs(FA_PACKED_MAGIC "\n", list.out) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write down what failed");
        if (copy >= 0)
            close(copy);
    } else {
        result =
            s->state ? fa_state_each(s->state, FA_STANDING_FAILED, write_entry, &list, err) : 0;
        if ((!list.out || fclose(list.out)) && result == 0) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write down what failed");
            result = -1;
        }
    }
    if (result == 0 && list.left_out > 0)
        fa_tell_notice(s, NULL,
                       "of what failed, %llu had a password or a header, which only the list has: "
                       "not tried",
                       (unsigned long long)list.left_out);
    if (result == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
