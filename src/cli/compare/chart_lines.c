/*
 * Line charts: latency, and throughput over time.
 *
 * Latencies are marks on a line.  Their axis becomes logarithmic where the tail would press
 * everything else to the left, and on such an axis the length of a bar means nothing.
 *
 * Throughput is the difference of received bytes between the ends of equal bins.  The bins are
 * those of the longest trial, so that all lines have the same resolution.  Colour, dashes and point
 * shapes differ together, for people who cannot distinguish colours.
 */
#include "cli/compare/chart_parts.h"

#include <math.h>

#define ROW         66 /* pixels, of a contestant's latencies */
#define LABEL_Y     0.32
#define TTFB_Y      0.02 /* below the row's middle */
#define TOTAL_Y     0.28
#define KEY_GAP     6
#define KEY_SHOWN   52 /* characters of a name */
#define FIRST_POINT 4  /* from there on there are nine shapes */
#define FLOW_HEIGHT 200
#define FLOW_LEFT   44
#define BINS        48
#define MIB         1048576.0

/* Use a logarithmic axis if the largest value is this many times the smallest. */
#define LOG_FROM 20

struct span {
    double least, largest;
};

static void span_widen(struct span *span, const struct fa_latency *latency)
{
    if (fa_chart_has_latency(latency)) {
        span->least = fmin(span->least, latency->p50);
        span->largest = fmax(span->largest, latency->p99);
    }
}

static struct span lines_span_of(const struct fa_view *view)
{
    struct span span = {.least = INFINITY};
    for (size_t i = 0; i < view->count; ++i) {
        span_widen(&span, &fa_chart_standing(view, i)->ttfb);
        span_widen(&span, &fa_chart_standing(view, i)->total);
    }
    return span;
}

/* A line of data: p50 y p95 p99 color. */
static void lines_put_latency(FILE *out, size_t row, double below, const struct fa_latency *latency,
                              double scale, int color)
{
    if (fa_chart_has_latency(latency))
        fprintf(out, "%g %g %g %g %d\n", latency->p50 * scale, -below - (double)row,
                latency->p95 * scale, latency->p99 * scale, color);
}

static void lines_put_latencies(FILE *out, const struct fa_view *view, double scale)
{
    fputs("$latencies << EOD\n", out);
    for (size_t row = 0; row < view->count; ++row) {
        size_t i = view->order[row];
        const struct fa_standing_of *standing = fa_chart_standing(view, i);
        lines_put_latency(out, row, TTFB_Y, &standing->ttfb, scale, fa_chart_rgb(i));
        lines_put_latency(out, row, TOTAL_Y, &standing->total, scale, fa_chart_rgb(i));
    }
    fputs("EOD\n", out);
}

static void lines_put_latency_labels(FILE *out, const struct fa_view *view, size_t row)
{
    const struct fa_standing_of *standing = fa_chart_standing(view, view->order[row]);
    fa_chart_put_label(out, view, row, LABEL_Y, "");
    if (fa_chart_has_latency(&standing->ttfb))
        fprintf(out, "set label 'first byte' at graph 1.02, first %.2f left\n",
                -TTFB_Y - (double)row);
    if (fa_chart_has_latency(&standing->total))
        fprintf(out, "set label 'whole' at graph 1.02, first %.2f left\n", -TOTAL_Y - (double)row);
}

void fa_chart_put_latency(FILE *out, const struct fa_view *view)
{
    struct span span = lines_span_of(view);
    fa_chart_begin_rows(out, view, ROW, 86);
    bool wide = span.largest > LOG_FROM * span.least;
    double scale = fa_chart_time_axis(out, span.largest, wide ? ", logarithmic" : "");
    if (wide)
        fprintf(out, "set logscale x\nset xrange [%g:%g]\n", span.least * scale / 1.5,
                span.largest * scale * 1.3);
    else
        fprintf(out, "set xrange [0:%g]\n", span.largest * scale * 1.05);
    lines_put_latencies(out, view, scale);
    for (size_t row = 0; row < view->count; ++row)
        lines_put_latency_labels(out, view, row);
    /* The points are separate plots, because each has a shape of its own: disk, square,
     * triangle. */
    fputs("plot $latencies using 1:2:($4-$1):(0):5 with vectors nohead lw 2 lc rgb variable,"
          " $latencies using 1:2:5 with points pt 7 ps 0.8 lc rgb variable,"
          " $latencies using 3:2:5 with points pt 5 ps 0.7 lc rgb variable,"
          " $latencies using 4:2:5 with points pt 9 ps 0.9 lc rgb variable\n",
          out);
}

