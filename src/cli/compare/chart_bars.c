/*
 * Charts with one bar per contestant: wall time, CPU, memory.
 *
 * A row has a label above and a bar below, drawn as a box with corners (boxxyerror): gnuplot has no
 * style for horizontal bars.  All bars begin at 0, since the eye compares their lengths.
 *
 * Data are here-documents ($name << EOD) inside the script, so that no file is needed.
 */
#include "cli/compare/chart_parts.h"

#include <math.h>

#define ROW     47 /* pixels */
#define LABEL_Y 0.19
#define BAR_TOP 0.04 /* below the row's middle */
#define BAR_END 0.38
#define MEAN_Y  0.13
#define DOTS_Y  0.28
#define MIB     1048576.0
#define RIGHT   18   /* space for half of the last number */
#define ROOM    1.02 /* right of the longest bar */

/* x y xlow xhigh ylow yhigh color: the columns of boxxyerror, and one for "lc rgb variable". */
static void bars_put_bar(FILE *out, const struct fa_view *view, size_t row, double from, double to)
{
    double y = -(double)row;
    fprintf(out, "%g %g %g %g %g %g %d\n", to, y - MEAN_Y, from, to, y - BAR_END, y - BAR_TOP,
            fa_chart_rgb(view->order[row]));
}

static void bars_put_x_range(FILE *out, double largest)
{
    fprintf(out, "set xrange [0:%g]\n", largest > 0 ? largest * ROOM : 1);
}

/* The dots of single trials may lie beyond the bar and its interval, and must not be cut off. */
static double bars_largest_wall(const struct fa_view *view)
{
    double largest = 0;
    for (size_t i = 0; i < view->count; ++i) {
        const struct fa_contestant *contestant = &view->comparison->contestants[i];
        const struct fa_estimate *wall = &fa_chart_standing(view, i)->wall;
        largest = fmax(largest, fmax(wall->median, wall->high));
        for (size_t j = 0; j < contestant->n_trials; ++j)
            largest = fmax(largest, contestant->trials[j].wall);
    }
    return largest;
}

static bool bars_has_wall(const struct fa_view *view, size_t row)
{
    return isfinite(fa_chart_standing(view, view->order[row])->wall.median);
}

static void bars_put_trials(FILE *out, const struct fa_view *view, double scale)
{
    fputs("$trials << EOD\n", out);
    for (size_t row = 0; row < view->count; ++row) {
        const struct fa_contestant *contestant = &view->comparison->contestants[view->order[row]];
        for (size_t j = 0; j < contestant->n_trials; ++j)
            if (isfinite(contestant->trials[j].wall))
                fprintf(out, "%g %g\n", contestant->trials[j].wall * scale, -DOTS_Y - (double)row);
    }
    fputs("EOD\n", out);
}

/* x y xlow xhigh */
static void bars_put_intervals(FILE *out, const struct fa_view *view, double scale)
{
    fputs("$intervals << EOD\n", out);
    for (size_t row = 0; row < view->count; ++row) {
        const struct fa_estimate *wall = &fa_chart_standing(view, view->order[row])->wall;
        /* Without an interval, the error bar shrinks to a point. */
        double low = isfinite(wall->low) ? wall->low : wall->median;
        double high = isfinite(wall->high) ? wall->high : wall->median;
        if (bars_has_wall(view, row))
            fprintf(out, "%g %g %g %g\n", wall->median * scale, -MEAN_Y - (double)row, low * scale,
                    high * scale);
    }
    fputs("EOD\n", out);
}

