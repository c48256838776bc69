/**
 * Parses a line of a checksum file, as written by sha256sum(1) and similar programs.
 */
#ifndef FA_LIST_SUM_H
#define FA_LIST_SUM_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

struct fa_sum {
    char *name; /**< Relative, without "./" and "//", or a URL.  Points into the line. */
    bool url;   /**< The name is that of a URL: only of fa_sum_parse_url(). */
    unsigned char bytes[FA_DIGEST_MAX];
    size_t size;       /**< Of the digest, in bytes. */
    enum fa_hash hash; /**< As given by the line; 0: not given. */
};

/**
 * Read a line.
 *
 * @line  Without its newline; is written to, and one byte behind it.
 * @return 1; 0: it is empty, or a comment; -1 with FA_CLASS_REFUSED.
 */
int fa_sum_parse(char *line, size_t len, struct fa_sum *ret, struct fa_error *err);

/** As fa_sum_parse(); a name that begins with http:// or https:// is not taken for a path. */
int fa_sum_parse_url(char *line, size_t len, struct fa_sum *ret, struct fa_error *err);

/** Whether a line, which is written to, has the form of one, whatever its name is. */
bool fa_sum_detect(char *line, size_t len);

/**
 * The algorithm whose digests have that size.
 */
enum fa_hash fa_sum_hash(size_t size, enum fa_hash likely);

#endif
