/**
 * Which bytes of a file are there: a sorted list of extents that neither overlap nor touch.  Pure.
 */
#ifndef FA_ENGINE_EXTENTS_H
#define FA_ENGINE_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** More extents than that are not remembered: their bytes are fetched again. */
#define FA_EXTENTS_MAX 128

/** The bytes from first to end, without end. */
struct fa_extent {
    uint64_t first, end;
};

/** All zero is empty. */
struct fa_extents {
    struct fa_extent items[FA_EXTENTS_MAX];
    size_t count;
};

/** Add bytes.  Does nothing if they would be one extent too many. */
void fa_extents_add(struct fa_extents *extents, uint64_t first, uint64_t end);

/** Forget bytes; and all after them if there would be one extent too many. */
void fa_extents_remove(struct fa_extents *extents, uint64_t first, uint64_t end);

/** The number of bytes. */
uint64_t fa_extents_bytes(const struct fa_extents *extents);

/** Whether all bytes of a file of that size are there. */
bool fa_extents_are_whole(const struct fa_extents *extents, uint64_t size);

/**
 * The first gap at or after a position.
 *
 * @return whether there is one before size.
 */
bool fa_extents_gap(const struct fa_extents *extents, uint64_t at, uint64_t size,
                    struct fa_extent *ret);

/** Whether the list is sorted, and within a file of that size. */
bool fa_extents_are_valid(const struct fa_extents *extents, uint64_t size);

#endif
