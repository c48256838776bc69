#include "cli/compare/stored.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/condition.h"
#include "cli/compare/export.h"
#include "cli/compare/race.h"
#include "cli/compare/sheet.h"
#include "cli/options.h"
#include "support/contest.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static struct contest contest;
static struct fa_stored stored;
static struct fa_error err;

static void begin(void)
{
    fa_scratch_init(&scratch);
    contest_init(&contest, 3, 5);
    contest_slow(&contest, 1, 1.5);
    contest_noise(&contest, 0.01, 1);
    for (size_t i = 0; i < 3; ++i)
        contest.contestants[i].http = FA_HTTP_1_1;
    contest.contestants[0].per_host = 16;
    contest.contestants[1].segments = 4;
    contest.contestants[2].per_host = FA_PICK_AUTO | 64;
}

static void end(void)
{
    fa_stored_fini(&stored);
    fa_scratch_fini(&scratch);
}

TestSuite(stored, .init = begin, .fini = end, .timeout = 30);

/* The file of --json of the contest. */
static const char *write_json(const char *name)
{
    static struct fa_race race;
    struct fa_result_of result = {.comparison = contest.comparison, .judged = true};
    memset(&race, 0, sizeof(race));
    fa_race_begin(&race, 1000);
    race.requests = 99;
    fa_race_add(&race, "defaults", 0, 0, 0);
    fa_race_add(&race, "async --per-host 4", 0, 4, 1);
    fa_race_record(&race, 0, &(struct fa_race_run){.seconds = 1.5, .refusals = 2, .unused = true});
    result.comparison.race = &race;
    const char *file = fa_scratch_path(&scratch, "%s", name);
    cr_assert_eq(fa_verdict_init(&result.verdict, &result.comparison), 0);
    cr_assert_eq(fa_sheet_json(file, &result, 1, 7, 0.5, NULL), 0);
    fa_verdict_fini(&result.verdict);
    return file;
}

/* The contents of a file, to be freed. */
static char *contents(const char *file)
{
    FILE *in = fopen(file, "r");
    char *text = calloc(1, 100000);
    cr_assert(in && text);
    cr_assert(fread(text, 1, 99999, in) > 0);
    fclose(in);
    return text;
}

/* All but the last digits, which a file does not have. */
static void expect_same(const char *where, const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    size_t i;
    cr_assert_eq(json_typeof(a), json_typeof(b), "%s", where);
    if (json_is_real(a))
        cr_expect_float_eq(json_real_value(a), json_real_value(b), 1e-9 * json_real_value(a) + 1e-9,
                           "%s: %g, %g", where, json_real_value(a), json_real_value(b));
    else if (!json_is_object(a) && !json_is_array(a))
        cr_expect(json_equal(a, b), "%s", where);
    cr_assert_eq(json_object_size(a), json_object_size(b), "%s", where);
    cr_assert_eq(json_array_size(a), json_array_size(b), "%s", where);
    json_object_foreach((json_t *)a, key, value) expect_same(key, value, json_object_get(b, key));
    json_array_foreach(a, i, value) expect_same(where, value, json_array_get(b, i));
}

Test(stored, what_is_read_and_written_again_is_the_same)
{
    const char *first = write_json("first.json");
    cr_assert_eq(fa_stored_add(&stored, first, &err), 0, "%s", err.msg);
    cr_assert_eq(stored.n, 1);
    cr_expect_eq(stored.seed, 7);
    cr_expect(stored.results[0].judged && stored.results[0].verdict.concluded);
    cr_expect_str_eq(stored.results[0].comparison.contestants[2].name, "async -j 32");
    const char *second = fa_scratch_path(&scratch, "second.json");
    cr_assert_eq(fa_sheet_json(second, stored.results, 1, stored.seed, stored.watching, NULL), 0);
    json_t *a = json_load_file(first, 0, NULL), *b = json_load_file(second, 0, NULL);
    cr_assert(a && b);
    expect_same("", a, b);
    json_decref(a);
    json_decref(b);
}

Test(stored, files_add_up)
{
    cr_assert_eq(fa_stored_add(&stored, write_json("a.json"), &err), 0);
    cr_assert_eq(fa_stored_add(&stored, write_json("b.json"), &err), 0);
    cr_expect_eq(stored.n, 2);
}

Test(stored, what_is_no_result_is_refused)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "as JSON"},
        {"{\"comparisons\": [", "as JSON"},
        {"[]", "is not a result"},
        {"{\"comparisons\": []}", "is not a result"},
        {"{\"schema\": 2, \"comparisons\": [{}]}", "later version"},
        {"{\"comparisons\": [{\"contestants\": []}]}", "0 contestants"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const char *file = fa_scratch_write(&scratch, "wrong.json", cases[i].text);
        cr_expect_eq(fa_stored_add(&stored, file, &err), -1, "case %zu", i);
        cr_expect(strstr(err.msg, cases[i].says), "case %zu: %s", i, err.msg);
    }
}

