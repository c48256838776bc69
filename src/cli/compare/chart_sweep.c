/*
 * The sweep: time over the values of one option, if it has several.  It shows what a ratio hides:
 * whether the times still fall at the largest value, and how flat they are around the best one.
 *
 * The values are evenly spaced, as they usually double, and auto, which is no number, comes last.
 * Contestants that differ in nothing else are a line.
 */
#include "cli/compare/chart_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/picks.h"

#define HEIGHT   220
#define LEFT     52
#define RIGHT    18
#define KEY_SIZE 40 /* characters of a name */

/* The options with numbers, in the order in which they are chosen. */
enum axis { PER_HOST, SEGMENTS, JOBS, AXES };

static const struct {
    const char *name;
    const char *title; /* of the axis */
} axes[AXES] = {
    {" --per-host ", "--per-host"}, {" --segments ", "--segments"}, {" -j ", "-j (--jobs)"}};

static unsigned axis_value(enum axis axis, const struct fa_contestant *contestant)
{
    return axis == PER_HOST   ? contestant->per_host
           : axis == SEGMENTS ? contestant->segments
                              : contestant->jobs;
}

/* FA_PICK_AUTO and FA_SEGMENTS_AUTO are above all numbers. */
static const char *axis_text(enum axis axis, unsigned value, char buf[FA_PICK_TEXT_MAX])
{
    return axis == PER_HOST ? fa_pick_per_host(value, buf) : fa_pick_segments(value, buf);
}

/* Whether two contestants differ in that option at most. */
static bool contestants_match(enum axis axis, const struct fa_contestant *a,
                              const struct fa_contestant *b)
{
    for (unsigned other = 0; other < AXES; ++other)
        if (other != axis && axis_value((enum axis)other, a) != axis_value((enum axis)other, b))
            return false;
    return a->program == b->program && a->mode == b->mode && a->http == b->http &&
           a->loops == b->loops && a->hash == b->hash && a->hash_with == b->hash_with;
}

/* Whether a contestant has the option, which other programs may not have, and a time. */
static bool sweep_has(const struct fa_view *view, enum axis axis, size_t i)
{
    const struct fa_standing_of *standing = fa_chart_standing(view, i);
    return axis_value(axis, &view->comparison->contestants[i]) > 0 &&
           standing->rank != FA_RANK_FAILING && isfinite(standing->wall.median);
}

struct sweep {
    enum axis axis; /* AXES: none */
    unsigned values[FA_PICKS_MAX];
    size_t n_values;
    size_t lines[FA_CHART_FLOWS_MAX]; /* the first contestant of each */
    size_t n_lines;
};

static int value_by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static size_t sweep_place(const struct sweep *sweep, unsigned value)
{
    size_t at = 0;
    while (at < sweep->n_values && sweep->values[at] != value)
        ++at;
    return at;
}

static void sweep_add(struct sweep *sweep, const struct fa_view *view, size_t i)
{
    const struct fa_contestant *all = view->comparison->contestants;
    unsigned value = axis_value(sweep->axis, &all[i]);
    if (sweep_place(sweep, value) == sweep->n_values && sweep->n_values < FA_PICKS_MAX)
        sweep->values[sweep->n_values++] = value;
    for (size_t line = 0; line < sweep->n_lines; ++line)
        if (contestants_match(sweep->axis, &all[sweep->lines[line]], &all[i]))
            return;
    if (sweep->n_lines < FA_CHART_FLOWS_MAX)
        sweep->lines[sweep->n_lines++] = i;
}

/* The first option with several values. */
static struct sweep sweep_of(const struct fa_view *view)
{
    struct sweep sweep = {0};
    for (unsigned axis = 0; axis < AXES; ++axis) {
        sweep = (struct sweep){.axis = (enum axis)axis};
        for (size_t i = 0; i < view->count && !view->comparison->stage; ++i)
            if (sweep_has(view, sweep.axis, i))
                sweep_add(&sweep, view, i);
        if (sweep.n_values > 1)
            break;
        sweep.axis = AXES;
    }
    qsort(sweep.values, sweep.n_values, sizeof(*sweep.values), value_by_size);
    return sweep;
}

bool fa_chart_has_sweep(const struct fa_view *view)
{
    /* Finalists of a race differ in more than one option. */
    return !view->comparison->race && sweep_of(view).axis != AXES;
}

