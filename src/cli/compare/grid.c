/*
 * A table of many columns on a terminal of any width.  The width of each column is computed first;
 * then lines are filled with groups of columns, and each line repeats the names of the contestants.
 *
 * Columns form groups, as TTFB p50, p95 and p99 mean little apart.  A group moves to the next line
 * as a whole.  Cells without a measure are empty, and trailing spaces are never written, so that a
 * copied table stays clean.
 */
#include "cli/compare/grid.h"

#include <math.h>
#include <string.h>

#include "cli/compare/cell.h"
#include "cli/term.h"

/* Spaces between two cells. */
#define GAP 2

/* Minimum and maximum width of a bar. */
#define BAR_LEAST 10
#define BAR_MOST  60

/* On narrower terminals the names get half of the columns. */
#define NARROW 60

void fa_grid_paint(const struct fa_grid *grid, enum fa_paint paint)
{
    static const char *const codes[] = {[FA_PAINT_PLAIN] = "\033[0m",
                                        [FA_PAINT_BEST] = "\033[1;32m",
                                        [FA_PAINT_FAILING] = "\033[31m",
                                        [FA_PAINT_HEAD] = "\033[1m"};
    if (grid->color)
        fputs(codes[paint], grid->out);
}

/* Cells; an empty one means not measured. */

static double grid_largest_wall(const struct fa_grid *grid)
{
    double largest = 0;
    for (size_t i = 0; i < grid->comparison->n_contestants; ++i)
        largest = fmax(largest, grid->verdict->standings[i].wall.median);
    return largest;
}

/* Times in a column have the same unit, and the same decimals: three or four digits for the
 * largest. */
static void grid_put_wall(const struct fa_grid *grid, double seconds, char buf[FA_CELL_MAX])
{
    double largest = grid_largest_wall(grid);
    double scale = largest < 1 ? 1000 : 1;
    largest *= scale;
    int decimals = largest < 30 ? 2 : largest < 300 ? 1 : 0;
    snprintf(buf, FA_CELL_MAX, "%.*f", decimals, seconds * scale);
}

static const char *grid_wall_head(const struct fa_grid *grid)
{
    return grid_largest_wall(grid) < 1 ? "time, ms" : "time, s";
}

/* The columns, in groups that are kept on a line if they fit; the first is shown with the bars. */

enum kind { RANK, WALL, WALL_INTERVAL, RATIO, RATIO_INTERVAL, VALUE };

struct column {
    const char *head;
    enum kind kind;
    unsigned group;
    size_t offset; /* Of a VALUE in the standing: a double. */
    void (*put)(double value, char buf[FA_CELL_MAX]);
};

#define OF(field) offsetof(struct fa_standing_of, field)

static const struct column table[] = {
    {"", RANK, 0, 0, NULL},
    {"", WALL, 0, 0, NULL},
    {"95 %", WALL_INTERVAL, 0, 0, NULL},
    {"ratio", RATIO, 0, 0, NULL},
    {"95 %", RATIO_INTERVAL, 0, 0, NULL},
    {"files/s", VALUE, 1, OF(files_per_second), fa_cell_rate},
    {"data/s", VALUE, 1, OF(bytes_per_second), fa_cell_speed},
    {"CPU", VALUE, 1, OF(cpu.median), fa_cell_seconds},
    {"memory", VALUE, 1, OF(peak_pss), fa_cell_size},
    {"threads", VALUE, 2, OF(peak_threads), fa_cell_count},
    {"procs", VALUE, 2, OF(peak_processes), fa_cell_count},
    {"switches", VALUE, 2, OF(switches), fa_cell_count},
    {"syscalls", VALUE, 2, OF(calls), fa_cell_count},
    {"TTFB p50", VALUE, 3, OF(ttfb.p50), fa_cell_seconds},
    {"p95", VALUE, 3, OF(ttfb.p95), fa_cell_seconds},
    {"p99", VALUE, 3, OF(ttfb.p99), fa_cell_seconds},
    {"total p50", VALUE, 4, OF(total.p50), fa_cell_seconds},
    {"p95", VALUE, 4, OF(total.p95), fa_cell_seconds},
    {"p99", VALUE, 4, OF(total.p99), fa_cell_seconds},
    {"due p50", VALUE, 5, OF(due.p50), fa_cell_seconds},
    {"p95", VALUE, 5, OF(due.p95), fa_cell_seconds},
    {"p99", VALUE, 5, OF(due.p99), fa_cell_seconds},
    {"requests", VALUE, 6, OF(requests), fa_cell_count},
    {"refused", VALUE, 6, OF(refusals), fa_cell_rate},
    {"cached", VALUE, 6, OF(cached), fa_cell_share},
    {"RTT", VALUE, 7, OF(rtt), fa_cell_seconds},
    {"resent", VALUE, 7, OF(retransmits), fa_cell_rate},
    {"reordered", VALUE, 7, OF(reordered), fa_cell_rate},
};
#define COLUMNS (sizeof(table) / sizeof(*table))

