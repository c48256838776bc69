/*
 * The page contains texts from outside: the names of lists, URLs, messages of servers.  All of them
 * are written by fa_markup_text(), and a Content-Security-Policy forbids scripts and requests
 * besides.
 *
 * Plots are drawn before the file is opened: gnuplot may take seconds, and a page that cannot be
 * written completely is never published (cli/whole.h).
 *
 * The page is one file without references, so that it can be mailed and archived.  It is
 * well-formed XML too, so that any XML parser can check it.
 */
#include "cli/compare/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <fetchall/version.h>

#include "cli/compare/contestant.h"
#include "cli/compare/markup.h"
#include "cli/compare/page_plots.h"
#include "cli/compare/page_style.h"
#include "cli/compare/page_tables.h"
#include "cli/compare/race_show.h"
#include "cli/whole.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *text_or(const char *text, const char *instead)
{
    return text && *text ? text : instead;
}

/* The Content-Security-Policy keeps a browser from fetching anything, should a text get
 * unescaped. */
static void page_put_head(FILE *out, const struct fa_comparison *comparison)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>",
          out);
    fa_markup_text(out, text_or(comparison->title, "?"));
    fputs(" \xe2\x80\x93 fetchall compare</title>\n<style>\n", out);
    fputs(fa_page_style, out);
    fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void page_put_header(FILE *out, const struct fa_comparison *comparison)
{
    fprintf(out, "<header>\n<h1>%s ",
            comparison->stage ? "How to hash the files of" : "How to fetch");
    fa_markup_text(out, text_or(comparison->title, "?"));
    fputs("</h1>\n<p class=\"meta\">Measured by <code>fetchall compare</code>", out);
    if (*comparison->when) {
        fputs(", <time>", out);
        fa_markup_text(out, comparison->when);
        fputs("</time>", out);
    }
    fputs("</p>\n</header>\n", out);
}

static void page_put_command(FILE *out, const struct fa_comparison *comparison,
                             const struct fa_contestant *contestant)
{
    char *command = fa_contestant_command(contestant, comparison);
    if (!command)
        return;
    fputs("<pre><code>", out);
    fa_markup_text(out, command);
    fputs("</code></pre>\n", out);
    free(command);
    if (comparison->redacted && !contestant->program)
        fputs("<p>*** stands for what is secret, and is to be filled in.</p>\n", out);
}

/* Warnings that a reader must see before the numbers. */
static void page_put_warnings(FILE *out, const struct fa_view *view)
{
    const struct fa_comparison *comparison = view->comparison;
    if (comparison->rounds < comparison->rounds_wanted)
        fprintf(out, "<p class=\"warn\">It was ended early: %u of %u rounds were run.</p>\n",
                comparison->rounds, comparison->rounds_wanted);
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_contestant *one = &comparison->contestants[i];
        if (!one->wrong[0])
            continue;
        fprintf(out, "<p class=\"warn\">%s is wrong, and not ranked: ", one->name);
        fa_markup_text(out, one->wrong);
        fputs(".</p>\n", out);
    }
}

/* The answer comes first; everything below supports it. */
static void page_put_verdict(FILE *out, const struct fa_view *view)
{
    const struct fa_verdict *verdict = view->verdict;
    bool concluded = verdict->concluded && verdict->best < view->count;
    fprintf(out, "<section class=\"verdict%s\">\n<h2>", concluded ? "" : " none");
    if (concluded) {
        fputs(view->comparison->contestants[verdict->best].defaults ? "Use the " : "Use ", out);
        fa_markup_text(out, view->comparison->contestants[verdict->best].name);
    } else {
        fputs("No conclusion", out);
    }
    fputs("</h2>\n<p>", out);
    fa_markup_text(out, verdict->reason);
    fputs("</p>\n", out);
    page_put_warnings(out, view);
    /* Without a conclusion no command is shown, as it would look like a recommendation. */
    if (concluded)
        page_put_command(out, view->comparison, &view->comparison->contestants[verdict->best]);
    fputs("</section>\n", out);
}

static void page_put_race(FILE *out, const struct fa_view *view, const struct fa_page_plots *plots)
{
    static const enum fa_chart race[] = {FA_CHART_RACE};
    fputs("<section>\n<h2>Race</h2>\n", out);
    fa_race_show_page(out, view->comparison->race);
    fa_page_plots_put(plots, view, out, race, COUNT(race));
    fputs("</section>\n", out);
}

static void page_put_results(FILE *out, const struct fa_view *view,
                             const struct fa_page_plots *plots)
{
    static const enum fa_chart speed[] = {FA_CHART_WALL, FA_CHART_SWEEP, FA_CHART_FLOW};
    static const enum fa_chart cost[] = {FA_CHART_CPU, FA_CHART_MEMORY};
    static const enum fa_chart latency[] = {FA_CHART_LATENCY};
    fputs("<section>\n<h2>Speed</h2>\n", out);
    fa_page_tables_speed(out, view);
    if (plots->missing)
        fputs("<p class=\"note\">The plots are missing, because gnuplot is not installed "
              "(apt install gnuplot-nox). What they show is in the tables, but for the "
              "throughput over time.</p>\n",
              out);
    fa_page_plots_put(plots, view, out, speed, COUNT(speed));
    fputs("</section>\n<section>\n<h2>Cost</h2>\n", out);
    fa_page_tables_cost(out, view);
    fa_page_plots_put(plots, view, out, cost, COUNT(cost));
    fputs("</section>\n", out);
    if (fa_page_tables_has_latency(view)) {
        fputs("<section>\n<h2>Latency</h2>\n", out);
        fa_page_tables_latency(out, view);
        fa_page_plots_put(plots, view, out, latency, COUNT(latency));
        fputs("</section>\n", out);
    }
    fputs("<section>\n<h2>Failures</h2>\n", out);
    fa_page_tables_failures(out, view);
    fputs("</section>\n", out);
}

