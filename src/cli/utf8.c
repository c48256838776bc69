#include "cli/utf8.h"

/* The length that a first byte announces; 0 for a byte that cannot come first. */
static size_t announced(unsigned char byte)
{
    if (byte < 0x80)
        return byte ? 1 : 0;
    if (byte >= 0xc2 && byte < 0xe0)
        return 2;
    if (byte >= 0xe0 && byte < 0xf0)
        return 3;
    if (byte >= 0xf0 && byte < 0xf5)
        return 4;
    return 0;
}

size_t fa_utf8_decode(const char *text, uint32_t *ret_code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t len = announced(bytes[0]);
    if (len <= 1) {
        if (len == 1)
            *ret_code = bytes[0];
        return len;
    }

    uint32_t code = bytes[0] & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        /* The final zero is no continuation byte, so this never reads beyond it. */
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3fU);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return len;
}
