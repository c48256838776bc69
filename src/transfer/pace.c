/*
 * libcurl limits a rate by averages: it reads up to READS_AT_ONCE buffers, then pauses until the
 * average over its window is below the limit.  Three consequences are handled here:
 *
 *  - At low rates a full buffer is a long burst followed by silence, so the buffer shrinks.
 *  - Such a pause is not a stall: the stall timeout is extended by the longest pause possible.
 *  - Raising the rate makes up for the past of the window in one burst, so it rises gradually.
 *
 * If the process was stopped (SIGSTOP, suspend), it has not seen what arrived meanwhile; the gap is
 * subtracted from all intervals.
 */
#include "transfer/pace.h"

#include <math.h>

#define BUFFER     (128 * 1024)
#define BUFFER_MIN 1024
/* Minimum number of bursts per second. */
#define BURSTS 10
/* libcurl 7.88 reads this many buffers before it checks the rate and pauses. */
#define READS_AT_ONCE 100
/* Maximum length of the window over which libcurl 7.88 averages, in seconds. */
#define RATE_WINDOW 3.0
/* Smaller increases of the rate wait until they add up to this factor. */
#define RATE_STEP 1.05
/* Checks further apart than this, in seconds, mean that the process was stopped. */
#define CHECK_GAP 1.5

/* Use a small buffer at low rates, so that bytes arrive steadily. */
static uint64_t pace_buffer_size(uint64_t rate)
{
    uint64_t size = rate / READS_AT_ONCE / BURSTS;
    if (rate == 0 || size > BUFFER)
        return BUFFER;
    return size < BUFFER_MIN ? BUFFER_MIN : size;
}

void fa_pace_begin(struct fa_pace *pace, const struct fa_settings *settings,
                   const struct fa_attempt *attempt, double now)
{
    *pace = (struct fa_pace){
        .settings = settings,
        .attempt = attempt,
        .started = now,
        .last_byte = now,
        .checked = now,
        .phase_at = now,
        .rate = attempt->rate,
        .rate_kept = now,
        .buffer = pace_buffer_size(attempt->rate),
    };
}

void fa_pace_set_phase(struct fa_pace *pace, enum fa_phase phase, double now)
{
    pace->phase = phase;
    pace->phase_at = pace->last_byte = pace->floor_at = now;
    pace->floor_bytes = pace->attempt->received;
}

void fa_pace_bytes_arrived(struct fa_pace *pace, double now)
{
    pace->last_byte = now;
}

/* Silence shorter than this is not a stall: after a burst, libcurl itself pauses. */
static double pace_stall_limit(const struct fa_pace *pace)
{
    double burst = (double)pace->attempt->received;
    double most = (double)(pace->buffer * READS_AT_ONCE);
    double wait = pace->rate ? fmin(burst, most) / (double)pace->rate : 0;
    return pace->settings->stall_timeout + wait;
}

/* Discount the time in which the process was stopped. */
static void pace_skip_gap(struct fa_pace *pace, double now)
{
    double gap = now - pace->checked;
    pace->checked = now;
    if (gap <= CHECK_GAP)
        return;
    pace->last_byte += gap;
    pace->phase_at += gap;
    pace->floor_at += gap;
}

static bool pace_stall(struct fa_outcome *ret_stop, const char *format, double number)
{
    fa_error_set(&ret_stop->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_STALLED, format, number);
    ret_stop->retryable = FA_RETRYABLE_NOW;
    return false;
}

/* An occasional byte prevents a stall, yet occupies a slot: enforce --speed-limit. */
static bool pace_is_above_floor(struct fa_pace *pace, double now)
{
    double time = pace->settings->speed_time;
    double floor = (double)pace->settings->speed_limit;
    if (floor <= 0 || now - pace->floor_at < time)
        return true;
    if (pace->rate)
        floor = fmin(floor, (double)pace->rate / 2);
    double bytes = (double)(pace->attempt->received - pace->floor_bytes);
    bool enough = bytes >= floor * (now - pace->floor_at);
    pace->floor_at = now;
    pace->floor_bytes = pace->attempt->received;
    return enough;
}

bool fa_pace_check(struct fa_pace *pace, double now, struct fa_outcome *ret_stop)
{
    const struct fa_settings *settings = pace->settings;
    double patience = settings->stall_timeout;
    pace_skip_gap(pace, now);
    if (pace->phase == FA_PHASE_CONNECT)
        return true;
    if (pace->phase == FA_PHASE_DROP)
        return now - pace->phase_at <= FA_PACE_DROP;
    if (patience > 0 && now - pace->last_byte > pace_stall_limit(pace))
        return pace_stall(ret_stop, "no data for %.3g s", patience);
    double head = FA_PACE_HEAD * patience;
    if (patience > 0 && pace->phase == FA_PHASE_HEAD && now - pace->phase_at > head)
        return pace_stall(ret_stop, "the response header took more than %.3g s", head);
    if (pace->phase == FA_PHASE_BODY && !pace_is_above_floor(pace, now))
        return pace_stall(ret_stop, "slower than --speed-limit for %.3g s", settings->speed_time);
    return true;
}

/*
 * Next rate on the way to the attempt's.  libcurl applies a new rate to its whole window, so a
 * higher rate immediately delivers what it would have delivered since the window began.  Raise the
 * rate only as far as that burst, plus the current rate, stays within the goal.
 */
static uint64_t pace_next_rate(const struct fa_pace *pace, uint64_t goal, double now)
{
    if ((double)goal <= (double)pace->rate * RATE_STEP)
        return goal;
    double window = fmin(now - pace->started, RATE_WINDOW);
    if (window <= 0)
        return goal;
    double risen = now - pace->rate_kept;
    double next = ((double)pace->rate * window + (double)goal * risen) / (window + risen);
    return next < (double)pace->rate * RATE_STEP ? pace->rate : (uint64_t)next;
}

bool fa_pace_follow(struct fa_pace *pace, double now)
{
    uint64_t goal = pace->attempt->rate;
    uint64_t rate = pace_next_rate(pace, goal, now);
    if (rate != pace->rate || rate == goal)
        pace->rate_kept = now;
    bool changed = rate != pace->rate;
    pace->rate = rate;
    return changed;
}
