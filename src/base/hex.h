/**
 * Bytes written as two hexadecimal digits, in upper or lower case.
 */
#ifndef FA_BASE_HEX_H
#define FA_BASE_HEX_H

/**
 * @digits  Two characters; the second is not read if the first is not a digit.
 * @return The byte, 0 to 255, or -1 if they are not hexadecimal digits.
 */
int fa_hex_byte(const char *digits);

#endif
