/*
 * A small table with one row per origin; when it is full, further origins are only counted.
 *
 * Several transfers of a host may be answered with Retry-After at the same time.  Their waits
 * overlap, so each adds only what exceeds the end of the previous ones, and no second is counted
 * twice.
 */
#include "cli/pauses.h"

#include <stdlib.h>
#include <string.h>

#include "cli/term.h"
#include "cli/units.h"

/* NULL if there is no row left, or no memory: the pause is then counted among the others. */
static struct fa_pause *find(struct fa_pauses *pauses, const char *origin)
{
    for (size_t i = 0; i < pauses->n_rows; ++i)
        if (strcmp(pauses->rows[i].origin, origin) == 0)
            return &pauses->rows[i];
    char *copy = pauses->n_rows < FA_PAUSES_ORIGINS ? strdup(origin) : NULL;
    if (!copy)
        return NULL;
    struct fa_pause *row = &pauses->rows[pauses->n_rows++];
    *row = (struct fa_pause){.origin = copy};
    return row;
}

void fa_pauses_add(struct fa_pauses *pauses, const char *origin, double now, double wait)
{
    struct fa_pause *row = find(pauses, origin);
    if (!row) {
        ++pauses->others;
        return;
    }
    double from = now > row->until ? now : row->until;
    ++row->count;
    if (now + wait > from) {
        row->seconds += now + wait - from;
        row->until = now + wait;
    }
}

/* Longest first. */
static int compare(const void *a, const void *b)
{
    double x = ((const struct fa_pause *)a)->seconds;
    double y = ((const struct fa_pause *)b)->seconds;
    return (x < y) - (x > y);
}

void fa_pauses_print(struct fa_pauses *pauses, size_t most, FILE *out)
{
    qsort(pauses->rows, pauses->n_rows, sizeof(pauses->rows[0]), compare);
    uint64_t rest = pauses->others;
    for (size_t i = 0; i < pauses->n_rows; ++i) {
        const struct fa_pause *row = &pauses->rows[i];
        char seconds[FA_UNITS_MAX];
        if (i >= most) {
            rest += row->count;
            continue;
        }
        fputs("fetchall: ", out);
        fa_term_put(out, row->origin);
        if (row->count == 1)
            fprintf(out, " requested a pause of %s\n", fa_units_seconds(row->seconds, seconds));
        else
            fprintf(out, " requested %llu pauses, %s in total\n", (unsigned long long)row->count,
                    fa_units_seconds(row->seconds, seconds));
    }
    if (rest)
        fprintf(out, "fetchall: other hosts requested %llu pauses\n", (unsigned long long)rest);
}

void fa_pauses_fini(struct fa_pauses *pauses)
{
    for (size_t i = 0; i < pauses->n_rows; ++i)
        free(pauses->rows[i].origin);
    pauses->n_rows = 0;
}
