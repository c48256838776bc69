/*
 * The rule of a part: its bytes are resumed only from the mirror that they came from, with a
 * strong validator, and if the file is the one that this run has written to.  Otherwise the
 * attempt starts at byte 0.
 */
#include "engine/flights_start.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int job_set_cookies(const struct fa_flights *flights, struct fa_job *job)
{
    char *cookies;
    if (!flights->env.jar)
        return 0;
    if (fa_compose_cookies(&flights->env, &job->target, job->timing.started, &cookies))
        return -1;
    fa_job_set_cookies(job, cookies);
    return 0;
}

/* Whether to close the connection afterwards: no other job waits for the origin, and it was not
 * seen recently.  Leaving this to the cache of libcurl 7.88 would be slow: each host that it
 * evicts leaves an empty entry, which every later eviction visits. */
static bool origin_is_single_use(struct fa_flights *flights, const struct fa_origin *origin)
{
    uint64_t *seen = &flights->single_use[origin->hash % FA_SINGLE_USE];
    if (fa_origin_waiting(origin) > 0 || *seen == origin->hash)
        return false;
    *seen = origin->hash;
    return ++flights->n_single_use > FA_SINGLE_USE_KEPT;
}

/* Whether an open part is the file that this run wrote to before, if it did.  Remembers its
 * inode. */
static bool part_is_same(const struct fa_store *store, struct fa_part *part, int fd)
{
    struct fa_inode before = part->inode;
    return fa_store_inode(store, fd, &part->inode) &&
           (before.number == 0 ||
            (before.number == part->inode.number && before.device == part->inode.device));
}

/* A part that was exchanged since the last attempt is discarded. */
static int part_open_for_writing(struct fa_flights *flights, struct fa_job *job,
                                 struct fa_error *err)
{
    uint64_t key = job->place.key, *offset = &job->attempt.offset;
    struct fa_part *part = &job->part;
    int fd = fa_store_part_write(flights->env.store, key, part->recorded, offset, err);
    if (fd >= 0 && !part_is_same(flights->env.store, part, fd) && *offset > 0) {
        close(fd);
        *offset = 0;
        fd = fa_store_part_write(flights->env.store, key, part->recorded, offset, err);
        if (fd >= 0) {
            part->inode.number = 0;
            part_is_same(flights->env.store, part, fd);
        }
    }
    return fd;
}

/* Files that go to the stage are opened there by their names.  With FA_HASH_WITH_AUTO, only the
 * large ones do, and a part of those can be named later.  Pieces are always read there. */
static bool job_is_staged(const struct fa_flights *flights, const struct fa_job *job)
{
    bool hashes = flights->env.config->hash || job->entry->hash;
    return job->entry->pieces || (hashes && flights->env.config->hash_with != FA_HASH_WITH_AUTO);
}

/* The first attempt at a new file needs no part, unless something has to be recorded about it. */
static int part_open_unnamed(struct fa_flights *flights, const struct fa_job *job)
{
    const struct fa_part *part = &job->part;
    bool fresh = job->attempt.offset == 0 && part->inode.number == 0 && !part->recorded &&
                 !job->place.replace && !job->place.known && !job_is_staged(flights, job) &&
                 flights->env.config->fsync == FA_FSYNC_NONE;
    return fresh ? fa_store_unnamed(flights->env.store) : -1;
}

/* Whether a split part is one that the list and the options allow. */
static bool split_is_allowed(const struct fa_flights *flights, const struct fa_job *job)
{
    uint64_t size = job->part.split->map.size, most = flights->env.config->max_size;
    return fa_compose_allows_ranges(&job->attempt) && !job->tries.whole &&
           (!most || size <= most) && size >= flights->env.config->min_size &&
           (job->entry->size < 0 || (uint64_t)job->entry->size == size);
}

/* Request the first range that a split part lacks.  @return -1: it cannot be used. */
static int attempt_join_part(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_attempt *attempt = &job->attempt;
    struct fa_part *part = &job->part;
    struct fa_split *split = part->split;
    struct fa_extent range;
    if (!split_is_allowed(flights, job) || !fa_split_missing(split, &range))
        return -1;
    if (split->fd < 0)
        split->fd = fa_store_part_join(flights->env.store, job->place.key, &part->inode, NULL);
    attempt->fd = split->fd < 0
                      ? -1
                      : fa_store_part_join(flights->env.store, job->place.key, &part->inode, NULL);
    if (attempt->fd < 0)
        return -1;
    fa_flights_begin_split(flights, job);
    attempt->offset = range.first;
    attempt->end = range.end;
    attempt->whole = attempt->conditional = false;
    attempt->rep = part->rep;
    split->own = (struct fa_stretch){range.first, range.first, range.first, range.end, range.end};
    return 0;
}

