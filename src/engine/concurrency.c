/*
 * Rounds and verdicts: see concurrency.h.
 *
 * Answers arrive in bursts, one for each round trip.  A round therefore begins and ends in the
 * middle of a burst, so that it contains whole round trips only: its end is the answer to half of
 * the requests that were sent at its beginning.
 *
 * The limit is at least 1: an origin with a limit of 0 would never be asked again.
 */
#include "engine/concurrency.h"

#include <math.h>

/* The first step is small, since many servers accept about 10 connections from an address. */
#define SMALL_LIMIT 12
#define SMALL_STEP  4
/* Of a new origin whose requests take as long as before: how many times the limit it adds.  All of
 * it is in progress when the first refusal arrives, so a step from a large limit is smaller. */
#define FLAT_STEP       3
#define FLAT_STEP_LARGE 2
#define FLAT_LARGE      32
/* "As long as before". */
#define TIME_FLAT 1.15F
/* Broken connections do not reduce the limit further. */
#define BROKEN_LEAST 4U
/* Latency that has grown by this factor may be that of a queue. */
#define LATENCY_GROWN 2.0F
/* And by this one certainly is. */
#define LATENCY_FULL 4.0F
/* The reference becomes a little less strict with each round, as the path may have changed. */
#define LATENCY_DRIFT 1.01F

/* Ten segments with a header, the initial window, and those with the next one. */
#define WINDOW_FIRST 14000
#define WINDOW_NEXT  40000

static unsigned unsigned_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned unsigned_max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

unsigned fa_concurrency_limit(const struct fa_concurrency *c,
                              const struct fa_concurrency_policy *policy)
{
    unsigned first = policy->search ? FA_CONCURRENCY_START : policy->most;
    return unsigned_min(c->limit ? c->limit : first, policy->most);
}

/* The first round contains the set-up of connections, so a second one is measured too. */
void fa_concurrency_learned(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                            unsigned limit)
{
    limit = unsigned_min(limit, policy->most);
    *c = (struct fa_concurrency){
        .limit = limit,
        .base = limit,
        .wait = 2,
        .phase = FA_CONCURRENCY_HOLD,
        .learned = true,
    };
}

unsigned fa_concurrency_found(const struct fa_concurrency *c)
{
    bool first = c->phase == FA_CONCURRENCY_GROW && c->base <= FA_CONCURRENCY_START;
    return c->learned || first ? 0 : c->base;
}

/* Transfers beyond the limit may have to end first, or some of it may be taken up later. */
static void concurrency_measure(struct fa_concurrency *c, double now)
{
    c->begun = true;
    c->round_at = now;
    c->round_work = c->work;
    c->latency_sum = 0;
    c->answers = 0;
    c->flows = false;
}

static void concurrency_begin_round(struct fa_concurrency *c, enum fa_concurrency_phase phase,
                                    double now)
{
    concurrency_measure(c, now);
    c->begun = phase == FA_CONCURRENCY_HOLD && c->phase == FA_CONCURRENCY_HOLD && c->round > 0;
    c->phase = (uint8_t)phase;
    ++c->round;
    c->widest = c->base;
    c->probes = c->probed = c->headed = 0;
    c->time_last = 0;
    c->settled = false;
}

static void concurrency_hold(struct fa_concurrency *c, unsigned wait, double now)
{
    c->limit = c->base;
    c->held = 0;
    c->wait = (uint16_t)unsigned_min(wait, FA_CONCURRENCY_WAIT_MOST);
    concurrency_begin_round(c, FA_CONCURRENCY_HOLD, now);
}

static unsigned flat_step(unsigned limit)
{
    return limit * (limit < FLAT_LARGE ? FLAT_STEP : FLAT_STEP_LARGE);
}