void fa_chart_put_wall(FILE *out, const struct fa_view *view)
{
    char said[FA_MARKUP_MAX];
    double largest = bars_largest_wall(view);
    fa_chart_begin_rows(out, view, ROW, RIGHT);
    double scale = fa_chart_time_axis(out, largest, "");
    bars_put_x_range(out, largest * scale);
    bars_put_trials(out, view, scale);
    bars_put_intervals(out, view, scale);
    fputs("$bars << EOD\n", out);
    for (size_t row = 0; row < view->count; ++row)
        if (bars_has_wall(view, row))
            bars_put_bar(out, view, row, 0,
                         fa_chart_standing(view, view->order[row])->wall.median * scale);
    fputs("EOD\n", out);
    for (size_t row = 0; row < view->count; ++row)
        fa_chart_put_label(
            out, view, row, LABEL_Y,
            fa_markup_seconds(fa_chart_standing(view, view->order[row])->wall.median, said));
    fputs("set bars 0.8\n"
          "plot $bars using 1:2:3:4:5:6:7 with boxxyerror"
          " fs transparent solid 0.4 noborder lc rgb variable,"
          " $trials using 1:2 with points pt 6 ps 0.45 lw 2 lc rgb 'black',"
          " $intervals using 1:2:3:4 with xerrorbars pt 5 ps 0.4 lw 2 lc rgb 'black'\n",
          out);
}

void fa_chart_put_cpu(FILE *out, const struct fa_view *view)
{
    char said[FA_MARKUP_MAX];
    double largest = 0;
    for (size_t i = 0; i < view->count; ++i) {
        const struct fa_trial *trial = fa_chart_cpu_of(view, i);
        largest = fmax(largest, trial ? fa_view_cpu(trial) : 0);
    }
    fa_chart_begin_rows(out, view, ROW, RIGHT);
    double scale = fa_chart_time_axis(out, largest, "");
    bars_put_x_range(out, largest * scale);
    /* Two data blocks, as gnuplot sets the opacity per plot and not per box. */
    for (int system = 0; system < 2; ++system) {
        fprintf(out, "$%s << EOD\n", system ? "systems" : "users");
        for (size_t row = 0; row < view->count; ++row) {
            const struct fa_trial *trial = fa_chart_cpu_of(view, view->order[row]);
            if (trial)
                bars_put_bar(out, view, row, system ? trial->user * scale : 0,
                             (system ? fa_view_cpu(trial) : trial->user) * scale);
        }
        fputs("EOD\n", out);
    }
    for (size_t row = 0; row < view->count; ++row)
        fa_chart_put_label(
            out, view, row, LABEL_Y,
            fa_markup_seconds(fa_chart_standing(view, view->order[row])->cpu.median, said));
    fputs("plot $users using 1:2:3:4:5:6:7 with boxxyerror"
          " fs transparent solid 0.9 noborder lc rgb variable,"
          " $systems using 1:2:3:4:5:6:7 with boxxyerror"
          " fs transparent solid 0.4 noborder lc rgb variable\n",
          out);
}

void fa_chart_put_memory(FILE *out, const struct fa_view *view)
{
    char said[FA_MARKUP_MAX];
    double largest = 0;
    for (size_t i = 0; i < view->count; ++i)
        largest = fmax(largest, fa_chart_standing(view, i)->peak_pss);
    fa_chart_begin_rows(out, view, ROW, RIGHT);
    fputs("set xlabel 'MiB' offset 0,0.55\n", out);
    bars_put_x_range(out, largest / MIB);
    fputs("$bars << EOD\n", out);
    for (size_t row = 0; row < view->count; ++row) {
        double peak = fa_chart_standing(view, view->order[row])->peak_pss;
        if (isfinite(peak))
            bars_put_bar(out, view, row, 0, peak / MIB);
    }
    fputs("EOD\n", out);
    for (size_t row = 0; row < view->count; ++row)
        fa_chart_put_label(
            out, view, row, LABEL_Y,
            fa_markup_bytes(fa_chart_standing(view, view->order[row])->peak_pss, said));
    fputs("plot $bars using 1:2:3:4:5:6:7 with boxxyerror"
          " fs transparent solid 0.8 noborder lc rgb variable\n",
          out);
}
