#include "cli/compare/verdict.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare/caches.h"
#include "cli/compare/measure.h"
#include "support/contest.h"

enum { THREAD, PROCESS, ASYNC };

static struct contest contest;
static struct fa_verdict verdict;

static void judge(void)
{
    fa_verdict_fini(&verdict);
    cr_assert_eq(fa_verdict_init(&verdict, &contest.comparison), 0);
    cr_assert(verdict.reason[0]);
    cr_assert_eq(verdict.reason[strlen(verdict.reason) - 1], '.', "%s", verdict.reason);
    cr_assert_null(strstr(verdict.reason, "nan"), "%s", verdict.reason);
    cr_assert_null(strstr(verdict.reason, "inf"), "%s", verdict.reason);
}

static void end(void)
{
    fa_verdict_fini(&verdict);
}

TestSuite(verdict, .fini = end);

static void says(const char *text)
{
    cr_assert(strstr(verdict.reason, text), "%s", verdict.reason);
}

static enum fa_rank rank(size_t i)
{
    return verdict.standings[i].rank;
}

Test(verdict, a_clear_winner_is_named_with_the_ratio)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, ASYNC, 0.5);
    contest_slow(&contest, PROCESS, 1.5);
    contest_noise(&contest, 0.01, 1);
    judge();
    cr_assert(verdict.concluded && !verdict.drifted);
    cr_assert_eq(verdict.best, ASYNC);
    cr_assert_eq(verdict.fastest, ASYNC);
    cr_assert_eq(rank(ASYNC), FA_RANK_BEST);
    cr_assert_eq(rank(THREAD), FA_RANK_SLOWER);
    cr_assert_eq(rank(PROCESS), FA_RANK_SLOWER);
    cr_assert_float_eq(verdict.standings[THREAD].ratio.median, 2, 0.1);
    cr_assert_float_eq(verdict.standings[PROCESS].ratio.median, 3, 0.15);
    cr_assert(verdict.standings[THREAD].ratio.low > 1.8);
    cr_assert_float_eq(verdict.standings[ASYNC].wall.median, 5, 0.2);
    cr_assert_float_eq(verdict.standings[ASYNC].files_per_second, 20, 1);
    says("async -j 32 is the fastest: thread -j 32, the next, takes ");
}

Test(verdict, identical_contestants_are_called_equal)
{
    unsigned equal = 0;
    for (unsigned draw = 0; draw < 100; ++draw) {
        contest_init(&contest, 3, 7);
        contest_noise(&contest, 0.05, 1000 + draw);
        judge();
        equal += verdict.concluded && rank(0) != FA_RANK_SLOWER && rank(1) != FA_RANK_SLOWER &&
                 rank(2) != FA_RANK_SLOWER;
    }
    cr_assert(equal >= 90, "%u of 100", equal);
}

Test(verdict, a_difference_of_10_percent_is_found_in_noise_of_3)
{
    unsigned found = 0;
    for (unsigned draw = 0; draw < 100; ++draw) {
        contest_init(&contest, 3, 7);
        contest_slow(&contest, THREAD, 1.1);
        contest_slow(&contest, PROCESS, 1.1);
        contest_noise(&contest, 0.03, 2000 + draw);
        judge();
        found += verdict.concluded && verdict.best == ASYNC && rank(THREAD) == FA_RANK_SLOWER &&
                 rank(PROCESS) == FA_RANK_SLOWER;
    }
    cr_assert(found >= 90, "%u of 100", found);
}

Test(verdict, what_differs_by_less_than_2_percent_is_equal)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, THREAD, 1.01);
    judge();
    cr_assert_eq(rank(THREAD), FA_RANK_EQUAL);
}

Test(verdict, of_equals_the_one_with_the_least_cpu_is_used)
{
    contest_init(&contest, 3, 5);
    for (unsigned round = 0; round < 5; ++round)
        contest.trials[THREAD][round].user = 0.5;
    contest_noise(&contest, 0.02, 3);
    judge();
    cr_assert_eq(verdict.best, THREAD);
    says(" rounds); thread -j 32 needs the least CPU (the others 1.33 times as much)");
}

