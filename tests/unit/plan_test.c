#include <criterion/criterion.h>

#include <string.h>

#include "cli/compare/contestant.h"
#include "cli/compare/plan.h"

/* The contestants of a command line without combinations of its own. */
static size_t plan(const struct fa_compare_options *asked, unsigned hash,
                   struct fa_contestant ret[FA_PLAN_CONTESTANTS_MAX])
{
    struct fa_error err;
    struct fa_options options;
    fa_options_init(&options);
    options.command = FA_COMMAND_COMPARE;
    options.compare = *asked;
    options.config.hash = hash;
    size_t n = fa_plan_contestants(&options, ret, &err);
    fa_options_fini(&options);
    return n;
}

Test(plan, three_strategies_are_compared_if_nothing_is_asked_for)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    cr_assert_eq(plan(&(struct fa_compare_options){0}, FA_HASH_SHA256, all), 3);
    cr_assert_str_eq(all[0].name, "thread");
    cr_assert_str_eq(all[1].name, "process");
    cr_assert_str_eq(all[2].name, "async");
    for (size_t i = 0; i < 3; ++i) {
        cr_assert(all[i].jobs == 64 && all[i].loops == 0 && all[i].http == FA_HTTP_1_1);
        cr_assert_eq(all[i].hash_with, FA_HASH_WITH_AUTO);
    }
}

Test(plan, combinations_that_differ_in_nothing_are_made_once)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    struct fa_compare_options asked = {
        .modes = {{FA_MODE_THREAD, FA_MODE_ASYNC}, 2},
        .jobs = {{8, 32}, 2},
        .loops = {{1, 0}, 2},
        .hash_with = {{FA_HASH_WITH_PROCESS, FA_HASH_WITH_INLINE}, 2},
    };
    static const char *const names[] = {
        "thread -j 8 --hash-with process",
        "thread -j 8 --hash-with inline",
        "thread -j 32 --hash-with process",
        "thread -j 32 --hash-with inline",
        "async -j 8 --loops 1 --hash-with process",
        "async -j 8 --loops 1 --hash-with inline",
        "async -j 8 --loops auto --hash-with process",
        "async -j 8 --loops auto --hash-with inline",
    };
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 12);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i)
        cr_assert_str_eq(all[i].name, names[i]);
    cr_assert_eq(plan(&asked, 0, all), 6);
    cr_assert_str_eq(all[0].name, "thread -j 8");
}

Test(plan, names_distinguish_all_contestants)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    struct fa_compare_options asked = {
        .jobs = {{1, 4096}, 2}, .loops = {{2, 0, 1}, 3}, .http = {{FA_HTTP_1_1, FA_HTTP_2}, 2}};
    size_t n = plan(&asked, FA_HASH_SHA256, all);
    cr_assert_eq(n, 20);
    for (size_t i = 0; i < n; ++i)
        for (size_t j = i + 1; j < n; ++j)
            cr_assert_str_neq(all[i].name, all[j].name);
}

Test(plan, too_many_combinations_are_refused)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    struct fa_compare_options asked = {.loops = {.count = 16},
                                       .http = {{FA_HTTP_1_1, FA_HTTP_2}, 2}};
    for (unsigned i = 0; i < 16; ++i)
        asked.loops.values[i] = i + 1;
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 36);
    asked.hash_with = (struct fa_picks){{FA_HASH_WITH_PROCESS, FA_HASH_WITH_INLINE}, 2};
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 0);
}

Test(plan, the_cpu_stage_has_models_alone)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    struct fa_compare_options asked = {
        .stage = true, .jobs = {{8, 32}, 2}, .modes = {{FA_MODE_THREAD, FA_MODE_ASYNC}, 2}};
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 3);
    cr_assert_str_eq(all[0].name, "inline");
    cr_assert_str_eq(all[2].name, "process");
}

/* How often each contestant is in each place, and after each other one. */
struct balance {
    unsigned places[16][16];
    unsigned pairs[16][16];
};