static void page_put_term(FILE *out, const char *term, const char *text)
{
    fprintf(out, "<dt>%s</dt><dd>", term);
    fa_markup_text(out, text);
    fputs("</dd>\n", out);
}

static const char *count_text(uint64_t count, char buf[FA_MARKUP_MAX])
{
    return fa_markup_count((double)count, buf);
}

static void page_put_sample(FILE *out, const struct fa_comparison *comparison)
{
    char entries[FA_MARKUP_MAX], listed[FA_MARKUP_MAX], bytes[FA_MARKUP_MAX];
    char origins[FA_MARKUP_MAX], text[5 * FA_MARKUP_MAX];
    bool one = comparison->listed == 1, part = comparison->entries < comparison->listed;
    const char *things = comparison->stage ? one ? "file" : "files" : one ? "entry" : "entries";
    const char *whole = part || one ? "" : "all ";
    int n = snprintf(text, sizeof(text), "%s%s %s", whole, count_text(comparison->entries, entries),
                     things);
    if (part)
        n += snprintf(text + n, sizeof(text) - (size_t)n, " of %s",
                      count_text(comparison->listed, listed));
    if (!comparison->stage)
        n +=
            snprintf(text + n, sizeof(text) - (size_t)n, ", from %s origin%s",
                     count_text(comparison->origins, origins), comparison->origins == 1 ? "" : "s");
    snprintf(text + n, sizeof(text) - (size_t)n, ", %s%s",
             fa_markup_bytes((double)comparison->bytes, bytes),
             comparison->asked == FA_ASKED_FRESH ? ", other entries in each run" : "");
    page_put_term(out, "Sample", text);
}

static void page_put_drift(FILE *out, const struct fa_verdict *verdict)
{
    char buf[FA_MARKUP_MAX], text[2 * FA_MARKUP_MAX];
    snprintf(text, sizeof(text), "the last rounds took %s times as long as the first",
             fa_markup_number(verdict->drift, buf));
    /* A factor within the noise would be read as a finding. */
    if (!verdict->drifted || !isfinite(verdict->drift))
        snprintf(text, sizeof(text), "none that is larger than the noise");
    page_put_term(out, "Drift", text);
}

static void page_put_method(FILE *out, const struct fa_view *view)
{
    const struct fa_comparison *comparison = view->comparison;
    char buf[FA_MARKUP_MAX], text[2 * FA_MARKUP_MAX], cost[FA_RACE_COST_MAX];
    fputs("<section>\n<h2>How it was measured</h2>\n<dl>\n", out);
    page_put_term(out, "Machine", text_or(comparison->machine, "not known"));
    page_put_term(out, "When", text_or(comparison->when, "not known"));
    page_put_term(out, comparison->stage ? "Files" : "List", text_or(comparison->title, "?"));
    page_put_sample(out, comparison);
    snprintf(text, sizeof(text), "%u of %u, after one for warming up that is not counted",
             comparison->rounds, comparison->rounds_wanted);
    page_put_term(out, "Rounds", text);
    page_put_term(out, "Order",
                  "each contestant once a round, in an order that is random and balanced");
    page_put_drift(out, view->verdict);
    if (!comparison->stage)
        page_put_term(out,
                      comparison->asked == FA_ASKED_AGAIN ? "Requests"
                                                          : "Requests, the warm-up included",
                      count_text(comparison->requests, buf));
    if (comparison->race)
        page_put_term(out, "Asked", fa_race_show_cost(comparison, cost));
    page_put_term(out, "Ratio", "wall time to that of the fastest in the same round");
    page_put_term(out, "Version", fa_version());
    fputs("</dl>\n<details>\n<summary>All trials</summary>\n", out);
    fa_page_tables_trials(out, view);
    fputs("</details>\n</section>\n", out);
}

static void page_put_all(FILE *out, const struct fa_view *view, const struct fa_page_plots *plots)
{
    page_put_head(out, view->comparison);
    page_put_header(out, view->comparison);
    page_put_verdict(out, view);
    if (view->comparison->race)
        page_put_race(out, view, plots);
    page_put_results(out, view, plots);
    page_put_method(out, view);
    fputs("</main>\n</body>\n</html>", out);
}

/* In memory first: of a write by stdio that fails in the middle, the reason is lost.  NULL: no
 * memory. */
static char *page_make(const struct fa_view *view, const struct fa_page_plots *plots)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    page_put_all(out, view, plots);
    bool whole = !ferror(out);
    if (fclose(out) == 0 && whole)
        return text;
    free(text);
    return NULL;
}

int fa_page_write(const char *file, const struct fa_comparison *comparison,
                  const struct fa_verdict *verdict, struct fa_error *err)
{
    struct fa_view view;
    struct fa_page_plots plots;
    struct fa_whole whole;
    if (fa_view_init(&view, comparison, verdict)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot write the page '%s'", file);
        return -1;
    }
    fa_page_plots_init(&plots, &view);
    int rc = fa_whole_open(&whole, "page", file, err);
    if (rc == 0) {
        rc = fa_output_text(&whole.output, page_make(&view, &plots), err);
        rc = fa_whole_end(&whole, rc, err);
    }
    fa_page_plots_fini(&plots);
    fa_view_fini(&view);
    return rc;
}
