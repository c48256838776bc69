/**
 * UTF-8 (RFC 3629), one character at a time, on any bytes.
 */
#ifndef FA_BASE_UTF8_H
#define FA_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Decode the character that a text begins with.
 *
 * Overlong forms, surrogates, what lies beyond U+10FFFF and what is cut off are not well-formed.
 *
 * @text  Need not end with a zero; a zero is a character like any other.
 * @ret   Its code point; untouched when 0 is returned.
 * @return How many bytes it has, 1 to 4; 0 if they are not well-formed, or len is 0.
 */
size_t fa_utf8_get(const void *text, size_t len, uint32_t *ret);

/**
 * The length of the text's longest beginning of at most max bytes that does not end inside a
 * character.  Where the text is no UTF-8 it ends anywhere, at most 3 bytes before max.
 */
size_t fa_utf8_cut(const void *text, size_t len, size_t max);

#endif
