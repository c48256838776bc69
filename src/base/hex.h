/**
 * Bytes written as two hexadecimal digits, of either case.
 */
#ifndef FA_BASE_HEX_H
#define FA_BASE_HEX_H

/**
 * @digits  Two of them; the second is not looked at if the first is none.
 * @return The byte they stand for, 0 to 255, or -1 if they are no hex digits.
 */
int fa_hex_byte(const char *digits);

#endif
