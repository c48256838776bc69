/*
 * Writes the explanation of a verdict: what is fastest, by how much, what the others cost, and the
 * likely cause.  It may only state what the intervals support; a difference within them is called
 * noise.
 *
 * A cause is named only if the measurements point to it.  The tests are ordered by how direct the
 * evidence is: a comparison with fewer slots is an experiment; shares of time and CPU are only
 * consistent with a cause.  If none applies, no cause is named.
 *
 * The text is fixed except for names of contestants and numbers, so it needs no escaping anywhere.
 */
#include "cli/compare/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare/caches.h"
#include "cli/compare/contestant.h"
#include "cli/compare/limit.h"
#include "cli/compare/sequence.h"
#include "cli/units.h"

/* Suggested number of rounds, and the difference that they should reveal. */
#define ROUNDS_FEW  5
#define ROUNDS_MORE 9
#define RATIO_BLIND 1.05

/* A smaller ratio is never reported as a difference. */
#define RATIO_LEAST 1.02

/* CPU and memory must differ by these ratios to be mentioned. */
#define CPU_SHOWN    1.2
#define MEMORY_SHOWN 1.5

/* The slots are the limit if time falls with their number by at least this share of the
 * possible. */
#define SLOTS_SHARE 0.75

/* Mostly waiting: share of time before the first byte, and of busy cores. */
#define WAITING_SHARE 0.7
#define WAITING_CORES 0.5

/* Transfers fill a run if they use at least this share of the time of its slots. */
#define FILLED_SHARE 0.5

/* Average busy cores that show that a single-threaded program is limited by its CPU. */
#define BUSY_CORES 0.9

/* Append to the reason; text that does not fit is dropped. */
__attribute__((format(printf, 2, 3))) static void reason_append(struct fa_verdict *verdict,
                                                                const char *format, ...)
{
    size_t used = strlen(verdict->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->reason + used, sizeof(verdict->reason) - used, format, args);
    va_end(args);
}

static const char *reason_name_of(const struct fa_comparison *comparison, size_t i)
{
    return comparison->contestants[i].name;
}

/* Number of rounds to suggest.  The width of an interval falls with the square root of the rounds,
 * so fewer than twice as many would hardly help. */
static unsigned reason_more_rounds(const struct fa_comparison *comparison)
{
    return comparison->rounds > ROUNDS_FEW ? 2 * comparison->rounds : ROUNDS_MORE;
}

/* There is no conclusion. */

static void reason_add_few_rounds(struct fa_verdict *verdict,
                                  const struct fa_comparison *comparison)
{
    if (comparison->rounds == 0)
        reason_append(verdict, "No round was ended");
    else
        reason_append(verdict, "Only %u round%s ended", comparison->rounds,
                      comparison->rounds == 1 ? " was" : "s were");
    if (comparison->rounds_wanted > comparison->rounds)
        reason_append(verdict, " of the %u that were asked for", comparison->rounds_wanted);
    reason_append(verdict, ", and it takes at least %u to tell a difference from noise.",
                  fa_verdict_least(comparison));
}

static void reason_add_drift(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    double percent = 100 * fabs(verdict->drift - 1);
    reason_append(
        verdict,
        "%s changed meanwhile: from the first round to the last, times went %s by %.0f %%, and "
        "differences cannot be told from that; run it again when it is steady, with more rounds "
        "(--rounds %s%u).",
        comparison->stage ? "The machine" : "The network or the servers",
        verdict->drift > 1 ? "up" : "down", percent, comparison->sequential ? "auto:" : "",
        reason_more_rounds(comparison));
}

static void reason_add_none(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                            const struct fa_choice *choice)
{
    bool entries = false;
    for (size_t i = 0; i < comparison->n_contestants; ++i)
        entries |= !isnan(verdict->standings[i].failed);
    if (comparison->n_contestants == 0)
        reason_append(verdict, "Nothing was run.");
    else if (comparison->rounds < fa_verdict_least(comparison))
        reason_add_few_rounds(verdict, comparison);
    else if (choice->competing == 0 && entries)
        reason_append(verdict,
                      "Speed says nothing here: every contestant failed; see what failed above.");
    else if (!entries)
        reason_append(verdict, "No entry ended, so there is nothing to compare.");
    else if (verdict->drifted)
        reason_add_drift(verdict, comparison);
    else if (comparison->n_contestants == 1)
        reason_append(verdict, "Only %s was run, so there is nothing to compare it with.",
                      reason_name_of(comparison, 0));
    else
        reason_append(verdict, "No time could be measured.");
}