/* Beyond what an origin has refused, a step is small even if the limit is large. */
static void concurrency_grow(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                             bool flat, double now)
{
    unsigned step = c->base < SMALL_LIMIT ? SMALL_STEP : flat ? flat_step(c->base) : c->base;
    if (c->bounded)
        step = unsigned_max(1, c->base / 8);
    c->limit = unsigned_min(c->base + step, policy->most);
    concurrency_begin_round(c, FA_CONCURRENCY_GROW, now);
}

/* The limit works: take the next step.  At the ceiling there is none. */
static void concurrency_accept(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                               float rate, bool flat, double now)
{
    c->base = c->limit;
    c->rate = rate;
    c->bounded = false;
    c->wait = 0;
    if (c->base < policy->most)
        concurrency_grow(c, policy, flat, now);
    else
        concurrency_hold(c, FA_CONCURRENCY_WAIT, now);
}

/* Whether the first steps of a new origin go on: each has gained, and none was measured twice. */
static bool concurrency_is_new(const struct fa_concurrency *c)
{
    return c->phase == FA_CONCURRENCY_GROW && !c->settled && !c->bounded && c->wait == 0;
}

/* Half of the probes are answered, so that the last one has the median time. */
static bool concurrency_is_flat(struct fa_concurrency *c)
{
    bool flat = c->time <= 0 || c->time_last <= c->time * TIME_FLAT;
    if (c->time <= 0 || c->time_last < c->time)
        c->time = c->time_last;
    return flat;
}

static void concurrency_judge_growth(struct fa_concurrency *c,
                                     const struct fa_concurrency_policy *policy, float rate,
                                     double now)
{
    float step = c->base ? (float)c->limit / (float)c->base - 1 : 0;
    float gain = c->rate > 0 ? rate / c->rate - 1 : 1;
    bool timed = concurrency_is_new(c) && c->time_last > 0;
    bool flat = timed && concurrency_is_flat(c);
    if (!policy->search || gain >= (flat ? step / 10 : timed ? INFINITY : step / 5)) {
        concurrency_accept(c, policy, rate, flat, now);
        return;
    }
    if (!c->settled) {
        c->settled = true;
        concurrency_measure(c, now);
        return;
    }
    if (gain >= step / 10) {
        c->base = unsigned_min(c->limit, (unsigned)((float)c->base * (1 + gain)));
        c->rate = rate;
    }
    concurrency_hold(c, c->wait ? c->wait * 2u : FA_CONCURRENCY_WAIT, now);
}

/* A step down is kept if it loses less than a fifth of itself.  A limit of an earlier run is
 * halved until that loses something. */
static void concurrency_judge_reduction(struct fa_concurrency *c, float rate, double now)
{
    float step = 1 - (float)c->limit / (float)c->base;
    bool keeps = rate >= c->rate * (1 - step / 5);
    if (keeps) {
        c->base = c->limit;
        c->rate = rate;
    }
    c->learned = c->learned && keeps && c->base > 1;
    concurrency_hold(c, c->learned || keeps ? 1 : FA_CONCURRENCY_WAIT, now);
}

/* @half  Not an eighth. */
static void concurrency_shrink(struct fa_concurrency *c, bool half, double now)
{
    unsigned step = half ? c->base / 2 : unsigned_max(1, c->base / 8);
    c->limit = unsigned_max(1, c->base - step);
    concurrency_begin_round(c, FA_CONCURRENCY_SHRINK, now);
}

/* Latency that is much higher than it was may be that of a queue, which fewer transfers keep as
 * full.  Noise can have brought the limit there, and then small steps would take too long. */
