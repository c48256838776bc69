/**
 * Counts of what a state holds: by standing, class and origin.
 *
 * Memory is bounded: origins that come when all rows are taken are only counted.
 */
#ifndef FETCHALL_CLI_TALLY_H
#define FETCHALL_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/state.h>

#define FA_TALLY_ROWS 500

struct fa_tally_row {
    char *origin; /**< Owned; "" for what is no URL. */
    uint64_t standings[FA_STANDINGS];
    uint64_t classes[FA_CLASSES]; /**< Of what failed. */
};

/** All zero: nothing yet. */
struct fa_tally {
    struct fa_tally_row all; /**< Of all origins; .origin NULL. */
    uint64_t may_pass;       /**< Of what failed. */
    uint64_t unwritten;      /**< Failed, and cannot be written down. */
    uint64_t bytes;          /**< Of files that are done. */
    struct fa_tally_row rows[FA_TALLY_ROWS];
    size_t n_rows;
    uint64_t others;         /**< Files whose origin found no row. */
    uint64_t other_failures; /**< Of them. */
};

/** When memory runs out, an origin is counted among the others. */
void fa_tally_add(struct fa_tally *tally, const struct fa_state_entry *entry);

/** Put the rows in order: most failures first, then most files, then by name. */
void fa_tally_sort(struct fa_tally *tally);

void fa_tally_fini(struct fa_tally *tally);

#endif
