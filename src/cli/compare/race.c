/*
 * Successive halving (Jamieson and Talwalkar, 2016) that keeps a quarter: round 0 takes a fifteenth
 * of the entries, round 1 a quarter, and the final, which is an ordinary comparison, all of them.
 * Bad settings cost little, and good ones are measured on enough entries.
 *
 * Between them is a play-off on half of the entries, if two are close, or if the best one has the
 * most slots that the samples so far could fill: then more slots may be better still.
 *
 * Three rules keep it from asking more of a server than the best setting does:
 *
 *   - In each group the slots rise from run to run, and stop where doubling them twice gained
 *     nothing.
 *   - Slots that a sample cannot fill wait for a later round, and join it if the next fewer ones
 *     are still in the race.
 *   - An entrant that is refused is out, and no other one gets as many slots or more.  Only
 *     refusals beyond the fewest of the round count: some servers refuse whatever is asked.
 *
 * Other options (variants) are tried in round 1, with the slots that were the best in round 0 and
 * with the defaults: all combinations would cost as many runs as the full grid.
 */
#include "cli/compare/race.h"

#include <math.h>
#include <stdio.h>

/* One of this many is kept. */
#define KEEP_ONE_OF 4

/* More slots are no gain if the time stays above this share. */
#define GAIN_MOST 0.97

/* The play-off is between those that took at most so many times as long as the fastest. */
#define PLAY_OFF (FA_RACE_ROUNDS - 1)
#define CLOSE    1.15

/* Shares of the entries, and the least sample, below which only start-up would be measured. */
static const unsigned shares[FA_RACE_ROUNDS] = {15, 4, 2};
static const uint64_t least[FA_RACE_ROUNDS] = {32, 64, 128};

static bool entrant_ran(const struct fa_race_entrant *entrant, unsigned round)
{
    return isfinite(entrant->runs[round].seconds);
}

static bool entrant_ran_ever(const struct fa_race_entrant *entrant)
{
    bool ran = false;
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round)
        ran |= entrant_ran(entrant, round);
    return ran;
}

/* Whether no sample so far could fill its slots. */
static bool entrant_waits(const struct fa_race_entrant *entrant)
{
    return entrant->fate == FA_RACE_IN && entrant->variant == 0 && !entrant_ran_ever(entrant);
}

static void entrant_end(struct fa_race *race, size_t i, enum fa_race_fate fate)
{
    race->entrants[i].fate = fate;
    race->entrants[i].fell = race->round;
}

void fa_race_add(struct fa_race *race, const char *name, unsigned group, unsigned slots,
                 unsigned variant)
{
    if (race->n == FA_RACE_ENTRANTS_MAX)
        return;
    struct fa_race_entrant *entrant = &race->entrants[race->n++];
    *entrant = (struct fa_race_entrant){.group = group, .slots = slots, .variant = variant};
    snprintf(entrant->name, sizeof(entrant->name), "%s", name);
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round)
        entrant->runs[round].seconds = NAN;
}

void fa_race_begin(struct fa_race *race, uint64_t entries)
{
    race->entries = entries;
    race->round = 0;
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round) {
        uint64_t sample = entries / shares[round];
        sample = sample < least[round] ? least[round] : sample;
        race->samples[round] = sample < entries ? sample : entries;
    }
}

/* The next lower slots of the same group and variant; FA_RACE_NONE: there are none. */
static size_t race_below(const struct fa_race *race, size_t who)
{
    const struct fa_race_entrant *mine = &race->entrants[who], *one;
    size_t below = FA_RACE_NONE;
    for (size_t i = 0; i < race->n; ++i) {
        one = &race->entrants[i];
        if (one->group == mine->group && one->variant == mine->variant && one->slots > 0 &&
            one->slots < mine->slots &&
            (below == FA_RACE_NONE || one->slots > race->entrants[below].slots))
            below = i;
    }
    return below;
}

/* Whether the last two doublings of the slots gained nothing over all fewer ones, in this round.
 * One alone may have had a bad moment. */
