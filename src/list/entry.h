/**
 * One entry of a list: a file to download, and where from.
 *
 * An entry is made by a list format (list/format.h), which takes its fields from the bytes of a
 * list.  An entry is one block of memory: the format reserves it with fa_entry_new(), writes the
 * bytes of all fields into it, and adds them one by one.  Adding checks a field; the first wrong
 * one makes the entry bad, which is an entry too: it is reported as a failed one.
 *
 * Whether a URL or the name of a file is a good one is judged elsewhere (transfer/url.h,
 * engine/name.h).  No function here keeps state.
 */
#ifndef FA_LIST_ENTRY_H
#define FA_LIST_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

/** An option that has no meaning here.  It is kept, for other programs that read the list. */
struct fa_entry_option {
    const char *name;
    const char *value; /**< NULL: there was no '='. */
};

struct fa_entry {
    const char *list; /**< Borrowed from who made the entry. */
    uint64_t line;    /**< Its number in the list, from 1. */
    void *tag;        /**< Of the program that added it; NULL for one of a list. */

    const char **urls; /**< At least one; the others are mirrors.  If error is set: only the text to
                          show, a zero byte in it shown as '?'; it may hold a password, as any URL
                          may. */
    size_t n_urls;
    const char *out;      /**< NULL: none given. */
    const char *dir;      /**< NULL: none given. */
    const char **headers; /**< "Name: value", the name checked (RFC 9110, 5.6.2). */
    size_t n_headers;
    enum fa_hash hash;                       /**< 0: no checksum given. */
    unsigned char hash_bytes[FA_DIGEST_MAX]; /**< fa_hash_size(hash) of them. */
    int64_t size;                            /**< -1: none given. */
    struct fa_entry_option *unknown;         /**< A warning, not an error. */
    size_t n_unknown;

    char *room; /**< Of its strings; for fa_entry_finish(). */

    struct fa_error error; /**< FA_CLASS_BAD_URL if the entry is bad, else FA_CLASS_NONE. */
};

/** What an entry takes at most. */
struct fa_entry_need {
    size_t urls;    /**< At least 1. */
    size_t options; /**< Of any kind. */
    size_t bytes;   /**< Of all strings, with their final zeros. */
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
 * @at  Any len bytes inside the entry's room.  A zero is put after them.
 */
void fa_entry_add_url(struct fa_entry *entry, char *at, size_t len);

/**
 * Add an option: out, dir, checksum, size, header (may repeat), or an unknown one.  Of the others
 * the last one counts.
 *
 * @at  "name=value", as for fa_entry_add_url().
 */
void fa_entry_add_option(struct fa_entry *entry, char *at, size_t len);

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

/** NULL is fine. */
void fa_entry_free(struct fa_entry *entry);

#endif