/* Words and not only colours: a table may be printed, piped, or read without colours. */
static const char *grid_rank_text(enum fa_rank rank)
{
    static const char *const texts[] = {[FA_RANK_BEST] = "use",
                                        [FA_RANK_EQUAL] = "equal",
                                        [FA_RANK_SLOWER] = "slower",
                                        [FA_RANK_FAILING] = "fails",
                                        [FA_RANK_NONE] = ""};
    return texts[rank];
}

static void grid_put_interval(const struct fa_grid *grid, const struct fa_standing_of *standing,
                              enum kind kind, char buf[FA_CELL_MAX])
{
    char low[FA_CELL_MAX] = "", high[FA_CELL_MAX] = "";
    if (kind == WALL_INTERVAL) {
        grid_put_wall(grid, standing->wall.low, low);
        grid_put_wall(grid, standing->wall.high, high);
    } else {
        snprintf(low, sizeof(low), "%.2f", standing->ratio.low);
        snprintf(high, sizeof(high), "%.2f", standing->ratio.high);
    }
    /* Limit both, so that the cell always fits. */
    snprintf(buf, FA_CELL_MAX, "%.17s-%.17s", low, high);
}

static void grid_put_cell(const struct fa_grid *grid, const struct column *column,
                          size_t contestant, char buf[FA_CELL_MAX])
{
    const struct fa_standing_of *standing = &grid->verdict->standings[contestant];
    double value = NAN;
    buf[0] = '\0';
    switch (column->kind) {
    case RANK:
        snprintf(buf, FA_CELL_MAX, "%s",
                 grid->comparison->contestants[contestant].wrong[0]
                     ? "wrong"
                     : grid_rank_text(standing->rank));
        break;
    case WALL:
        if (!isnan(standing->wall.median))
            grid_put_wall(grid, standing->wall.median, buf);
        break;
    case RATIO:
        if (!isnan(standing->ratio.median))
            snprintf(buf, FA_CELL_MAX, "%.2f", standing->ratio.median);
        break;
    case WALL_INTERVAL:
        if (!isnan(standing->wall.low))
            grid_put_interval(grid, standing, column->kind, buf);
        break;
    case RATIO_INTERVAL:
        /* The ratio of the fastest to itself is 1 by definition, and has no uncertainty. */
        if (!isnan(standing->ratio.low) && contestant != grid->verdict->fastest)
            grid_put_interval(grid, standing, column->kind, buf);
        break;
    case VALUE:
        memcpy(&value, (const char *)standing + column->offset, sizeof(value));
        if (!isnan(value))
            column->put(value, buf);
        break;
    }
}

static const char *column_head(const struct fa_grid *grid, const struct column *column)
{
    return column->kind == WALL ? grid_wall_head(grid) : column->head;
}