static void concurrency_end_hold(struct fa_concurrency *c,
                                 const struct fa_concurrency_policy *policy, float rate,
                                 float latency, double now)
{
    float growth = c->latency > 0 ? latency / c->latency : 1;
    c->rate = c->rate > 0 ? (c->rate + rate) / 2 : rate;
    c->latency *= LATENCY_DRIFT;
    bool waits = c->bounded && now - c->cut_at < FA_CONCURRENCY_PATIENCE;
    if (c->held < c->wait)
        ++c->held;
    if (c->held < c->wait || waits)
        concurrency_begin_round(c, FA_CONCURRENCY_HOLD, now);
    else if (policy->search && c->base > 1 && (growth > LATENCY_GROWN || c->learned))
        concurrency_shrink(c, c->learned || growth > LATENCY_FULL, now);
    else if (c->base < policy->most)
        concurrency_grow(c, policy, false, now);
    else
        concurrency_hold(c, c->wait, now);
}

/* @return whether the limit changed */
static bool concurrency_end_round(struct fa_concurrency *c,
                                  const struct fa_concurrency_policy *policy, double now)
{
    unsigned before = c->limit;
    float rate = (float)((c->work - c->round_work) / (now - c->round_at));
    float latency = c->answers ? c->latency_sum / (float)c->answers : 0;
    if (latency > 0 && (c->latency <= 0 || latency < c->latency))
        c->latency = latency;
    if (c->phase == FA_CONCURRENCY_GROW)
        concurrency_judge_growth(c, policy, rate, now);
    else if (c->phase == FA_CONCURRENCY_SHRINK)
        concurrency_judge_reduction(c, rate, now);
    else if (c->phase == FA_CONCURRENCY_HOLD)
        concurrency_end_hold(c, policy, rate, latency, now);
    return c->limit != before;
}

/* A short round that shows no gain is followed by a full one. */
static double round_least(const struct fa_concurrency *c)
{
    return concurrency_is_new(c) ? FA_CONCURRENCY_ROUND_SHORT : FA_CONCURRENCY_ROUND;
}

/* Whether enough of the round's requests are answered. */
static bool round_is_answered(const struct fa_concurrency *c, double now)
{
    if (!c->begun || now - c->round_at < round_least(c))
        return false;
    if (c->phase == FA_CONCURRENCY_GROW)
        return c->settled ? c->answers >= c->limit
                          : c->probed * 4 >= c->probes * (c->headed * 2 > c->probed ? 3 : 2);
    return c->phase != FA_CONCURRENCY_RECOVER && c->answers >= c->limit * 2;
}

uint32_t fa_concurrency_started(struct fa_concurrency *c,
                                const struct fa_concurrency_policy *policy, unsigned active,
                                double now)
{
    if (c->limit == 0 && !policy->search)
        return 0;
    c->limit = fa_concurrency_limit(c, policy);
    if (c->round == 0)
        concurrency_begin_round(c, c->phase, now);
    bool grows = c->phase == FA_CONCURRENCY_GROW;
    bool probe = grows && active > c->widest;
    if (probe) {
        c->widest = active;
        ++c->probes;
    }
    if (!c->begun && (grows ? active >= c->limit : active <= c->limit))
        concurrency_measure(c, now);
    return probe ? c->round : 0;
}

/* Of two transfers, one refusal would leave one, and more only after rounds of single answers. */
static bool concurrency_is_accident(const struct fa_concurrency *c, unsigned used, unsigned goal,
                                    double now)
{
    return used * 2 <= goal && (c->cut_at <= 0 || now - c->cut_at > FA_CONCURRENCY_ACCIDENT);
}

/* A refusal counts what is used, since the limit may be higher than that.  Half of a large step can
 * be more than the origin was known to accept.  A connection can also break because of its file, so
 * broken ones leave a few transfers. */
static void concurrency_cut(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                            const struct fa_concurrency_answer *answer)
{
    unsigned limit = fa_concurrency_limit(c, policy);
    unsigned used = unsigned_min(answer->active + 1, limit);
    unsigned goal = c->phase == FA_CONCURRENCY_GROW && c->base ? c->base : limit;
    if (c->phase == FA_CONCURRENCY_RECOVER)
        goal = c->base;
    c->bounded = answer->sign == FA_CONCURRENCY_REFUSED;
    unsigned half =
        c->bounded ? used / 2 : unsigned_max(unsigned_min(limit, BROKEN_LEAST), limit / 2);
    c->limit = unsigned_max(1, unsigned_min(half, goal));
    bool refused = c->bounded && !concurrency_is_accident(c, used, goal, answer->now);
    c->base = unsigned_max(c->limit, refused ? answer->active : goal);
    c->learned = false;
    c->cut_at = answer->now;
    concurrency_begin_round(c, FA_CONCURRENCY_RECOVER, answer->now);
}

