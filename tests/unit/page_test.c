#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/compare/markup.h"
#include "cli/compare/page.h"
#include "cli/compare/picks.h"
#include "cli/compare/plot.h"
#include "cli/compare/program.h"
#include "cli/compare/race.h"
#include "cli/compare/svg.h"
#include "support/compared.h"
#include "support/process.h"
#include "support/run.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static struct fa_compared compared;
static char *page_text; /* the last page */
static char *markup;    /* the last markup */

static void set_up(void)
{
    fa_scratch_init(&scratch);
}

static void tear_down(void)
{
    free(page_text);
    free(markup);
    fa_compared_fini(&compared);
    fa_scratch_fini(&scratch);
}

TestSuite(page, .init = set_up, .fini = tear_down, .timeout = 120);

/* The test's gnuplot is found first; NULL: there is no gnuplot at all. */
static void use_gnuplot(const char *script)
{
    const char *bin = fa_scratch_mkdir(&scratch, "bin");
    if (!script) {
        setenv("PATH", bin, 1);
        return;
    }
    const char *file = fa_scratch_write(&scratch, "bin/gnuplot", script);
    cr_assert_eq(chmod(file, 0700), 0);
    char path[4096];
    snprintf(path, sizeof(path), "%s:%s", bin, getenv("PATH"));
    setenv("PATH", path, 1);
}

/* The page is well-formed XML: every element is closed, every text is escaped. */
static void check_form(const char *page)
{
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "xmllint"}, "--noout", page, NULL);
    cr_assert_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
}

/* The page of what is compared, checked. */
static const char *page_of(void)
{
    struct fa_error err = {0};
    const char *file = fa_scratch_path(&scratch, "page.html");
    cr_assert_eq(fa_page_write(file, &compared.comparison, &compared.verdict, &err), 0, "%s",
                 err.msg);
    const char *path = getenv("PATH");
    char *saved = path ? strdup(path) : NULL;
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    check_form(file);
    setenv("PATH", saved ? saved : "", 1);
    free(saved);
    page_text = fa_file_read(file, NULL);
    return page_text;
}

static void expect(const char *page, const char *text)
{
    cr_expect(strstr(page, text), "'%s' is not in the page", text);
}

static void expect_not(const char *page, const char *text)
{
    cr_expect_not(strstr(page, text), "'%s' is in the page", text);
}

static size_t count_of(const char *page, const char *text)
{
    size_t count = 0;
    for (; (page = strstr(page, text)); page += strlen(text))
        ++count;
    return count;
}

static const char *markup_of(const char *text)
{
    size_t len = 0;
    free(markup);
    markup = NULL;
    FILE *out = open_memstream(&markup, &len);
    fa_markup_text(out, text);
    fclose(out);
    return markup;
}

Test(page, text_is_escaped)
{
    cr_expect_str_eq(markup_of("a <b> & \"c\" 'd' \xc3\xa9"),
                     "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; \xc3\xa9");
    cr_expect_str_eq(markup_of("\x1b[31m\n\x7f"), "\\x1b[31m\\x0a\\x7f");
    cr_expect_str_eq(markup_of("\xff<\xc3"), "\\xff&lt;\\xc3");
    cr_expect_str_eq(markup_of("\xe2\x80\xae"), "\\xe2\\x80\\xae"); /* writes backwards */
    cr_expect_str_eq(markup_of(""), "");
}

