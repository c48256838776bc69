/**
 * A list of entries, read as a stream.
 *
 * Its bytes come from a file, standard input or another pipe, plain or gzip, or are those of one URL
 * (list/source.h).  Here they become lines, and lines become entries.  Memory does not grow with the
 * length of a list.
 *
 * Lines end with LF; a CR before it, a UTF-8 BOM at the start, empty lines and lines that begin
 * with '#' are ignored.  A line that begins with a blank or TAB is an option of the entry above, or
 * a bad entry if it looks like a URL; all others are entries (list/entry.h).  Bytes are not looked at beyond that, so zeros and
 * whatever is no UTF-8 reach fa_entry_parse(), which tells of them.
 *
 * An entry is complete when the next one begins, or the list ends.  On a source that pauses it
 * also is complete after FA_LIST_SILENCE seconds without a byte; options that come later are bad.
 *
 * Nothing here blocks.  One thread at a time.
 */
#ifndef FA_LIST_LIST_H
#define FA_LIST_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Bytes of a line, without LF; a longer one is a bad entry. */
#define FA_LIST_LINE_MAX 65536
/** Bytes of an entry with all of its options; a longer one is bad. */
#define FA_LIST_ENTRY_MAX 262144
/** Bytes kept of a line that is too long. */
#define FA_LIST_SHOWN_MAX 1024
/** Seconds after which an entry needs no other line to be complete. */
#define FA_LIST_SILENCE 1.0

struct fa_list;

/** An entry as it was read. */
struct fa_list_item {
    const char *text; /**< For fa_entry_parse(); not zero-terminated, may hold zeros. */
    size_t len;
    uint64_t line;                /**< From 1. */
    const struct fa_error *error; /**< NULL; or why it is bad before it is parsed, of
                                     FA_CLASS_BAD_URL: then it is one for fa_entry_bad(). */
};

enum fa_list_what {
    FA_LIST_ENTRY, /**< Here is one. */
    FA_LIST_AGAIN, /**< Not now: see fa_list_fd() and fa_list_wake_at(). */
    FA_LIST_END,   /**< There are no more. */
    FA_LIST_ERROR, /**< Reading failed, or the gzip is corrupt or cut.  What stood before has been
                      delivered; FA_LIST_END follows. */
};

/**
 * Open a list.
 *
 * @name  A file; "-" for standard input, which is not closed in the end; or what begins with
 *        http:// or https://, which is a list of one.  Borrowed until fa_list_free().
 * @return A list to release with fa_list_free(), or NULL with FA_CLASS_LOCAL_IO, or with
 *         FA_CLASS_BAD_URL for a URL that cannot stand in a line.
 */
struct fa_list *fa_list_open(const char *name, struct fa_error *err);

/** NULL is fine. */
void fa_list_free(struct fa_list *list);

/**
 * Go on reading.
 *
 * @now  Seconds on a monotonic clock.
 * @ret  Filled in with FA_LIST_ENTRY; what it points to is borrowed until the next call.
 * @err  Filled in with FA_LIST_ERROR, and names the list and the line.
 */
enum fa_list_what fa_list_next(struct fa_list *list, double now, struct fa_list_item *ret,
                               struct fa_error *err);

/**
 * After FA_LIST_AGAIN: the descriptor that becomes readable when it is worth to go on, or -1 if
 * there is nothing to wait for but fa_list_wake_at().
 */
int fa_list_fd(const struct fa_list *list);

/**
 * After FA_LIST_AGAIN: when to go on though nothing became readable; INFINITY: never.  In the past
 * if a call just took long enough: a list of nothing but comments does not hold up its reader.
 */
double fa_list_wake_at(const struct fa_list *list);

/** The name it was opened by. */
const char *fa_list_name(const struct fa_list *list);

#endif
