/*
 * A job has one attempt of its own at a time, which is embedded in it; the strategy gets only the
 * attempt.  A hedge (engine/hedge.h) and segments (engine/split.h) are others, with copies of their
 * texts: they can outlive the job.
 * Everything that the transfer needs is decided here, before it starts: URL, addresses, headers,
 * and how much of the part to keep.
 *
 * The rule of a part: its bytes are resumed only from the mirror that they came from, with a
 * strong validator, and if the file is the one that this run has written to.  Otherwise the
 * attempt starts at byte 0.
 */
#include "engine/flights.h"

#include "archive/sink.h"
#include "base/http_field.h"
#include "engine/secrecy.h"
#include "transfer/guard.h"

#include <fetchall/redact.h>

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_job *attempt_job(struct fa_attempt *attempt)
{
    return (struct fa_job *)(void *)((char *)attempt - offsetof(struct fa_job, attempt));
}

static void hedge_move(struct fa_flights *flights, struct fa_hedge *hedge,
                       enum fa_hedge_state state)
{
    TAILQ_REMOVE(&flights->hedges[hedge->state], hedge, same);
    hedge->state = state;
    TAILQ_INSERT_TAIL(&flights->hedges[state], hedge, same);
}

static void hedge_done(struct fa_flights *flights, struct fa_hedge *hedge,
                       const struct fa_outcome *outcome)
{
    hedge->outcome = *outcome;
    hedge_move(flights, hedge, FA_HEDGE_ENDED);
    flights->wake(flights->ctx);
}

static void segment_done(struct fa_flights *flights, struct fa_segment *segment,
                         const struct fa_outcome *outcome)
{
    segment->outcome = *outcome;
    segment->ended = true;
    TAILQ_REMOVE(&flights->segments, segment, flight);
    TAILQ_INSERT_TAIL(&flights->ended_segments, segment, flight);
    flights->wake(flights->ctx);
}

static void flights_done(void *ctx, struct fa_attempt *attempt, struct fa_outcome *outcome)
{
    struct fa_flights *flights = ctx;
    if (attempt->segment) {
        segment_done(flights, attempt->segment, outcome);
        return;
    }
    if (attempt->owner) {
        hedge_done(flights, attempt->owner, outcome);
        return;
    }
    struct fa_job *job = attempt_job(attempt);
    job->outcome = *outcome;
    job->ended = true;
    fa_job_queue_push(&flights->ended, job);
    flights->wake(flights->ctx);
}

int fa_flights_init(struct fa_flights *flights, struct fa_strategy_env *env, struct fa_error *err)
{
    env->done = flights_done;
    env->ctx = flights;
    TAILQ_INIT(&flights->active);
    fa_job_queue_init(&flights->ended);
    for (int state = 0; state < FA_HEDGE_STATES; ++state)
        TAILQ_INIT(&flights->hedges[state]);
    TAILQ_INIT(&flights->segments);
    TAILQ_INIT(&flights->ended_segments);
    LIST_INIT(&flights->splits);
    flights->strategy = flights->ops->new (env, err);
    return flights->strategy ? 0 : -1;
}

void fa_flights_free_segment(struct fa_segment *segment)
{
    if (segment->job) {
        LIST_REMOVE(segment, sibling);
        --segment->job->part.split->n_segments;
    }
    free(segment->texts);
    fa_outcome_fini(&segment->outcome);
    free(segment);
}

static void segments_free(struct fa_segment_list *list)
{
    struct fa_segment *segment;
    while ((segment = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, segment, flight);
        fa_flights_free_segment(segment);
    }
}

/* Freeing the strategy ends its attempts without a callback. */
void fa_flights_fini(struct fa_flights *flights)
{
    if (!flights->strategy)
        return;
    flights->ops->free(flights->strategy);
    flights->strategy = NULL;
    struct fa_hedge *hedge;
    for (int state = 0; state < FA_HEDGE_STATES; ++state)
        while ((hedge = TAILQ_FIRST(&flights->hedges[state])))
            fa_flights_release_hedge(flights, hedge);
    segments_free(&flights->segments);
    segments_free(&flights->ended_segments);
}

/* Lines of the options that are for all hosts, and those of the entry. */
static size_t headers_add_general(const struct fa_config *config, const struct fa_host_rule *rule,
                                  const struct fa_entry *entry, const char **headers, size_t n)
{
    for (size_t i = 0; i < config->n_headers; ++i)
        if (!fa_slice_is_field(config->headers[i], strlen(config->headers[i])) &&
            !fa_host_rule_replaces(rule, config->headers[i]))
            headers[n++] = config->headers[i];
    for (size_t i = 0; i < entry->n_headers; ++i)
        headers[n++] = entry->headers[i];
    return n;
}

