/**
 * Read the entries of lists without downloading them, to hand them to sessions elsewhere.
 */
#ifndef FETCHALL_ENTRIES_H
#define FETCHALL_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** Further names for a file whose name belongs to another entry. */
#define FA_LISTED_NAMES 3

/** An entry of a list.  Valid until the handler returns. */
struct fa_listed {
    const char *list;    /**< Its list, as passed to fa_entries_read(). */
    uint64_t line;       /**< Its line in that list, from 1; 0: the list as a whole. */
    const char *url;     /**< The first URL, redacted (fetchall/redact.h), or a malformed line. */
    const char *packed;  /**< One line for fa_session_add_packed(), including its secrets. */
    const char *origin;  /**< "scheme://host:port" of the first URL. */
    uint64_t origin_key; /**< Hash of the origin (XXH3, 64 bits, seed 0), as for shards. */
    uint64_t url_key;    /**< Hash of the first URL and its range. */
    const char *paths[FA_LISTED_NAMES]; /**< The path of its file, relative to a folder; then those
                            to use if it belongs to another URL.  They depend on the entry and the
                            config only. */
    struct fa_error error; /**< FA_CLASS_NONE; else the entry is invalid, and has no key, origin
                              and path. */
};

/** The hash of an origin, "scheme://host:port": fa_listed.origin_key.  Can be called from any
 * thread. */
uint64_t fa_origin_key(const char *origin);

/** @return whether to continue. */
typedef bool (*fa_listed_handler)(void *ctx, const struct fa_listed *entry);

/**
 * Read lists, one after another, as a session reads them.  Memory does not grow with their length.
 *
 * Can be called from any thread; blocks until the lists are read.
 *
 * @config  Its layout, format, base, columns, match and secret_keys are used.
 * @lists   Names as for fa_session_add_list(), n of them.
 * @return  0, also if the handler stopped it; or -1 with FA_CLASS_BAD_URL if a list cannot be
 *          opened, and with FA_CLASS_LOCAL_IO if memory runs out.
 */
int fa_entries_read(const struct fa_config *config, const char *const *lists, size_t n,
                    fa_listed_handler handler, void *ctx, struct fa_error *err);

FA_API_END

#endif
