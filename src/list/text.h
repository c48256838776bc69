/**
 * Entries as text: the form of aria2's input file (aria2c(1), "Input File").
 *
 *     http://a.example/x.iso TAB http://b.example/x.iso
 *      out=disk.iso
 *      checksum=sha-256=9f86d081...
 *
 * The text of an entry is its line of URLs, then its lines of options, joined by LF.  TABs separate
 * URLs, each of which may be in quotes.  An option is `name=value` after blanks; the blanks at the
 * end of its line are not part of the value.
 *
 * Pure, and safe on any bytes.
 */
#ifndef FA_LIST_TEXT_H
#define FA_LIST_TEXT_H

#include "list/entry.h"

/**
 * Parse the text of an entry.  A bad entry is an entry too: see fa_entry.error.
 *
 * @list  Borrowed until the entry is freed.
 * @text  Copied.  Need not end with a zero, may hold any bytes.
 * @return An entry to release with fa_entry_free(), or NULL with FA_CLASS_LOCAL_IO if memory ran
 *         out.
 */
struct fa_entry *fa_text_parse(const char *list, uint64_t line, const char *text, size_t len,
                               struct fa_error *err);

/**
 * Write a good entry as text.
 *
 * @out  Replaces the entry's out and dir; NULL: they stay.
 * @return Owned by the caller: free(3); NULL if memory ran out.
 */
char *fa_text_write(const struct fa_entry *entry, const char *out);

#endif