Test(verdict, of_equals_with_equal_cpu_the_one_with_the_least_memory_is_used)
{
    contest_init(&contest, 3, 5);
    for (unsigned round = 0; round < 5; ++round) {
        contest.trials[PROCESS][round].peak_pss = 10 << 20;
        contest.trials[ASYNC][round].user = 1.02;
    }
    judge();
    cr_assert_eq(verdict.best, PROCESS);
    says("process -j 32 needs the least memory");
}

/* CPU and memory of one contestant, in each of five rounds. */
static void cost(size_t i, const double user[5], const double mebibytes[5])
{
    for (unsigned round = 0; round < 5; ++round) {
        contest.trials[i][round].user = user[round];
        contest.trials[i][round].system = 0;
        contest.trials[i][round].peak_pss = (uint64_t)(mebibytes[round] * 1048576);
    }
}

Test(verdict, of_equals_none_is_set_apart_by_a_noise_of_cpu_or_memory)
{
    static const double noisy[] = {1.0, 1.5, 0.8, 1.4, 0.9};
    static const double other[] = {1.1, 0.9, 1.2, 1.1, 1.3};
    static const double still[] = {1, 1, 1, 1, 1};
    contest_init(&contest, 2, 5);
    cost(0, other, still);
    cost(1, noisy, still);
    judge();
    cr_assert_null(strstr(verdict.reason, "least CPU"), "%s", verdict.reason);
    says("and no difference in CPU or memory counts");
    cost(0, still, other);
    cost(1, still, noisy);
    judge();
    cr_assert_null(strstr(verdict.reason, "least memory"), "%s", verdict.reason);
    says("and no difference in CPU or memory counts");
}

/* The same machine slows both down in the same rounds. */
Test(verdict, of_equals_cpu_is_compared_within_each_round)
{
    static const double less[] = {1.0, 1.5, 0.8, 1.4, 0.9};
    static const double more[] = {1.2, 1.8, 0.96, 1.68, 1.08};
    static const double still[] = {1, 1, 1, 1, 1};
    contest_init(&contest, 2, 5);
    cost(0, less, still);
    cost(1, more, still);
    judge();
    cr_assert_eq(verdict.best, 0);
    says("thread -j 32 needs the least CPU (process -j 32 1.2 times as much)");
}

Test(verdict, of_equals_in_all_async_is_used)
{
    contest_init(&contest, 3, 5);
    judge();
    cr_assert_eq(verdict.best, ASYNC);
    cr_assert_eq(rank(THREAD), FA_RANK_EQUAL);
    says("so async -j 32 will do");
}

Test(verdict, few_rounds_conclude_nothing)
{
    for (unsigned rounds = 0; rounds < 3; ++rounds) {
        contest_init(&contest, 3, rounds);
        contest.comparison.rounds_wanted = 5;
        contest_slow(&contest, ASYNC, 0.5);
        judge();
        cr_assert_not(verdict.concluded);
        cr_assert_eq(rank(ASYNC), FA_RANK_NONE);
        says("of the 5 that were asked for, and it takes at least 3");
    }
}

Test(verdict, where_no_difference_shows_it_says_which_would_not)
{
    contest_init(&contest, 2, 5);
    judge();
    says("Both are as fast, within 1 %");
    cr_assert_null(strstr(verdict.reason, "--rounds"), "%s", verdict.reason);

    contest_init(&contest, 2, 5);
    contest_slow(&contest, PROCESS, 1.1);
    contest.trials[PROCESS][1].wall = 9;
    contest.trials[PROCESS][3].wall = 9.5;
    judge();
    cr_assert(verdict.concluded && rank(PROCESS) != FA_RANK_SLOWER, "%s", verdict.reason);
    const struct fa_estimate *ratio = &verdict.standings[1 - verdict.fastest].ratio;
    char text[80];
    snprintf(text, sizeof(text), "(one of less than %.0f %% would not show in 5 rounds)",
             ceil(100 * (ratio->median / ratio->low - 1)));
    says(text);
    says("; --rounds 9 may show a smaller one");
}