Test(stored, values_of_wrong_types_are_not_measured)
{
    const char *file = fa_scratch_write(
        &scratch, "odd.json",
        "{\"comparisons\": [{\"title\": 1, \"contestants\": [{\"name\": null, \"mode\": 7, "
        "\"trials\": [{\"wall\": \"x\", \"peak_pss\": -1, \"moments\": [1, [2], [1, \"\"]]}, 5, "
        "null]}]}]}");
    cr_assert_eq(fa_stored_add(&stored, file, &err), 0, "%s", err.msg);
    cr_expect(stored.results[0].judged && !stored.results[0].verdict.concluded);
    cr_expect_eq(stored.results[0].comparison.contestants[0].trials[0].n_moments, 0);
}

/* Whether a condition holds for the contest, in which times are multiplied, and a baseline. */
static bool holds(const char *text, double factor, char **ret_said)
{
    static struct fa_options options;
    struct fa_result_of now = {.comparison = contest.comparison};
    bool is = false;
    size_t len;
    FILE *out = open_memstream(ret_said, &len);
    contest_slow(&contest, 2, factor);
    cr_assert_eq(fa_condition_parse(&options, text, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_condition_check(&options.compare.fail_if, &now, 1, stored.results, stored.n,
                                    out, &is, &err),
                 0, "%s", err.msg);
    contest_slow(&contest, 2, 1 / factor);
    fclose(out);
    return is;
}

Test(stored, a_condition_holds_if_the_whole_interval_is_beyond_it)
{
    static const struct {
        const char *text;
        double factor;
        bool holds;
    } cases[] = {
        {"wall > 1.05", 1, false},   {"wall > 1.05", 1.04, false}, {"wall > 1.05", 1.06, false},
        {"wall > 1.05", 1.2, true},  {"wall < 0.9", 0.5, true},    {"wall<0.9", 1, false},
        {"memory > 1.01", 2, false}, {"cpu > 1.5", 2, false},      {"requests > 0.99", 1, true},
        {"due_p99 < 1.01", 1, true}, {"calls > 0.1", 1, false},
    };
    cr_assert_eq(fa_stored_add(&stored, write_json("old.json"), &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        char *said = NULL;
        cr_expect_eq(holds(cases[i].text, cases[i].factor, &said), cases[i].holds, "case %zu: %s",
                     i, said);
        cr_expect_eq(strstr(said, ": fails, as it is ") != NULL, cases[i].holds, "case %zu", i);
        free(said);
    }
}

Test(stored, conditions_that_are_none_are_refused)
{
    static const char *const wrong[] = {"",           "wall",       "wall >",     "wall > x",
                                        "wall = 1.1", "speed > 1",  "wall > 1 s", "wall > 0",
                                        "> 1",        "wall > nan", "wall > -1"};
    static struct fa_options options;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); ++i)
        cr_expect_eq(fa_condition_parse(&options, wrong[i], &err), -1, "%s", wrong[i]);
    cr_expect_eq(fa_condition_parse(&options, "speed > 1", &err), -1);
    cr_expect(strstr(err.msg, "'speed' is not a measure") &&
                  strstr(err.msg, "due_p99, rtt, requests"),
              "%s", err.msg);
}

Test(stored, a_baseline_without_a_common_name_is_refused)
{
    bool is;
    struct fa_condition condition = {"wall", false, 1.05};
    struct fa_result_of now = {.comparison = contest.comparison};
    cr_assert_eq(fa_stored_add(&stored, write_json("old.json"), &err), 0);
    for (size_t i = 0; i < 3; ++i)
        snprintf(contest.contestants[i].name, sizeof(contest.contestants[i].name), "other");
    cr_expect_eq(fa_condition_check(&condition, &now, 1, stored.results, 1, stderr, &is, &err), -1);
}

Test(stored, other_tools_get_every_run)
{
    struct fa_result_of now = {.comparison = contest.comparison};
    const char *file = fa_scratch_path(&scratch, "out");
    cr_assert_eq(fa_export_benchstat(file, &now, 1, &err), 0);
    char *text = contents(file);
    cr_expect_eq(strncmp(text, "BenchmarkFetch/thread_-j_32\t1\t", 30), 0, "%s", text);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); ++at)
        ++lines;
    cr_expect_eq(lines, 15);
    cr_expect(strstr(text, " ns/op\t2000000000 cpu-ns/op\t20971520 peak-bytes\n"));
    free(text);
    cr_assert_eq(fa_export_hyperfine(file, &now, 1, &err), 0);
    text = contents(file);
    cr_expect(strstr(text, "\"stddev\"") && strstr(text, "\"times\"") &&
              strstr(text, "\"exit_codes\""));
    free(text);
}
