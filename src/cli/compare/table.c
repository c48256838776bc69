/*
 * Prints the result for people: a table of medians with intervals, failures, the cost of isolation,
 * and the verdict.
 *
 * Everything fits the width of the terminal, since a broken table is hard to read: the grid is
 * split, and paragraphs are wrapped at spaces.  Text from outside is escaped before its width is
 * counted, as an escaped character is wider.
 */
#include "cli/compare/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/contestant.h"
#include "cli/compare/grid.h"
#include "cli/compare/measure.h"
#include "cli/compare/race_show.h"
#include "cli/term.h"
#include "cli/units.h"

/* Space for a paragraph before it is wrapped. */
#define TEXT_MAX 2048

/* Print words, wrapped to the width of the terminal where possible. */
static void table_put_wrapped(const struct fa_grid *grid, const char *text, unsigned indent)
{
    char safe[4 * TEXT_MAX];
    fa_term_escape(text, safe, sizeof(safe));
    unsigned at = 0;
    for (char *rest = NULL, *word = strtok_r(safe, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        unsigned width = fa_term_width(word);
        if (at > 0 && at + 1 + width > grid->columns) {
            fputc('\n', grid->out);
            at = 0;
        }
        unsigned blanks = at == 0 ? indent : 1;
        fprintf(grid->out, "%*s%s", (int)blanks, "", word);
        at += blanks + width;
    }
    fputc('\n', grid->out);
}

static void table_put_title(const struct fa_grid *grid)
{
    const char *title = grid->comparison->title;
    char *line = NULL;
    if (asprintf(&line, "Comparison of %s", title ? title : "-") < 0)
        return;
    size_t size = fa_term_escape(line, NULL, 0) + 1;
    char *safe = malloc(size);
    if (safe) {
        fa_term_escape(line, safe, size);
        fa_term_cut(safe, grid->columns);
        fa_grid_paint(grid, FA_PAINT_HEAD);
        fputs(safe, grid->out);
        fa_grid_paint(grid, FA_PAINT_PLAIN);
        fputc('\n', grid->out);
    }
    free(safe);
    free(line);
}

static void table_put_sample(const struct fa_grid *grid)
{
    const struct fa_comparison *c = grid->comparison;
    char line[TEXT_MAX], bytes[FA_UNITS_MAX];
    int len = snprintf(line, sizeof(line), "%llu", (unsigned long long)c->entries);
    if (!c->stage && c->listed > c->entries)
        len += snprintf(line + len, sizeof(line) - (size_t)len, " of %llu",
                        (unsigned long long)c->listed);
    len += snprintf(line + len, sizeof(line) - (size_t)len, " %s%s, %s",
                    c->stage         ? "file"
                    : c->listed == 1 ? "entry"
                                     : "entries",
                    c->stage ? fa_units_plural(c->entries) : "",
                    fa_units_bytes((double)c->bytes, bytes));
    if (!c->stage && c->origins > 0)
        len += snprintf(line + len, sizeof(line) - (size_t)len, ", %llu host%s",
                        (unsigned long long)c->origins, fa_units_plural(c->origins));
    if (c->asked == FA_ASKED_FRESH)
        len += snprintf(line + len, sizeof(line) - (size_t)len, ", other entries in each run");
    len += snprintf(line + len, sizeof(line) - (size_t)len, "; %u", c->rounds);
    if (c->rounds_wanted > c->rounds)
        len += snprintf(line + len, sizeof(line) - (size_t)len, " of %u", c->rounds_wanted);
    len += snprintf(line + len, sizeof(line) - (size_t)len, " round%s",
                    c->rounds == 1 && c->rounds_wanted <= 1 ? "" : "s");
    if (!c->stage && c->requests > 0)
        snprintf(line + len, sizeof(line) - (size_t)len, "; %llu request%s%s",
                 (unsigned long long)c->requests, fa_units_plural(c->requests),
                 c->asked == FA_ASKED_AGAIN ? "" : ", the warm-up included");
    table_put_wrapped(grid, line, 0);
    if (c->machine[0]) {
        snprintf(line, sizeof(line), "%s%s%s", c->machine, c->when[0] ? "; " : "", c->when);
        table_put_wrapped(grid, line, 0);
    }
}

/* Failures. */

struct fails {
    uint64_t entries, failed, classes[FA_CLASSES];
    unsigned trials, broken;
    int status; /* exit status of a broken one */
};

static struct fails table_count_fails(const struct fa_grid *grid, size_t contestant)
{
    struct fails fails = {0};
    const struct fa_contestant *one = &grid->comparison->contestants[contestant];
    for (size_t i = 0; i < one->n_trials; ++i) {
        const struct fa_trial *trial = &one->trials[i];
        /* Rounds that count, as in the verdict: both must report the same failures. */
        if (trial->round >= grid->comparison->rounds)
            continue;
        ++fails.trials;
        fails.entries += trial->entries;
        fails.failed += trial->failed;
        for (unsigned class = 0; class < FA_CLASSES; ++class)
            fails.classes[class] += trial->failures[class];
        if (fa_verdict_broken(trial)) {
            ++fails.broken;
            fails.status = trial->status;
        }
    }
    return fails;
}

static void table_put_fails(const struct fa_grid *grid, size_t contestant,
                            const struct fails *fails)
{
    char line[TEXT_MAX], share[FA_UNITS_MAX];
    int len = snprintf(line, sizeof(line), "%s:", grid->comparison->contestants[contestant].name);
    if (fails->failed > 0) {
        len += snprintf(
            line + len, sizeof(line) - (size_t)len, " %llu of %llu %s (%s %%)",
            (unsigned long long)fails->failed, (unsigned long long)fails->entries,
            fails->entries == 1 ? "entry" : "entries",
            fa_units_number(100 * (double)fails->failed / (double)fails->entries, 2, share));
        const char *glue = ": ";
        for (unsigned class = 0; class < FA_CLASSES; ++class) {
            if (!fails->classes[class])
                continue;
            len += snprintf(line + len, sizeof(line) - (size_t)len, "%s%s %llu", glue,
                            fa_class_name((enum fa_class) class),
                            (unsigned long long)fails->classes[class]);
            glue = ", ";
        }
    }
    if (fails->broken > 0) {
        bool killed = fails->status >= 128;
        snprintf(line + len, sizeof(line) - (size_t)len, "%s %u of %u run%s ended %s %d",
                 fails->failed > 0 ? ";" : "", fails->broken, fails->trials,
                 fa_units_plural(fails->trials), killed ? "by signal" : "with status",
                 killed ? fails->status - 128 : fails->status);
    }
    table_put_wrapped(grid, line, 2);
}

/* Programs whose files are not those of fetchall. */
static void table_put_wrong(const struct fa_grid *grid)
{
    bool noted = false;
    for (size_t row = 0; row < grid->comparison->n_contestants; ++row) {
        const struct fa_contestant *one = &grid->comparison->contestants[grid->order[row]];
        char line[TEXT_MAX];
        if (!one->wrong[0])
            continue;
        if (!noted)
            fputs("\nWrong, and not ranked:\n", grid->out);
        noted = true;
        snprintf(line, sizeof(line), "%s: %s", one->name, one->wrong);
        table_put_wrapped(grid, line, 2);
    }
}

static void table_put_failures(const struct fa_grid *grid)
{
    bool noted = false;
    for (size_t row = 0; row < grid->comparison->n_contestants; ++row) {
        struct fails fails = table_count_fails(grid, grid->order[row]);
        if (fails.failed == 0 && fails.broken == 0)
            continue;
        if (!noted)
            fputs("\nFailed, in all rounds:\n", grid->out);
        noted = true;
        table_put_fails(grid, grid->order[row], &fails);
    }
}

/* The cost of isolation: processes compared with the other models of the CPU stage. */

/* Isolation is usually a few percent, which a ratio such as 1.03 hides. */
static double percent(double ratio)
{
    return 100 * (ratio - 1);
}

static bool table_put_isolation_pair(const struct fa_grid *grid, size_t process, size_t other,
                                     bool first)
{
    const struct fa_comparison *comparison = grid->comparison;
    struct fa_ratio both;
    char line[TEXT_MAX];
    if (fa_measure_ratio(comparison, process, other, fa_measure_wall, 2, &both) != 0 ||
        isnan(both.shown.low))
        return false;
    const struct fa_estimate *ratio = &both.shown;
    if (first)
        fputs("\nWhat isolation costs, in time:\n", grid->out);
    snprintf(line, sizeof(line), "%s against %s: %+.1f %% (%+.1f %% to %+.1f %%)%s",
             comparison->contestants[process].name, comparison->contestants[other].name,
             percent(ratio->median), percent(ratio->low), percent(ratio->high),
             ratio->low <= 1 && ratio->high >= 1 ? ", not larger than the noise" : "");
    table_put_wrapped(grid, line, 2);
    return true;
}

static void table_put_isolation(const struct fa_grid *grid)
{
    const struct fa_comparison *comparison = grid->comparison;
    bool noted = false;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_contestant *process = &comparison->contestants[i];
        if (process->hash_with != FA_HASH_WITH_PROCESS ||
            grid->verdict->standings[i].rank == FA_RANK_FAILING)
            continue;
        for (size_t j = 0; j < comparison->n_contestants; ++j) {
            const struct fa_contestant *other = &comparison->contestants[j];
            /* Compare threads with the same number of processes; inline has no number. */
            if (other->hash_with == FA_HASH_WITH_INLINE ||
                (other->hash_with == FA_HASH_WITH_THREAD && other->jobs == process->jobs))
                if (grid->verdict->standings[j].rank != FA_RANK_FAILING)
                    noted |= table_put_isolation_pair(grid, i, j, !noted);
        }
    }
}