/* The name of a line: that of a contestant without the option. */
static void sweep_put_key(FILE *out, const struct fa_view *view, const struct sweep *sweep,
                          size_t line, unsigned height)
{
    char name[FA_CHART_NAME_MAX];
    fa_chart_name(view, sweep->lines[line], KEY_SIZE, name);
    char *option = strstr(name, axes[sweep->axis].name);
    if (option) {
        const char *rest = option + strlen(axes[sweep->axis].name);
        rest += strcspn(rest, " ");
        memmove(option, rest, strlen(rest) + 1);
    }
    fa_chart_put_key(out, line, sweep->n_lines, height, fa_chart_rgb(sweep->lines[line]), name);
}

/* Lines of data: the place, the median, and its interval. */
static void sweep_put_line(FILE *out, const struct fa_view *view, const struct sweep *sweep,
                           size_t line, double scale)
{
    const struct fa_contestant *all = view->comparison->contestants;
    fprintf(out, "$sweep%zu << EOD\n", line);
    for (size_t place = 0; place < sweep->n_values; ++place) {
        for (size_t i = 0; i < view->count; ++i) {
            const struct fa_estimate *wall = &fa_chart_standing(view, i)->wall;
            if (!sweep_has(view, sweep->axis, i) ||
                axis_value(sweep->axis, &all[i]) != sweep->values[place] ||
                !contestants_match(sweep->axis, &all[sweep->lines[line]], &all[i]))
                continue;
            double low = isfinite(wall->low) ? wall->low : wall->median;
            double high = isfinite(wall->high) ? wall->high : wall->median;
            fprintf(out, "%zu %g %g %g\n", place, wall->median * scale, low * scale, high * scale);
        }
    }
    fputs("EOD\n", out);
}

static void sweep_put_axis(FILE *out, const struct sweep *sweep)
{
    char text[FA_PICK_TEXT_MAX];
    fprintf(out, "set xlabel '%s' offset 0,0.55\nset xrange [-0.4:%.1f]\nset xtics (",
            axes[sweep->axis].title, (double)sweep->n_values - 0.6);
    for (size_t place = 0; place < sweep->n_values; ++place)
        fprintf(out, "%s'%s' %zu", place ? ", " : "",
                axis_text(sweep->axis, sweep->values[place], text), place);
    fputs(")\n", out);
}

static double sweep_largest(const struct fa_view *view, enum axis axis)
{
    double largest = 0;
    for (size_t i = 0; i < view->count; ++i) {
        const struct fa_estimate *wall = &fa_chart_standing(view, i)->wall;
        if (sweep_has(view, axis, i))
            largest = fmax(largest, fmax(wall->median, wall->high));
    }
    return largest;
}

void fa_chart_put_sweep(FILE *out, const struct fa_view *view)
{
    struct sweep sweep = sweep_of(view);
    const struct fa_verdict *verdict = view->verdict;
    unsigned below = FA_CHART_AXIS + FA_CHART_KEY * (unsigned)sweep.n_lines;
    double largest = sweep_largest(view, sweep.axis), scale = largest < 1 ? 1000 : 1;
    fa_chart_begin(out, HEIGHT, LEFT, RIGHT, below);
    sweep_put_axis(out, &sweep);
    fprintf(out, "set yrange [0:%g]\nset label '%s' at graph 0.01, graph 0.96 left\n",
            1.15 * largest * scale, largest < 1 ? "milliseconds" : "seconds");
    for (size_t line = 0; line < sweep.n_lines; ++line) {
        sweep_put_line(out, view, &sweep, line, scale);
        sweep_put_key(out, view, &sweep, line, HEIGHT + below);
    }
    /* The chosen point has a ring. */
    if (verdict->concluded && sweep_has(view, sweep.axis, verdict->best))
        fprintf(out, "set label '' at %zu, %g point pt 6 ps 2.4 lw 2 lc rgb %d\n",
                sweep_place(&sweep,
                            axis_value(sweep.axis, &view->comparison->contestants[verdict->best])),
                fa_chart_standing(view, verdict->best)->wall.median * scale,
                fa_chart_rgb(verdict->best));
    for (size_t line = 0; line < sweep.n_lines; ++line)
        fprintf(out,
                "%s $sweep%zu using 1:2 with linespoints lw 2 lc rgb %d dt %zu pt 7 ps 0.6, "
                "$sweep%zu using 1:2:3:4 with yerrorbars lw 1 lc rgb %d pt 7 ps 0.6",
                line ? "," : "plot", line, fa_chart_rgb(sweep.lines[line]),
                line % FA_CHART_DASHES + 1, line, fa_chart_rgb(sweep.lines[line]));
    fputc('\n', out);
}
