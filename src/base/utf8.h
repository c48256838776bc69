/**
 * UTF-8 (RFC 3629): decodes one character at a time from arbitrary bytes.
 */
#ifndef FA_BASE_UTF8_H
#define FA_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Decode the first character of a text.
 *
 * Overlong forms, surrogates, values beyond U+10FFFF and truncated sequences are malformed.
 *
 * @text  Need not be terminated by zero; a zero is an ordinary character.
 * @ret   Its code point; unchanged if 0 is returned.
 * @return Its number of bytes, 1 to 4; 0 if it is malformed, or len is 0.
 */
size_t fa_utf8_get(const void *text, size_t len, uint32_t *ret);

/** The same for a text that ends with a zero: 0 also at its end. */
size_t fa_utf8_decode(const char *text, uint32_t *ret);

/**
 * The length of the longest prefix of at most max bytes that does not end inside a character.  In
 * text that is not UTF-8 it may end anywhere, at most 3 bytes before max.
 */
size_t fa_utf8_cut(const void *text, size_t len, size_t max);

/** A copy of a text in which each malformed byte is the text \xNN, to be freed.  NULL: no
 * memory. */
char *fa_utf8_repair(const char *text);

#endif
