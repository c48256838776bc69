#include "cli/compare/table.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/contestant.h"
#include "cli/term.h"
#include "support/contest.h"

static struct contest contest;

static void utf8_locale(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(table, .init = utf8_locale);

/* The table as it would be printed; freed with the process. */
static char *judged_text_of(const struct fa_verdict *verdict, unsigned columns, bool color)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fa_table_print(out, &contest.comparison, verdict, columns, color);
    fclose(out);
    if (getenv("FA_SHOW"))
        fprintf(stderr, "%s\n", text);
    return text;
}

static char *text_of(unsigned columns, bool color)
{
    struct fa_verdict verdict;
    cr_assert_eq(fa_verdict_init(&verdict, &contest.comparison), 0);
    char *text = judged_text_of(&verdict, columns, color);
    fa_verdict_fini(&verdict);
    return text;
}

static void make_clear_winner(void)
{
    contest_init(&contest, 3, 5);
    contest_slow(&contest, 2, 0.5);
    contest_slow(&contest, 1, 1.5);
    contest_noise(&contest, 0.02, 4);
}

static size_t place_of(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    cr_assert(at, "no '%s' in:\n%s", part, text);
    return (size_t)(at - text);
}

Test(table, rows_are_sorted_from_the_best_to_the_slowest)
{
    make_clear_winner();
    char *text = text_of(80, false);
    size_t async = place_of(text, "\nasync -j 32    use");
    size_t thread = place_of(text, "\nthread -j 32   slower");
    size_t process = place_of(text, "\nprocess -j 32  slower");
    cr_assert(async < thread && thread < process, "%s", text);
    place_of(text, "Comparison of list.txt\n");
    place_of(text, "100 of 1000 entries, 1.0 MiB, 3 hosts; 5 rounds; 1800 requests, the warm-up\n"
                   "included\n");
    place_of(text, "files/s");
    place_of(text, "20.0 MiB");
    place_of(text, "TTFB p50");
    place_of(text, "100 ms");
}

/* What servers refuse in few rounds is not hidden by a median. */
Test(table, shows_what_servers_were_asked_and_what_entries_waited)
{
    make_clear_winner();
    char *text = text_of(80, false);
    place_of(text, "due p50     p95     p99  requests  refused  cached\n");
    place_of(text, "5.00 s  9.00 s  9.90 s       120     5.00    25 %\n");
    place_of(text, "  RTT  resent  reordered\n");
    place_of(text, "20 ms    1.00       12.0\n");
}

Test(table, a_group_of_columns_is_not_broken_if_it_fits_a_line)
{
    make_clear_winner();
    place_of(text_of(80, false), "TTFB p50     p95     p99  total p50     p95     p99\n");
    char *text = text_of(60, false);
    place_of(text, "TTFB p50     p95     p99\n");
    place_of(text, "total p50     p95     p99\n");
    place_of(text_of(120, false), "data/s     CPU    memory  threads  procs  switches\n");
}

Test(table, bars_are_as_long_as_the_times)
{
    contest_init(&contest, 2, 5);
    contest_slow(&contest, 0, 2);
    contest.contestants[0].name[0] = 'T';
    char *text = text_of(80, false);
    size_t fast = strspn(strchr(text, '#'), "#");
    char *slow_row = strstr(text, "\nThread");
    cr_assert_not_null(slow_row, "%s", text);
    size_t slow = strspn(strchr(slow_row, '#'), "#");
    cr_assert(slow + 1 >= 2 * fast && slow <= 2 * fast + 1, "%zu and %zu: %s", fast, slow, text);
}

Test(table, the_command_line_is_on_a_line_of_its_own)
{
    make_clear_winner();
    for (unsigned columns = 40; columns <= 200; columns += 40) {
        char *text = text_of(columns, false);
        const char *last = "\n  fetchall --cacert ca.pem -m async -j 32 list.txt\n";
        cr_assert_str_eq(text + strlen(text) - strlen(last), last, "%s", text);
    }
}

Test(table, a_command_line_with_something_left_out_is_not_to_be_pasted)
{
    make_clear_winner();
    contest.comparison.redacted = true;
    place_of(text_of(80, false), "list.txt\n  (*** stands for what is secret, and is to be filled "
                                 "in)\n");
}

Test(table, no_line_is_wider_than_the_terminal_or_ends_in_a_space)
{
    for (size_t n = 1; n <= CONTESTANTS_MAX; ++n) {
        contest_init(&contest, n, 5);
        contest_slow(&contest, 0, 3);
        contest_noise(&contest, 0.05, 5);
        contest.trials[0][0].failed = 3;
        contest.trials[0][0].failures[FA_CLASS_TIMEOUT] = 3;
        contest.comparison.command = "fetchall";
        struct fa_verdict verdict;
        cr_assert_eq(fa_verdict_init(&verdict, &contest.comparison), 0);
        for (unsigned columns = 40; columns <= 200; ++columns) {
            char *text = judged_text_of(&verdict, columns, false), *rest = NULL;
            for (char *line = strtok_r(text, "\n", &rest); line;
                 line = strtok_r(NULL, "\n", &rest)) {
                cr_assert(fa_term_width(line) <= columns, "%u columns: %s", columns, line);
                cr_assert_neq(line[strlen(line) - 1], ' ', "%u columns: '%s'", columns, line);
            }
            free(text);
        }
        fa_verdict_fini(&verdict);
    }
}

Test(table, colors_come_only_if_asked_for)
{
    make_clear_winner();
    cr_assert_null(strchr(text_of(80, false), '\033'));
    place_of(text_of(80, true), "\033[1;32masync -j 32\033[0m");
}