Test(page, measures_have_units_and_three_digits)
{
    char buf[FA_MARKUP_MAX];
    cr_expect_str_eq(fa_markup_seconds(0.0004213, buf), "0.42 ms");
    cr_expect_str_eq(fa_markup_seconds(0.1234, buf), "123 ms");
    cr_expect_str_eq(fa_markup_seconds(0.9996, buf), "1.00 s");
    cr_expect_str_eq(fa_markup_seconds(12.345, buf), "12.3 s");
    cr_expect_str_eq(fa_markup_seconds(1234.5, buf), "1234 s");
    cr_expect_str_eq(fa_markup_seconds(0, buf), "0.00 s");
    cr_expect_str_eq(fa_markup_seconds(NAN, buf), "not measured");
    cr_expect_str_eq(fa_markup_estimate(&(struct fa_estimate){1.234, 1.2, 1.312}, buf),
                     "1.23 s (1.20 to 1.31)");
    cr_expect_str_eq(fa_markup_estimate(&(struct fa_estimate){0.95, 0.9, 1.1}, buf),
                     "950 ms (900 to 1100)");
    cr_expect_str_eq(fa_markup_estimate(&(struct fa_estimate){1.234, NAN, NAN}, buf), "1.23 s");
    cr_expect_str_eq(fa_markup_estimate(&(struct fa_estimate){NAN, NAN, NAN}, buf), "not measured");
    cr_expect_str_eq(fa_markup_ratio(&(struct fa_estimate){1.5, 1.4, 1.666}, buf),
                     "1.50 (1.40 to 1.67)");
    cr_expect_str_eq(fa_markup_count(1234567.4, buf), "1,234,567");
    cr_expect_str_eq(fa_markup_count(999, buf), "999");
    cr_expect_str_eq(fa_markup_count((double)FA_UNMEASURED, buf), "not measured");
    cr_expect_str_eq(fa_markup_number(12.345, buf), "12.3");
    cr_expect_str_eq(fa_markup_number(12345.6, buf), "12,346");
    cr_expect_str_eq(fa_markup_rate(1536, buf), "1.5 KiB/s");
    cr_expect_str_eq(fa_markup_share(0, buf), "0 %");
    cr_expect_str_eq(fa_markup_share(0.0001, buf), "below 0.1 %");
    cr_expect_str_eq(fa_markup_share(0.0123, buf), "1.2 %");
    cr_expect_str_eq(fa_markup_share(0.5, buf), "50 %");
}

Test(page, the_verdict_comes_first_with_its_command_line)
{
    fa_compared_init(&compared, 3, 5);
    const char *page = page_of();
    expect(page, "<h2>Use async -j 32</h2>");
    expect(page, "needs half of its CPU time");
    expect(page, "<pre><code>fetchall --cacert ca.pem -m async -j 32 urls.txt</code></pre>");
    cr_expect_lt(strstr(page, "Use async"), strstr(page, "<table>"));
    expect(page, "2 cores of an AMD EPYC");
    expect(page, "400 entries of 12,000, from 3 origins, 96.0 MiB");
    expect(page, "<dt>Requests, the warm-up included</dt><dd>7,200</dd>");
    expect(page, "1.80 s (1.75 to 1.89)");
    expect(page, "Nothing failed.");
}

Test(page, it_names_nothing_outside_of_itself_and_runs_nothing)
{
    fa_compared_init(&compared, 3, 5);
    const char *page = page_of();
    expect_not(page, "http:");
    expect_not(page, "https:");
    expect_not(page, "<script");
    expect_not(page, "<link");
    expect_not(page, "url(");
    expect_not(page, "@import");
    expect_not(page, " src=");
    expect(page, "default-src 'none'");
    expect(page, "<html lang=\"en\">");
    expect(page, "width=device-width");
    expect(page, "prefers-color-scheme:dark");
}

Test(page, what_the_user_named_is_text_and_never_markup)
{
    fa_compared_init(&compared, 2, 3);
    compared.comparison.title = "<script>alert(1)</script>&\"'\x1b]0;x\x07\xff";
    compared.comparison.list = "'</code><script>&\"'";
    compared.comparison.command = "fetchall -A '<b>'";
    const char *page = page_of();
    expect_not(page, "<script");
    expect_not(page, "<b>");
    expect(page, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;\\x1b]0;x\\x07\\xff");
    expect(page, "&#39;&lt;/code&gt;&lt;script&gt;&amp;&quot;&#39;");
}

Test(page, without_gnuplot_there_are_tables_and_a_hint)
{
    fa_compared_init(&compared, 3, 5);
    use_gnuplot(NULL);
    const char *page = page_of();
    expect(page, "apt install gnuplot-nox");
    expect_not(page, "<svg");
    expect_not(page, "<figure");
    cr_expect_eq(count_of(page, "<table>"), 4);
}

Test(page, plots_are_drawn_in_the_colours_of_the_page)
{
    fa_compared_init(&compared, 3, 5);
    const char *page = page_of();
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 5);
    cr_expect_eq(count_of(page, "role=\"img\""), 5);
    cr_expect_eq(count_of(page, "id=\"wall-gpPt5\""), 1);
    cr_expect_eq(count_of(page, "id=\"cpu-gpPt5\""), 1);
    expect(page, "href=\"#wall-gpPt5\"");
    expect(page, "var(--c1)");
    expect(page, "var(--c3)");
    expect(page, "var(--grid)");
    expect_not(page, "rgb(");
    expect_not(page, "fill=\"black\"");
    expect_not(page, "var(--c4)\" fill");
    expect(page, "async -j 32: 1.80 s</text>");
}

