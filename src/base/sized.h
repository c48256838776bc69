/**
 * Structs that begin with their size, so that a program and a library of different versions can
 * pass them to each other.  The rules for their layout are in fetchall/api.h.
 *
 * A size is a size_t at offset 0, set by the caller.  `first` is the size of the smallest struct
 * that a caller can have, the first one that was released; `name` is for messages.
 */
#ifndef FA_BASE_SIZED_H
#define FA_BASE_SIZED_H

#include <stddef.h>

#include <fetchall/error.h>

/** @return 0, or -1 with FA_CLASS_REFUSED if the size of a struct is less than first. */
int fa_sized_check(const void *sized, size_t first, const char *name, struct fa_error *err);

/**
 * Copy a caller's struct over the defaults in *to, whose own size is set to to_size.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED if the size of *from is less than first, or if a byte
 *         after the first to_size ones is set: a field of a later version.
 */
int fa_sized_get(void *to, size_t to_size, const void *from, size_t first, const char *name,
                 struct fa_error *err);

/** Copy a result into a caller's struct, as much as fits; fields of a later version become 0. */
void fa_sized_put(void *to, const void *from, size_t from_size);

#endif