/* Header lines may contain credentials: see secrecy.h.  A Range is a member of the attempt. */
static int attempt_set_headers(const struct fa_flights *flights, const struct fa_job *job,
                               const struct fa_target *target, struct fa_attempt *attempt,
                               const char ***headers)
{
    const struct fa_config *config = flights->config;
    const struct fa_host_rule *rule = fa_host_rules_get(flights->rules, target->origin->rule);
    size_t most = config->n_headers + job->entry->n_headers + flights->rules->most_headers, n = 0;
    attempt->n_headers = 0;
    if (most == 0)
        return 0;
    if (!*headers && !(*headers = calloc(most, sizeof(**headers))))
        return -1;
    if (fa_secrecy_allows_rule(target, rule))
        for (; n < rule->own.n_headers; ++n)
            (*headers)[n] = rule->own.headers[n];
    if (fa_secrecy_allows(target->secrecy))
        n = headers_add_general(config, rule, job->entry, *headers, n);
    attempt->headers = *headers;
    attempt->n_headers = n;
    return 0;
}

/* With shared cookies, those for a target; else those of its chain remain. */
static int target_select_cookies(const struct fa_flights *flights, const struct fa_target *target,
                                 double started, char **ret)
{
    *ret = NULL;
    if (target->secrecy == FA_SECRECY_DOWNGRADED)
        return 0;
    return fa_jar_select(flights->jar, target->url, (int64_t)(flights->epoch + started), ret);
}

