/*
 * Counts by origin for fetchall status.  The number of origins is limited; further ones are summed
 * up.
 */
#include "cli/tally.h"

#include <stdlib.h>
#include <string.h>

static void row_count(struct fa_tally_row *row, const struct fa_state_entry *entry)
{
    ++row->standings[entry->standing];
    if (entry->standing == FA_STANDING_FAILED)
        ++row->classes[entry->class];
}

/* The row of an origin, created if there is space.  Neighbouring entries often share theirs. */
static struct fa_tally_row *tally_find(struct fa_tally *tally, const char *origin)
{
    for (size_t i = tally->n_rows; i > 0; --i)
        if (strcmp(tally->rows[i - 1].origin, origin) == 0)
            return &tally->rows[i - 1];
    if (tally->n_rows == FA_TALLY_ROWS)
        return NULL;
    struct fa_tally_row *row = &tally->rows[tally->n_rows];
    *row = (struct fa_tally_row){.origin = strdup(origin)};
    tally->n_rows += row->origin != NULL;
    return row->origin ? row : NULL;
}

/* An entry with secrets has no text: it cannot be part of the list of failed entries. */
void fa_tally_add(struct fa_tally *tally, const struct fa_state_entry *entry)
{
    struct fa_tally_row *row = tally_find(tally, entry->origin ? entry->origin : "");
    bool failed = entry->standing == FA_STANDING_FAILED;
    row_count(&tally->all, entry);
    if (row) {
        row_count(row, entry);
    } else {
        ++tally->others;
        tally->other_failures += failed;
    }
    if (entry->standing == FA_STANDING_DONE && entry->size > 0)
        tally->bytes += (uint64_t)entry->size;
    tally->unverified += entry->standing == FA_STANDING_DONE && entry->unverified;
    tally->transient += failed && entry->transient;
    tally->unwritten += failed && !entry->text;
}

/* Hosts with failures first, because status shows only the first rows. */
static int compare(const void *a, const void *b)
{
    const struct fa_tally_row *x = a;
    const struct fa_tally_row *y = b;
    static const enum fa_standing order[] = {FA_STANDING_FAILED, FA_STANDING_DONE,
                                             FA_STANDING_PART};
    for (size_t i = 0; i < FA_STANDINGS; ++i)
        if (x->standings[order[i]] != y->standings[order[i]])
            return x->standings[order[i]] < y->standings[order[i]] ? 1 : -1;
    return strcmp(x->origin, y->origin);
}

void fa_tally_sort(struct fa_tally *tally)
{
    qsort(tally->rows, tally->n_rows, sizeof(*tally->rows), compare);
}

void fa_tally_fini(struct fa_tally *tally)
{
    for (size_t i = 0; i < tally->n_rows; ++i)
        free(tally->rows[i].origin);
    tally->n_rows = 0;
}
