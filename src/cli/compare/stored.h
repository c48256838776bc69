/**
 * Results of --json, read again.
 */
#ifndef FETCHALL_CLI_COMPARE_STORED_H
#define FETCHALL_CLI_COMPARE_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "cli/compare/result.h"

/** Version of the schema of --json; a file of a later one is refused. */
#define FA_STORED_SCHEMA 1

/** The comparisons of some files, in their order.  All zero: none. */
struct fa_stored {
    struct fa_result_of *results; /**< Judged, if they have a round. */
    size_t n;
    uint64_t seed; /**< Of the last file, as is watching. */
    double watching;
};

/**
 * Append the comparisons of a file, and judge them as if they had just been measured.
 *
 * @return 0, or -1.  Call fa_stored_fini() in any case.
 */
int fa_stored_add(struct fa_stored *stored, const char *file, struct fa_error *err);

void fa_stored_fini(struct fa_stored *stored);

#endif
