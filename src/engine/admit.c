#include "engine/session.h"

#include <fetchall/redact.h>

#include "base/key.h"
#include "engine/name.h"
#include "list/packed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG_STEP 64
#define LOOK_EVERY   0.1

bool fa_admit_is_over(const struct fa_session *s)
{
    return !s->lists;
}

static struct fa_job *new_job(struct fa_session *s, struct fa_entry *entry, double now)
{
    struct fa_job *job = fa_job_new(entry);
    if (!job)
        return NULL;
    job->read_at = now;
    job->all_next = s->all;
    job->all_back = &s->all;
    if (s->all)
        s->all->all_back = &job->all_next;
    s->all = job;
    return job;
}

static void out_of_memory(struct fa_session *s)
{
    struct fa_error err;
    fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take in an entry");
    fa_session_end(s, FA_END_LOCAL, &err);
}

/* Claim the job's path, unless it belongs to another URL: in this run, or as the state says. */
static int claim_path(struct fa_session *s, struct fa_job *job, enum fa_claim *ret,
                      struct fa_error *err)
{
    job->key = fa_key_str(job->path);
    job->owner = fa_key_str(job->target.whole);
    int taken = fa_record_is_anothers(s, job, err);
    if (taken != 0) {
        *ret = FA_CLAIM_TAKEN;
        return taken < 0 ? -1 : 0;
    }
    return fa_names_claim(s->names, job->key, job->owner, ret, err);
}

/* Claim the folder that the path, cut at its slash, names: for all files of it, and no file.
 * @return 0; 1: it is a file's; -1 */
static int claim_folder(struct fa_session *s, const char *path, struct fa_error *err)
{
    enum fa_claim claim;
    if (fa_names_claim(s->names, fa_key_str(path), FA_OWNER_FOLDERS, &claim, err))
        return -1;
    return claim == FA_CLAIM_TAKEN;
}

/* The folders of the job's path; one that has the name of a file gets another. */
static int claim_folders(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    for (char *slash = strchr(job->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *other = NULL, *path = NULL;
        *slash = '\0';
        int taken = claim_folder(s, job->path, err);
        if (taken > 0 &&
            fa_name_alternative(job->path, (uint32_t)fa_key_str(job->path), &other) == 0 &&
            asprintf(&path, "%s/%s", other, slash + 1) >= 0) {
            taken = claim_folder(s, other, err);
            free(job->path);
            job->path = path;
            slash = path + strlen(other);
        }
        free(other);
        *slash = '/';
        if (taken > 0)
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                         "the folder of '%s' and its alternative are names of files", job->path);
        if (taken)
            return -1;
    }
    return 0;
}

/* Give the job its path, which no other has.  @return 0; 1 for a duplicate; -1 */
static int claim_name(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    enum fa_claim claim;
    if (claim_folders(s, job, err) || claim_path(s, job, &claim, err))
        return -1;
    if (claim == FA_CLAIM_TAKEN) {
        char *other = NULL;
        if (fa_name_alternative(job->path, (uint32_t)job->owner, &other)) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot name a file");
            return -1;
        }
        free(job->path);
        job->path = other;
        if (claim_path(s, job, &claim, err))
            return -1;
        if (claim == FA_CLAIM_TAKEN) {
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                         "the name '%s' and its alternative are taken", job->path);
            return -1;
        }
    }
    return claim == FA_CLAIM_SAME;
}

static int name_job(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    struct fa_name_source source = {
        .layout = s->config.layout,
        .host = job->target.host,
        .path = job->target.path,
        .out = job->entry->out,
        .dir = job->entry->dir,
    };
    if (fa_name_build(&source, &job->path, err))
        return -1;
    return claim_name(s, job, err);
}

static bool spill(struct fa_session *s, struct fa_job *job)
{
    struct fa_origin *origin = fa_dispatch_origin(s, &job->target);
    if (!origin || (origin->backlog.count == 0 && origin->queue.count < FA_WINDOW_ORIGIN &&
                    s->queued < FA_WINDOW))
        return false;
    struct fa_buf buf;
    struct fa_error err;
    fa_buf_init(&buf);
    fa_buf_put_u64(&buf, (uint64_t)(uintptr_t)job->entry->list);
    fa_buf_put_u64(&buf, job->entry->line);
    fa_buf_put_f64(&buf, job->read_at);
    fa_buf_put_u8(&buf, job->replace);
    fa_buf_put_u8(&buf, job->conditional);
    fa_buf_put_u8(&buf, (uint8_t)job->mirror);
    fa_buf_put_u64(&buf, job->exhausted);
    fa_buf_put_u64(&buf, job->owner);
    fa_buf_put_str(&buf, job->path);
    fa_entry_pack(job->entry, NULL, &buf);
    bool spilled =
        !buf.failed && fa_backlog_push(s->backlog, &origin->backlog, buf.data, buf.len, &err) == 0;
    fa_buf_fini(&buf);
    if (spilled)
        fa_dispatch_review(s, origin, fa_session_now(s));
    return spilled;
}

