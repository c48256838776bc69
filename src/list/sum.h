/**
 * One line of a file of checksums: what sha256sum(1) and its sisters write.
 *
 *     9f86d081...  name          (or " *name": binary)
 *     \9f86d081...  na\nme       (a name with "\\", "\n" and "\r" for those bytes)
 *     SHA256 (name) = 9f86d081... (as of BSD, and with --tag)
 *
 * Pure, and safe on any bytes.
 */
#ifndef FA_LIST_SUM_H
#define FA_LIST_SUM_H

#include <stddef.h>

#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

struct fa_sum {
    const char *name; /**< Relative; without "./" and "//".  Lies in the line. */
    unsigned char bytes[FA_DIGEST_MAX];
    size_t size;       /**< Of the digest, in bytes. */
    enum fa_hash hash; /**< As the line says; 0: it does not. */
};

/**
 * Read a line.
 *
 * @line  Without its newline; is written to, and one byte behind it.
 * @return 1; 0: it is empty, or a comment; -1 with FA_CLASS_REFUSED.
 */
int fa_sum_parse(char *line, size_t len, struct fa_sum *ret, struct fa_error *err);

/**
 * The algorithm of a digest of that size.
 *
 * @likely  What it is if it has that size; 0: not known.
 * @return  Where two have one size, md5 and sha512 come first.
 */
enum fa_hash fa_sum_hash(size_t size, enum fa_hash likely);

#endif