Test(page, no_name_is_run_by_gnuplot)
{
    fa_compared_init(&compared, 2, 3);
    const char *made = fa_scratch_path(&scratch, "made");
    snprintf(compared.contestants[0].name, sizeof(compared.contestants[0].name),
             "'`touch %s`\"$(x)\\<b>&\n%%s", made);
    const char *page = page_of();
    cr_expect_neq(access(made, F_OK), 0);
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 5);
    expect_not(page, "<b>");
    expect_not(page, "This plot is missing");
}

Test(page, a_gnuplot_that_fails_costs_only_its_plots)
{
    fa_compared_init(&compared, 2, 3);
    use_gnuplot("#!/bin/sh\nif grep -q MiB/s; then echo 'set <foo>' >&2; echo 'line 3: no & way' "
                ">&2; exit 1; fi\necho '<svg viewBox=\"0 0 1 1\"></svg>'\n");
    const char *page = page_of();
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 4);
    expect(page, "This plot is missing: gnuplot says: line 3: no &amp; way.");
}

static bool is_gone(void *arg)
{
    const int *pid = arg;
    return !fa_process_alive(*pid);
}

Test(page, a_gnuplot_that_hangs_is_ended_with_its_children)
{
    char *svg = NULL;
    struct fa_error err = {0};
    const char *told = fa_scratch_path(&scratch, "pids");
    char script[4200];
    snprintf(script, sizeof(script), "#!/bin/sh\nsleep 1000 &\necho $$ $! > %s\nwait\n", told);
    use_gnuplot(script);
    double began = fa_now();
    cr_assert_eq(fa_plot_run("x", 1, &svg, &err), -1);
    cr_expect_lt(fa_now() - began, 10 + fa_timeout(10));
    cr_expect_null(svg);
    cr_expect(strstr(err.msg, "10 s"), "%s", err.msg);
    cr_expect_not(fa_plot_missing(&err));
    int pids[2] = {0};
    char *text = fa_file_read(told, NULL);
    cr_assert_eq(sscanf(text, "%d %d", &pids[0], &pids[1]), 2);
    free(text);
    cr_expect_not(fa_process_alive(pids[0]));
    /* Not a child of the test: it was killed, and disappears a moment later. */
    cr_expect(fa_wait_until(is_gone, &pids[1], 5));
}

Test(page, a_gnuplot_that_never_stops_writing_fills_no_memory)
{
    char *svg = NULL;
    struct fa_error err = {0};
    use_gnuplot("#!/bin/sh\nexec yes\n");
    double began = fa_now();
    cr_assert_eq(fa_plot_run("x", 1, &svg, &err), -1);
    cr_expect_lt(fa_now() - began, fa_timeout(9), "it was not the limit that ended it");
    cr_expect_neq(err.class, FA_CLASS_NONE);
}

Test(page, a_gnuplot_that_dies_is_reported)
{
    char *svg = NULL;
    struct fa_error err = {0};
    use_gnuplot("#!/bin/sh\nkill -SEGV $$\n");
    cr_assert_eq(fa_plot_run("x", 1, &svg, &err), -1);
    cr_expect_str_eq(err.msg, "gnuplot died by signal 11");
    use_gnuplot("#!/bin/sh\nexit 3\n");
    cr_assert_eq(fa_plot_run("x", 1, &svg, &err), -1);
    cr_expect_str_eq(err.msg, "gnuplot drew nothing, and ended with status 3");
}

Test(page, only_what_plots_are_made_of_is_taken_over)
{
    static const char *const bad[] = {
        "",
        "no svg",
        "<svg>",
        "<svg viewBox='0 0 1 1'><script>alert(1)</script></svg>",
        "<svg><g><image href='x'/></g></svg>",
        "<svg><g></svg>",
        "<svg></g></svg>",
        "<svg><path d='M0,0></svg>",
        "<svg><path d=M0></svg>",
        "<svg><g",
        "<svg><title>",
        "<svg><!-- ",
        "<svg></svg><svg></svg>",
        "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>",
        "<svg><text>\xff</text></svg>",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        struct fa_error err = {0};
        cr_expect_null(fa_svg_adopt(bad[i], "x", "x", &err), "%s", bad[i]);
        cr_expect_eq(err.class, FA_CLASS_LOCAL_IO, "%s", bad[i]);
    }
    struct fa_error err = {0};
    char *svg = fa_svg_adopt("<?xml version='1.0'?><svg width='9' onload='x()' viewBox=\"0 0 1 1\">"
                             "<!-- c --><title>t</title><filter><feFlood/></filter>"
                             "<g id='a' onclick='x()' style='color:red' fill = 'rgb(  1,   2,   9)'"
                             " stroke='rgb(1,2,10)' color='rgb( 1, 3, 0)'>"
                             "<use xlink:href='#a'/><use href='other.svg#a'/>"
                             "<text fill='black'>a &amp; b &lt; > \"</text>\n</g></svg>",
                             "w", "l<", &err);
    cr_assert_not_null(svg, "%s", err.msg);
    cr_expect_str_eq(
        svg, "<svg class=\"plot w\" role=\"img\" aria-label=\"l&lt;\" "
             "viewBox=\"0 0 1 1\"><g id=\"w-a\" fill=\"var(--c9)\" "
             "stroke=\"currentColor\" color=\"var(--grid)\"><use href=\"#w-a\"></use><use></use>"
             "<text fill=\"currentColor\">a &amp; b &lt; &gt; &quot;</text></g></svg>\n");
    free(svg);
}