static void forget_job(struct fa_job *job)
{
    *job->all_back = job->all_next;
    if (job->all_next)
        job->all_next->all_back = job->all_back;
    fa_job_free(job);
}

void fa_admit_again(struct fa_session *s, struct fa_job *job)
{
    if (job->attempts == 0 && spill(s, job))
        forget_job(job);
    else
        fa_dispatch_queue(s, job, false);
}

static void admit_missing(struct fa_session *s, struct fa_job *job)
{
    if (s->config.plan)
        fa_tell_end(s, job, FA_STATUS_PLANNED, NULL, false);
    else
        fa_admit_again(s, job);
}

/* Whether a file that is there is the one that the list asks for, as far as that is known.
 * @return 1, 0, or -1: its digest would tell */
static int is_wanted(const struct fa_job *job, int64_t size, enum fa_recall recall)
{
    const struct fa_entry *entry = job->entry;
    if ((entry->size >= 0 && entry->size != size) || recall == FA_RECALL_OTHER)
        return 0;
    if (recall == FA_RECALL_DONE && job->known->doubtful && job->known->digest.hash)
        return -1;
    if (!entry->hash)
        return 1;
    if (recall != FA_RECALL_DONE || job->known->digest.hash != entry->hash)
        return -1;
    return memcmp(job->known->digest.bytes, entry->hash_bytes, fa_hash_size(entry->hash)) == 0;
}

static void admit_existing(struct fa_session *s, struct fa_job *job, int64_t size,
                           enum fa_recall recall, double now)
{
    int wanted = is_wanted(job, size, recall);
    bool ask = s->config.sync && wanted != 0;
    if (s->config.overwrite || s->config.sync || wanted == 0) {
        job->replace = true;
        job->conditional = ask && !s->config.overwrite && recall == FA_RECALL_DONE;
        admit_missing(s, job);
        return;
    }
    job->size = size;
    if ((wanted < 0 || fa_record_wants_digest(s, job)) && !s->config.plan) {
        job->existing = true;
        fa_staging_take(s, job, now);
    } else {
        fa_tell_end(s, job, FA_STATUS_EXISTS, NULL, false);
    }
}

static void skip(struct fa_session *s, struct fa_job *job)
{
    --s->entries;
    forget_job(job);
}

static void admit_named(struct fa_session *s, struct fa_job *job, bool duplicate, double now)
{
    struct fa_error err = {0};
    int64_t size = -1;
    enum fa_there there = fa_folder_look(fa_store_folder(s->store), job->path, &size, &err);
    enum fa_recall recall = fa_record_recall(s, job, size);
    if (recall == FA_RECALL_SKIP)
        skip(s, job);
    else if (duplicate)
        fa_tell_end(s, job, FA_STATUS_DUPLICATE, NULL, false);
    else if (there == FA_THERE_NOTHING)
        admit_missing(s, job);
    else if (there == FA_THERE_FILE)
        admit_existing(s, job, size, recall, now);
    else
        fa_tell_end(s, job, FA_STATUS_FAILED, &err, false);
}

static void admit(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = job->entry->error;
    int named = -1;
    if (err.class == FA_CLASS_NONE && fa_dispatch_aim(job, 0, &err) == 0)
        named = name_job(s, job, &err);
    if (named >= 0)
        admit_named(s, job, named == 1, now);
    else
        fa_tell_end(s, job, FA_STATUS_FAILED, &err, false);
}

static void next_list(struct fa_session *s)
{
    struct fa_list_source *source = s->lists;
    s->lists = source->next;
    if (!s->lists)
        s->last_list = &s->lists;
    fa_list_free(source->list);
    free(source);
}

