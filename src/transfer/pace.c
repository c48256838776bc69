#include "transfer/pace.h"

#include <math.h>

#define BUFFER     (128 * 1024)
#define BUFFER_MIN 1024
/* In how many bursts the bytes of a second come, at least. */
#define BURSTS 10
/* libcurl 7.88 reads so many buffers at a time before it looks at the rate, and then it waits. */
#define READS_AT_ONCE 100
/* Seconds at the most from which on libcurl 7.88 measures the rate. */
#define RATE_WINDOW 3.0
/* A rate does not rise by less. */
#define RATE_STEP 1.05
/* Seconds between two checks that are too many. */
#define CHECK_GAP 1.5

/* Less at a time when the rate is low, so that bytes come steadily. */
static uint64_t choose_buffer(uint64_t rate)
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
        .buffer = choose_buffer(attempt->rate),
    };
}

void fa_pace_set_phase(struct fa_pace *pace, enum fa_phase phase, double now)
{
    pace->phase = phase;
    pace->phase_at = pace->last_byte = pace->floor_at = now;
    pace->floor_bytes = pace->attempt->received;
}

void fa_pace_hear(struct fa_pace *pace, double now)
{
    pace->last_byte = now;
}

/* Silence up to here is no stall: after a burst, libcurl itself waits until the rate is met. */
static double stall_patience(const struct fa_pace *pace)
{
    double burst = (double)pace->attempt->received;
    double most = (double)(pace->buffer * READS_AT_ONCE);
    double wait = pace->rate ? fmin(burst, most) / (double)pace->rate : 0;
    return pace->settings->stall_timeout + wait;
}

/* A process that was stopped for a while has not heard what came meanwhile. */
static void skip_gap(struct fa_pace *pace, double now)
{
    double gap = now - pace->checked;
    pace->checked = now;
    if (gap <= CHECK_GAP)
        return;
    pace->last_byte += gap;
    pace->phase_at += gap;
    pace->floor_at += gap;
}

static bool stall(struct fa_outcome *ret_stop, const char *format, double number)
{
    fa_error_set(&ret_stop->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_STALLED, format, number);
    ret_stop->retryable = FA_RETRYABLE_NOW;
    return false;
}

/* A byte now and then is not silence, and holds a slot all the same. */
static bool is_above_floor(struct fa_pace *pace, double now)
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
    skip_gap(pace, now);
    if (pace->phase == FA_PHASE_CONNECT)
        return true;
    if (pace->phase == FA_PHASE_DROP)
        return now - pace->phase_at <= FA_PACE_DROP;
    if (patience > 0 && now - pace->last_byte > stall_patience(pace))
        return stall(ret_stop, "no byte for %.3g s", patience);
    if (patience > 0 && pace->phase == FA_PHASE_HEAD &&
        now - pace->phase_at > fmax(FA_PACE_HEAD, 2 * patience))
        return stall(ret_stop, "the header of the answer took more than %.3g s",
                     fmax(FA_PACE_HEAD, 2 * patience));
    if (pace->phase == FA_PHASE_BODY && !is_above_floor(pace, now))
        return stall(ret_stop, "slower than --speed-limit for %.3g s", settings->speed_time);
    return true;
}

/*
 * The rate on the way to the attempt's.  To libcurl a rate is one from the beginning of its window
 * on: all that a higher one would have brought until now would come at once.  So it rises no faster
 * than what comes because of that, with what the present rate brings, is what the goal would bring.
 */
static uint64_t next_rate(const struct fa_pace *pace, uint64_t goal, double now)
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
    uint64_t rate = next_rate(pace, goal, now);
    if (rate != pace->rate || rate == goal)
        pace->rate_kept = now;
    bool changed = rate != pace->rate;
    pace->rate = rate;
    return changed;
}
