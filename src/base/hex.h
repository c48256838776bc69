/**
 * Bytes written as two hexadecimal digits: read in upper or lower case, written in lower case.
 */
#ifndef FA_BASE_HEX_H
#define FA_BASE_HEX_H

#include <stddef.h>

/**
 * @digits  Two characters; the second is not read if the first is not a digit.
 * @return The byte, 0 to 255, or -1 if they are not hexadecimal digits.
 */
int fa_hex_byte(const char *digits);

/** Write bytes as digits in lower case, and a zero after them: 2 * len + 1 characters. */
void fa_hex_write(const void *bytes, size_t len, char *ret);

#endif
