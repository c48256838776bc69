/*
 * Not isxdigit(3) and strtol(3): those accept spaces and signs, and depend on the locale.
 */
#include "base/hex.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int fa_hex_byte(const char *digits)
{
    int high = hex_digit(digits[0]);
    int low = high >= 0 ? hex_digit(digits[1]) : -1;
    return low >= 0 ? high << 4 | low : -1;
}

void fa_hex_write(const void *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < len; ++i) {
        *ret++ = digits[byte[i] >> 4];
        *ret++ = digits[byte[i] & 15];
    }
    *ret = '\0';
}