static bool race_gains_nothing(const struct fa_race *race, size_t who)
{
    double last = INFINITY, earlier = INFINITY;
    unsigned ran = 0;
    size_t below = race_below(race, who);
    if (below != FA_RACE_NONE && race->entrants[below].fate == FA_RACE_NO_GAIN)
        return true;
    for (; below != FA_RACE_NONE; below = race_below(race, below)) {
        const struct fa_race_entrant *one = &race->entrants[below];
        if (!entrant_ran(one, race->round))
            break;
        double *to = ran++ < 2 ? &last : &earlier;
        *to = fmin(*to, one->runs[race->round].seconds);
    }
    return ran > 2 && last > GAIN_MOST * earlier;
}

/* More slots than entries make one burst, which says nothing of a long list. */
static bool race_fills(const struct fa_race *race, size_t who, unsigned round)
{
    const struct fa_race_entrant *one = &race->entrants[who];
    return one->slots <= race->samples[round] || race_below(race, who) == FA_RACE_NONE;
}

static uint64_t race_fewest_refusals(const struct fa_race *race)
{
    uint64_t fewest = UINT64_MAX;
    for (size_t i = 0; i < race->n; ++i)
        if (entrant_ran(&race->entrants[i], race->round) &&
            race->entrants[i].runs[race->round].refusals < fewest)
            fewest = race->entrants[i].runs[race->round].refusals;
    return fewest;
}

static void race_drop_above(struct fa_race *race, unsigned slots)
{
    for (size_t i = 0; i < race->n; ++i) {
        struct fa_race_entrant *one = &race->entrants[i];
        if (one->fate == FA_RACE_IN && one->slots >= slots && !entrant_ran(one, race->round))
            entrant_end(race, i, FA_RACE_ABOVE);
    }
}

/* Those with more refusals, or more failures, than the fewest so far. */
static void race_drop_refused(struct fa_race *race)
{
    uint64_t refusals = race_fewest_refusals(race), failed = UINT64_MAX;
    for (size_t i = 0; i < race->n; ++i) {
        const struct fa_race_run *run = &race->entrants[i].runs[race->round];
        if (entrant_ran(&race->entrants[i], race->round) && run->failed < failed)
            failed = run->failed;
    }
    for (size_t i = 0; i < race->n; ++i) {
        struct fa_race_entrant *one = &race->entrants[i];
        const struct fa_race_run *run = &one->runs[race->round];
        if (one->fate != FA_RACE_IN || !entrant_ran(one, race->round))
            continue;
        if (run->refusals > refusals) {
            entrant_end(race, i, FA_RACE_REFUSED);
            if (one->slots > 0)
                race_drop_above(race, one->slots);
        } else if (run->failed > failed) {
            entrant_end(race, i, FA_RACE_FAILED);
        } else if (run->unused) {
            entrant_end(race, i, FA_RACE_UNUSED);
        }
    }
}

/* The fastest of this round that is in the race, apart from one. */
static size_t race_fastest(const struct fa_race *race, unsigned round, size_t without)
{
    size_t best = FA_RACE_NONE;
    for (size_t i = 0; i < race->n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[i];
        if (i != without && one->fate == FA_RACE_IN && entrant_ran(one, round) &&
            (best == FA_RACE_NONE ||
             one->runs[round].seconds < race->entrants[best].runs[round].seconds))
            best = i;
    }
    return best;
}

/* How many of this round are faster. */
static size_t race_place(const struct fa_race *race, size_t who)
{
    size_t place = 0;
    for (size_t i = 0; i < race->n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[i];
        place += one->fate == FA_RACE_IN && entrant_ran(one, race->round) &&
                 one->runs[race->round].seconds < race->entrants[who].runs[race->round].seconds;
    }
    return place;
}

/* Whether an entrant that waits for a larger sample has lost what it builds on: those with the next
 * fewer slots.  In the play-off these may be of any group, as only two are left. */