static int job_set_cookies(const struct fa_flights *flights, struct fa_job *job)
{
    char *cookies;
    if (!flights->jar)
        return 0;
    if (target_select_cookies(flights, &job->target, job->timing.started, &cookies))
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

/* The job of a split part starts, or is split now. */
static void split_begin(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    split->active = split->stopped = split->host_failed = false;
    if (split->job)
        return;
    unsigned segments = flights->config->segments;
    split->job = job;
    split->syncs = flights->config->fsync != FA_FSYNC_NONE;
    fa_growth_init(&split->growth, segments == FA_SEGMENTS_AUTO ? 0 : segments > 1 ? segments : 1);
    LIST_INSERT_HEAD(&flights->splits, split, all);
}

/* A part that was exchanged since the last attempt is discarded. */
static int part_open_for_writing(struct fa_flights *flights, struct fa_job *job,
                                 struct fa_error *err)
{
    uint64_t key = job->place.key, *offset = &job->attempt.offset;
    struct fa_part *part = &job->part;
    int fd = fa_store_part_write(flights->store, key, part->recorded, offset, err);
    if (fd >= 0 && !part_is_same(flights->store, part, fd) && *offset > 0) {
        close(fd);
        *offset = 0;
        fd = fa_store_part_write(flights->store, key, part->recorded, offset, err);
        if (fd >= 0) {
            part->inode.number = 0;
            part_is_same(flights->store, part, fd);
        }
    }
    return fd;
}

/* Files that go to the stage are opened there by their names.  With FA_HASH_WITH_AUTO, only the
 * large ones do, and a part of those can be named later. */
static bool job_is_staged(const struct fa_flights *flights, const struct fa_job *job)
{
    bool hashes = flights->config->hash || job->entry->hash;
    return hashes && flights->config->hash_with != FA_HASH_WITH_AUTO;
}

/* The first attempt at a new file needs no part, unless something has to be recorded about it. */
static int part_open_unnamed(struct fa_flights *flights, const struct fa_job *job)
{
    const struct fa_part *part = &job->part;
    bool fresh = job->attempt.offset == 0 && part->inode.number == 0 && !part->recorded &&
                 !job->place.replace && !job->place.known && !job_is_staged(flights, job) &&
                 flights->config->fsync == FA_FSYNC_NONE;
    return fresh && flights->ops->borrows ? fa_store_unnamed(flights->store) : -1;
}

/* Whether the header fields of the user allow ranges of ours. */
static bool attempt_allows_ranges(const struct fa_attempt *attempt)
{
    for (size_t i = 0; i < attempt->n_headers; ++i)
        if (fa_http_line_is(attempt->headers[i], "Range") ||
            fa_http_line_is(attempt->headers[i], "If-Range"))
            return false;
    return true;
}

/* Whether a split part is one that the list and the options allow. */
static bool split_is_allowed(const struct fa_flights *flights, const struct fa_job *job)
{
    uint64_t size = job->part.split->map.size, most = flights->config->max_size;
    return attempt_allows_ranges(&job->attempt) && !job->tries.whole && (!most || size <= most) &&
           size >= flights->config->min_size &&
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
        split->fd = fa_store_part_join(flights->store, job->place.key, &part->inode, NULL);
    attempt->fd =
        split->fd < 0 ? -1 : fa_store_part_join(flights->store, job->place.key, &part->inode, NULL);
    if (attempt->fd < 0)
        return -1;
    split_begin(flights, job);
    attempt->offset = range.first;
    attempt->end = range.end;
    attempt->whole = attempt->conditional = false;
    attempt->rep = part->rep;
    split->own = (struct fa_stretch){range.first, range.first, range.first, range.end, range.end};
    return 0;
}

/* Whether an archive needs what is sent and received. */
static bool job_is_captured(const struct fa_flights *flights, const struct fa_job *job)
{
    return !job->robots && fa_sink_kind(flights->config->output) == FA_SINK_WARC;
}

/* Resume a part only from the mirror that it came from.  The representation is compared with the
 * answer even if no bytes are left, so that a change on the server is noticed. */
static int attempt_open_part(struct fa_flights *flights, struct fa_job *job, struct fa_error *err)
{
    struct fa_attempt *attempt = &job->attempt;
    struct fa_part *part = &job->part;
    bool again = !job->slice.set && part->mirror == job->target.mirrors[job->target.mirror].key &&
                 part->rep.validator.strong && !job_is_captured(flights, job);
    attempt->end = 0;
    attempt->shared = flights->config->segments > 1;
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

/* The URL is redacted once for each request, and not for each event and report that prints it. */
static int attempt_set_texts(const struct fa_flights *flights, const struct fa_job *job,
                             const struct fa_target *target, struct fa_attempt *attempt,
                             const char ***headers, char **ret_printed)
{
    char *printed = fa_redact_url(target->url->whole, flights->config->secret_keys);
    if (!printed || attempt_set_headers(flights, job, target, attempt, headers)) {
        free(printed);
        return -1;
    }
    free(*ret_printed);
    *ret_printed = printed;
    return 0;
}

/* By what was asked for, and not by where redirects lead. */
static bool job_is_guarded(const struct fa_job *job, const struct fa_target *target,
                           const struct fa_config *config)
{
    return config->guard == FA_GUARD_ON && !job->entry->hash &&
           (fa_guard_covers(job->place.path) ||
            fa_guard_covers(target->mirrors[target->mirror].url.path));
}

/* What is the same for a job's own attempt and for a hedge. */
static void attempt_set_target(const struct fa_flights *flights, const struct fa_job *job,
                               const struct fa_target *target, uint64_t rate,
                               struct fa_attempt *attempt)
{
    const struct fa_config *config = flights->config;
    attempt->url = target->url->whole;
    attempt->host_port = target->url->host_port;
    attempt->addresses = target->origin->addresses;
    attempt->origin = target->origin->hash;
    attempt->rule = target->origin->rule;
    attempt->digest = target->digest || target->origin->digest;
    attempt->http1 = job->tries.http1 || target->origin->http2_failures >= FA_HTTP2_FAILURES;
    attempt->netrc = fa_secrecy_netrc(target);
    attempt->cookies = target->secrecy == FA_SECRECY_DOWNGRADED ? NULL : target->cookies;
    attempt->durable = config->fsync == FA_FSYNC_EACH;
    attempt->unmarked = !fa_store_marks_parts(flights->store);
    attempt->types = job->entry->type ? job->entry->type : config->expect_type;
    attempt->respect = config->respect;
    attempt->guard = !attempt->types && job_is_guarded(job, target, config);
    attempt->capture = job_is_captured(flights, job);
    attempt->slice = job->slice;
    attempt->size = job->entry->size;
    attempt->max_size = config->max_size;
    attempt->min_size = config->min_size;
    attempt->rate = rate;
    if (job->robots) { /* the user's rules are about files */
        attempt->types = attempt->respect = NULL;
        attempt->guard = false;
        attempt->max_size = FA_FLIGHTS_ROBOTS_MAX;
        attempt->min_size = 0;
    }
    attempt->received = 0;
    attempt->cancelled = false;
}

static int attempt_prepare(struct fa_flights *flights, struct fa_job *job, uint64_t rate,
                           struct fa_error *err)
{
    const struct fa_target *target = &job->target;
    struct fa_attempt *attempt = &job->attempt;
    if (attempt_set_texts(flights, job, target, attempt, &job->headers, &job->effective_url) ||
        job_set_cookies(flights, job)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a download");
        return -1;
    }
    if (attempt_open_part(flights, job, err))
        return -1;
    attempt_set_target(flights, job, target, rate, attempt);
    if (attempt->end) { /* of a range, these say nothing */
        attempt->size = -1;
        attempt->max_size = attempt->min_size = 0;
    }
    attempt->close = origin_is_single_use(flights, target->origin);
    attempt->fresh = job->tries.fresh;
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

/* An attempt that could not start takes the same way as all others, so that it is counted and
 * settled in one place. */
void fa_flights_fail(struct fa_flights *flights, struct fa_job *job, const struct fa_error *error,
                     enum fa_retryability retryable)
{
    struct fa_outcome outcome = {.error = *error, .retryable = retryable, .retry_after = -1};
    flights_done(flights, &job->attempt, &outcome);
}

void fa_flights_flush(struct fa_flights *flights)
{
    flights->ops->flush(flights->strategy);
}

/* Bytes of a failed attempt may be resumed by the next one. */
static void part_end_attempt(struct fa_flights *flights, struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool failed = outcome->error.class != FA_CLASS_NONE;
    if (job->part.unnamed && !failed && !outcome->location && !outcome->unchanged)
        return;
    if (job->part.unnamed && failed && outcome->size > 0)
        fa_job_name_part(job, flights->store, NULL);
    fa_job_close_part(job);
}

/* Ended attempts are taken in the turn, and not in the callback: settling one may start another,
 * which must not happen inside of the strategy. */
struct fa_job *fa_flights_take(struct fa_flights *flights)
{
    struct fa_job *job = fa_job_queue_pop(&flights->ended);
    if (job) {
        TAILQ_REMOVE(&flights->active, job, active);
        part_end_attempt(flights, job);
    }
    return job;
}

void fa_flights_cancel(struct fa_flights *flights)
{
    struct fa_job *job;
    struct fa_hedge *hedge;
    struct fa_segment *segment;
    TAILQ_FOREACH (job, &flights->active, active)
        if (!job->part.split || !job->part.split->stopped)
            fa_flights_stop(flights, job);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        fa_flights_stop_segment(flights, segment);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        flights->ops->cancel(flights->strategy, &hedge->attempt);
    while ((hedge = TAILQ_FIRST(&flights->hedges[FA_HEDGE_WAITS])))
        fa_flights_end_hedge(flights, hedge);
}

void fa_flights_stop(struct fa_flights *flights, struct fa_job *job)
{
    if (!job->ended)
        flights->ops->cancel(flights->strategy, &job->attempt);
}

void fa_flights_stop_segment(struct fa_flights *flights, struct fa_segment *segment)
{
    if (!segment->ended && !segment->stopped)
        flights->ops->cancel(flights->strategy, &segment->attempt);
    segment->stopped = true;
}

struct fa_segment *fa_flights_take_segment(struct fa_flights *flights)
{
    struct fa_segment *segment = TAILQ_FIRST(&flights->ended_segments);
    if (segment)
        TAILQ_REMOVE(&flights->ended_segments, segment, flight);
    return segment;
}

/* Only an answer that is exactly what was asked for can be shared: of one strong version and a
 * known size, and continuing what is there. */
int fa_flights_split(struct fa_flights *flights, struct fa_job *job)
{
    const struct fa_attempt *attempt = &job->attempt;
    const struct fa_head *head = &attempt->head;
    struct fa_part *part = &job->part;
    struct fa_part_map map = {.version = fa_part_map_version(&head->rep)};
    if (!head->rep.validator.strong || head->rep.total <= 0 || head->kept != attempt->offset ||
        attempt->whole || job->slice.set || !attempt_allows_ranges(attempt))
        return -1;
    if (part->unnamed && fa_job_name_part(job, flights->store, NULL))
        return -1;
    map.size = (uint64_t)head->rep.total;
    fa_extents_add(&map.extents, 0, head->kept);
    int fd = fa_store_part_split(flights->store, job->place.key, &part->inode, map.size);
    struct fa_split *split = fd < 0 ? NULL : fa_split_new(fd, &map);
    if (!split)
        return -1;
    part->split = split;
    part->rep = head->rep;
    part->mirror = job->target.mirrors[job->target.mirror].key;
    split->own = (struct fa_stretch){head->kept, head->kept, head->kept, map.size, map.size};
    split_begin(flights, job);
    split->active = true;
    fa_split_note(split, &split->own, attempt);
    return 0;
}

int fa_flights_mend(struct fa_flights *flights, struct fa_job *job, const struct fa_extents *good)
{
    struct fa_part *part = &job->part;
    struct fa_part_map map = {.version = fa_part_map_version(&part->rep), .extents = *good};
    if (!part->rep.validator.strong || part->rep.total <= 0)
        return -1;
    map.size = (uint64_t)part->rep.total;
    int fd = fa_store_part_split(flights->store, job->place.key, &part->inode, map.size);
    part->split = fd < 0 ? NULL : fa_split_new(fd, &map);
    if (!part->split)
        return -1;
    part->bytes = fa_split_bytes(part->split);
    return 0;
}

/* The name of the part is gone at once, so that the next attempt writes to another file than the
 * segments that have not ended yet. */
void fa_flights_discard_split(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    struct fa_segment *segment;
    while ((segment = LIST_FIRST(&split->segments))) {
        LIST_REMOVE(segment, sibling);
        --split->n_segments;
        segment->job = NULL;
        fa_flights_stop_segment(flights, segment);
    }
    fa_store_part_remove(flights->store, job->place.key);
    fa_split_free(split);
    job->part.split = NULL;
    job->part.bytes = 0;
    job->part.inode.number = 0;
    job->tries.unsplit = true;
}

/* The texts are copied, as a segment can outlive the request of its job.  Shared cookies are those
 * of now: the session that the job had may be over. */
static int segment_set_texts(const struct fa_flights *flights, struct fa_segment *segment,
                             const struct fa_job *job, uint64_t rate, double now)
{
    struct fa_attempt *attempt = &segment->attempt;
    struct fa_target target = job->target;
    char *cookies = NULL;
    if (flights->jar && target_select_cookies(flights, &target, now, &cookies))
        return -1;
    if (flights->jar)
        target.cookies = cookies;
    attempt_set_target(flights, job, &target, rate, attempt);
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
    segment->attempt.fd = fa_store_part_join(flights->store, job->place.key, &job->part.inode, err);
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

/* A mirror is requested like any listed URL, and the target of the job where its redirects led. */
static struct fa_target hedge_target(const struct fa_job *job, struct fa_origin *origin,
                                     unsigned mirror)
{
    struct fa_target target = job->target;
    if (mirror == target.mirror)
        return target;
    target.mirror = mirror;
    target.url = &target.mirrors[mirror].url;
    target.origin = origin;
    target.hops = 0;
    target.secrecy = FA_SECRECY_HOME;
    target.cookies = NULL;
    target.secure = target.url->secure;
    target.digest = false;
    return target;
}

/* The texts are copied, as a hedge can outlive its job. */
static int hedge_set_texts(const struct fa_flights *flights, struct fa_hedge *hedge,
                           const struct fa_target *target)
{
    struct fa_attempt *attempt = &hedge->attempt;
    struct fa_target own = *target;
    const char **headers = NULL;
    char *cookies = NULL;
    int result = attempt_set_texts(flights, hedge->job, target, attempt, &headers, &hedge->printed);
    if (result == 0 && flights->jar) {
        result = target_select_cookies(flights, target, hedge->job->timing.started, &cookies);
        own.cookies = cookies;
    }
    attempt_set_target(flights, hedge->job, &own, 0, attempt);
    if (result == 0)
        result = fa_attempt_copy_texts(attempt, &hedge->texts);
    free(cookies);
    free(headers);
    return result;
}

static int hedge_prepare(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate,
                         struct fa_error *err)
{
    const struct fa_job *job = hedge->job;
    struct fa_attempt *attempt = &hedge->attempt;
    struct fa_target target = hedge_target(job, hedge->origin, hedge->mirror);
    if (hedge_set_texts(flights, hedge, &target)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot request a file again");
        return -1;
    }
    attempt->rate = rate;
    attempt->fresh = true;
    attempt->conditional = job->place.conditional;
    attempt->rep = attempt->conditional ? job->place.known->rep : fa_representation_none;
    attempt->owner = hedge;
    attempt->fd = fa_store_hedge_open(flights->store, hedge->key, err);
    if (attempt->fd < 0)
        return -1;
    fa_store_inode(flights->store, attempt->fd, &hedge->inode);
    return 0;
}

struct fa_hedge *fa_flights_hedge(struct fa_flights *flights, struct fa_job *job,
                                  struct fa_origin *origin, unsigned mirror)
{
    struct fa_hedge *hedge = calloc(1, sizeof(*hedge));
    if (!hedge)
        return NULL;
    hedge->origin = origin;
    hedge->mirror = mirror;
    hedge->key = job->place.key;
    hedge->attempt.fd = -1;
    hedge->job = job;
    job->hedge = hedge;
    TAILQ_INSERT_TAIL(&flights->hedges[FA_HEDGE_WAITS], hedge, same);
    return hedge;
}

void fa_flights_start_hedge(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate)
{
    struct fa_job *job = hedge->job;
    struct fa_error err = {0};
    if (hedge_prepare(flights, hedge, rate, &err)) {
        fa_flights_end_hedge(flights, hedge);
        return;
    }
    ++job->tries.attempts;
    fa_emit_started(flights->emitter, job, hedge->printed);
    if (flights->ops->submit(flights->strategy, &hedge->attempt, &err))
        fa_flights_end_hedge(flights, hedge);
    else
        hedge_move(flights, hedge, FA_HEDGE_ACTIVE);
}

void fa_flights_end_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    if (hedge->state == FA_HEDGE_ACTIVE) {
        flights->ops->cancel(flights->strategy, &hedge->attempt);
    } else if (hedge->state == FA_HEDGE_WAITS) {
        struct fa_outcome outcome = fa_outcome_none;
        outcome.error.class = FA_CLASS_CANCELLED;
        hedge_done(flights, hedge, &outcome);
    }
}

/* What it has received so far is reported with the job, which may end before it.  That of a hedge
 * which was kept is counted already. */
void fa_flights_drop_hedge(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_hedge *hedge = job->hedge;
    job->hedge = NULL;
    hedge->job = NULL;
    if (hedge->state == FA_HEDGE_WON)
        hedge_move(flights, hedge, FA_HEDGE_ENDED);
    else
        job->bytes += hedge->attempt.received;
    fa_flights_end_hedge(flights, hedge);
}

void fa_flights_keep_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    hedge_move(flights, hedge, FA_HEDGE_WON);
    if (!hedge->job->ended)
        flights->ops->cancel(flights->strategy, &hedge->job->attempt);
}

struct fa_hedge *fa_flights_ended_hedge(struct fa_flights *flights)
{
    return TAILQ_FIRST(&flights->hedges[FA_HEDGE_ENDED]);
}

void fa_flights_release_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    TAILQ_REMOVE(&flights->hedges[hedge->state], hedge, same);
    fa_store_hedge_remove(flights->store, hedge->key);
    fa_hedge_free(hedge);
}

/* Changing a rate costs a message to the worker, so only changes of more than a tenth are sent. */
static void flights_tune(struct fa_flights *flights, struct fa_attempt *attempt, uint64_t share)
{
    uint64_t rate = attempt->rate;
    if (share > rate + rate / 10 || share < rate - rate / 10)
        flights->ops->tune(flights->strategy, attempt, share);
}

double fa_flights_delay(const struct fa_flights *flights)
{
    return flights->strategy && flights->ops->delay ? flights->ops->delay(flights->strategy) : 0;
}

void fa_flights_share(struct fa_flights *flights, struct fa_bucket *bucket, uint64_t bytes,
                      unsigned active, double now)
{
    const struct fa_job *job;
    struct fa_job *tuned;
    struct fa_hedge *hedge;
    struct fa_segment *segment;
    double seen = (double)bytes;
    TAILQ_FOREACH (job, &flights->active, active)
        seen += fmax((double)job->attempt.received, FA_BUCKET_FIRST);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        seen += fmax((double)hedge->attempt.received, FA_BUCKET_FIRST);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        seen += fmax((double)segment->attempt.received, FA_BUCKET_FIRST);
    fa_bucket_update(bucket, now, seen);
    uint64_t share = fa_bucket_share(bucket, active);
    TAILQ_FOREACH (tuned, &flights->active, active)
        if (!tuned->ended)
            flights_tune(flights, &tuned->attempt, share);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        flights_tune(flights, &hedge->attempt, share);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        flights_tune(flights, &segment->attempt, share);
}