/* These rounds would do if their number had been fixed. */
Test(verdict, an_interval_above_1_that_decides_nothing_is_explained)
{
    static const double ratios[] = {1.04, 1.11, 1.17, 0.97, 1.14, 1.2, 1.05, 1.11};
    contest_init(&contest, 2, 8);
    for (unsigned round = 0; round < 8; ++round)
        contest.trials[PROCESS][round].wall *= ratios[round];
    contest.comparison.sequential = true;
    judge();
    const struct fa_standing_of *process = &verdict.standings[PROCESS];
    cr_assert(process->ratio.low > 1.005 && process->deciding.low < 1.005, "%f and %f",
              process->ratio.low, process->deciding.low);
    cr_assert(verdict.concluded && rank(PROCESS) != FA_RANK_SLOWER, "%s", verdict.reason);
    says("No difference in time is larger than the noise (one of less than ");
    says("; process -j 32 took 1.11 times as long (1.0");
    says("), which is not enough to call it slower after looking 7 times");
    contest.comparison.sequential = false;
    judge();
    cr_assert_null(strstr(verdict.reason, "looking"), "%s", verdict.reason);
}

Test(verdict, the_next_after_those_that_are_equal_is_named)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, PROCESS, 1.5);
    judge();
    says("2 of them are as fast, within 1 %; process -j 32 takes 1.50 times as long, and no "
         "difference in CPU or memory counts; so async -j 32 will do");
}

Test(verdict, few_rounds_require_more_if_they_find_no_difference)
{
    contest_init(&contest, 3, 4);
    contest_noise(&contest, 0.05, 5);
    judge();
    cr_assert(verdict.concluded);
    says("would not show in 4 rounds)");
    says("--rounds 9 may show a smaller one");
    contest_init(&contest, 3, 8);
    contest_noise(&contest, 0.2, 5);
    judge();
    says("--rounds 16 may show a smaller one");
    contest_init(&contest, 2, 4);
    contest_slow(&contest, 0, 3);
    judge();
    cr_assert_null(strstr(verdict.reason, "--rounds"), "%s", verdict.reason);
}

/* A difference that it calls too small to be seen is not found, and one that is half as large again
 * mostly is. */
Test(verdict, what_it_says_would_not_show_is_near_the_truth)
{
    unsigned found = 0, few = 0;
    for (unsigned draw = 0; draw < 200; ++draw) {
        contest_init(&contest, 2, 5);
        contest_noise(&contest, 0.03, 3000 + draw);
        judge();
        if (!verdict.concluded)
            continue;
        const struct fa_estimate *ratio = &verdict.standings[1 - verdict.fastest].ratio;
        double least = ratio->median / ratio->low;
        contest_slow(&contest, PROCESS, least * 1.5 - 0.5);
        judge();
        found += rank(PROCESS) == FA_RANK_SLOWER;
        contest_slow(&contest, PROCESS, (least * 0.5 + 0.5) / (least * 1.5 - 0.5));
        judge();
        few += rank(PROCESS) == FA_RANK_SLOWER;
    }
    cr_assert(found >= 130 && few <= 50, "%u and %u of 200", found, few);
}

Test(verdict, rounds_that_not_all_have_ended_do_not_count)
{
    contest_init(&contest, 2, 5);
    contest.comparison.rounds = 4;
    contest.trials[THREAD][4].wall = 1000;
    contest.trials[THREAD][4].status = 137;
    judge();
    cr_assert_float_eq(verdict.standings[THREAD].wall.high, 10, 1e-9);
    cr_assert_neq(rank(THREAD), FA_RANK_FAILING);
}