Test(table, failing_contestants_are_last_with_what_failed)
{
    make_clear_winner();
    for (unsigned round = 0; round < 5; ++round) {
        contest.trials[2][round].failed = 10;
        contest.trials[2][round].failures[FA_CLASS_TIMEOUT] = 9;
        contest.trials[2][round].failures[FA_CLASS_CONNECT] = 1;
    }
    contest.trials[1][3].status = 139;
    char *text = text_of(80, false);
    cr_assert(place_of(text, "\nthread -j 32") < place_of(text, "\nasync -j 32    fails "));
    place_of(text, "  async -j 32: 50 of 500 entries (10 %): connect 5, timeout 45\n");
    place_of(text, "  process -j 32: 1 of 5 runs ended by signal 11\n");
}

Test(table, shares_have_no_exponent_and_one_is_not_many)
{
    contest_init(&contest, 3, 1);
    contest.comparison.entries = contest.comparison.listed = 1;
    contest.comparison.origins = contest.comparison.requests = 1;
    for (size_t i = 0; i < 3; ++i) {
        contest.trials[i][0].entries = contest.trials[i][0].failed = 1;
        contest.trials[i][0].failures[FA_CLASS_CONNECT] = 1;
    }
    contest.trials[0][0].status = 139;
    char *text = text_of(80, false);
    place_of(text, "1 entry, 1.0 MiB, 1 host; 1 round; 1 request, the warm-up included\n");
    place_of(text, "  async -j 32: 1 of 1 entry (100 %): connect 1\n");
    place_of(text, "1 of 1 run ended by signal 11\n");
}

Test(table, text_of_the_user_is_escaped)
{
    make_clear_winner();
    contest.comparison.title = "\x1b[31mlist\n";
    contest.comparison.list = "'\x1b]0;owned\a'";
    char *text = text_of(80, false);
    cr_assert_null(strpbrk(text, "\x1b\a"));
    place_of(text, "Comparison of \\x1b[31mlist\\x0a\n");
    place_of(text, "'\\x1b]0;owned\\x07'\n");
}

Test(table, what_was_not_measured_has_no_column)
{
    make_clear_winner();
    for (size_t i = 0; i < 3; ++i)
        for (unsigned round = 0; round < 5; ++round) {
            contest.trials[i][round].ttfb = (struct fa_latency){NAN, NAN, NAN};
            contest.trials[i][round].peak_pss = FA_UNMEASURED;
        }
    char *text = text_of(80, false);
    cr_assert_null(strstr(text, "TTFB"));
    cr_assert_null(strstr(text, "memory"));
    cr_assert_null(strstr(text, "nan"));
    place_of(text, "total p50");
}

Test(table, nothing_concluded_names_no_command)
{
    contest_init(&contest, 3, 2);
    char *text = text_of(80, false);
    cr_assert_null(strstr(text, "fetchall --cacert"));
    place_of(text, "Only 2 rounds were ended");
    contest_init(&contest, 0, 0);
    place_of(text_of(80, false), "Nothing was run.");
    contest_init(&contest, 3, 0);
    contest.comparison.title = NULL;
    place_of(text_of(40, false), "No round was ended");
}

Test(table, the_cpu_stage_shows_what_isolation_costs)
{
    static const enum fa_hash_with models[] = {FA_HASH_WITH_THREAD, FA_HASH_WITH_PROCESS,
                                               FA_HASH_WITH_INLINE};
    static const char *const names[] = {"thread", "process", "inline"};
    contest_init(&contest, 3, 5);
    contest.comparison.stage = true;
    for (size_t i = 0; i < 3; ++i) {
        struct fa_contestant *one = &contest.contestants[i];
        one->hash_with = models[i];
        one->jobs = 2;
        snprintf(one->name, sizeof(one->name), "%s", names[i]);
    }
    contest_slow(&contest, 1, 1.25);
    contest_slow(&contest, 2, 2);
    char *text = text_of(80, false);
    place_of(text, "What isolation costs, in time:\n"
                   "  process against thread: +25.0 % (+25.0 % to +25.0 %)\n"
                   "  process against inline: -37.5 % (-37.5 % to -37.5 %)\n");
    place_of(text, "\n  fetchall --cacert ca.pem --hash-with thread --hash-jobs 2 list.txt\n");
    contest_slow(&contest, 1, 1 / 1.25);
    contest_noise(&contest, 0.02, 6);
    place_of(text_of(200, false), ", not larger than the noise\n");
}

Test(table, the_options_of_a_contestant_are_whole)
{
    static const struct {
        struct fa_contestant contestant;
        bool stage;
        const char *options;
    } cases[] = {
        {{.jobs = 8, .hash_with = FA_HASH_WITH_AUTO}, false, "-m async -j 8"},
        {{.jobs = 8, .http = FA_HTTP_2, .loops = 1, .hash_with = FA_HASH_WITH_AUTO},
         false,
         "-m async -j 8 --loops 1 --http 2"},
        {{.mode = FA_MODE_THREAD, .jobs = 8, .loops = 1, .hash_with = FA_HASH_WITH_INLINE},
         false,
         "-m thread -j 8 --hash-with inline"},
        {{.jobs = 4, .hash_with = FA_HASH_WITH_PROCESS}, true, "--hash-with process --hash-jobs 4"},
        {{.jobs = 4, .hash_with = FA_HASH_WITH_INLINE}, true, "--hash-with inline"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        char buf[FA_CONTESTANT_OPTIONS_MAX];
        fa_contestant_options(&cases[i].contestant, cases[i].stage, buf);
        cr_assert_str_eq(buf, cases[i].options);
    }
}
