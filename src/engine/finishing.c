/*
 * The way of a complete part: to the CPU stage, from there to its name or into an archive; and what
 * is done if its bytes are wrong.  An existing file takes the same way, without the last step: it
 * is hashed, and fetched if it does not match.
 *
 * A failure here is one of the attempt: it goes through settle like any other, which decides about
 * a retry or another mirror.
 */
#include "engine/finishing.h"

#include "engine/admit.h"
#include "engine/ending.h"
#include "engine/flights_segment.h"
#include "engine/hooking.h"
#include "engine/naming.h"
#include "engine/packing.h"
#include "engine/recheck.h"
#include "engine/repair.h"
#include "engine/settling.h"
#include "engine/store_publish.h"

#include <errno.h>
#include <stdlib.h>

static void job_fail_locally(struct fa_session *s, struct fa_job *job, const struct fa_error *err,
                             bool folder_closed, double now)
{
    job->outcome.error = *err;
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    job->place.folder_closed = folder_closed;
    fa_settling_failure(s, job, now);
}

/* The record of a file that it replaces is withdrawn first: a crash in between must not leave a
 * record of the old file with the new bytes. */
static int job_give_name(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    bool sync = s->config.fsync == FA_FSYNC_EACH;
    const struct fa_place *place = &job->place;
    if (fa_hooking_prepare(s, job, err))
        return -1;
    return fa_pack_is_on(&s->pack)
               ? fa_packing_publish(s, job, sync, err)
               : fa_finish_publish(&s->finish, job, place->path, place->replace, sync, err);
}

/* A name from the server was free a moment ago, but a run of another shard may have the folder,
 * too: then the file gets the next name. */
static void job_publish_now(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    int result = job_give_name(s, job, &err);
    while (result == -1 && err.class == FA_CLASS_REFUSED &&
           fa_naming_serve_other(s, job, &err) == 0)
        result = job_give_name(s, job, &err);
    if (result && job->part.unnamed)
        fa_job_name_part(job, s->store, NULL); /* a later run may publish it */
    fa_job_close_part(job);
    if (result == 0)
        fa_hooking_end(s, job, FA_STATUS_OK);
    else
        job_fail_locally(s, job, &err, result == FA_STORE_FOLDER_CLOSED, now);
}

static void job_publish(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    if (fa_naming_serve(s, job, &err)) {
        if (job->part.unnamed)
            fa_job_name_part(job, s->store, NULL);
        fa_job_close_part(job);
        job_fail_locally(s, job, &err, false, now);
    } else if (fa_pack_is_on(&s->pack)) {
        fa_pack_put(&s->pack, job);
    } else {
        job_publish_now(s, job, now);
    }
}

/* The stage opens a larger part by its name: a worker must not get a descriptor that can write. */
static void job_hash(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    enum fa_hashed hashed = fa_finish_now(&s->finish, job, now);
    if (hashed != FA_HASHED_NONE) {
        if (hashed != FA_HASHED_GOOD || !job->part.unnamed)
            fa_job_close_part(job);
        fa_finishing_hashed(s, job, hashed, now);
        return;
    }
    int result = job->part.unnamed ? fa_job_name_part(job, s->store, &err) : 0;
    fa_job_close_part(job);
    if (result == 0)
        fa_finish_put(&s->finish, job, now);
    else
        job_fail_locally(s, job, &err, false, now);
}

static void report_bad_pieces(struct fa_session *s, const struct fa_job *job)
{
    const struct fa_repair *repair = job->repair;
    uint64_t first = repair->first_bad * repair->pieces.length;
    fa_emit_notice(&s->emitter, job->entry,
                   "%zu of %zu pieces do not match, the first at byte %llu: fetched again",
                   repair->n_bad, repair->pieces.count, (unsigned long long)first);
}

/* The mirror to fetch bad pieces from: the same one again, as they may have been damaged on the
 * way, then each of the others once.  @return -1: none is left */
static int job_mending_mirror(const struct fa_job *job)
{
    const struct fa_target *target = &job->target;
    if (job->tries.repairs < FA_REPAIRS_MAX)
        return (int)target->mirror;
    if (job->tries.repairs >= FA_REPAIRS_MAX + target->n_mirrors - 1)
        return -1;
    for (unsigned i = 1; i < target->n_mirrors; ++i) {
        unsigned mirror = (target->mirror + i) % target->n_mirrors;
        if (!(target->exhausted & 1ull << mirror))
            return (int)mirror;
    }
    return -1;
}

/* Fetch only the pieces that do not match.  Their digests prove those of another mirror, too; if it
 * has another version, it is asked for the whole file.  @return whether that has begun */
