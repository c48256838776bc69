#include "cli/compare/sheet.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/contest.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static struct contest contest;
static json_t *root;

static void begin(void)
{
    fa_scratch_init(&scratch);
    contest_init(&contest, 3, 5);
}

static void end(void)
{
    json_decref(root);
    fa_scratch_fini(&scratch);
}

TestSuite(sheet, .init = begin, .fini = end, .timeout = 30);

/* The only comparison of what --json would write. */
static const json_t *write_json(bool judged)
{
    struct fa_result_of result = {.comparison = contest.comparison, .judged = judged};
    const char *file = fa_scratch_path(&scratch, "result.json");
    if (judged)
        cr_assert_eq(fa_verdict_init(&result.verdict, &result.comparison), 0);
    cr_assert_eq(fa_sheet_json(file, &result, 1, 1, 0, NULL), 0);
    if (judged)
        fa_verdict_fini(&result.verdict);
    json_decref(root);
    root = json_load_file(file, 0, NULL);
    cr_assert_not_null(root);
    return json_array_get(json_object_get(root, "comparisons"), 0);
}

static const char *text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    cr_assert_not_null(value, "%s", name);
    return json_is_null(value) ? "null" : json_string_value(value);
}

Test(sheet, the_command_is_there_only_if_something_was_concluded)
{
    const json_t *one = write_json(true);
    cr_expect_str_eq(text(one, "command"), "fetchall --cacert ca.pem");
    cr_expect_str_eq(text(one, "list"), "list.txt");
    cr_expect(json_is_false(json_object_get(one, "redacted")));
    contest.comparison.redacted = true;
    cr_expect(json_is_true(json_object_get(write_json(true), "redacted")));

    contest.comparison.rounds = 2;
    one = write_json(true);
    cr_expect_str_eq(text(one, "command"), "null");
    cr_expect_str_eq(text(one, "list"), "list.txt");
    contest.comparison.rounds = 0;
    one = write_json(false);
    cr_expect_str_eq(text(one, "command"), "null");
    cr_expect(json_is_null(json_object_get(one, "verdict")));
}

/* Names, separated by commas. */
static const char *names(const json_t *array, char *buf, size_t size)
{
    size_t i, used = 0;
    json_t *name;
    buf[0] = '\0';
    cr_assert(json_is_array(array));
    json_array_foreach((json_t *)array, i, name)
    {
        used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "," : "",
                                 json_string_value(name));
    }
    return buf;
}

Test(sheet, the_verdict_names_the_fastest_and_its_equals)
{
    char buf[120];
    contest_slow(&contest, 1, 1.5);
    contest_slow(&contest, 0, 0.99);
    const json_t *verdict = json_object_get(write_json(true), "verdict");
    cr_expect_str_eq(text(verdict, "best"), "async -j 32");
    cr_expect_str_eq(text(verdict, "fastest"), "thread -j 32");
    cr_expect_str_eq(names(json_object_get(verdict, "equal"), buf, sizeof(buf)),
                     "thread -j 32,async -j 32");

    contest.comparison.rounds = 2;
    verdict = json_object_get(write_json(true), "verdict");
    cr_expect_str_eq(text(verdict, "fastest"), "null");
    cr_expect_str_eq(names(json_object_get(verdict, "equal"), buf, sizeof(buf)), "");
}
