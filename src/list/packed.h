/**
 * Packed entries: the one serialisation of an entry, whatever format it was read from.
 *
 * The backlog of the engine, the state, and lists that the program writes for itself (a sample,
 * what failed) hold it.  It keeps every field of a good entry but the name and line of its list.
 *
 * A packed entry is one line.  Each of its fields follows a TAB: the URLs, an empty field, the
 * options as `name=value`, and, if there are columns, an empty field, and the name and the value of
 * each.  A backslash, TAB, LF and CR inside a field are "\\", "\t", "\n" and "\r".  So its first
 * byte is a TAB, which that of an entry's text never is.
 *
 * Pure, and safe on any bytes.
 */
#ifndef FA_LIST_PACKED_H
#define FA_LIST_PACKED_H

#include "base/buf.h"
#include "list/entry.h"

/** The line that begins a list of packed entries. */
#define FA_PACKED_MAGIC "#fetchall packed entries 1"

/**
 * Append a packed entry, without a line end.
 *
 * @out  Replaces the entry's out and dir; NULL: they stay.
 */
void fa_entry_pack(const struct fa_entry *entry, const char *out, struct fa_buf *buf);

/**
 * Read a packed entry.  A malformed one is a bad entry: see fa_entry.error.
 *
 * @list  Borrowed until the entry is freed.
 * @data  Copied.  May be text (list/text.h) instead, which states of older versions hold.
 * @return An entry to release with fa_entry_free(), or NULL with FA_CLASS_LOCAL_IO if memory ran
 *         out.
 */
struct fa_entry *fa_entry_unpack(const char *list, uint64_t line, const char *data, size_t len,
                                 struct fa_error *err);

#endif
