/*
 * A waiting job takes a few kilobytes, its record a few hundred bytes.  The record starts with
 * what is needed to report the entry, so that a stopped run can report a million of them without
 * parsing the rest.
 *
 * A job is written only before its first attempt: there is no outcome, no header list and no
 * descriptor to keep.  Records never leave this process, so pointers (the name of the list, the
 * tag) and whole structs are written as they are; those structs contain no owned pointers.
 */
#include "engine/spill.h"

#include "list/packed.h"

#include <stdlib.h>
#include <string.h>

#define REFILL_STEP 64

static void mirror_put(struct fa_buf *buf, const struct fa_mirror *mirror)
{
    fa_url_pack(&mirror->url, buf);
    fa_buf_put_u64(buf, mirror->key);
    fa_buf_put_u64(buf, mirror->origin);
}

/* The counterpart of mirror_put(); the order of the fields is the format. */
static int mirror_get(struct fa_reader *reader, struct fa_mirror *mirror)
{
    int result = fa_url_unpack(&mirror->url, reader);
    mirror->key = fa_reader_u64(reader);
    mirror->origin = fa_reader_u64(reader);
    return result;
}

/* See the top of the file about pointers and structs. */
static void job_put(struct fa_buf *buf, const struct fa_job *job, const struct fa_buf *packed)
{
    const struct fa_entry *entry = job->entry;
    const struct fa_target *target = &job->target;
    const struct fa_place *place = &job->place;
    fa_buf_put_u64(buf, (uint64_t)(uintptr_t)entry->list);
    fa_buf_put_u64(buf, entry->line);
    fa_buf_put_u64(buf, (uint64_t)(uintptr_t)entry->tag);
    fa_buf_put_str(buf, place->path);
    fa_buf_put_u64(buf, packed->len);
    fa_buf_put(buf, packed->data, packed->len);
    fa_buf_put_f64(buf, job->timing.read);
    fa_buf_put_str(buf, place->plain);
    fa_buf_put_u8(buf, place->replace);
    fa_buf_put_u8(buf, place->conditional);
    fa_buf_put_u8(buf, place->holds);
    fa_buf_put_u8(buf, place->repeat);
    fa_buf_put_u64(buf, place->key);
    fa_buf_put_u64(buf, place->owner);
    _Static_assert(FA_MIRRORS_MAX <= UINT8_MAX, "a mirror is a byte");
    fa_buf_put_u8(buf, (uint8_t)target->n_mirrors);
    fa_buf_put_u8(buf, (uint8_t)target->mirror);
    fa_buf_put_u64(buf, target->exhausted);
    for (unsigned i = 0; i < target->n_mirrors; ++i)
        mirror_put(buf, &target->mirrors[i]);
    fa_buf_put_u8(buf, job->part.recorded);
    if (job->part.recorded)
        fa_buf_put(buf, &job->part, sizeof(job->part));
    fa_buf_put_u8(buf, place->known != NULL);
    if (place->known)
        fa_buf_put(buf, place->known, sizeof(*place->known));
}

/* On failure the job stays in memory: a backlog that cannot grow must not lose entries. */
bool fa_spill_put(struct fa_session *s, struct fa_job *job, struct fa_backlog_queue *queue)
{
    struct fa_buf buf, packed;
    struct fa_error err;
    fa_buf_init(&buf);
    fa_buf_init(&packed);
    fa_entry_pack(job->entry, NULL, &packed);
    job_put(&buf, job, &packed);
    bool spilled = !packed.failed && !buf.failed &&
                   fa_backlog_push(s->backlog, queue, buf.data, buf.len, &err) == 0;
    fa_buf_fini(&packed);
    fa_buf_fini(&buf);
    if (spilled)
        fa_engine_forget(job);
    return spilled;
}

bool fa_spill_job(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    if (!fa_spill_put(s, job, &origin->backlog))
        return false;
    fa_scheduler_review(&s->scheduler, origin, now);
    return true;
}

/* The first fields of a record: enough to report the entry. */
struct spilled {
    const char *list;
    uint64_t line;
    void *tag;
    const char *path;
    const char *text; /* The packed entry. */
    size_t text_len;
};

/* The strings point into the record, so it must outlive them. */
static void spilled_get(struct fa_reader *reader, const struct fa_buf *record, struct spilled *ret)
{
    fa_reader_init(reader, record->data, record->len);
    ret->list = (const char *)(uintptr_t)fa_reader_u64(reader);
    ret->line = fa_reader_u64(reader);
    ret->tag = (void *)(uintptr_t)fa_reader_u64(reader);
    ret->path = fa_reader_str(reader);
    ret->text_len = fa_reader_u64(reader);
    ret->text = fa_reader_get(reader, ret->text_len);
}

static struct fa_entry *spilled_parse_entry(const struct spilled *spilled)
{
    struct fa_entry *entry =
        fa_entry_unpack(spilled->list, spilled->line, spilled->text, spilled->text_len, NULL);
    if (entry)
        entry->tag = spilled->tag;
    return entry;
}

