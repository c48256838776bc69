/**
 * Disjoint parts of a list, for runs whose files no earlier run has asked for.
 *
 * The parts are alike: of each stretch of as many entries as there are parts, each part gets one,
 * at random.  So none has the large files, or those of one host.
 */
#ifndef FETCHALL_CLI_COMPARE_PARTS_H
#define FETCHALL_CLI_COMPARE_PARTS_H

#include <stdint.h>

#include <fetchall/error.h>

struct fa_parts {
    char *list;       /**< A file of fa_sample_write(); borrowed. */
    unsigned count;   /**< Of parts. */
    uint64_t entries; /**< Of each part; those of the list that are left over are in none. */
    uint64_t seed;    /**< The same seed gives the same parts. */
};

/**
 * Write one part as a list.
 *
 * @which  Less than count.
 * @file   Replaced if it exists; of mode 0600, as entries may contain passwords.
 * @return 0, or -1.
 */
int fa_parts_write(const struct fa_parts *parts, unsigned which, const char *file,
                   struct fa_error *err);

/** Entries of a part below which start-up decides. */
#define FA_PARTS_LEAST 20

/**
 * The rounds for which there are enough entries: each contestant gets a part in each, and the
 * warm-up gets one.
 *
 * @entries  Of the list.
 * @rounds   Maximum.
 */
unsigned fa_parts_rounds(uint64_t entries, unsigned contestants, unsigned rounds);

#endif
