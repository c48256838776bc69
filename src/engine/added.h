/**
 * Entries that a program adds itself, as opposed to entries of a list.
 */
#ifndef FA_ENGINE_ADDED_H
#define FA_ENGINE_ADDED_H

#include "list/entry.h"

/**
 * Make an entry of its fields: see fa_session_add_entry().
 *
 * @number  Of the entry, from 1: it takes the place of a line.
 * @return  An entry to release with fa_entry_free(), or NULL with FA_CLASS_BAD_URL or
 *          FA_CLASS_LOCAL_IO.
 */
struct fa_entry *fa_added_entry(const char *url, const char *const *options, void *tag,
                                uint64_t number, struct fa_error *err);

/**
 * The same of a packed entry: see fa_session_add_packed().
 *
 * @path  Of its file; NULL: as the entry says.
 */
struct fa_entry *fa_added_unpack(const char *packed, const char *path, uint64_t line, void *tag,
                                 struct fa_error *err);

#endif