/* The width of a column; 0 if it has nothing to show. */
static unsigned column_width(const struct fa_grid *grid, const struct column *column)
{
    unsigned width = 0;
    char cell[FA_CELL_MAX];
    for (size_t i = 0; i < grid->comparison->n_contestants; ++i) {
        grid_put_cell(grid, column, i, cell);
        unsigned len = (unsigned)strlen(cell);
        width = len > width ? len : width;
    }
    /* A heading alone does not make a column: a measure that nobody has is omitted. */
    unsigned head = (unsigned)strlen(column_head(grid, column));
    return width > 0 && head > width ? head : width;
}

/* Names are repeated on each line, so they may not take the space of all columns. */
static unsigned grid_name_width(const struct fa_grid *grid)
{
    unsigned width = 0;
    unsigned most = grid->columns < NARROW ? grid->columns / 2 : grid->columns * 2 / 5;
    for (size_t i = 0; i < grid->comparison->n_contestants; ++i) {
        unsigned mine = fa_term_width(grid->comparison->contestants[i].name);
        width = mine > width ? mine : width;
    }
    return width > most ? most : width;
}

static void grid_put_name(const struct fa_grid *grid, size_t contestant, unsigned width)
{
    char name[4 * FA_CONTESTANT_NAME_MAX];
    fa_term_escape(grid->comparison->contestants[contestant].name, name, sizeof(name));
    fa_term_cut(name, width);
    enum fa_rank rank = grid->verdict->standings[contestant].rank;
    if (rank == FA_RANK_BEST)
        fa_grid_paint(grid, FA_PAINT_BEST);
    else if (rank == FA_RANK_FAILING)
        fa_grid_paint(grid, FA_PAINT_FAILING);
    fputs(name, grid->out);
    if (rank == FA_RANK_BEST || rank == FA_RANK_FAILING)
        fa_grid_paint(grid, FA_PAINT_PLAIN);
    /* Print spaces before the next text only, so that no line ends in spaces. */
}

static unsigned grid_shown_width(const struct fa_grid *grid, size_t contestant, unsigned width)
{
    unsigned mine = fa_term_width(grid->comparison->contestants[contestant].name);
    return mine < width ? mine : width;
}

/* The time as a bar, its interval as a whisker: "########--|--". */
static void grid_put_bar(const struct fa_grid *grid, size_t contestant, unsigned room)
{
    const struct fa_standing_of *standing = &grid->verdict->standings[contestant];
    double largest = 0;
    for (size_t i = 0; i < grid->comparison->n_contestants; ++i) {
        const struct fa_estimate *wall = &grid->verdict->standings[i].wall;
        largest = fmax(largest, fmax(wall->median, wall->high));
    }
    if (isnan(standing->wall.median) || largest <= 0)
        return;
    double scale = (room - 1) / largest;
    double low = isnan(standing->wall.low) ? standing->wall.median : standing->wall.low;
    double high = isnan(standing->wall.high) ? standing->wall.median : standing->wall.high;
    unsigned at = (unsigned)lround(standing->wall.median * scale);
    unsigned from = low > 0 ? (unsigned)lround(low * scale) : 0;
    unsigned to = (unsigned)lround(high * scale);
    for (unsigned i = 0; i <= to; ++i)
        fputc(i == at ? '|' : i < from ? '#' : '-', grid->out);
}

/* Columns on the same lines; those of width 0 are omitted. */
struct block {
    size_t first, end; /* Columns. */
    unsigned name;     /* Width of the names. */
    unsigned bar;      /* Width of the bars; 0: none. */
    const unsigned *widths;
};

/* Print a cell after pending spaces. */
static void grid_put_text(FILE *out, unsigned *blanks, unsigned width, bool left, const char *text)
{
    unsigned len = (unsigned)strlen(text);
    if (len == 0) {
        *blanks += GAP + width;
        return;
    }
    fprintf(out, "%*s%s", (int)(*blanks + GAP + (left ? 0 : width - len)), "", text);
    *blanks = left ? width - len : 0;
}