static bool race_is_pointless(const struct fa_race *race, size_t who)
{
    const struct fa_race_entrant *mine = &race->entrants[who];
    size_t below = race_below(race, who);
    while (below != FA_RACE_NONE && entrant_waits(&race->entrants[below]))
        below = race_below(race, below);
    if (!entrant_waits(mine) || below == FA_RACE_NONE)
        return false;
    for (size_t i = 0; i < race->n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[i];
        if (one->fate == FA_RACE_IN && entrant_ran(one, race->round) &&
            one->slots >= race->entrants[below].slots &&
            (one->group == mine->group || race->round + 1 == PLAY_OFF))
            return false;
    }
    return true;
}

/* Whether it is in the play-off: a survivor, apart from the defaults, or one that waited. */
static bool race_contends(const struct fa_race *race, size_t who)
{
    const struct fa_race_entrant *one = &race->entrants[who];
    return who > 0 && one->fate == FA_RACE_IN &&
           (entrant_ran(one, PLAY_OFF - 1) ||
            (entrant_waits(one) && race_fills(race, who, PLAY_OFF)));
}

/* The defaults never fall: the final is against them. */
static void race_keep(struct fa_race *race, size_t kept, double most)
{
    bool slower[FA_RACE_ENTRANTS_MAX] = {false};
    for (size_t i = 1; i < race->n; ++i)
        slower[i] =
            race->entrants[i].fate == FA_RACE_IN && entrant_ran(&race->entrants[i], race->round) &&
            (race_place(race, i) >= kept || race->entrants[i].runs[race->round].seconds > most);
    for (size_t i = 1; i < race->n; ++i)
        if (slower[i])
            entrant_end(race, i, FA_RACE_SLOWER);
}

static void race_drop_pointless(struct fa_race *race)
{
    for (size_t i = 1; i < race->n; ++i)
        if (race_is_pointless(race, i))
            entrant_end(race, i, FA_RACE_NO_GAIN);
}

/* Keep those that are close to the best one, for the play-off.  Only the best one if another waits
 * for it.  If the defaults are out, two are needed for the final. */
static void race_keep_close(struct fa_race *race)
{
    size_t best = race_fastest(race, race->round, 0);
    bool alone = best == FA_RACE_NONE || race->entrants[0].fate != FA_RACE_IN;
    double fastest = alone ? INFINITY : race->entrants[best].runs[race->round].seconds;
    bool waiting = false;
    race_keep(race, FA_RACE_FINALISTS, CLOSE * fastest);
    race_drop_pointless(race);
    for (size_t i = 0; i < race->n; ++i)
        waiting |= race_contends(race, i) && entrant_waits(&race->entrants[i]);
    if (waiting)
        race_keep(race, FA_RACE_FINALISTS, fastest);
}

/* Keep the fastest quarter. */
static void race_keep_quarter(struct fa_race *race)
{
    size_t ran = 0;
    for (size_t i = 0; i < race->n; ++i)
        ran += race->entrants[i].fate == FA_RACE_IN && entrant_ran(&race->entrants[i], race->round);
    size_t kept = (ran + KEEP_ONE_OF - 1) / KEEP_ONE_OF;
    race_keep(race, kept < FA_RACE_FINALISTS ? FA_RACE_FINALISTS : kept, INFINITY);
    race_drop_pointless(race);
}

/* Whether a variant is due: of the defaults, or of the best. */
static bool race_wants_variant(const struct fa_race *race, size_t who)
{
    const struct fa_race_entrant *one = &race->entrants[who];
    size_t best =
        race->round > 0 ? race_fastest(race, race->round - 1, FA_RACE_NONE) : FA_RACE_NONE;
    const struct fa_race_entrant *of = &race->entrants[best != FA_RACE_NONE ? best : 0];
    bool plain = one->group == race->entrants[0].group && one->slots == race->entrants[0].slots &&
                 race->entrants[0].fate == FA_RACE_IN;
    return race->round > 0 && (plain || (one->group == of->group && one->slots == of->slots));
}

/* The end of a round.  A play-off takes more settings than there are places in the final, and more
 * entries than the last round had. */
