/*
 * The turn: what the supervisor does whenever something has happened, always in this order.
 */
#include "engine/session.h"

#include "base/loop.h"

#include <math.h>

static void hear_stop(struct fa_session *s)
{
    int how = atomic_load(&s->stop_wanted);
    if (how == FA_STOP_NOW) {
        s->end = FA_END_STOPPED;
        s->over = true;
    } else if (how == FA_STOP_DRAIN && !s->draining) {
        fa_session_end(s, FA_END_STOPPED, NULL);
    }
}

/* Read on while there are slots that no origin at hand can take, and a little ahead. */
static bool wants_entries(const struct fa_session *s, bool room)
{
    if (s->config.plan)
        return true;
    if (s->staged >= FA_STAGE_BACKLOG || s->full)
        return false;
    return s->queued - s->stuck < s->slots.now ||
           (room && fa_backlog_count(s->backlog) < FA_LOOKAHEAD);
}

static bool has_ready(const struct fa_session *s)
{
    return s->hosts.rings[FA_RING_READY] || s->hosts.rings[FA_RING_PROBES];
}

static void admit_and_dispatch(struct fa_session *s, double now)
{
    bool room = fa_dispatch(s, now);
    int steps = 0;
    while (!s->over && wants_entries(s, room) && fa_admit_one(s, now)) {
        if (has_ready(s))
            room = fa_dispatch(s, now);
        if (++steps == FA_TURN_STEPS)
            break;
    }
    if (steps == FA_TURN_STEPS || (room && has_ready(s)))
        fa_session_wake(s);
}

static void set_alarm(struct fa_session *s, double now)
{
    struct fa_timer *job = fa_timers_next(&s->job_timers);
    struct fa_timer *host = fa_timers_next(&s->host_timers);
    double at = s->draining ? s->drain_until : INFINITY;
    at = fmin(at, job ? job->at : INFINITY);
    at = fmin(at, host ? host->at : INFINITY);
    at = fmin(at, s->list_waits ? s->list_wake : INFINITY);
    at = fmin(at, fa_room_check(s, now));
    if (has_ready(s) && fa_bucket_wait(&s->bucket) > 0)
        at = fmin(at, now + fa_bucket_wait(&s->bucket));
    s->alarm_at = fmax(at, now) + 0.001;
    if (isinf(at) || s->clock.wait) {
        event_del(s->alarm);
        return;
    }
    struct timeval wait = fa_loop_time(s->alarm_at - now);
    event_add(s->alarm, &wait);
}

static void check_end(struct fa_session *s, double now)
{
    bool busy = s->active > 0 || s->staged > 0 || s->ended.first;
    if (s->draining)
        s->over |= !busy || now >= s->drain_until;
    else if (fa_admit_is_over(s))
        s->over |= !busy && s->queued == 0 && s->waiting == 0 &&
                   fa_backlog_count(s->backlog) == 0 && fa_record_commit(s, now, true);
    if (s->over)
        event_base_loopbreak(s->base);
}

void fa_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct fa_session *s = arg;
    double now = fa_session_now(s);

    s->turning = true;
    if (what & EV_READ)
        s->list_waits = false;
    hear_stop(s);
    if (!s->config.plan) {
        fa_settle(s, now);
        fa_dispatch_timers(s, now);
        fa_dispatch_rates(s, now);
    }
    admit_and_dispatch(s, now);
    if (!s->config.plan) {
        fa_staging(s, now);
        s->ops->flush(s->strategy);
        fa_record_commit(s, now, false);
    }
    check_end(s, now);
    set_alarm(s, now);
    s->turning = false;
}

void fa_turn_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_session *s = arg;
    double now = fa_session_now(s);
    fa_dispatch_rates(s, now);
    if (fa_slots_grow(&s->slots, now))
        fa_session_wake(s);
    fa_record_heads(s);
    fa_record_commit(s, now, false);
    fa_tell_progress(s);
}