Test(verdict, a_single_wild_round_does_not_decide)
{
    for (unsigned round = 0; round < 7; ++round) {
        /* All are hit by it, or one that is no slower, or the best of all. */
        contest_init(&contest, 3, 7);
        contest_noise(&contest, 0.01, 6);
        for (size_t i = 0; i < 3; ++i)
            contest.trials[i][round].wall *= 8;
        judge();
        cr_assert(verdict.concluded && !verdict.drifted, "round %u: %s", round, verdict.reason);
        cr_assert(rank(0) != FA_RANK_SLOWER && rank(1) != FA_RANK_SLOWER);

        contest_init(&contest, 3, 7);
        contest_noise(&contest, 0.01, 7);
        contest.trials[THREAD][round].wall *= 8;
        judge();
        cr_assert(verdict.concluded && rank(THREAD) != FA_RANK_SLOWER, "%s", verdict.reason);

        contest_init(&contest, 3, 7);
        contest_slow(&contest, THREAD, 1.3);
        contest_slow(&contest, PROCESS, 1.3);
        contest_noise(&contest, 0.01, 8);
        contest.trials[ASYNC][round].wall *= 8;
        judge();
        cr_assert(verdict.concluded && verdict.best == ASYNC);
        cr_assert_eq(rank(THREAD), FA_RANK_SLOWER, "round %u: %s", round, verdict.reason);
    }
}

static void drift(double factor, unsigned rounds)
{
    for (size_t i = 0; i < contest.comparison.n_contestants; ++i)
        for (unsigned round = 0; round < rounds; ++round)
            contest.trials[i][round].wall *= pow(factor, round / (double)(rounds - 1));
}

Test(verdict, a_drift_of_the_network_stops_the_conclusion)
{
    static const struct {
        unsigned rounds;
        double factor;
        bool drifted;
    } cases[] = {
        {3, 1.8, true}, {3, 1.3, false}, {4, 0.5, true},  {5, 1.3, true},    {5, 1.05, false},
        {7, 0.7, true}, {7, 1.0, false}, {12, 1.3, true}, {12, 1.05, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        contest_init(&contest, 3, cases[i].rounds);
        contest_slow(&contest, ASYNC, 0.5);
        contest_noise(&contest, 0.01, 9);
        drift(cases[i].factor, cases[i].rounds);
        judge();
        cr_assert_eq(verdict.drifted, cases[i].drifted, "case %zu: %f", i, verdict.drift);
        cr_assert_eq(verdict.concluded, !cases[i].drifted);
        cr_assert_float_eq(verdict.drift, cases[i].factor, 0.06, "case %zu: %f", i, verdict.drift);
        if (cases[i].drifted) {
            says("The network or the servers changed meanwhile");
            cr_assert_eq(rank(ASYNC), FA_RANK_NONE);
        }
    }
}

static void fail(size_t i, uint64_t entries)
{
    for (unsigned round = 0; round < contest.comparison.rounds; ++round) {
        contest.trials[i][round].failed = entries;
        contest.trials[i][round].failures[FA_CLASS_TIMEOUT] = entries;
    }
}

Test(verdict, one_that_fails_more_is_not_ranked_however_fast)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, THREAD, 0.1);
    fail(THREAD, 5);
    judge();
    cr_assert_eq(rank(THREAD), FA_RANK_FAILING);
    cr_assert(isnan(verdict.standings[THREAD].ratio.median));
    cr_assert_float_eq(verdict.standings[THREAD].failed, 0.05, 1e-9);
    cr_assert(verdict.concluded && verdict.best == ASYNC);
    says("1 failed more and is not counted");
}

Test(verdict, failures_of_chance_and_those_of_all_do_not_count)
{
    contest_init(&contest, 3, 5);
    fail(THREAD, 5);
    fail(PROCESS, 5);
    fail(ASYNC, 6);
    judge();
    cr_assert(verdict.concluded && rank(ASYNC) == FA_RANK_BEST);
    contest_init(&contest, 3, 5);
    contest.trials[ASYNC][2].failed = 2;
    judge();
    cr_assert(verdict.concluded && rank(ASYNC) != FA_RANK_FAILING);
}

