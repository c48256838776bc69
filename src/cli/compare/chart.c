/*
 * The parts that all charts share: gnuplot scripts with fixed sizes in pixels, so that text and
 * bars line up in the page.
 *
 * Margins are given as shares of the whole.  Otherwise gnuplot derives them from the size of the
 * text, and the height of a row would not be known.
 */
#include "cli/compare/chart.h"

#include <math.h>
#include <string.h>

#include "cli/compare/chart_parts.h"
#include "cli/term.h"

#define TOP        6  /* pixels above the area */
#define LINE_SHOWN 59 /* characters over the whole width */

const char *fa_chart_id(enum fa_chart chart)
{
    static const char *const ids[FA_CHARTS] = {"wall",    "flow",  "cpu", "memory",
                                               "latency", "sweep", "race"};
    return ids[chart];
}

unsigned fa_chart_color(size_t contestant)
{
    return (unsigned)(contestant % FA_SVG_COLORS) + 1;
}

int fa_chart_rgb(size_t contestant)
{
    return FA_SVG_SERIES + (int)fa_chart_color(contestant);
}

const struct fa_standing_of *fa_chart_standing(const struct fa_view *view, size_t i)
{
    return &view->verdict->standings[i];
}

bool fa_chart_has_latency(const struct fa_latency *latency)
{
    /* A logarithmic axis has no 0. */
    return isfinite(latency->p50) && isfinite(latency->p95) && isfinite(latency->p99) &&
           latency->p50 > 0;
}

/* One real trial instead of an average: an average of runs of different length is a curve that no
 * run had.  One moment is not a curve. */
const struct fa_trial *fa_chart_flow_of(const struct fa_view *view, size_t i)
{
    const struct fa_trial *trial = fa_view_typical(&view->comparison->contestants[i], fa_view_wall);
    return trial && trial->n_moments >= 2 && trial->wall > 0 ? trial : NULL;
}

/* User and system must be of the same trial, or the bar would not have the length of their sum. */
const struct fa_trial *fa_chart_cpu_of(const struct fa_view *view, size_t i)
{
    const struct fa_trial *trial = fa_view_typical(&view->comparison->contestants[i], fa_view_cpu);
    return trial && fa_view_cpu(trial) > 0 ? trial : NULL;
}

static bool chart_has_measure(enum fa_chart chart, const struct fa_view *view, size_t i)
{
    const struct fa_standing_of *standing = fa_chart_standing(view, i);
    switch (chart) {
    case FA_CHART_WALL:
        return isfinite(standing->wall.median) && standing->wall.median > 0;
    case FA_CHART_FLOW:
        return fa_chart_flow_of(view, i) != NULL;
    case FA_CHART_CPU:
        return fa_chart_cpu_of(view, i) != NULL;
    case FA_CHART_MEMORY:
        return isfinite(standing->peak_pss) && standing->peak_pss > 0;
    default:
        return fa_chart_has_latency(&standing->ttfb) || fa_chart_has_latency(&standing->total);
    }
}

bool fa_chart_has(enum fa_chart chart, const struct fa_view *view)
{
    if (chart == FA_CHART_SWEEP)
        return fa_chart_has_sweep(view);
    if (chart == FA_CHART_RACE)
        return fa_chart_has_race(view);
    for (size_t i = 0; i < view->count; ++i)
        if (chart_has_measure(chart, view, i))
            return true;
    return false;
}

void fa_chart_begin(FILE *out, unsigned height, unsigned left, unsigned right, unsigned below)
{
    /* noenhanced: an underscore in a name is not a subscript.  butt: lines end where the value
     * is. */
    double whole = TOP + height + below;
    fprintf(out,
            "set encoding utf8\n"
            "set terminal svg size %d,%.0f dynamic noenhanced font 'sans-serif,14' butt\n"
            "set border 0\n"
            "set tics nomirror scale 0\n"
            "set grid lt 1 lw 1 lc rgb %d\n"
            "unset key\n",
            FA_CHART_WIDTH, whole, FA_SVG_GRID);
    fprintf(out,
            "set lmargin at screen %.4f\n"
            "set rmargin at screen %.4f\n"
            "set tmargin at screen %.4f\n"
            "set bmargin at screen %.4f\n",
            left / (double)FA_CHART_WIDTH, 1 - right / (double)FA_CHART_WIDTH, 1 - TOP / whole,
            below / whole);
}

