/**
 * The components of the names of files: what a text from a URL, a list or a server becomes.  Pure.
 *
 * See engine/name.h for the rules.  A buffer that has failed stays as it is.
 */
#ifndef FA_ENGINE_NAME_PART_H
#define FA_ENGINE_NAME_PART_H

#include "base/buf.h"
#include "list/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/config.h>

/** Bytes of one component (NAME_MAX of limits.h). */
#define FA_NAME_PART_MAX 255
/** The least limit of a file system that is respected: an extension and a hash must fit. */
#define FA_NAME_PART_LEAST 32
/** The name of a file whose URL has none. */
#define FA_NAME_INDEX "index.html"

/** What a name is made from; borrowed during the call. */
struct fa_name_source {
    enum fa_layout layout;
    const char *host;     /**< As in the URL; an IPv6 address may have its brackets.  Unused in
                         FA_LAYOUT_FLAT. */
    const char *path;     /**< The path of the URL, percent-encoded, without query and fragment. */
    const char *out;      /**< The name given by the user, or NULL; overrides URL and layout. */
    const char *dir;      /**< The folder given by the user, or NULL; prefixed to the name. */
    const char *roots[2]; /**< Absolute names of the folder of the session, or NULL: an absolute
                               `dir` below one of them is made relative. */
    size_t part_max;      /**< Bytes of one component that the file system allows; 0: unknown. */
    const char *name;     /**< A template, or NULL: see list/template.h.  Replaces the layout, and
                               needs what follows. */
    const char *whole;    /**< The URL. */
    uint32_t hash;        /**< Of the URL. */
    const struct fa_entry *entry; /**< Its line and columns. */
    unsigned fan_out;             /**< As for fa_name_fan_out(), without out; 0: no folders. */
};

/** Bytes of a component, given what the file system allows; 0: unknown. */
size_t fa_name_part_limit(size_t part_max);

/** Append a text with its percent-encoding decoded once (RFC 3986, 2.1); an invalid sequence is
 * kept as it is. */
void fa_name_put_decoded(struct fa_buf *buf, const char *text, size_t len);

/** Whether a component is the folder of the state, in any case of letters, as on file systems that
 * ignore case. */
bool fa_name_is_state(const char *name, size_t len);

/** The length of the extension, its dots included, or 0. */
size_t fa_name_extension_len(const unsigned char *name, size_t len);

/**
 * Clean the component that begins at start, and end it.
 *
 * @chosen     The user wrote its beginning, which may be a dot, '-', '~' or a space then.
 * @max        fa_name_part_limit()
 * @otherwise  Replaces one that is empty.
 */
void fa_name_end_part(struct fa_buf *buf, size_t start, bool chosen, size_t max,
                      const char *otherwise);

/** Append a component from a URL. */
void fa_name_put_part(struct fa_buf *buf, const char *text, size_t len, size_t max,
                      const char *otherwise);

/** Append the last segment of the path of a URL. */
void fa_name_put_last(struct fa_buf *buf, const char *path, size_t part_max);

#endif