Test(verdict, a_child_that_did_not_do_its_work_is_failing)
{
    static const struct {
        int status;
        bool failing;
    } cases[] = {{0, false}, {1, false}, {2, true},   {3, false},
                 {4, true},  {5, false}, {137, true}, {139, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        contest_init(&contest, 3, 5);
        contest.trials[ASYNC][2].status = cases[i].status;
        judge();
        cr_assert_eq(rank(ASYNC) == FA_RANK_FAILING, cases[i].failing, "%d", cases[i].status);
    }
}

Test(verdict, if_all_fail_nothing_is_concluded)
{
    contest_init(&contest, 3, 5);
    for (size_t i = 0; i < 3; ++i)
        fail(i, 100);
    judge();
    cr_assert_not(verdict.concluded);
    says("every contestant failed");
}

Test(verdict, nothing_of_nothing)
{
    contest_init(&contest, 0, 0);
    judge();
    cr_assert_not(verdict.concluded);
    says("Nothing was run");

    contest_init(&contest, 1, 5);
    judge();
    cr_assert_not(verdict.concluded);
    cr_assert_float_eq(verdict.standings[0].wall.median, 10, 1e-9);
    says("Only thread -j 32 was run");

    contest_init(&contest, 3, 5);
    for (size_t i = 0; i < 3; ++i)
        for (unsigned round = 0; round < 5; ++round)
            contest.trials[i][round].entries = 0;
    judge();
    cr_assert_not(verdict.concluded);
    says("No entry ended");
}

Test(verdict, what_was_not_measured_is_left_out)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, ASYNC, 0.5);
    for (size_t i = 0; i < 3; ++i)
        for (unsigned round = 0; round < 5; ++round) {
            struct fa_trial *trial = &contest.trials[i][round];
            trial->user = trial->system = NAN;
            trial->ttfb = trial->total = (struct fa_latency){NAN, NAN, NAN};
            trial->peak_pss = trial->switches = trial->bytes = FA_UNMEASURED;
        }
    judge();
    cr_assert(verdict.concluded && verdict.best == ASYNC);
    cr_assert(isnan(verdict.standings[ASYNC].peak_pss));
    cr_assert(isnan(verdict.standings[ASYNC].calls));
    cr_assert(isnan(verdict.standings[ASYNC].bytes_per_second));
    contest_slow(&contest, ASYNC, 2);
    judge();
    cr_assert(verdict.concluded && verdict.best == ASYNC);

    for (size_t i = 0; i < 3; ++i)
        contest_slow(&contest, i, NAN);
    judge();
    cr_assert_not(verdict.concluded);
    says("No time could be measured");
}

Test(verdict, the_cause_is_named_where_the_numbers_show_it)
{
    contest_init(&contest, 6, 5);
    for (size_t i = 3; i < 6; ++i)
        contest_slow(&contest, i, 0.52);
    contest_slow(&contest, 5, 0.9);
    judge();
    cr_assert_eq(verdict.best, 5);
    says("with -j 32 it takes 2.1 times as long, so slots are what is short, and more of them may");

    contest_init(&contest, 2, 5);
    contest_slow(&contest, THREAD, 0.5);
    for (size_t i = 0; i < 2; ++i)
        for (unsigned round = 0; round < 5; ++round)
            contest.trials[i][round].ttfb.p50 = 0.45;
    for (unsigned round = 0; round < 5; ++round) {
        contest.trials[PROCESS][round].peak_pss = 80 << 20;
        contest.trials[PROCESS][round].user = 3;
    }
    judge();
    says("process -j 32 takes 2.00 times as long (2.00 to 2.00), 2 times the CPU and 4 times the "
         "memory");
}

