/*
 * Origins that are down: how long they are waited for, and where what waits for them goes.
 *
 * The breaker of an origin says when it is probed and when it is given up.  A job whose attempt
 * failed with its host goes back to the queue, and the attempt does not count among its tries: the
 * wait is about the host.  While that goes on, each job in the queue is looked at once after every
 * failure: it goes to a mirror that is not down, or is held.
 */
#include "engine/session.h"

#include "base/key.h"
#include "engine/retry.h"

#include <math.h>
#include <string.h>

/* Every job is looked at anew: another mirror may be back by now. */
static void go_on(struct fa_origin *origin)
{
    ++origin->outage;
    origin->held = 0;
}

/* The jobs that wait for a retry need not wait for that to hear that their origin is given up.  One
 * that has a mirror waits: the back-off may be the mirror's. */
static void recall_waiting(struct fa_session *s, const struct fa_origin *origin)
{
    struct fa_job *next;
    for (struct fa_job *job = s->all; job; job = next) {
        next = job->all_next;
        if (job->state != FA_JOB_WAITING || job->entry->n_urls > 1 ||
            fa_key_str(job->target.origin) != origin->hash)
            continue;
        fa_timers_clear(&s->job_timers, &job->timer);
        --s->waiting;
        fa_dispatch_queue(s, job, true);
    }
}

/* Whether it is down: then what is queued for it keeps nobody from reading on. */
static void mark(struct fa_session *s, struct fa_origin *origin)
{
    bool was = origin->prev_down, is = fa_breaker_waits(&origin->breaker);
    if (was == is)
        return;
    fa_hosts_set_down(&s->hosts, origin, is);
    s->stuck += is ? origin->queue.count : -origin->queue.count;
}

static void follow(struct fa_session *s, struct fa_origin *origin, enum fa_breaker_change change,
                   double now)
{
    double wait = origin->breaker.until - now;
    mark(s, origin);
    if (change == FA_BREAKER_OPENED || change == FA_BREAKER_GAVE_UP)
        go_on(origin);
    if (change == FA_BREAKER_SAME || change == FA_BREAKER_OPENED)
        return;
    fa_tell_host(s, origin, change == FA_BREAKER_PAUSED ? FA_HOST_PAUSED : FA_HOST_GIVEN_UP, wait);
    origin->outage_told = change == FA_BREAKER_GAVE_UP;
    if (change == FA_BREAKER_GAVE_UP)
        recall_waiting(s, origin);
}

void fa_outage_failed(struct fa_session *s, struct fa_origin *origin, const struct fa_error *error,
                      struct fa_breaker_failure failure)
{
    failure.pauses = s->config.retries;
    failure.wait = s->config.retry_wait;
    failure.random = fa_session_random(s);
    origin->last_error = *error;
    origin->name_unknown = false;
    follow(s, origin, fa_breaker_fail(&origin->breaker, &failure), failure.now);
}

void fa_outage_lookup_failed(struct fa_session *s, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now)
{
    /* What is wrong here, and not there, is not waited for. */
    bool waits = !final && error->class != FA_CLASS_LOCAL_IO && s->config.host_wait > 0;
    struct fa_breaker_failure failure = {
        .now = now,
        .probe = fa_breaker_start(&origin->breaker), /* no request has gone out */
        .retry_after = -1,
        .failures = 1,
        .patience = waits ? s->config.host_wait : 0,
        /* Jobs that never start cannot try again themselves. */
        .probes = final || waits ? 0 : s->config.retries,
    };
    fa_outage_failed(s, origin, error, failure);
    origin->name_unknown = final;
}

void fa_outage_succeeded(struct fa_session *s, struct fa_origin *origin)
{
    bool told = origin->outage_told || origin->breaker.asked;
    if (fa_breaker_succeed(&origin->breaker) && told)
        fa_tell_host(s, origin, FA_HOST_BACK, 0);
    origin->outage_told = false; /* or a pause goes on, which has no part in it */
    mark(s, origin);
}

/* Once it is known to be more than a hiccup. */
static void tell(struct fa_session *s, struct fa_origin *origin, double now)
{
    const struct fa_breaker *breaker = &origin->breaker;
    if (origin->outage_told || (breaker->failures < FA_BREAKER_FAILURES && breaker->probes == 0))
        return;
    fa_tell_host(s, origin, FA_HOST_BROKEN, breaker->until - now);
    origin->outage_told = origin->was_broken = true;
}

enum health { HEALTH_FINE, HEALTH_FAILS, HEALTH_DOWN, HEALTH_GIVEN_UP };