/* One is the fastest. */

/* The fastest of the slower ones; n_contestants if there is none. */
static size_t reason_find_next(const struct fa_verdict *verdict, size_t n)
{
    size_t next = n;
    for (size_t i = 0; i < n; ++i)
        if (verdict->standings[i].rank == FA_RANK_SLOWER &&
            (next == n ||
             verdict->standings[i].ratio.median < verdict->standings[next].ratio.median))
            next = i;
    return next;
}

/* Intervals that do not overlap: a stricter test than one of the difference, which suits a
 * remark. */
static bool intervals_apart(const struct fa_estimate *a, const struct fa_estimate *b)
{
    return a->low > b->high || b->low > a->high;
}

static bool ratio_differs(double ratio, double least)
{
    return isfinite(ratio) && ratio > 0 && (ratio >= least || ratio <= 1 / least);
}

/* What another one needs besides time, compared with the one to use. */
static void reason_add_costs(struct fa_verdict *verdict, size_t other)
{
    const struct fa_standing_of *best = &verdict->standings[verdict->best];
    const struct fa_standing_of *next = &verdict->standings[other];
    double cpu = next->cpu.median / best->cpu.median;
    double memory = next->peak_pss / best->peak_pss;
    bool show_cpu = intervals_apart(&next->cpu, &best->cpu) && ratio_differs(cpu, CPU_SHOWN);
    /* Memory has no interval: a peak varies little, and the required ratio is larger. */
    bool show_memory = ratio_differs(memory, MEMORY_SHOWN);
    char times[FA_UNITS_MAX];
    if (show_cpu)
        reason_append(verdict, "%s %s times the CPU", show_memory ? "," : " and",
                      fa_units_number(cpu, 2, times));
    if (show_memory)
        reason_append(verdict, " and %s times the memory", fa_units_number(memory, 2, times));
}

static void reason_add_fastest(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    size_t next = reason_find_next(verdict, comparison->n_contestants);
    const char *best = reason_name_of(comparison, verdict->best);
    if (next == comparison->n_contestants) {
        reason_append(verdict, "%s alone did the work, and the others failed more than it", best);
        return;
    }
    const struct fa_estimate *ratio = &verdict->standings[next].ratio;
    reason_append(verdict, "%s is the fastest: %s%s takes %.2f times as long (%.2f to %.2f)", best,
                  reason_name_of(comparison, next),
                  comparison->n_contestants > 2 ? ", the next," : "", ratio->median, ratio->low,
                  ratio->high);
    reason_add_costs(verdict, next);
}

/* Several are equally fast. */

/* How much more the other equally fast ones cost. */
static void reason_add_others(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                              const struct fa_choice *choice, bool cpu)
{
    const struct fa_standing_of *best = &verdict->standings[verdict->best];
    double least = INFINITY, most = 0;
    size_t other = 0;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank != FA_RANK_EQUAL)
            continue;
        double times =
            cpu ? standing->cpu.median / best->cpu.median : standing->peak_pss / best->peak_pss;
        least = fmin(least, times);
        most = fmax(most, times);
        other = i;
    }
    if (!isfinite(most))
        return;
    char from[FA_UNITS_MAX], to[FA_UNITS_MAX];
    fa_units_number(least, 3, from);
    fa_units_number(most, 3, to);
    if (choice->equal == 2)
        reason_append(verdict, " (%s %s times as much)", reason_name_of(comparison, other), to);
    else if (strcmp(from, to) == 0)
        reason_append(verdict, " (the others %s times as much)", to);
    else
        reason_append(verdict, " (the others %s to %s times as much)", from, to);
}

/* The smallest difference that these rounds could have shown between contestants that are equally
 * fast: one whose interval, with its present width, would begin above 1. */
static double reason_find_blind(const struct fa_verdict *verdict,
                                const struct fa_comparison *comparison)
{
    double blind = RATIO_LEAST;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank <= FA_RANK_EQUAL && standing->deciding.low > 0)
            blind = fmax(blind, standing->deciding.median / standing->deciding.low);
    }
    return blind;
}