/* Refusals of requests that were sent together: what remains in progress after the last of them is
 * what the origin accepts. */
static void concurrency_failed(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                               const struct fa_concurrency_answer *answer)
{
    if (c->limit == 0 || answer->started >= c->cut_at)
        concurrency_cut(c, policy, answer);
    else if (c->bounded && c->phase == FA_CONCURRENCY_RECOVER &&
             answer->sign == FA_CONCURRENCY_REFUSED)
        c->base = unsigned_max(c->limit, unsigned_min(c->base, answer->active));
}

/* One more for each good answer to a request since the cut doubles the limit in each round trip, so
 * that an origin that has recovered is at full speed soon.  Without a search, the ceiling ends it
 * all. */
static void concurrency_recover(struct fa_concurrency *c,
                                const struct fa_concurrency_policy *policy, double now)
{
    c->base = unsigned_min(c->base, policy->most);
    if (c->limit < c->base)
        ++c->limit;
    if (c->limit < c->base)
        return;
    if (!policy->search && c->limit >= policy->most)
        c->limit = 0;
    else
        concurrency_hold(c, c->bounded ? c->wait * 2u + FA_CONCURRENCY_WAIT : FA_CONCURRENCY_WAIT,
                         now);
}

static void concurrency_answered(struct fa_concurrency *c, double time)
{
    ++c->probed;
    c->time_last = (float)time;
}

bool fa_concurrency_is_by_header(int64_t size)
{
    return size > WINDOW_FIRST && size <= WINDOW_NEXT;
}

bool fa_concurrency_headed(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                           double latency, double now, uint32_t *round)
{
    if (*round != c->round || !concurrency_is_new(c))
        return false;
    *round = 0;
    ++c->headed;
    concurrency_answered(c, latency);
    return round_is_answered(c, now) && concurrency_end_round(c, policy, now);
}

void fa_concurrency_ended(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                          const struct fa_concurrency_answer *answer)
{
    c->work += (double)answer->bytes;
    if (answer->sign != FA_CONCURRENCY_GOOD) {
        concurrency_failed(c, policy, answer);
        return;
    }
    c->work += FA_CONCURRENCY_FILE;
    if (c->limit == 0)
        return;
    ++c->answers;
    c->latency_sum += (float)answer->latency;
    if (answer->round == c->round)
        concurrency_answered(c, answer->time);
    if (c->phase == FA_CONCURRENCY_RECOVER && answer->started < c->cut_at)
        return;
    if (c->phase == FA_CONCURRENCY_RECOVER)
        concurrency_recover(c, policy, answer->now);
    else if (!answer->busy)
        concurrency_begin_round(c, c->phase, answer->now);
    else if (round_is_answered(c, answer->now))
        concurrency_end_round(c, policy, answer->now);
}

void fa_concurrency_received(struct fa_concurrency *c, uint64_t bytes)
{
    c->work += (double)bytes;
    c->flows |= bytes > 0;
}

/* Large files may take minutes.  Answers that merely take long are waited for. */
bool fa_concurrency_check(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                          double now)
{
    double most = FA_CONCURRENCY_ROUND_MOST;
    if (c->latency * 2 > most)
        most = c->latency * 2;
    if (c->phase == FA_CONCURRENCY_RECOVER || !c->begun || !c->flows || now - c->round_at < most)
        return false;
    return concurrency_end_round(c, policy, now);
}