/* What is known of the origin of a URL. */
static enum health health_of(const struct fa_session *s, const char *text, double now)
{
    struct fa_url url;
    if (fa_url_parse(&url, text, NULL, NULL))
        return HEALTH_GIVEN_UP;
    const struct fa_origin *origin = fa_hosts_find(&s->hosts, &url);
    fa_url_fini(&url);
    if (!origin || origin->breaker.failures == 0 || origin->breaker.asked)
        return HEALTH_FINE;
    if (fa_breaker_rejects(&origin->breaker, now))
        return HEALTH_GIVEN_UP;
    /* One that nobody waits for may be back: somebody has to look. */
    bool due = fa_breaker_allows(&origin->breaker, now) && fa_origin_waiting(origin) == 0;
    return fa_breaker_waits(&origin->breaker) && !due ? HEALTH_DOWN : HEALTH_FAILS;
}

bool fa_outage_is_down(const struct fa_session *s, const char *url, double now)
{
    return health_of(s, url, now) >= HEALTH_DOWN;
}

/* The next mirror whose health is between these; -1: there is none. */
static int find_mirror(const struct fa_session *s, const struct fa_job *job, enum health least,
                       enum health most, double now)
{
    const struct fa_entry *entry = job->entry;
    unsigned n = entry->n_urls < FA_MIRRORS_MAX ? (unsigned)entry->n_urls : FA_MIRRORS_MAX;
    for (unsigned i = 1; i < n; ++i) {
        unsigned at = (job->mirror + i) % n;
        if (job->exhausted & 1ull << at)
            continue;
        enum health health = health_of(s, entry->urls[at], now);
        if (health >= least && health <= most)
            return (int)at;
    }
    return -1;
}

static bool go_to(struct fa_job *job, int mirror)
{
    return mirror >= 0 && fa_dispatch_aim(job, (unsigned)mirror, NULL) == 0;
}

bool fa_outage_wants_turn(const struct fa_session *s, const struct fa_origin *origin)
{
    if (!fa_breaker_waits(&origin->breaker))
        return false;
    return origin->queue.count > origin->held ||
           (origin->backlog.count > 0 && origin->queue.count < FA_WINDOW_ORIGIN &&
            s->queued < FA_WINDOW);
}

void fa_outage_look(struct fa_session *s, struct fa_origin *origin, struct fa_job *job, double now)
{
    int mirror =
        job->outage == origin->outage ? -1 : find_mirror(s, job, HEALTH_FINE, HEALTH_FAILS, now);
    if (go_to(job, mirror)) {
        fa_admit_again(s, job);
        return;
    }
    job->outage = origin->outage;
    ++origin->held;
    fa_job_queue_push(&origin->queue, job);
    fa_dispatch_count(s, origin, 1);
    tell(s, origin, now);
}

void fa_outage_hold(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->origin;
    const struct fa_breaker *breaker = &origin->breaker;
    bool waits = fa_breaker_waits(breaker), rejects = fa_breaker_rejects(breaker, now);
    if (!rejects && fa_settle_elsewhere(s, job, now))
        return;
    double wait = fa_retry_back_off(s->config.retry_wait, 1, fa_session_random(s));
    wait = fmin(wait, fmax(0, breaker->since + s->config.host_wait - now));
    if (waits)
        wait = fmax(0, breaker->until - now);
    if (!rejects)
        fa_tell_retry(s, job, wait);
    job->again = true;
    if (rejects || (waits && job->hops == 0)) {
        fa_dispatch_queue(s, job, true);
        return;
    }
    /* Where a redirect led is asked for anew: it may lead elsewhere. */
    if (waits)
        tell(s, origin, now);
    if (fa_dispatch_aim(job, job->mirror, NULL) == 0 &&
        fa_timers_set(&s->job_timers, &job->timer, now + wait) == 0) {
        fa_job_set_state(job, FA_JOB_WAITING);
        ++s->waiting;
    } else {
        fa_tell_end(s, job, FA_STATUS_FAILED, &job->outcome.error, true);
    }
}

bool fa_outage_shelter(struct fa_session *s, struct fa_job *job, double now)
{
    int mirror = find_mirror(s, job, HEALTH_FAILS, HEALTH_DOWN, now);
    if (mirror < 0)
        return false;
    job->exhausted |= 1ull << job->mirror;
    if (!go_to(job, mirror))
        return false;
    fa_dispatch_queue(s, job, true);
    return true;
}

void fa_outage_reject(struct fa_session *s, struct fa_origin *origin, struct fa_job *job)
{
    struct fa_error err = origin->last_error;
    job->exhausted |= 1ull << job->mirror;
    if (fa_dispatch_aim(job, job->mirror + 1, NULL) == 0) {
        fa_admit_again(s, job);
        return;
    }
    bool looked_up = err.class == FA_CLASS_DNS || err.class == FA_CLASS_LOCAL_IO;
    job->attempts += looked_up && job->attempts == 0;
    if (job->attempts == 0)
        fa_error_set(&err, err.domain, err.code, err.class, "not tried, as its host only fails: %s",
                     origin->last_error.msg);
    if (!s->state || job->part.bytes == 0)
        fa_store_part_remove(s->store, job->key);
    fa_tell_end(s, job, FA_STATUS_FAILED, &err, !origin->name_unknown);
}
