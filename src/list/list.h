/**
 * A list of entries, read as a stream.
 *
 * Its bytes come from a file, standard input or another pipe, perhaps compressed, or are the text
 * of one URL (list/source.h).  The first bytes determine the format (list/format.h), which parses
 * the entries.  Memory does not grow with the length of a list.
 *
 * Nothing here blocks.  One thread at a time.
 */
#ifndef FA_LIST_LIST_H
#define FA_LIST_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/entry.h"

#include <fetchall/config.h>
#include <fetchall/error.h>

/** Maximum length of a line without LF; a longer one is a bad entry. */
#define FA_LIST_LINE_MAX 65536
/** Maximum length of an entry with all of its options; a longer one is bad. */
#define FA_LIST_ENTRY_MAX 262144
/** Bytes of an oversized line that are kept for its report. */
#define FA_LIST_SHOWN_MAX 1024
/** Seconds of silence that complete an entry of the text format. */
#define FA_LIST_SILENCE 1.0

struct fa_format;
struct fa_list;

/** How to read a list; zeros are the defaults. */
struct fa_list_options {
    enum fa_list_format format;             /**< Of every list but those of packed entries. */
    const char *base;                       /**< Of relative names; NULL: none.  Borrowed. */
    const char *columns;                    /**< As for fa_columns_find().  Borrowed. */
    const struct fa_format *const *formats; /**< As for fa_format_detect().  Borrowed. */
    const char *name;                       /**< A template, whose columns are kept; NULL: none. */
    bool keep_columns;                      /**< Keep all columns that are not parts of an entry. */
};

enum fa_list_what {
    FA_LIST_ENTRY, /**< An entry was read. */
    FA_LIST_AGAIN, /**< Nothing available: see fa_list_fd() and fa_list_wake_at(). */
    FA_LIST_END,   /**< End of the list. */
    FA_LIST_ERROR, /**< Reading failed, or the data is corrupt, cut or not text.  What stood before has
                      been delivered; FA_LIST_END follows. */
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

/**
 * As fa_list_open(), with options.
 *
 * @options  Copied; what it points to is borrowed until fa_list_free().  NULL: the defaults.
 */
struct fa_list *fa_list_open_with(const char *name, const struct fa_list_options *options,
                                  struct fa_error *err);

/** NULL is ignored. */
void fa_list_free(struct fa_list *list);

/**
 * Go on reading.
 *
 * @now  Seconds on a monotonic clock.
 * @ret  With FA_LIST_ENTRY: an entry, which may be a bad one, to release with fa_entry_free(); or
 *       NULL if memory ran out.
 * @err  Filled in with FA_LIST_ERROR, and names the list and the line.
 */
enum fa_list_what fa_list_next(struct fa_list *list, double now, struct fa_entry **ret,
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

/** Give it another name in messages and entries.  @name  Borrowed, like the first one. */
void fa_list_rename(struct fa_list *list, const char *name);

/** The name that it was opened with, or got. */
const char *fa_list_name(const struct fa_list *list);

#endif