void fa_chart_begin_rows(FILE *out, const struct fa_view *view, unsigned row, unsigned right)
{
    fa_chart_begin(out, row * (unsigned)view->count, 6, right, FA_CHART_AXIS);
    /* Rows have negative y, so the first contestant is on top without a reversed axis. */
    fprintf(out, "unset ytics\nset yrange [%.1f:0.5]\n", 0.5 - (double)view->count);
}

void fa_chart_put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; ++text) {
        if (*text == '\'')
            fputs("\xe2\x80\x99", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

const char *fa_chart_name(const struct fa_view *view, size_t i, size_t room,
                          char buf[FA_CHART_NAME_MAX])
{
    char whole[FA_CHART_NAME_MAX];
    size_t len = fa_term_escape(view->comparison->contestants[i].name, whole, sizeof(whole));
    /* Shorten a name in the middle: contestants differ at the front (the mode) and at the end. */
    size_t end = (room - 3) / 2;
    if (len <= room)
        snprintf(buf, FA_CHART_NAME_MAX, "%s", whole);
    else
        snprintf(buf, FA_CHART_NAME_MAX, "%.*s...%s", (int)(room - 3 - end), whole,
                 whole + len - end);
    return buf;
}

void fa_chart_put_label(FILE *out, const struct fa_view *view, size_t row, double y,
                        const char *said)
{
    char name[FA_CHART_NAME_MAX];
    char text[FA_CHART_NAME_MAX + FA_CHART_SAID_MAX];
    char more[FA_CHART_SAID_MAX];
    size_t i = view->order[row];
    bool failing = fa_chart_standing(view, i)->rank == FA_RANK_FAILING;
    snprintf(more, sizeof(more), "%s%s%s", *said ? ": " : "", said, failing ? ", failing" : "");
    /* A long value must not push the name away: at most half of the line is reserved for it. */
    size_t room = LINE_SHOWN - strnlen(more, LINE_SHOWN / 2);
    snprintf(text, sizeof(text), "%s%s", fa_chart_name(view, i, room, name), more);
    fputs("set label ", out);
    fa_chart_put_quoted(out, text);
    fprintf(out, " at graph 0, first %.2f left\n", y - (double)row);
}

void fa_chart_put_key(FILE *out, size_t row, size_t rows, unsigned height, int color,
                      const char *name)
{
    double y = FA_CHART_KEY * ((double)(rows - row) - 0.5) / height;
    fprintf(out,
            "set arrow from screen 0.02, screen %.4f to screen 0.1, screen %.4f nohead "
            "lw 2 lc rgb %d dt %zu\nset label ",
            y, y, color, row % FA_CHART_DASHES + 1);
    fa_chart_put_quoted(out, name);
    fprintf(out, " at screen 0.12, screen %.4f left\n", y);
}

/* One unit for the whole axis, chosen by the largest value, so that bars can be compared. */
double fa_chart_time_axis(FILE *out, double largest, const char *more)
{
    fprintf(out, "set xlabel '%s%s' offset 0,0.55\n", largest < 1 ? "milliseconds" : "seconds",
            more);
    return largest < 1 ? 1000 : 1;
}

void fa_chart_put(enum fa_chart chart, const struct fa_view *view, FILE *out)
{
    static void (*const put[FA_CHARTS])(FILE *, const struct fa_view *) = {
        fa_chart_put_wall,    fa_chart_put_flow,  fa_chart_put_cpu, fa_chart_put_memory,
        fa_chart_put_latency, fa_chart_put_sweep, fa_chart_put_race};
    put[chart](out, view);
}