static void count(struct balance *balance, const unsigned *order, unsigned rounds, unsigned n)
{
    memset(balance, 0, sizeof(*balance));
    for (unsigned round = 0; round < rounds; ++round) {
        const unsigned *row = order + (size_t)round * n;
        for (unsigned place = 0; place < n; ++place) {
            ++balance->places[row[place]][place];
            if (place > 0)
                ++balance->pairs[row[place - 1]][row[place]];
        }
    }
}

Test(plan, each_contestant_is_equally_often_in_each_place_and_after_each_other)
{
    unsigned order[64 * 16];
    struct balance balance;
    for (unsigned n = 1; n <= 9; ++n) {
        unsigned block = n % 2 && n > 1 ? 2 * n : n;
        unsigned repeats = block == n ? 1 : 2;
        fa_plan_order(order, 2 * block, n, n);
        count(&balance, order, 2 * block, n);
        for (unsigned i = 0; i < n; ++i) {
            for (unsigned j = 0; j < n; ++j) {
                cr_assert_eq(balance.places[i][j], 2 * repeats, "%u: %u in place %u", n, i, j);
                cr_assert_eq(balance.pairs[i][j], i == j ? 0 : 2 * repeats, "%u: %u behind %u", n,
                             j, i);
            }
        }
    }
}

Test(plan, a_block_that_is_cut_is_balanced_as_far_as_it_goes)
{
    unsigned order[64 * 16];
    struct balance balance;
    for (unsigned seed = 0; seed < 50; ++seed) {
        fa_plan_order(order, 5, 3, seed);
        count(&balance, order, 5, 3);
        for (unsigned i = 0; i < 3; ++i) {
            unsigned sum = 0;
            for (unsigned j = 0; j < 3; ++j) {
                cr_assert_leq(balance.places[i][j], 2);
                sum += balance.places[i][j];
            }
            cr_assert_eq(sum, 5);
        }
    }
}

Test(plan, the_seed_decides_the_order)
{
    unsigned a[60], b[60], c[60];
    fa_plan_order(a, 10, 6, 1);
    fa_plan_order(b, 10, 6, 1);
    fa_plan_order(c, 10, 6, 2);
    cr_assert_arr_eq(a, b, sizeof(a));
    cr_assert_arr_neq(a, c, sizeof(a));
}

Test(plan, limits_per_host_segments_and_digests_are_combined)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    char options[FA_CONTESTANT_OPTIONS_MAX];
    struct fa_compare_options asked = {
        .modes = {{FA_MODE_ASYNC}, 1},
        .per_host = {{16, FA_PICK_AUTO | 64}, 2},
        .segments = {{FA_SEGMENTS_AUTO}, 1},
        .hash = {{FA_PICK_NO_HASH, FA_HASH_MD5 | FA_HASH_SHA256}, 2},
        .hash_with = {{FA_HASH_WITH_INLINE, FA_HASH_WITH_THREAD}, 2},
    };
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 6);
    cr_assert_str_eq(all[0].name, "async --per-host 16 --hash none");
    cr_assert_str_eq(all[2].name, "async --per-host 16 --hash md5,sha256 --hash-with thread");
    cr_assert_str_eq(all[3].name, "async --per-host auto:64 --hash none");
    cr_assert_str_eq(fa_contestant_options(&all[5], false, options),
                     "-m async -j 64 --per-host auto:64 --segments auto --hash md5,sha256 "
                     "--hash-with thread");
}

/* A program has jobs only: it is no combination with what only fetchall has. */
Test(plan, other_programs_are_combined_with_jobs)
{
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX];
    struct fa_compare_options asked = {
        .modes = {{FA_MODE_ASYNC}, 1},
        .jobs = {{8, 32}, 2},
        .segments = {{1, 4}, 2},
        .programs = {{{"curl", 4, "curl {list}", true}}, 1},
    };
    cr_assert_eq(plan(&asked, FA_HASH_SHA256, all), 6);
    cr_assert_str_eq(all[4].name, "curl -j 8");
    cr_assert_str_eq(all[5].name, "curl -j 32");
    cr_assert(!all[3].program && all[4].program && all[5].jobs == 32);
}
