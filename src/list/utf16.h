/**
 * UTF-16 (RFC 2781) to UTF-8, in pieces.  Pure.
 */
#ifndef FA_LIST_UTF16_H
#define FA_LIST_UTF16_H

#include <stdbool.h>
#include <stddef.h>

enum fa_utf16 {
    FA_UTF16_NO,
    FA_UTF16_LITTLE,
    FA_UTF16_BIG,
    FA_UTF16_MORE, /**< It depends on more bytes. */
};

/**
 * Whether a text is UTF-16: it begins with a byte order mark, or with two ASCII characters of two
 * bytes each.
 *
 * @at  The first len bytes of the text; all of it if ended.
 */
enum fa_utf16 fa_utf16_detect(const unsigned char *at, size_t len, bool ended);

/**
 * Convert as many characters as fit.
 *
 * A surrogate without its other half becomes three bytes that are not UTF-8: its line is invalid,
 * and no other.
 *
 * @at        Moved on by what was converted.  Up to 3 bytes may be left: a part of a character.
 * @big       The order of the bytes.
 * @ended     Nothing follows: then at most one byte is left, if their number is odd.
 * @to        At least 4 bytes.
 * @return The number of bytes written.
 */
size_t fa_utf16_convert(const unsigned char **at, size_t *len, bool big, bool ended,
                        unsigned char *to, size_t room);

#endif