/* The conclusion. */

static void table_put_command(const struct fa_grid *grid)
{
    const struct fa_comparison *comparison = grid->comparison;
    const struct fa_contestant *best = &comparison->contestants[grid->verdict->best];
    char *command = fa_contestant_command(best, comparison);
    if (!command)
        return;
    fputs("\n  ", grid->out);
    fa_grid_paint(grid, FA_PAINT_BEST);
    fa_term_put(grid->out, command);
    fa_grid_paint(grid, FA_PAINT_PLAIN);
    fputc('\n', grid->out);
    free(command);
    if (comparison->redacted && !best->program)
        table_put_wrapped(grid, "(*** stands for what is secret, and is to be filled in)", 2);
}

/* Whether one contestant is ranked above another: the recommended one first, then by time, and
 * failing ones last, whose time means nothing. */
static bool standing_is_above(const struct fa_standing_of *a, const struct fa_standing_of *b)
{
    if ((a->rank == FA_RANK_FAILING) != (b->rank == FA_RANK_FAILING))
        return b->rank == FA_RANK_FAILING;
    if ((a->rank == FA_RANK_BEST) != (b->rank == FA_RANK_BEST))
        return a->rank == FA_RANK_BEST;
    return a->wall.median < b->wall.median || (!isnan(a->wall.median) && isnan(b->wall.median));
}