static void grid_put_heads(const struct fa_grid *grid, const struct block *block)
{
    unsigned blanks = block->name;
    fa_grid_paint(grid, FA_PAINT_HEAD);
    for (size_t i = block->first; i < block->end; ++i)
        if (block->widths[i])
            grid_put_text(grid->out, &blanks, block->widths[i], table[i].kind == RANK,
                          column_head(grid, &table[i]));
    fa_grid_paint(grid, FA_PAINT_PLAIN);
    fputc('\n', grid->out);
}

static void grid_put_block(const struct fa_grid *grid, const struct block *block)
{
    fputc('\n', grid->out);
    if (block->first < block->end)
        grid_put_heads(grid, block);
    for (size_t row = 0; row < grid->comparison->n_contestants; ++row) {
        size_t contestant = grid->order[row];
        grid_put_name(grid, contestant, block->name);
        unsigned blanks = block->name - grid_shown_width(grid, contestant, block->name);
        for (size_t i = block->first; i < block->end; ++i) {
            char cell[FA_CELL_MAX];
            grid_put_cell(grid, &table[i], contestant, cell);
            if (block->widths[i])
                grid_put_text(grid->out, &blanks, block->widths[i], table[i].kind == RANK, cell);
        }
        if (block->bar && grid->verdict->standings[contestant].rank != FA_RANK_FAILING) {
            fprintf(grid->out, "%*s", (int)(blanks + GAP), "");
            grid_put_bar(grid, contestant, block->bar);
        }
        fputc('\n', grid->out);
    }
}

static unsigned grid_bar_width(unsigned left)
{
    return left < BAR_LEAST + GAP ? 0 : left - GAP > BAR_MOST ? BAR_MOST : left - GAP;
}

/* Groups on one line must be of the same part: bars (0), speed and cost (1, 2), latency (3, 4). */
static unsigned group_part(unsigned group)
{
    return (group + 1) / 2;
}

/* The width of the group that starts with a column. */
static unsigned group_width(const unsigned *widths, size_t from)
{
    unsigned width = 0;
    for (size_t i = from; i < COLUMNS && table[i].group == table[from].group; ++i)
        width += widths[i] ? GAP + widths[i] : 0;
    return width;
}

/* Find the end of the line that starts with a column: a group that does not fit starts the next
 * line, and only a group wider than a line is broken.  *used: in: the width of the names; out: of
 * all. */
static size_t line_find_end(const struct fa_grid *grid, const unsigned *widths, size_t first,
                            unsigned *used)
{
    unsigned name = *used;
    size_t end = first;
    for (; end < COLUMNS; ++end) {
        unsigned more = widths[end] ? GAP + widths[end] : 0;
        bool begins = end > first && table[end].group != table[end - 1].group;
        if (begins && (group_part(table[end].group) != group_part(table[first].group) ||
                       *used + group_width(widths, end) > grid->columns))
            break;
        if (more && *used > name && *used + more > grid->columns)
            break;
        *used += more;
    }
    return end;
}

void fa_grid_print(const struct fa_grid *grid)
{
    unsigned widths[COLUMNS];
    unsigned name = grid_name_width(grid);
    bool bars = false;
    for (size_t i = 0; i < COLUMNS; ++i)
        widths[i] = column_width(grid, &table[i]);
    for (size_t first = 0, end; first < COLUMNS; first = end) {
        unsigned used = name;
        end = line_find_end(grid, widths, first, &used);
        struct block block = {first, end, name, 0, widths};
        if (first == 0 && table[end].group != 0 && used < grid->columns)
            block.bar = grid_bar_width(grid->columns - used);
        bars |= block.bar > 0;
        if (used > name)
            grid_put_block(grid, &block);
    }
    unsigned room = grid->columns > name ? grid_bar_width(grid->columns - name) : 0;
    if (!bars && room && grid_largest_wall(grid) > 0)
        grid_put_block(grid, &(struct block){0, 0, name, room, widths});
}