/* Bytes received by some time: interpolated linearly. */
static double trial_bytes_at(const struct fa_trial *trial, double time)
{
    double t = 0, bytes = 0;
    for (size_t i = 0; i < trial->n_moments; ++i) {
        const struct fa_moment *moment = &trial->moments[i];
        /* Two moments at the same time would divide by 0. */
        if (moment->time >= time && moment->time > t)
            return bytes + ((double)moment->bytes - bytes) * (time - t) / (moment->time - t);
        t = moment->time;
        bytes = (double)moment->bytes;
    }
    return bytes;
}

/* The contestants whose throughput is drawn, in order. */
struct flows {
    size_t i[FA_CHART_FLOWS_MAX];
    size_t count;
    double bin; /* seconds */
};

static struct flows flows_of(const struct fa_view *view)
{
    struct flows flows = {0};
    double longest = 0;
    for (size_t row = 0; row < view->count && flows.count < FA_CHART_FLOWS_MAX; ++row) {
        const struct fa_trial *trial = fa_chart_flow_of(view, view->order[row]);
        if (trial) {
            flows.i[flows.count++] = view->order[row];
            longest = fmax(longest, trial->wall);
        }
    }
    /* The last bin of a shorter trial is cut at its end, see lines_put_flow(). */
    flows.bin = longest / BINS;
    return flows;
}

/* The middle of each bin and its rate; zero at the end of the trial. */
static void lines_put_flow(FILE *out, const struct fa_trial *trial, double bin, double scale)
{
    for (unsigned i = 0; i < BINS; ++i) {
        double t = i * bin;
        double width = fmin(bin, trial->wall - t);
        /* A short rest of a bin would give a rate of few events, which is mostly noise. */
        if (width < bin / 2)
            break;
        double rate = (trial_bytes_at(trial, t + width) - trial_bytes_at(trial, t)) / width;
        fprintf(out, "%g %g\n", (t + width / 2) * scale, rate / MIB);
    }
    fprintf(out, "%g 0\n", trial->wall * scale);
}

static void lines_put_key(FILE *out, const struct fa_view *view, const struct flows *flows,
                          unsigned height)
{
    char name[FA_CHART_NAME_MAX];
    for (size_t i = 0; i < flows->count; ++i) {
        double y = FA_CHART_KEY * ((double)(flows->count - i) - 0.5) / height;
        int color = fa_chart_rgb(flows->i[i]);
        fa_chart_put_key(out, i, flows->count, height, color,
                         fa_chart_name(view, flows->i[i], KEY_SHOWN, name));
        fprintf(out, "set label '' at screen 0.06, screen %.4f point pt %zu ps 0.6 lc rgb %d\n", y,
                i + FIRST_POINT, color);
    }
}

void fa_chart_put_flow(FILE *out, const struct fa_view *view)
{
    struct flows flows = flows_of(view);
    unsigned below = FA_CHART_AXIS + KEY_GAP + FA_CHART_KEY * (unsigned)flows.count;
    fa_chart_begin(out, FLOW_HEIGHT, FLOW_LEFT, 18, below);
    double scale = fa_chart_time_axis(out, flows.bin * BINS, "");
    fprintf(out,
            "set xrange [0:%g]\nset yrange [0:*]\n"
            "set label 'MiB/s' at graph 0.01, graph 0.96 left\n",
            flows.bin * BINS * scale);
    lines_put_key(out, view, &flows, FLOW_HEIGHT + below);
    for (size_t i = 0; i < flows.count; ++i) {
        fprintf(out, "$flow%zu << EOD\n", i);
        lines_put_flow(out, fa_chart_flow_of(view, flows.i[i]), flows.bin, scale);
        fputs("EOD\n", out);
    }
    for (size_t i = 0; i < flows.count; ++i)
        fprintf(out,
                "%s $flow%zu using 1:2 with linespoints lw 2 lc rgb %d dt %zu pt %zu ps 0.6"
                " pointinterval 8",
                i ? "," : "plot", i, fa_chart_rgb(flows.i[i]), i % FA_CHART_DASHES + 1,
                i + FIRST_POINT);
    fputc('\n', out);
}