/* Insertion sort: equal ones keep their order. */
static void order_sort(const struct fa_verdict *verdict, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        size_t at = i;
        for (; at > 0 &&
               standing_is_above(&verdict->standings[i], &verdict->standings[order[at - 1]]);
             --at)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

void fa_table_print(FILE *out, const struct fa_comparison *comparison,
                    const struct fa_verdict *verdict, unsigned columns, bool color)
{
    size_t *order = calloc(comparison->n_contestants + 1, sizeof(*order));
    struct fa_grid grid = {out, comparison, verdict, order, columns, color};
    table_put_title(&grid);
    table_put_sample(&grid);
    /* Without memory for the order, the verdict is still printed. */
    if (order && comparison->rounds > 0) {
        order_sort(verdict, order, comparison->n_contestants);
        fa_grid_print(&grid);
        table_put_failures(&grid);
        table_put_wrong(&grid);
        /* Under drift a ratio is not trusted, here as in the verdict. */
        if (comparison->stage && !verdict->drifted)
            table_put_isolation(&grid);
    }
    if (comparison->race)
        fa_race_show_text(out, comparison->race);
    fputc('\n', out);
    table_put_wrapped(&grid, verdict->reason, 0);
    if (verdict->concluded)
        table_put_command(&grid);
    if (comparison->race) {
        char cost[FA_RACE_COST_MAX];
        fputc('\n', out);
        table_put_wrapped(&grid, fa_race_show_cost(comparison, cost), 0);
    }
    free(order);
}