static void take_long(double ttfb, double total)
{
    for (size_t i = 0; i < contest.comparison.n_contestants; ++i)
        for (unsigned round = 0; round < contest.comparison.rounds; ++round) {
            contest.trials[i][round].ttfb.p50 = ttfb;
            contest.trials[i][round].total.p50 = total;
        }
}

static bool waits(void)
{
    judge();
    cr_assert(verdict.concluded);
    return strstr(verdict.reason, "so it waits for the servers and the network") != NULL;
}

Test(verdict, it_waits_for_the_network_only_where_transfers_fill_the_run)
{
    /* 100 entries of 2.7 s in 32 slots take 8.4 s of the 10. */
    contest_init(&contest, 3, 5);
    take_long(2.5, 2.7);
    cr_assert(waits());
    says("the first byte is 93 % of an entry's time");
    /* 1.6 s of 10, and a connection that is soon open. */
    take_long(0.45, 0.5);
    cr_assert_not(waits());
    /* The same in 4 slots, as one host gets no more. */
    contest.comparison.origins = 1;
    contest.comparison.per_host = 4;
    cr_assert(waits());
    /* Fewer entries than slots: the longest is as long as the run, or it is not. */
    contest_init(&contest, 3, 5);
    for (size_t i = 0; i < 3; ++i)
        for (unsigned round = 0; round < 5; ++round)
            contest.trials[i][round].entries = 3;
    contest.comparison.entries = 3;
    take_long(7, 8);
    cr_assert(waits());
    take_long(1.9, 2);
    cr_assert_not(waits());
}

Test(verdict, a_ratio_between_any_two_can_be_asked_for)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, PROCESS, 1.2);
    struct fa_ratio ratio;
    cr_assert_eq(fa_measure_ratio(&contest.comparison, PROCESS, THREAD, fa_measure_wall, 2, &ratio),
                 0);
    cr_assert_float_eq(ratio.shown.median, 1.2, 1e-9);
}

Test(verdict, names_as_long_as_they_may_be_fit_into_the_sentence)
{
    for (int way = 0; way < 4; ++way) {
        contest_init(&contest, 9, 4);
        for (size_t i = 0; i < 9; ++i)
            memset(contest.contestants[i].name, 'x', sizeof(contest.contestants[i].name) - 1);
        for (size_t i = 0; i < 9; ++i)
            for (unsigned round = 0; round < 4; ++round) {
                contest.trials[i][round].wall *= i < 3 ? 2 : way == 1 ? 1 : 1.0 + (double)i / 5;
                contest.trials[i][round].user = way == 2 ? 1 : (double)i;
                contest.trials[i][round].peak_pss *= i + 1;
            }
        if (way == 3)
            fail(8, 20);
        judge();
        cr_assert(verdict.concluded);
    }
}

/* Every contestant used all of its slots, and a slot was as productive as one of few. */
Test(verdict, a_limit_that_holds_all_back_is_named)
{
    contest_init(&contest, 3, 5);
    for (size_t i = 0; i < 3; ++i) {
        contest.contestants[i].per_host = 8;
        for (unsigned round = 0; round < 5; ++round) {
            contest.trials[i][round].slots_full = 0.93;
            contest.trials[i][round].slot_yield = 0.9;
        }
    }
    contest.comparison.origins = 1;
    judge();
    says("8 at once to a host was reached by all for 93 % of the time");
    says("with 32 it may be faster (add --per-host 8,32)");
    /* Two hosts allow for as many as there are jobs, or more. */
    contest.comparison.origins = contest.contestants[0].jobs;
    judge();
    says("(add --jobs ");
    for (unsigned round = 0; round < 5; ++round)
        contest.trials[1][round].slot_yield = 0.5;
    judge();
    cr_assert_null(strstr(verdict.reason, "at once"), "%s", verdict.reason);
}