/* Which of the equally fast ones to use, and why. */
static void reason_add_choice(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                              const struct fa_choice *choice, const char *best)
{
    if (choice->by_reference && comparison->contestants[verdict->best].defaults) {
        reason_append(verdict, "; so no option is needed");
    } else if (choice->likely) {
        reason_append(verdict, "; but by the median %s is likely to be faster", best);
    } else if (choice->by_reference) {
        reason_append(verdict, "; so %s will do", best);
    } else if (choice->by_cpu == 1) {
        reason_append(verdict, "; %s needs the least CPU", best);
        reason_add_others(verdict, comparison, choice, true);
    } else if (choice->by_memory == 1) {
        reason_append(verdict, "; %s needs the least memory", best);
        if (choice->by_cpu == choice->equal)
            reason_add_others(verdict, comparison, choice, false);
        else
            reason_append(verdict, " of those with the least CPU");
    } else if (choice->by_loops) {
        reason_append(
            verdict,
            ", and no difference in CPU or memory counts; so %s will do, without a thread or process "
            "for each transfer",
            best);
    } else {
        reason_append(
            verdict,
            ", and no difference in CPU or memory counts; so any of them will do, such as %s",
            best);
    }
}

/* The largest factor by which those that are equally fast may differ from the fastest. */
static double reason_find_margin(const struct fa_verdict *verdict,
                                 const struct fa_comparison *comparison)
{
    double margin = 1;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        double one = fa_sequence_margin(&standing->ratio);
        if (standing->rank <= FA_RANK_EQUAL && i != verdict->fastest && !(one <= margin))
            margin = one;
    }
    return margin;
}

/* A factor as a percentage that is not less, and at least 1.  2 % is 2.0000000000000018 % of a
 * double. */
static double reason_percent(double factor)
{
    return fmax(1, ceil(100 * (factor - 1) - 1e-6));
}

/* A contestant whose interval is above 1 although it was not called slower: few enough of these
 * rounds would have been planned, but whoever looks after each of them needs more. */
static void reason_add_unsure(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank > FA_RANK_EQUAL || !(standing->ratio.low >= FA_CHOICE_ONE))
            continue;
        reason_append(verdict,
                      "; %s took %.2f times as long (%.2f to %.2f), which is not enough to call it "
                      "slower after looking %u times",
                      reason_name_of(comparison, i), standing->ratio.median, standing->ratio.low,
                      standing->ratio.high, comparison->rounds - FA_SEQUENCE_LEAST + 1);
        return;
    }
}

/* What the rounds say of those that are equally fast: that they are, or that no more is known. */
static void reason_add_equals(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                              const struct fa_choice *choice, double margin)
{
    if (margin <= FA_SEQUENCE_EQUIVALENT) {
        if (choice->equal < choice->competing)
            reason_append(verdict, "%zu of them", choice->equal);
        else
            reason_append(verdict, choice->equal == 2 ? "Both" : "All");
        reason_append(verdict, " are as fast, within %.0f %%", reason_percent(margin));
        return;
    }
    if (choice->equal < choice->competing)
        reason_append(verdict, "Between %zu of them no", choice->equal);
    else
        reason_append(verdict, "No");
    reason_append(
        verdict,
        " difference in time is larger than the noise (one of less than %.0f %% would not "
        "show in %u rounds)",
        reason_percent(reason_find_blind(verdict, comparison)), comparison->rounds);
    if (comparison->sequential)
        reason_add_unsure(verdict, comparison);
}

static void reason_add_equal(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                             const struct fa_choice *choice)
{
    const char *best = reason_name_of(comparison, verdict->best);
    double blind = reason_find_blind(verdict, comparison);
    double margin = reason_find_margin(verdict, comparison);
    reason_add_equals(verdict, comparison, choice, margin);
    size_t next = reason_find_next(verdict, comparison->n_contestants);
    if (next < comparison->n_contestants)
        reason_append(verdict, "; %s takes %.2f times as long", reason_name_of(comparison, next),
                      verdict->standings[next].ratio.median);
    reason_add_choice(verdict, comparison, choice, best);
    if (blind > RATIO_BLIND && margin > FA_SEQUENCE_EQUIVALENT)
        reason_append(verdict, "; --rounds %s%u may show a smaller one",
                      comparison->sequential ? "auto:" : "", reason_more_rounds(comparison));
}

/* The cause, as far as the measurements show it. */

/* Of the contestants that differ from the best only by having fewer jobs, the one with the most;
 * n_contestants: none.  *ret_most: no contestant has more jobs than the best. */