/* Resume a part only from the mirror that it came from.  The representation is compared with the
 * answer even if no bytes are left, so that a change on the server is noticed. */
static int attempt_open_part(struct fa_flights *flights, struct fa_job *job, struct fa_error *err)
{
    struct fa_attempt *attempt = &job->attempt;
    struct fa_part *part = &job->part;
    bool again = !job->slice.set && part->mirror == job->target.mirrors[job->target.mirror].key &&
                 part->rep.validator.strong && !fa_compose_captures(&flights->env, job);
    attempt->end = 0;
    attempt->written = NULL;
    attempt->shared = flights->env.config->segments > 1;
    attempt->has_head = false;
    part->head_recorded = false;
    fa_job_close_part(job);
    if (part->split && again && attempt_join_part(flights, job) == 0)
        return 0;
    if (part->split)
        fa_flights_discard_split(flights, job);
    attempt->offset = again ? part->bytes : 0;
    attempt->fd = part_open_unnamed(flights, job);
    attempt->lent = part->unnamed = attempt->fd >= 0;
    if (attempt->fd < 0)
        attempt->fd = part_open_for_writing(flights, job, err);
    if (attempt->fd < 0)
        return -1;
    attempt->written = job->followed ? fa_running_digest_put : NULL;
    attempt->declared = fa_running_digest_add;
    attempt->written_arg = job->running;
    /* The whole file is requested although there is a part, if the server refused the range. */
    attempt->whole = attempt->offset > 0 && job->tries.whole;
    attempt->conditional = attempt->offset == 0 && job->place.conditional;
    attempt->rep = attempt->conditional ? job->place.known->rep
                   : again              ? part->rep
                                        : fa_representation_none;
    if (attempt->offset == 0) {
        part->bytes = 0;
        part->stale = part->recorded;
    }
    return 0;
}

static int attempt_prepare(struct fa_flights *flights, struct fa_job *job, uint64_t rate,
                           struct fa_error *err)
{
    const struct fa_target *target = &job->target;
    struct fa_attempt *attempt = &job->attempt;
    if (fa_compose_texts(&flights->env, job, target, attempt, &job->headers, &job->effective_url) ||
        job_set_cookies(flights, job)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a download");
        return -1;
    }
    if (attempt_open_part(flights, job, err))
        return -1;
    fa_compose_target(&flights->env, job, target, rate, attempt);
    if (attempt->end) { /* of a range, these say nothing */
        attempt->size = -1;
        attempt->max_size = attempt->min_size = 0;
    }
    attempt->close = origin_is_single_use(flights, target->origin);
    attempt->fresh = job->tries.fresh;
    attempt->announce = job->tries.round > 0 && fa_origin_waiting(target->origin) > 0;
    return 0;
}

/* A redirect is a request of the same attempt: add up their times. */
static void job_begin_request(struct fa_job *job, double now)
{
    struct fa_timing *timing = &job->timing;
    const struct fa_times *time = &job->outcome.time;
    if (job->tries.again) {
        timing->earlier = (struct fa_times){.queue = now - timing->read};
    } else {
        timing->earlier.dns += timing->dns > 0 ? timing->dns : time->dns;
        timing->earlier.connect += time->connect;
        timing->earlier.tls += time->tls;
        timing->earlier.total += time->total;
    }
    job->tries.attempts += job->tries.again;
    job->tries.again = false;
    timing->started = now;
    job->ended = false;
    timing->dns = job->target.origin->lookup_seconds;
    job->target.origin->lookup_seconds = 0;
    fa_outcome_fini(&job->outcome);
    memset(&job->outcome, 0, sizeof(job->outcome));
}

bool fa_flights_begin(struct fa_flights *flights, struct fa_job *job, double now)
{
    bool first = job->tries.again;
    job_begin_request(job, now);
    TAILQ_INSERT_TAIL(&flights->active, job, active);
    return first;
}

int fa_flights_start(struct fa_flights *flights, struct fa_job *job, bool first, uint64_t rate,
                     struct fa_error *err)
{
    if (attempt_prepare(flights, job, rate, err))
        return -1;
    /* Redirects are requests of the same attempt, so only the first one is an event. */
    if (first)
        fa_emit_started(flights->emitter, job, job->effective_url);
    return flights->ops->submit(flights->strategy, &job->attempt, err);
}