/* What is wrong with the list itself counts as a failed entry of it: it must not pass unseen. */
static void list_failed(struct fa_session *s, const struct fa_error *err, double now)
{
    struct fa_entry *entry =
        fa_entry_bad(s->lists->name, 0, s->lists->name, strlen(s->lists->name), err, NULL);
    struct fa_job *job = entry ? new_job(s, entry, now) : NULL;
    ++s->entries;
    if (job)
        fa_tell_end(s, job, FA_STATUS_FAILED, err, false);
    else
        out_of_memory(s);
}

/* A mirror that can never be asked would be missed only when it is needed. */
static void check_mirrors(struct fa_session *s, const struct fa_entry *entry)
{
    struct fa_url url;
    struct fa_error err;
    if (entry->error.class != FA_CLASS_NONE || entry->n_urls == 1)
        return;
    for (size_t i = 0; i < entry->n_urls; ++i)
        if (fa_url_parse(&url, entry->urls[i], NULL, &err) == 0)
            fa_url_fini(&url);
        else
            fa_tell_notice(s, entry, "URL %zu of the line is left out: %s", i + 1, err.msg);
}

/* What is no option may be a line of a header that was meant as one. */
static void tell_unknown(struct fa_session *s, const struct fa_entry *entry)
{
    char *name = fa_redact_url(entry->unknown[0].name, s->config.secret_keys);
    const char *printed = name ? name : "?";
    if (entry->n_unknown == 1)
        fa_tell_notice(s, entry, "the option '%s' is not known, and ignored", printed);
    else
        fa_tell_notice(s, entry, "the option '%s' and %zu more are not known, and ignored", printed,
                       entry->n_unknown - 1);
    free(name);
}

static void take_entry(struct fa_session *s, struct fa_entry *entry, double now)
{
    struct fa_job *job = entry ? new_job(s, entry, now) : NULL;
    if (!job) {
        out_of_memory(s);
        return;
    }
    ++s->entries;
    if (entry->n_unknown > 0)
        tell_unknown(s, entry);
    check_mirrors(s, entry);
    admit(s, job, now);
}

static void watch(struct fa_session *s)
{
    int fd = fa_list_fd(s->lists->list);
    s->list_waits = true;
    s->list_wake = fa_list_wake_at(s->lists->list);
    if (fd >= 0 && fd != s->readable_fd) {
        event_del(s->readable);
        event_assign(s->readable, s->base, fd, EV_READ, event_get_callback(s->readable), s);
        s->readable_fd = fd;
    }
    /* What cannot be watched is looked at now and then. */
    if (fd >= 0 && event_add(s->readable, NULL))
        s->list_wake = fmin(s->list_wake, fa_session_now(s) + LOOK_EVERY);
}

bool fa_admit_one(struct fa_session *s, double now)
{
    struct fa_entry *entry;
    struct fa_error err = {0};
    if (!s->lists || s->draining || (s->list_waits && now < s->list_wake))
        return false;
    s->list_waits = false;
    switch (fa_list_next(s->lists->list, now, &entry, &err)) {
    case FA_LIST_ENTRY:
        take_entry(s, entry, now);
        return true;
    case FA_LIST_AGAIN:
        watch(s);
        return false;
    case FA_LIST_ERROR:
        list_failed(s, &err, now);
        return true;
    case FA_LIST_END:
        next_list(s);
        return true;
    }
    return false;
}

/* What the state told of a job, and the backlog did not keep. */
static void recall_again(struct fa_session *s, struct fa_job *job, bool conditional)
{
    int64_t size = -1;
    struct fa_error err;
    if (job->replace &&
        fa_folder_look(fa_store_folder(s->store), job->path, &size, &err) != FA_THERE_FILE)
        size = -1;
    job->conditional = fa_record_recall(s, job, size) == FA_RECALL_DONE && conditional;
}

/* What spill() wrote. */
struct spilled {
    const char *list;
    uint64_t line;
    double read_at;
    bool replace;
    bool conditional;
    unsigned mirror;
    uint64_t exhausted;
    uint64_t owner;
    const char *path;
    const char *entry; /* Packed. */
    size_t len;
};

static int read_spilled(const struct fa_buf *record, struct spilled *ret)
{
    struct fa_reader reader;
    fa_reader_init(&reader, record->data, record->len);
    ret->list = (const char *)(uintptr_t)fa_reader_u64(&reader);
    ret->line = fa_reader_u64(&reader);
    ret->read_at = fa_reader_f64(&reader);
    ret->replace = fa_reader_u8(&reader);
    ret->conditional = fa_reader_u8(&reader);
    ret->mirror = fa_reader_u8(&reader);
    ret->exhausted = fa_reader_u64(&reader);
    ret->owner = fa_reader_u64(&reader);
    ret->path = fa_reader_str(&reader);
    ret->entry = (const char *)reader.at;
    ret->len = (size_t)(reader.end - reader.at);
    return reader.failed || !ret->path ? -1 : 0;
}