Test(page, what_was_not_measured_is_no_number)
{
    fa_compared_init(&compared, 3, 3);
    fa_compared_unmeasure(&compared);
    const char *page = page_of();
    expect(page, "<abbr title=\"not measured\">");
    expect_not(page, "nan");
    expect_not(page, "18446744");
    expect_not(page, "18,446");
    expect_not(page, "<h2>Latency</h2>");
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 1);
    expect_not(page, "This plot is missing");
}

Test(page, one_contestant_is_enough)
{
    fa_compared_init(&compared, 1, 1);
    const char *page = page_of();
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 5);
    expect_not(page, "This plot is missing");
}

Test(page, nine_contestants_have_nine_colours)
{
    fa_compared_init(&compared, 9, 5);
    const char *page = page_of();
    for (unsigned i = 1; i <= 9; ++i) {
        char text[32];
        snprintf(text, sizeof(text), "color=\"var(--c%u)\"", i);
        expect(page, text);
        snprintf(text, sizeof(text), "\"swatch c%u\"", i);
        expect(page, text);
    }
    expect_not(page, "This plot is missing");
}

Test(page, with_more_than_nine_it_says_whose_throughput_is_drawn)
{
    fa_compared_init(&compared, 12, 3);
    const char *page = page_of();
    expect(page, "Only the first 9 of 12 are drawn.");
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 6);
}

/* The values of an option are in their order, with auto last; the recommended one has a ring, and
 * a program without the option is not drawn. */
Test(page, the_time_over_the_values_of_an_option_is_drawn)
{
    static const struct fa_program curl = {"curl", 4, "curl", true};
    fa_compared_init(&compared, 4, 5);
    for (size_t i = 0; i < 4; ++i) {
        compared.contestants[i].mode = FA_MODE_ASYNC;
        compared.contestants[i].jobs = 64;
    }
    compared.contestants[0].per_host = FA_PICK_AUTO;
    compared.contestants[1].per_host = 16;
    compared.contestants[2].per_host = 4;
    compared.contestants[3].program = &curl;
    const char *page = page_of();
    const char *sweep = strstr(page, "<h3>Time over the values of an option</h3>");
    cr_assert_not_null(sweep);
    const char *four = strstr(sweep, ">4</text>"), *sixteen = strstr(sweep, ">16</text>");
    const char *found = strstr(sweep, ">auto</text>");
    cr_assert(four && sixteen && found);
    cr_expect(four < sixteen && sixteen < found);
    cr_expect_null(strstr(found + 1, ">auto</text>"));
    expect(page, ">--per-host</text>");
}

Test(page, failing_ones_come_last_and_are_no_winners)
{
    fa_compared_init(&compared, 3, 5);
    fa_compared_fail(&compared, 0, 0.25);
    compared.verdict.best = 1;
    const char *page = page_of();
    expect(page, "<h2>Use thread -j 32</h2>");
    expect(page, "<td>failing</td>");
    expect(page, "<td>25 %</td>");
    expect(page, "<th scope=\"col\">timeout</th><th scope=\"col\">http</th>");
    expect(page, "<td>500</td><td>250</td><td>250</td>");
    expect(page, "async -j 32: 1.80 s, failing</text>");
    cr_expect_lt(strstr(page, "<span>thread</span> <span>-j 32</span>"),
                 strstr(page, "<span>async</span> <span>-j 32</span>"));
}

Test(page, without_a_conclusion_there_is_no_command_line)
{
    fa_compared_init(&compared, 3, 5);
    compared.verdict.concluded = false;
    compared.verdict.drifted = true;
    compared.verdict.drift = 1.43;
    compared.comparison.rounds_wanted = 7;
    const char *page = page_of();
    expect(page, "<h2>No conclusion</h2>");
    expect(page, "the last rounds took 1.43 times as long as the first");
    expect(page, "5 of 7 rounds were run");
    expect_not(page, "<pre>");
    expect_not(page, "<td>slower</td>");
    expect_not(page, "<td>to use</td>");
}