static int reader_get_raw(struct fa_reader *reader, void *ret, size_t size)
{
    const void *bytes = fa_reader_get(reader, size);
    if (!bytes)
        return -1;
    memcpy(ret, bytes, size);
    return 0;
}

/* The target is set by the caller once all mirrors are read, as it points to one of them. */
static int target_get_mirrors(struct fa_reader *reader, struct fa_target *target,
                              unsigned *ret_mirror)
{
    unsigned n = fa_reader_u8(reader);
    *ret_mirror = fa_reader_u8(reader);
    target->exhausted = fa_reader_u64(reader);
    target->mirrors = calloc(n, sizeof(*target->mirrors));
    if (!target->mirrors)
        return -1;
    target->n_mirrors = n;
    for (unsigned i = 0; i < n; ++i)
        if (mirror_get(reader, &target->mirrors[i]))
            return -1;
    return 0;
}

static int job_get_place(struct fa_reader *reader, struct fa_job *job)
{
    struct fa_place *place = &job->place;
    if (fa_reader_u8(reader) && reader_get_raw(reader, &job->part, sizeof(job->part)))
        return -1;
    if (!fa_reader_u8(reader))
        return 0;
    place->known = malloc(sizeof(*place->known));
    return place->known ? reader_get_raw(reader, place->known, sizeof(*place->known)) : -1;
}

/* Read the fields after those of spilled_get(). */
static int job_get(struct fa_reader *reader, const char *path, struct fa_job *job)
{
    struct fa_place *place = &job->place;
    unsigned mirror = 0;
    place->path = path ? strdup(path) : NULL;
    job->timing.read = fa_reader_f64(reader);
    const char *plain = fa_reader_str(reader);
    place->plain = plain ? strdup(plain) : NULL;
    place->replace = fa_reader_u8(reader);
    place->conditional = fa_reader_u8(reader);
    place->holds = fa_reader_u8(reader);
    place->repeat = fa_reader_u8(reader);
    place->key = fa_reader_u64(reader);
    place->owner = fa_reader_u64(reader);
    if (!place->path || (plain && !place->plain) ||
        target_get_mirrors(reader, &job->target, &mirror) || job_get_place(reader, job) ||
        reader->failed)
        return -1;
    return fa_job_target(job, mirror);
}

static struct fa_job *job_revive(struct fa_session *s, const struct fa_buf *record, double now)
{
    struct fa_reader reader;
    struct spilled spilled;
    struct fa_job *job = fa_engine_job(s, NULL, now);
    spilled_get(&reader, record, &spilled);
    if (job && job_get(&reader, spilled.path, job) == 0 &&
        (job->entry = spilled_parse_entry(&spilled))) {
        fa_engine_set_slice(s, job);
        return job;
    }
    if (job)
        fa_engine_forget(job);
    return NULL;
}

struct fa_job *fa_spill_take(struct fa_session *s, struct fa_backlog_queue *queue, double now)
{
    struct fa_buf record;
    struct fa_error err;
    struct fa_job *job = NULL;
    fa_buf_init(&record);
    if (fa_backlog_pop(s->backlog, queue, &record, &err)) {
        fa_engine_stop(s, FA_END_LOCAL, &err);
    } else if (!(job = job_revive(s, &record, now))) {
        /* Put the record back, so that the entry is reported at the end of the run. */
        (void)fa_backlog_push(s->backlog, queue, record.data, record.len, &err);
        fa_engine_no_memory(s);
    }
    fa_buf_fini(&record);
    return job;
}

/* A few jobs at a time, so that a turn stays short. */
void fa_spill_refill(struct fa_session *s, struct fa_origin *origin, double now)
{
    struct fa_job *job;
    for (int i = 0; i < REFILL_STEP && origin->backlog.count > 0 &&
                    (job = fa_spill_take(s, &origin->backlog, now));
         ++i)
        fa_scheduler_put_back(&s->scheduler, origin, job);
    fa_scheduler_review(&s->scheduler, origin, now);
}

/* A second stop request (FA_STOP_NOW) ends this too. */
void fa_spill_drain(struct fa_session *s, struct fa_backlog_queue *queue, const char *origin,
                    void (*left)(void *ctx, const struct fa_entry *entry, const char *path,
                                 const char *origin),
                    void *ctx)
{
    struct fa_error err;
    struct fa_buf record;
    fa_buf_init(&record);
    while (queue->count > 0 && atomic_load(&s->ending.stop_wanted) != FA_STOP_NOW) {
        struct fa_reader reader;
        struct spilled spilled;
        if (fa_backlog_pop(s->backlog, queue, &record, &err)) {
            fa_emit_notice(&s->emitter, NULL, "%llu entries%s%s are not in the report: %s",
                           (unsigned long long)queue->count, origin ? " of " : "",
                           origin ? origin : "", err.msg);
            break;
        }
        spilled_get(&reader, &record, &spilled);
        struct fa_entry *entry = spilled_parse_entry(&spilled);
        left(ctx, entry, spilled.path, origin);
        fa_entry_free(entry);
    }
    fa_buf_fini(&record);
}
