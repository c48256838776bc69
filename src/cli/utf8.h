/**
 * UTF-8 (RFC 3629), one character at a time.
 */
#ifndef FETCHALL_CLI_UTF8_H
#define FETCHALL_CLI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Decode the character at the start of a text that ends with a zero.
 *
 * Overlong forms, surrogates and what lies beyond U+10FFFF are invalid.
 *
 * @ret_code  Its code point; untouched when 0 is returned.
 * @return    How many bytes it has, 1 to 4; 0 if the bytes are invalid, or at the end.
 */
size_t fa_utf8_decode(const char *text, uint32_t *ret_code);

#endif
