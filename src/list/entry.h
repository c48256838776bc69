/**
 * One entry of a list: a file to have, and where it can be had.
 *
 * The text of an entry is its line of URLs, then its lines of options, joined by '\n': the form of
 * aria2's input file (aria2c(1), "Input File").
 *
 *     http://a.example/x.iso TAB http://b.example/x.iso
 *      out=disk.iso
 *      checksum=sha-256=9f86d081...
 *
 * URLs are parted by TABs, the later ones are mirrors.  An option is `name=value` behind blanks;
 * its value ends at the line's last byte that is no blank.  `header` may repeat; of the others the
 * last one counts.
 *
 * Parsing is pure and safe on any bytes.  Whether a URL or the name of a file is a good one is
 * judged elsewhere (transfer/url.h, engine/name.h).  No function here keeps state.
 */
#ifndef FA_LIST_ENTRY_H
#define FA_LIST_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

/** An entry: one block of memory, strings and arrays included. */
struct fa_entry {
    const char *list; /**< Borrowed from the caller of parse(). */
    uint64_t line;    /**< Its number in the list, from 1. */
    const char *text; /**< As given, a zero behind it; may hold zeros.  Parses to the same entry. */
    size_t text_len;

    const char **urls; /**< At least one.  If error is set: only the text to show, a zero byte in
                          it shown as '?'; it may hold a password, as any URL may. */
    size_t n_urls;
    const char *out;      /**< NULL: none given. */
    const char *dir;      /**< NULL: none given. */
    const char **headers; /**< "Name: value", the name checked (RFC 9110, 5.6.2). */
    size_t n_headers;
    enum fa_hash hash;                       /**< 0: no checksum given. */
    unsigned char hash_bytes[FA_DIGEST_MAX]; /**< fa_hash_size(hash) of them. */
    int64_t size;                            /**< -1: none given. */

    size_t n_unknown;    /**< Lines of options that mean nothing to us: a warning, no error. */
    const char *unknown; /**< The name in the first of them, or NULL. */

    struct fa_error error; /**< FA_CLASS_BAD_URL if the entry is bad, else FA_CLASS_NONE. */
};

/**
 * Parse the text of an entry.  A bad entry is an entry too: see fa_entry.error.
 *
 * @list  The name of its list; borrowed until the entry is freed.
 * @text  Copied.  Need not end with a zero, may hold any bytes.
 * @return An entry to release with fa_entry_free(), or NULL with FA_CLASS_LOCAL_IO if there is no
 *         memory.
 */
struct fa_entry *fa_entry_parse(const char *list, uint64_t line, const char *text, size_t len,
                                struct fa_error *err);

/**
 * Make an entry for text that the reader of the list has found bad already (fa_list_item.error).
 * Its text is not to be parsed again: it may be cut.
 *
 * @why  Copied.
 */
struct fa_entry *fa_entry_bad(const char *list, uint64_t line, const char *text, size_t len,
                              const struct fa_error *why, struct fa_error *err);

/**
 * The text of an entry with another name for its file: lines of out and dir go, and one is added.
 *
 * @return Owned by the caller: free(3); NULL when memory ran out.
 */
char *fa_entry_rename(const char *text, const char *out);

/** NULL is fine. */
void fa_entry_free(struct fa_entry *entry);

#endif