static struct fa_job *unspill(struct fa_session *s, const struct fa_buf *record)
{
    struct spilled spilled;
    if (read_spilled(record, &spilled))
        return NULL;
    struct fa_entry *entry =
        fa_entry_unpack(spilled.list, spilled.line, spilled.entry, spilled.len, NULL);
    struct fa_job *job = entry ? new_job(s, entry, spilled.read_at) : NULL;
    if (!job)
        return NULL;
    job->path = strdup(spilled.path);
    job->exhausted = spilled.exhausted;
    if (!job->path || fa_dispatch_aim(job, spilled.mirror, NULL)) {
        forget_job(job);
        return NULL;
    }
    job->key = fa_key_str(job->path);
    job->owner = spilled.owner;
    job->replace = spilled.replace;
    recall_again(s, job, spilled.conditional);
    return job;
}

/* There may be a million of them, and seconds to tell: no job is made, no URL parsed but to find
 * its secrets.  What the state knows of them is as true as it was before. */
static void leave_spilled(struct fa_session *s, const struct fa_origin *origin,
                          const struct fa_buf *record)
{
    struct spilled spilled;
    if (read_spilled(record, &spilled)) {
        out_of_memory(s);
        return;
    }
    struct fa_entry *entry =
        fa_entry_unpack(spilled.list, spilled.line, spilled.entry, spilled.len, NULL);
    char *url = entry ? fa_redact_url(entry->urls[0], s->config.secret_keys) : NULL;
    struct fa_result result = {
        .list = spilled.list,
        .line = spilled.line,
        .url = url ? url : "?",
        .path = spilled.path,
        .origin = origin->name,
    };
    fa_tell_unbegun(s, &result);
    free(url);
    fa_entry_free(entry);
}

void fa_admit_backlog(struct fa_session *s, struct fa_origin *origin)
{
    struct fa_buf record;
    struct fa_error err;
    fa_buf_init(&record);
    for (int i = 0; i < BACKLOG_STEP && origin->backlog.count > 0; ++i) {
        if (fa_backlog_pop(s->backlog, &origin->backlog, &record, &err)) {
            fa_session_end(s, FA_END_LOCAL, &err);
            break;
        }
        struct fa_job *job = unspill(s, &record);
        if (!job) {
            out_of_memory(s);
            leave_spilled(s, origin, &record);
            break;
        }
        fa_job_set_state(job, FA_JOB_QUEUED);
        job->origin = origin;
        job->again = true;
        fa_job_queue_push(&origin->queue, job);
        fa_dispatch_count(s, origin, 1);
    }
    fa_buf_fini(&record);
}

static void leave(struct fa_session *s, struct fa_job *job)
{
    bool part =
        job->state == FA_JOB_ACTIVE || job->state == FA_JOB_FETCHED || job->state == FA_JOB_HASHING;
    bool whole = job->state != FA_JOB_ACTIVE && job->part.rep.validator.strong && !job->known;
    if (part && !job->existing && whole && s->state)
        fa_record_part(s, job);
    else if (part && !job->existing && !job->recorded)
        fa_store_part_remove(s->store, job->key);
    fa_tell_left(s, job);
}

static void leave_backlog(struct fa_session *s, struct fa_origin *origin)
{
    struct fa_error err;
    struct fa_buf record;
    fa_buf_init(&record);
    while (origin->backlog.count > 0 && atomic_load(&s->stop_wanted) != FA_STOP_NOW) {
        if (fa_backlog_pop(s->backlog, &origin->backlog, &record, &err)) {
            fa_tell_notice(s, NULL, "%llu entries of %s are not in the report: %s",
                           (unsigned long long)origin->backlog.count, origin->name, err.msg);
            break;
        }
        leave_spilled(s, origin, &record);
    }
    fa_buf_fini(&record);
}

void fa_admit_leave(struct fa_session *s)
{
    for (struct fa_job *job = s->all; job; job = job->all_next)
        if (job->state != FA_JOB_FINAL)
            leave(s, job);
    for (size_t i = 0; i < s->hosts.n_buckets; ++i)
        for (struct fa_origin *at = s->hosts.buckets[i]; at; at = at->next_same)
            leave_backlog(s, at);
}