Test(verdict, a_reference_that_is_as_fast_is_the_one_to_use)
{
    contest_init(&contest, 3, 6);
    contest_noise(&contest, 0.01, 1);
    contest.contestants[0].reference = contest.contestants[0].defaults = true;
    for (unsigned round = 0; round < 6; ++round)
        contest.trials[0][round].user *= 5;
    judge();
    cr_expect_eq(verdict.best, 0);
    cr_expect_not_null(strstr(verdict.reason, "so no option is needed"), "%s", verdict.reason);
    contest_slow(&contest, 0, 1.3);
    judge();
    cr_expect_neq(verdict.best, 0);
}

Test(verdict, a_reference_whose_median_is_worse_is_not)
{
    contest_init(&contest, 2, 6);
    static const double times[] = {12, 7, 12.5, 12, 8, 13};
    for (unsigned round = 0; round < 6; ++round)
        contest.trials[0][round].wall = times[round];
    contest.contestants[0].reference = true;
    judge();
    cr_expect_eq(verdict.best, 1);
    cr_expect_eq(verdict.standings[0].rank, FA_RANK_EQUAL);
    cr_expect_not_null(strstr(verdict.reason, "by the median process -j 32 is likely"), "%s",
                       verdict.reason);
}

static void cached(size_t i, double share)
{
    for (unsigned round = 0; round < contest.comparison.rounds; ++round)
        contest.trials[i][round].cached = share;
}

Test(verdict, warmer_caches_of_one_contestant_are_named)
{
    contest_init(&contest, 2, 5);
    contest_slow(&contest, THREAD, 1.5);
    judge();
    cr_expect_null(strstr(verdict.reason, "caches"), "%s", verdict.reason);
    cached(PROCESS, 0.9);
    judge();
    says("; process -j 32 had warmer caches (90 % of its answers came from one, and 25 % of those "
         "of thread -j 32), which may be why it is faster.");
    cached(THREAD, 1);
    cached(PROCESS, 0.25);
    judge();
    says("; thread -j 32 had warmer caches (100 %");
    says("which may make the difference too small.");
    contest_init(&contest, 2, 5);
    cached(PROCESS, 0.5);
    judge();
    says("which may hide a difference");
    cached(PROCESS, NAN);
    judge();
    cr_expect_null(strstr(verdict.reason, "caches"), "%s", verdict.reason);
}

/* Two results of the same contestants: fresh files, and the same ones again. */
static void relate(struct fa_result_of results[2], double process, double process_again)
{
    static struct contest other;
    contest_init(&contest, 2, 5);
    contest_init(&other, 2, 5);
    contest_slow(&contest, PROCESS, process);
    contest_slow(&other, PROCESS, process_again);
    contest_slow(&other, THREAD, 0.5);
    contest.comparison.asked = FA_ASKED_FRESH;
    other.comparison.asked = FA_ASKED_AGAIN;
    results[0] = (struct fa_result_of){.comparison = contest.comparison, .judged = true};
    results[1] = (struct fa_result_of){.comparison = other.comparison, .judged = true};
    for (int i = 0; i < 2; ++i)
        cr_assert_eq(fa_verdict_init(&results[i].verdict, &results[i].comparison), 0);
    fa_caches_relate(results, 2);
    memcpy(verdict.reason, results[0].verdict.reason, sizeof(verdict.reason));
    cr_expect_null(strstr(results[1].verdict.reason, "caches"), "%s", results[1].verdict.reason);
    for (int i = 0; i < 2; ++i)
        fa_verdict_fini(&results[i].verdict);
}

Test(verdict, fresh_files_are_compared_with_the_same_ones_again)
{
    struct fa_result_of results[2];
    relate(results, 1.5, 1.5);
    says(". The same files asked for again, with warm caches, give the same answer (thread -j 32 "
         "took 2.00 times as long the first time).");
    relate(results, 1.5, 0.2);
    says(". But of the same files asked for again, with warm caches, the one to use is process -j "
         "32: the answer depends on the caches (thread -j 32 took 2.00 times as long");
}
