/**
 * The check of a complete file by the digests of its pieces, which finds what to fetch again.
 *
 * Pure: the CPU stage hashes one piece after another.
 */
#ifndef FA_ENGINE_REPAIR_H
#define FA_ENGINE_REPAIR_H

#include "engine/extents.h"
#include "list/entry.h"
#include "list/pieces.h"
#include "stage/stage.h"

/** How often bad pieces of a file are fetched again from the same mirror. */
#define FA_REPAIRS_MAX 1

struct fa_repair {
    struct fa_pieces pieces;
    uint64_t size;                 /**< Of the file. */
    size_t at;                     /**< The piece that is checked now; pieces.count: all were. */
    size_t n_bad, first_bad;       /**< Pieces that do not match. */
    struct fa_extents good;        /**< The bytes of those that match. */
    bool failed;                   /**< A piece cannot be hashed. */
    struct fa_stage_result result; /**< Of the piece. */
};

/** @return NULL: the entry has no pieces of a file of that size, or memory ran out. */
struct fa_repair *fa_repair_new(const struct fa_entry *entry, uint64_t size);

/** The bytes of the current piece. */
struct fa_extent fa_repair_range(const struct fa_repair *repair);

/** Compare the current piece with the result, and go on to the next one. */
void fa_repair_take(struct fa_repair *repair);

bool fa_repair_is_done(const struct fa_repair *repair);

/** Whether fetching the bad pieces again is worth a try. */
bool fa_repair_is_useful(const struct fa_repair *repair);

#endif
