/*
 * Each plot is drawn by a gnuplot of its own, so that a failure costs only that plot, and its error
 * can be shown in its place.  Without gnuplot the page has tables only.
 *
 * Every plot has a text alternative (aria-label) for readers with a screen
 * reader (WCAG 2.1, 1.1.1).  It names the table that has the same numbers, if there is one.
 */
#include "cli/compare/page_plots.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/compare/markup.h"
#include "cli/compare/plot.h"
#include "cli/compare/svg.h"

/* The heading of each plot. */
static const struct {
    const char *title;
    const char *text;
    const char *label; /* text alternative */
} words[FA_CHARTS] = {
    [FA_CHART_WALL] = {"Wall time",
                       "Bar and square: the median; line across: where it lies with 95 % "
                       "confidence; circles: each trial.",
                       "Bars of the wall time of each contestant; the numbers are in the table "
                       "Speed"},
    [FA_CHART_FLOW] = {"Throughput over time", "Of each contestant's median trial.",
                       "Lines of the throughput over time of each contestant's median trial"},
    [FA_CHART_CPU] = {"CPU time",
                      "Of the whole process tree, in the median trial. Solid: user; pale: system.",
                      "Bars of user and system time of each contestant; the numbers are in the "
                      "table Cost"},
    [FA_CHART_MEMORY] = {"Peak memory",
                         "Of the whole process tree at one time (PSS: shared pages count once).",
                         "Bars of the peak memory of each contestant; the numbers are in the table "
                         "Cost"},
    [FA_CHART_LATENCY] = {"Latency", "Disk: p50; square: p95; triangle: p99.",
                          "Latency of each contestant to the first byte and to the end; the "
                          "numbers are in the table Latency"},
    [FA_CHART_SWEEP] = {"Time over the values of an option",
                        "Median and 95 % interval; a ring: the one to use.",
                        "Lines of the wall time over the values of an option; the numbers are in "
                        "the table Speed"},
    [FA_CHART_RACE] = {"Heats",
                       "Time for each entry. Disk: the first heat; square: the second one, on more "
                       "entries. A line joins those of a setting that went on; finalists have "
                       "their colours of the other plots.",
                       "Times of the settings in the heats of the race; the numbers are in the "
                       "table Race"},
};

static int plots_write_script(enum fa_chart chart, const struct fa_view *view, char **ret_script,
                              size_t *ret_len, struct fa_error *err)
{
    FILE *script = open_memstream(ret_script, ret_len);
    if (script)
        fa_chart_put(chart, view, script);
    if (script && fclose(script) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot hold a plot in memory");
    return -1;
}

static char *plots_draw(enum fa_chart chart, const struct fa_view *view, struct fa_error *err)
{
    char *script = NULL, *drawn = NULL, *svg = NULL;
    size_t len = 0;
    if (plots_write_script(chart, view, &script, &len, err) == 0 &&
        fa_plot_run(script, len, &drawn, err) == 0)
        svg = fa_svg_adopt(drawn, fa_chart_id(chart), words[chart].label, err);
    free(drawn);
    free(script);
    return svg;
}

void fa_page_plots_init(struct fa_page_plots *plots, const struct fa_view *view)
{
    *plots = (struct fa_page_plots){0};
    for (unsigned i = 0; i < FA_CHARTS && !plots->missing; ++i) {
        if (!fa_chart_has((enum fa_chart)i, view))
            continue;
        plots->svg[i] = plots_draw((enum fa_chart)i, view, &plots->errors[i]);
        /* One attempt is enough if gnuplot is not installed: the others would fail in the same
         * way. */
        plots->missing = !plots->svg[i] && fa_plot_missing(&plots->errors[i]);
    }
}

void fa_page_plots_fini(struct fa_page_plots *plots)
{
    for (unsigned i = 0; i < FA_CHARTS; ++i)
        free(plots->svg[i]);
    *plots = (struct fa_page_plots){0};
}

static void plots_put_one(const struct fa_page_plots *plots, const struct fa_view *view, FILE *out,
                          enum fa_chart chart)
{
    fprintf(out, "<figure>\n<figcaption><h3>%s</h3>\n", words[chart].title);
    if (plots->svg[chart]) {
        fprintf(out, "<p>%s", words[chart].text);
        if (chart == FA_CHART_FLOW && view->count > FA_CHART_FLOWS_MAX)
            fprintf(out, " Only the first %d of %zu are drawn.", FA_CHART_FLOWS_MAX, view->count);
        fprintf(out, "</p></figcaption>\n%s", plots->svg[chart]);
    } else {
        fputs("<p class=\"warn\">This plot is missing: ", out);
        fa_markup_text(out, plots->errors[chart].msg);
        fputs(".</p></figcaption>\n", out);
    }
    fputs("</figure>\n", out);
}

void fa_page_plots_put(const struct fa_page_plots *plots, const struct fa_view *view, FILE *out,
                       const enum fa_chart *charts, size_t count)
{
    bool open = false;
    for (size_t i = 0; i < count && !plots->missing; ++i) {
        enum fa_chart chart = charts[i];
        /* Neither drawn nor failed: there was nothing measured to show. */
        if (!plots->svg[chart] && plots->errors[chart].domain == FA_DOMAIN_NONE)
            continue;
        if (!open)
            fputs("<div class=\"figures\">\n", out);
        open = true;
        plots_put_one(plots, view, out, chart);
    }
    if (open)
        fputs("</div>\n", out);
}