Test(page, the_cpu_stage_shows_files_and_no_requests)
{
    fa_compared_init(&compared, 3, 5);
    fa_compared_stage(&compared);
    const char *page = page_of();
    expect(page, "How to hash the files of photos");
    expect(page, "fetchall --cacert ca.pem --hash-with inline photos");
    expect_not(page, "Requests, the warm-up included");
    expect_not(page, "<h2>Latency</h2>");
    cr_expect_eq(count_of(page, "<svg class=\"plot "), 3);
}

Test(page, nothing_that_ended_still_makes_a_page)
{
    fa_compared_init(&compared, 2, 1);
    fa_compared_unmeasure(&compared);
    for (size_t i = 0; i < 2; ++i) {
        compared.contestants[i].n_trials = 0;
        compared.standings[i].wall = compared.standings[i].ratio =
            (struct fa_estimate){NAN, NAN, NAN};
        compared.standings[i].files_per_second = compared.standings[i].bytes_per_second = NAN;
        compared.standings[i].failed = NAN;
        free(compared.contestants[i].trials[0].moments);
    }
    compared.verdict.concluded = false;
    compared.comparison.rounds = 0;
    compared.comparison.title = NULL;
    const char *page = page_of();
    expect(page, "No conclusion");
    expect_not(page, "nan");
    expect_not(page, "<svg");
    expect_not(page, "This plot is missing");
}

Test(page, it_replaces_a_file_as_a_whole_and_says_why_it_could_not)
{
    struct fa_error err = {0};
    fa_compared_init(&compared, 1, 1);
    use_gnuplot(NULL);
    const char *file = fa_scratch_write(&scratch, "old/page.html", "old");
    const char *link = fa_scratch_path(&scratch, "link.html");
    cr_assert_eq(symlink(file, link), 0);
    cr_assert_eq(fa_page_write(link, &compared.comparison, &compared.verdict, &err), 0);
    struct stat st;
    cr_assert_eq(lstat(link, &st), 0);
    cr_expect(S_ISLNK(st.st_mode));
    char *text = fa_file_read(file, NULL);
    expect(text, "</html>");
    free(text);

    const char *bad = fa_scratch_path(&scratch, "none/page.html");
    cr_assert_eq(fa_page_write(bad, &compared.comparison, &compared.verdict, &err), -1);
    cr_expect(strstr(err.msg, "cannot create the page '") && strstr(err.msg, "No such file"), "%s",
              err.msg);
    cr_assert_eq(fa_page_write("/dev/full", &compared.comparison, &compared.verdict, &err), -1);
    cr_expect(strstr(err.msg, "No space left"), "%s", err.msg);
    cr_assert_eq(fa_page_write("/dev/null", &compared.comparison, &compared.verdict, &err), 0);
}

/* Eight settings, of which two went on, and one of these to the final. */
static struct fa_race *race_of(void)
{
    struct fa_race *race = calloc(1, sizeof(*race));
    char name[32];
    for (unsigned i = 0; i < 8; ++i) {
        snprintf(name, sizeof(name), "async --per-host %u", 1U << i);
        fa_race_add(race, i ? name : compared.contestants[0].name, 0, 1U << i, 0);
        race->entrants[i].runs[0].seconds = 4.0 / (i + 1);
        race->entrants[i].fate = FA_RACE_SLOWER;
    }
    race->samples[0] = 40;
    race->samples[1] = 120;
    race->entrants[0].runs[1].seconds = 6;
    race->entrants[0].fate = FA_RACE_FINAL;
    race->entrants[7].runs[1].seconds = 1.2;
    race->entrants[7].fate = FA_RACE_REFUSED;
    return race;
}

Test(page, the_heats_of_a_race_are_drawn)
{
    fa_compared_init(&compared, 2, 3);
    struct fa_race *race = race_of();
    compared.comparison.race = race;
    const char *page = page_of();
    expect(page, "<h2>Race</h2>");
    expect(page, "class=\"plot race\"");
    expect(page, ">async --per-host 128: refused (429, 503)</text>");
    expect(page, ">milliseconds for each entry, logarithmic</text>");
    free(page_text);
    /* A setting alone has nothing to race with. */
    race->n = 1;
    expect_not(page_of(), "class=\"plot race\"");
    free(race);
}
