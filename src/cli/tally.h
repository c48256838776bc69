/**
 * Counts of the entries of a state: by standing, class and origin.
 *
 * Memory is bounded: origins beyond the last row are only counted.
 */
#ifndef FETCHALL_CLI_TALLY_H
#define FETCHALL_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/state.h>

#define FA_TALLY_ROWS 500

struct fa_tally_row {
    char *origin; /**< Owned; "": not a URL. */
    uint64_t standings[FA_STANDINGS];
    uint64_t classes[FA_CLASSES]; /**< Of failed entries. */
};

/** All zero: empty. */
struct fa_tally {
    struct fa_tally_row all; /**< Of all origins; .origin NULL. */
    uint64_t unverified;     /**< Files that are done, and that nothing vouches for. */
    uint64_t transient;      /**< Transient failures. */
    uint64_t unwritten;      /**< Failed entries that cannot be written as a line. */
    uint64_t bytes;          /**< Of complete files. */
    struct fa_tally_row rows[FA_TALLY_ROWS];
    size_t n_rows;
    uint64_t others;         /**< Files of origins without a row. */
    uint64_t other_failures; /**< Failures among them. */
};

/** Add an entry; without memory its origin is counted among the others. */
void fa_tally_add(struct fa_tally *tally, const struct fa_state_entry *entry);

/** Sort the rows: most failures first, then most files, then by name. */
void fa_tally_sort(struct fa_tally *tally);

void fa_tally_fini(struct fa_tally *tally);

#endif