static size_t reason_find_fewer_jobs(const struct fa_verdict *verdict,
                                     const struct fa_comparison *comparison, bool *ret_most)
{
    size_t n = comparison->n_contestants, found = n;
    const struct fa_contestant *best = &comparison->contestants[verdict->best];
    *ret_most = true;
    for (size_t i = 0; i < n; ++i) {
        const struct fa_contestant *one = &comparison->contestants[i];
        if (one->program != best->program || one->mode != best->mode || one->loops != best->loops ||
            one->http != best->http || one->hash_with != best->hash_with)
            continue;
        *ret_most &= one->jobs <= best->jobs;
        if (one->jobs < best->jobs && verdict->standings[i].rank == FA_RANK_SLOWER &&
            (found == n || one->jobs > comparison->contestants[found].jobs))
            found = i;
    }
    return found;
}

static bool reason_add_slots(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    bool most = false;
    size_t fewer = reason_find_fewer_jobs(verdict, comparison, &most);
    if (fewer == comparison->n_contestants)
        return false;
    const struct fa_contestant *one = &comparison->contestants[fewer];
    double jobs = (double)comparison->contestants[verdict->best].jobs / (double)one->jobs;
    double times =
        verdict->standings[fewer].wall.median / verdict->standings[verdict->best].wall.median;
    /* Negated, so that NAN is not a cause. */
    if (!(times >= SLOTS_SHARE * jobs))
        return false;
    char longer[FA_UNITS_MAX];
    reason_append(verdict, "; with -j %u it takes %s times as long, so slots are what is short%s",
                  one->jobs, fa_units_number(times, 2, longer),
                  most ? ", and more of them may be faster yet" : "");
    return true;
}

/* The share of the time of its slots in which the best contestant was transferring; the rest is
 * start-up and empty slots.  The median approximates the mean time of an entry, which is seldom
 * less; transfers beyond the limit of the hosts are not counted as slots. */
static double reason_slots_filled(const struct fa_verdict *verdict,
                                  const struct fa_comparison *comparison)
{
    const struct fa_standing_of *best = &verdict->standings[verdict->best];
    double done = best->files_per_second * best->wall.median;
    const struct fa_contestant *one = &comparison->contestants[verdict->best];
    double slots = fmin((double)fa_contestant_slots(one, comparison->origins), done);
    if (comparison->per_host > 0 && comparison->origins > 0)
        slots = fmin(slots, (double)comparison->origins * comparison->per_host);
    return done * best->total.p50 / (slots * best->wall.median);
}

static void reason_add_limit(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    char text[FA_LIMIT_MAX];
    if (fa_limit_describe(verdict, comparison, text))
        reason_append(verdict, "; %s", text);
}

static void reason_add_cause(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    const struct fa_standing_of *best = &verdict->standings[verdict->best];
    double cores = best->cpu.median / best->wall.median;
    double waiting = best->ttfb.p50 / best->total.p50;
    /* Waiting is what more slots hide, so this cause comes before the others. */
    if (reason_add_slots(verdict, comparison))
        return;
    if (!comparison->stage && waiting >= WAITING_SHARE && cores < WAITING_CORES &&
        reason_slots_filled(verdict, comparison) >= FILLED_SHARE)
        reason_append(
            verdict,
            "; the first byte is %.0f %% of an entry's time and the CPU is %.0f %% of one core, so "
            "it waits for the servers and the network",
            100 * fmin(waiting, 1), 100 * cores);
    else if (!comparison->stage && cores >= BUSY_CORES)
        reason_append(verdict, "; it keeps the CPU busy, with %.0f %% of one core", 100 * cores);
    reason_add_limit(verdict, comparison);
}

static void reason_add_caches(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    char text[FA_CACHES_MAX];
    if (fa_caches_describe(verdict, comparison, text))
        reason_append(verdict, "; %s", text);
}

void fa_reason_write(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                     const struct fa_choice *choice)
{
    verdict->reason[0] = '\0';
    if (!verdict->concluded) {
        reason_add_none(verdict, comparison, choice);
        return;
    }
    if (choice->equal > 1)
        reason_add_equal(verdict, comparison, choice);
    else
        reason_add_fastest(verdict, comparison);
    reason_add_cause(verdict, comparison);
    reason_add_caches(verdict, comparison);
    if (choice->competing < comparison->n_contestants && choice->competing > 1)
        reason_append(verdict, "; %zu failed more and %s not counted",
                      comparison->n_contestants - choice->competing,
                      comparison->n_contestants - choice->competing == 1 ? "is" : "are");
    reason_append(verdict, ".");
}
