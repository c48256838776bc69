/**
 * An entry of a list: a file to download, and its URLs.
 */
#ifndef FA_LIST_ENTRY_H
#define FA_LIST_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

/** An unknown option.  It is kept, because other programs that read the list may know it. */
struct fa_entry_option {
    const char *name;
    const char *value; /**< NULL: there was no "=". */
};

struct fa_entry {
    const char *list; /**< Borrowed from the creator of the entry. */
    uint64_t line;    /**< Line number in the list, from 1. */
    void *tag;        /**< Set by the program that added it; NULL if from a list. */

    const char **urls; /**< At least one; the others are mirrors.  If error is set: only the text to
                          show, a zero byte in it shown as '?'; it may hold a password, as any URL
                          may. */
    size_t n_urls;
    const char *out;      /**< NULL: not given. */
    const char *dir;      /**< NULL: not given. */
    const char **headers; /**< "Name: value", the name checked (RFC 9110, 5.6.2). */
    size_t n_headers;
    enum fa_hash hash;                       /**< 0: no checksum given. */
    unsigned char hash_bytes[FA_DIGEST_MAX]; /**< Size: fa_hash_size(hash). */
    int64_t size;                            /**< -1: not given. */
    const char *pieces;                      /**< As fa_pieces_parse(); NULL: not given. */
    const char *type;                        /**< As fa_config.expect_type; NULL: not given. */
    struct fa_slice slice;                   /**< From range=, or from a header Range. */
    struct fa_entry_option *unknown;         /**< Reported as a warning, not as an error. */
    size_t n_unknown;
    const char *unknown_are;        /**< "option", or another word for messages. */
    struct fa_list_column *columns; /**< Kept for names and reports: see fa_list_options. */
    size_t n_columns;

    char *room; /**< Memory of its strings; for fa_entry_finish(). */

    struct fa_error error; /**< FA_CLASS_BAD_URL if the entry is bad, else FA_CLASS_NONE. */
};

/** Upper bounds for the memory of an entry. */
struct fa_entry_need {
    size_t urls;    /**< At least 1. */
    size_t options; /**< Of any kind. */
    size_t columns;
    size_t bytes; /**< Of all strings, including their final zeros. */
};

/**
 * Reserve an entry without fields.
 *
 * @list      The name of its list; borrowed until the entry is freed.
 * @ret_room  need->bytes of room for the strings that are added then.
 * @return An entry to release with fa_entry_free(), or NULL with FA_CLASS_LOCAL_IO if memory ran
 *         out.
 */
struct fa_entry *fa_entry_new(const char *list, uint64_t line, const struct fa_entry_need *need,
                              char **ret_room, struct fa_error *err);

/**
 * Add a URL: the first one, or a mirror.
 *
 * @at  Any len bytes inside the entry's room.  A zero is put after them.  Spaces around the URL are
 *      removed; those in it stay.
 */
void fa_entry_add_url(struct fa_entry *entry, char *at, size_t len);

/**
 * Add an option: out, dir, checksum, size, pieces, type, range, header (may repeat), or an unknown
 * one.  Of the others the last one counts; a header Range is a range.
 *
 * @at  "name=value", as for fa_entry_add_url().
 */
void fa_entry_add_option(struct fa_entry *entry, char *at, size_t len);

/**
 * Add a column.  What is not UTF-8, and control bytes other than TAB and line ends, become '?'.
 *
 * @name, @value  Inside the entry's room.  A zero is put after each.
 */
void fa_entry_add_column(struct fa_entry *entry, char *name, size_t name_len, char *value,
                         size_t len);

/** The value of a column, or NULL. */
const char *fa_entry_column(const struct fa_entry *entry, const char *name, size_t len);

/** Set the checksum.  @bytes  fa_hash_size(hash) of them; copied. */
void fa_entry_set_checksum(struct fa_entry *entry, enum fa_hash hash, const unsigned char *bytes);

/**
 * End an entry: one without a URL is bad, and of a bad one only the text to show is left.
 *
 * @text  That of a bad entry: shown up to its first LF.  Not longer than need->bytes - 1.
 */
void fa_entry_finish(struct fa_entry *entry, const char *text, size_t len);

/**
 * Make an entry for text that a format has found bad before its fields were known.
 *
 * @why  Copied.
 */
struct fa_entry *fa_entry_bad(const char *list, uint64_t line, const char *text, size_t len,
                              const struct fa_error *why, struct fa_error *err);

/** @value  NULL: the option has no '='. */
typedef void (*fa_entry_option_fn)(void *ctx, const char *name, const char *value);

/**
 * Call visit with each option of a good entry, as fa_entry_add_option() takes it.
 *
 * @out  Replaces the entry's out and dir; NULL: they stay.
 */
void fa_entry_each_option(const struct fa_entry *entry, const char *out, fa_entry_option_fn visit,
                          void *ctx);

/** Whether a good entry is one URL and nothing else. */
bool fa_entry_is_plain(const struct fa_entry *entry);

/** NULL is ignored. */
void fa_entry_free(struct fa_entry *entry);

#endif