static bool job_mend(struct fa_session *s, struct fa_job *job, double now)
{
    const struct fa_repair *repair = job->repair;
    int mirror = job_mending_mirror(job);
    if (!repair || !fa_repair_is_useful(repair) || mirror < 0 || s->ending.draining ||
        fa_flights_mend(&s->flights, job, &repair->good))
        return false;
    if ((unsigned)mirror != job->target.mirror && fa_job_target(job, (unsigned)mirror) == 0)
        job->part.mirror = job->target.mirrors[mirror].key;
    ++job->tries.repairs;
    report_bad_pieces(s, job);
    if (s->ledger.state && !job->place.known)
        fa_split_save(job->part.split, now);
    fa_admit_put(s, job, true, now);
    return true;
}

/* The file does not match its checksum.  An existing file is fetched then. */
static void job_mismatch(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_place *place = &job->place;
    if (place->shared) {
        fa_recheck_mismatch(s, job);
        return;
    }
    if (place->existing && place->archive) {
        fa_admit_refuse_packed(s, job);
        return;
    }
    if (place->existing) {
        place->existing = false;
        place->conditional = false;
        place->replace = true;
        place->size = -1;
        fa_admit_put(s, job, false, now);
        return;
    }
    bool mends = job_mend(s, job, now);
    free(job->repair);
    job->repair = NULL;
    if (mends)
        return;
    const struct fa_digest *declared = fa_finish_declared(&s->finish, job);
    job->part.bytes = 0;
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    if (declared)
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "the %s of the file is not the one that the server declares (see "
                     "--http-digest)",
                     fa_hash_name(declared->hash));
    else if (!job->entry->hash)
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "pieces of the file do not match their digests in the list");
    else
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "the %s of the file is not the one in the list",
                     fa_hash_name(job->entry->hash));
    fa_settling_failure(s, job, now);
}

static void job_not_hashed(struct fa_session *s, struct fa_job *job)
{
    struct fa_error err;
    bool lost = job->hashed && job->hashed->lost;
    if (job->hashed)
        err = job->hashed->error;
    else
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take a digest");
    if (!job->place.existing)
        fa_store_part_remove(s->store, job->place.key);
    fa_ending_job(s, job, FA_STATUS_FAILED, &err, lost);
}

/* The command of --exec is about files that an entry brings: that of an earlier entry had its
 * own. */
static void job_end_existing(struct fa_session *s, struct fa_job *job)
{
    if (job->place.shared)
        fa_ending_hashed(s, job, FA_STATUS_DUPLICATE);
    else
        fa_hooking_end(s, job, job->place.unchanged ? FA_STATUS_UNCHANGED : FA_STATUS_EXISTS);
}

void fa_finishing_put(struct fa_session *s, struct fa_job *job, double now)
{
    if (fa_finish_needs_hash(&s->finish, job))
        job_hash(s, job, now);
    else
        job_publish(s, job, now);
}

void fa_finishing_hashed(struct fa_session *s, struct fa_job *job, enum fa_hashed hashed,
                         double now)
{
    struct fa_place *place = &job->place;
    if (hashed == FA_HASHED_AGAIN && s->ending.draining)
        hashed = job->repair ? FA_HASHED_MISMATCH : FA_HASHED_FAILED;
    switch (hashed) {
    case FA_HASHED_NONE:
        break;
    case FA_HASHED_GOOD:
        free(job->repair);
        job->repair = NULL;
        if (place->existing)
            job_end_existing(s, job);
        else
            job_publish(s, job, now);
        break;
    case FA_HASHED_MISMATCH:
        job_mismatch(s, job, now);
        break;
    case FA_HASHED_AGAIN:
        fa_finish_put(&s->finish, job, now);
        break;
    case FA_HASHED_FAILED:
        job_not_hashed(s, job);
        break;
    }
}

void fa_finishing_packed(struct fa_session *s, struct fa_job *job, enum fa_packed packed,
                         const struct fa_error *err, double now)
{
    if (packed == FA_PACKED_DONE && !fa_pack_hides_files(&s->pack)) {
        job_publish_now(s, job, now);
        return;
    }
    bool failed = job->failed;
    if (packed == FA_PACKED_FAILED && job->part.unnamed)
        fa_job_name_part(job, s->store, NULL); /* a later run may append it */
    fa_job_close_part(job);
    job->failed = false;
    if (packed == FA_PACKED_FAILED) {
        job_fail_locally(s, job, err, false, now);
        return;
    }
    fa_packing_record(s);
    if (failed)
        fa_settling_give_up(s, job, job->transient);
    else
        fa_ending_hashed(s, job, FA_STATUS_OK);
}
