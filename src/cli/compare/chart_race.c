/*
 * The race of --tune: a row for each setting that ran, those that went furthest on top.  The heats
 * have samples of different sizes, so their times are shown for each entry: then the two marks of a
 * setting that went on can be compared, and a line joins them.
 */
#include "cli/compare/chart_parts.h"

#include <math.h>
#include <string.h>

#include "cli/compare/race_show.h"
#include "cli/term.h"

#define ROW      36 /* pixels */
#define RIGHT    18
#define LABEL_Y  0.2
#define MARK_Y   0.25 /* below the row's middle */
#define SHOWN    59   /* characters over the whole width */
#define ROWS_MAX 24   /* The others are in the table. */
#define LOG_FROM 8

struct heats {
    const struct fa_race *race;
    size_t order[FA_RACE_ENTRANTS_MAX];
    size_t n; /* rows */
    double least, largest;
};

/* Seconds for each entry; NAN: it did not run. */
static double heat_time(const struct heats *heats, size_t row, unsigned round)
{
    const struct fa_race_entrant *one = &heats->race->entrants[heats->order[row]];
    return heats->race->samples[round] > 0
               ? one->runs[round].seconds / (double)heats->race->samples[round]
               : NAN;
}

static struct heats heats_of(const struct fa_race *race)
{
    struct heats heats = {.race = race, .least = INFINITY};
    heats.n = fa_race_show_order(race, heats.order);
    heats.n = heats.n < ROWS_MAX ? heats.n : ROWS_MAX;
    for (size_t row = 0; row < heats.n; ++row)
        for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round) {
            heats.least = fmin(heats.least, heat_time(&heats, row, round));
            heats.largest = fmax(heats.largest, heat_time(&heats, row, round));
        }
    return heats;
}

bool fa_chart_has_race(const struct fa_view *view)
{
    if (!view->comparison->race)
        return false;
    struct heats heats = heats_of(view->comparison->race);
    return heats.n > 1 && heats.least > 0 && isfinite(heats.largest);
}

/* A finalist has the colour that it has in the other plots; the others have that of text. */
static int race_color(const struct fa_view *view, const struct fa_race_entrant *entrant)
{
    for (size_t i = 0; i < view->count && entrant->fate == FA_RACE_FINAL; ++i)
        if (strcmp(view->comparison->contestants[i].name, entrant->name) == 0)
            return fa_chart_rgb(i);
    return 0;
}

static void race_put_label(FILE *out, const struct heats *heats, size_t row)
{
    const struct fa_race_entrant *one = &heats->race->entrants[heats->order[row]];
    char text[FA_CHART_NAME_MAX + FA_CHART_SAID_MAX], name[FA_CHART_NAME_MAX];
    fa_term_escape(one->name, name, sizeof(name));
    snprintf(text, sizeof(text), "%s: %s", name, fa_race_show_word(one));
    fa_term_cut(text, SHOWN);
    fputs("set label ", out);
    fa_chart_put_quoted(out, text);
    fprintf(out, " at graph 0, first %.2f left\n", LABEL_Y - (double)row);
}

/* x y color of the marks of a heat. */
static void race_put_marks(FILE *out, const struct fa_view *view, const struct heats *heats,
                           unsigned round, double scale)
{
    fprintf(out, "$heat%u << EOD\n", round);
    for (size_t row = 0; row < heats->n; ++row)
        if (isfinite(heat_time(heats, row, round)))
            fprintf(out, "%g %g %d\n", heat_time(heats, row, round) * scale, -MARK_Y - (double)row,
                    race_color(view, &heats->race->entrants[heats->order[row]]));
    fputs("EOD\n", out);
}

/* x y length color of those that went on. */
static void race_put_joins(FILE *out, const struct fa_view *view, const struct heats *heats,
                           double scale)
{
    fputs("$joins << EOD\n", out);
    for (size_t row = 0; row < heats->n; ++row) {
        double from = heat_time(heats, row, 0), to = heat_time(heats, row, 1);
        if (isfinite(from) && isfinite(to))
            fprintf(out, "%g %g %g %d\n", from * scale, -MARK_Y - (double)row, (to - from) * scale,
                    race_color(view, &heats->race->entrants[heats->order[row]]));
    }
    fputs("EOD\n", out);
}

void fa_chart_put_race(FILE *out, const struct fa_view *view)
{
    struct heats heats = heats_of(view->comparison->race);
    bool wide = heats.largest > LOG_FROM * heats.least;
    fa_chart_begin(out, ROW * (unsigned)heats.n, 6, RIGHT, FA_CHART_AXIS);
    fprintf(out, "unset ytics\nset yrange [%.1f:0.5]\n", 0.5 - (double)heats.n);
    double scale = fa_chart_time_axis(out, heats.largest,
                                      wide ? " for each entry, logarithmic" : " for each entry");
    if (wide)
        fprintf(out, "set logscale x\nset xrange [%g:%g]\n", heats.least * scale / 1.5,
                heats.largest * scale * 1.3);
    else
        fprintf(out, "set xrange [0:%g]\n", heats.largest * scale * 1.05);
    race_put_joins(out, view, &heats, scale);
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round)
        race_put_marks(out, view, &heats, round, scale);
    for (size_t row = 0; row < heats.n; ++row)
        race_put_label(out, &heats, row);
    fputs("plot $joins using 1:2:3:(0):4 with vectors nohead lw 2 lc rgb variable,"
          " $heat0 using 1:2:3 with points pt 7 ps 0.8 lc rgb variable,"
          " $heat1 using 1:2:3 with points pt 5 ps 0.7 lc rgb variable\n",
          out);
}
