/*
 * Segments write to the part of their job through descriptors of their own, each to its range.  The
 * part has its full size from when it is split, so none of them has to extend it.  All requests
 * have the validator of the first response (If-Range): versions of a file are never mixed.
 */
#include "engine/flights_segment.h"

#include <errno.h>
#include <stdlib.h>

/* Only an answer that is exactly what was asked for can be shared: of one strong version and a
 * known size, and continuing what is there. */
int fa_flights_split(struct fa_flights *flights, struct fa_job *job)
{
    const struct fa_attempt *attempt = &job->attempt;
    const struct fa_head *head = &attempt->head;
    struct fa_part *part = &job->part;
    struct fa_part_map map = {.version = fa_part_map_version(&head->rep)};
    if (!head->rep.validator.strong || head->rep.total <= 0 || head->kept != attempt->offset ||
        attempt->whole || job->slice.set || !fa_compose_allows_ranges(attempt))
        return -1;
    if (part->unnamed && fa_job_name_part(job, flights->env.store, NULL))
        return -1;
    map.size = (uint64_t)head->rep.total;
    fa_extents_add(&map.extents, 0, head->kept);
    int fd = fa_store_part_split(flights->env.store, job->place.key, &part->inode, map.size);
    struct fa_split *split = fd < 0 ? NULL : fa_split_new(fd, &map);
    if (!split)
        return -1;
    part->split = split;
    part->rep = head->rep;
    part->mirror = job->target.mirrors[job->target.mirror].key;
    split->own = (struct fa_stretch){head->kept, head->kept, head->kept, map.size, map.size};
    fa_flights_begin_split(flights, job);
    split->active = true;
    fa_split_note(split, &split->own, attempt);
    return 0;
}

/* A complete part becomes a split that has received its good pieces.  The others are requested like
 * the missing ranges of any split. */
int fa_flights_mend(struct fa_flights *flights, struct fa_job *job, const struct fa_extents *good)
{
    struct fa_part *part = &job->part;
    struct fa_part_map map = {.version = fa_part_map_version(&part->rep), .extents = *good};
    if (!part->rep.validator.strong || part->rep.total <= 0)
        return -1;
    map.size = (uint64_t)part->rep.total;
    int fd = fa_store_part_split(flights->env.store, job->place.key, &part->inode, map.size);
    part->split = fd < 0 ? NULL : fa_split_new(fd, &map);
    if (!part->split)
        return -1;
    part->bytes = fa_split_bytes(part->split);
    return 0;
}

/* The texts are copied, as a segment can outlive the request of its job.  Shared cookies are those
 * of now: the session that the job had may be over. */
static int segment_set_texts(const struct fa_flights *flights, struct fa_segment *segment,
                             const struct fa_job *job, uint64_t rate, double now)
{
    struct fa_attempt *attempt = &segment->attempt;
    struct fa_target target = job->target;
    char *cookies = NULL;
    if (flights->env.jar && fa_compose_cookies(&flights->env, &target, now, &cookies))
        return -1;
    if (flights->env.jar)
        target.cookies = cookies;
    fa_compose_target(&flights->env, job, &target, rate, attempt);
    attempt->headers = job->attempt.headers;
    attempt->n_headers = job->attempt.n_headers;
    int result = fa_attempt_copy_texts(attempt, &segment->texts);
    free(cookies);
    return result;
}

static struct fa_segment *segment_new(const struct fa_flights *flights, const struct fa_job *job,
                                      const struct fa_extent *range, uint64_t rate, double now)
{
    struct fa_segment *segment = calloc(1, sizeof(*segment));
    if (!segment || segment_set_texts(flights, segment, job, rate, now)) {
        free(segment);
        return NULL;
    }
    struct fa_attempt *attempt = &segment->attempt;
    attempt->fd = -1;
    attempt->offset = range->first;
    attempt->end = range->end;
    attempt->shared = true;
    attempt->size = -1;
    attempt->max_size = attempt->min_size = 0;
    attempt->rep = job->part.rep;
    attempt->segment = segment;
    segment->origin = job->target.origin;
    segment->stretch =
        (struct fa_stretch){range->first, range->first, range->first, range->end, range->end};
    return segment;
}

/* It belongs to the job only once it has started. */
int fa_flights_start_segment(struct fa_flights *flights, struct fa_job *job,
                             const struct fa_extent *range, uint64_t rate, double now,
                             struct fa_error *err)
{
    struct fa_split *split = job->part.split;
    struct fa_segment *segment = segment_new(flights, job, range, rate, now);
    if (!segment) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a segment");
        return -1;
    }
    segment->attempt.fd =
        fa_store_part_join(flights->env.store, job->place.key, &job->part.inode, err);
    if (segment->attempt.fd < 0 ||
        flights->ops->submit(flights->strategy, &segment->attempt, err)) {
        fa_flights_free_segment(segment);
        return -1;
    }
    segment->job = job;
    LIST_INSERT_HEAD(&split->segments, segment, sibling);
    ++split->n_segments;
    TAILQ_INSERT_TAIL(&flights->segments, segment, flight);
    return 0;
}