static void race_end_round(struct fa_race *race)
{
    size_t contenders = 0;
    size_t places = FA_RACE_FINALISTS - (race->entrants[0].fate == FA_RACE_IN);
    if (race->round == 0)
        race_keep_quarter(race);
    else if (race->round + 1 == PLAY_OFF)
        race_keep_close(race);
    if (++race->round != PLAY_OFF)
        return;
    for (size_t i = 0; i < race->n; ++i)
        contenders += race_contends(race, i);
    if (contenders <= places || race->samples[PLAY_OFF] <= race->samples[PLAY_OFF - 1])
        race->round = FA_RACE_ROUNDS;
}

/* Whether it runs in this round; one that will never run is ended. */
static bool race_is_due(struct fa_race *race, size_t who)
{
    const struct fa_race_entrant *one = &race->entrants[who];
    if (one->fate != FA_RACE_IN || entrant_ran(one, race->round))
        return false;
    if (race->round == PLAY_OFF)
        return race_contends(race, who);
    if (one->variant > 0)
        return race_wants_variant(race, who);
    if (!race_fills(race, who, race->round))
        return false;
    /* Survivors of the previous round run again, whatever is below them. */
    if ((race->round == 0 || !entrant_ran(one, race->round - 1)) && race_gains_nothing(race, who)) {
        entrant_end(race, who, FA_RACE_NO_GAIN);
        return false;
    }
    return true;
}

size_t fa_race_next(struct fa_race *race)
{
    while (race->round < FA_RACE_ROUNDS) {
        for (size_t i = 0; i < race->n; ++i)
            if (race_is_due(race, i))
                return i;
        race_end_round(race);
    }
    return FA_RACE_NONE;
}

void fa_race_record(struct fa_race *race, size_t who, const struct fa_race_run *run)
{
    race->entrants[who].runs[race->round] = *run;
    race->refusals += run->refusals;
    race_drop_refused(race);
}

void fa_race_stop(struct fa_race *race)
{
    race->round = FA_RACE_ROUNDS;
}

/* The fastest in the last round in which one ran; of those that are as good, the one that asks for
 * the fewest at once. */
static size_t race_winner(const struct fa_race *race, size_t without)
{
    size_t best = FA_RACE_NONE;
    unsigned round = FA_RACE_ROUNDS;
    while (best == FA_RACE_NONE && round > 0)
        best = race_fastest(race, --round, without);
    double fastest = best == FA_RACE_NONE ? 0 : race->entrants[best].runs[round].seconds;
    for (size_t i = 0; i < race->n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[i];
        if (i != without && one->fate == FA_RACE_IN && entrant_ran(one, round) &&
            GAIN_MOST * one->runs[round].seconds <= fastest && one->slots > 0 &&
            one->slots < race->entrants[best].slots)
            best = i;
    }
    return best;
}

size_t fa_race_finalists(struct fa_race *race, size_t ret[FA_RACE_FINALISTS])
{
    bool defaults = race->entrants[0].fate == FA_RACE_IN;
    size_t n = 0, first = defaults ? 0 : race_winner(race, FA_RACE_NONE);
    if (first != FA_RACE_NONE)
        ret[n++] = first;
    size_t other = race_winner(race, first);
    if (other != FA_RACE_NONE)
        ret[n++] = other;
    for (size_t i = 0; i < race->n; ++i)
        if (race->entrants[i].fate == FA_RACE_IN && entrant_ran_ever(&race->entrants[i]))
            entrant_end(race, i, FA_RACE_SLOWER);
    for (size_t i = 0; i < n; ++i)
        entrant_end(race, ret[i], FA_RACE_FINAL);
    return n;
}

uint64_t fa_race_grid(const struct fa_race *race)
{
    enum { RUNS = 3 };
    return race->n * RUNS * race->entries;
}

const char *fa_race_fate_name(unsigned fate)
{
    static const char *const names[FA_RACE_FATES] = {
        [FA_RACE_IN] = "untried",      [FA_RACE_FINAL] = "final",     [FA_RACE_SLOWER] = "slower",
        [FA_RACE_NO_GAIN] = "no_gain", [FA_RACE_REFUSED] = "refused", [FA_RACE_ABOVE] = "above",
        [FA_RACE_FAILED] = "failed",   [FA_RACE_UNUSED] = "unused"};
    return fate < FA_RACE_FATES ? names[fate] : NULL;
}
