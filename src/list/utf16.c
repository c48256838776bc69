/*
 * iconv(3) would load a module for UTF-16, which a sandbox or a small container does not have.
 */
#include "list/utf16.h"

#include <stdint.h>
#include <string.h>

#define CHARACTER_MAX 4 /* bytes */

/* Control bytes do not count, so that a binary file is not taken for UTF-16. */
static bool byte_is_ascii_text(unsigned char byte)
{
    return (byte >= 0x20 && byte < 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Without a mark, the zeros of ASCII tell.  Two zeros are not text in either order. */
static enum fa_utf16 utf16_guess(const unsigned char *at, size_t len)
{
    size_t low = at[0] == 0 ? 1 : 0;
    for (size_t i = 0; i < len; ++i)
        if (i % 2 == low ? !byte_is_ascii_text(at[i]) : at[i] != 0)
            return FA_UTF16_NO;
    if (len < 4)
        return FA_UTF16_MORE;
    return low == 0 ? FA_UTF16_LITTLE : FA_UTF16_BIG;
}

enum fa_utf16 fa_utf16_detect(const unsigned char *at, size_t len, bool ended)
{
    static const unsigned char little[] = {0xff, 0xfe}, big[] = {0xfe, 0xff};
    enum fa_utf16 is = FA_UTF16_MORE;
    if (len >= 2 && memcmp(at, little, 2) == 0)
        return FA_UTF16_LITTLE;
    if (len >= 2 && memcmp(at, big, 2) == 0)
        return FA_UTF16_BIG;
    if (len > 0 && (len > 1 || at[0] < 0xfe))
        is = utf16_guess(at, len < 4 ? len : 4);
    return is == FA_UTF16_MORE && ended ? FA_UTF16_NO : is;
}

static uint32_t utf16_unit(const unsigned char *at, bool big)
{
    return big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

/* The number of bytes of the first character, and its code point; 0: it is not complete. */
static size_t utf16_get(const unsigned char *at, size_t len, bool big, bool ended, uint32_t *ret)
{
    if (len < 2)
        return 0;
    *ret = utf16_unit(at, big);
    if (*ret < 0xd800 || *ret > 0xdbff)
        return 2;
    if (len < 4)
        return ended ? 2 : 0;
    uint32_t low = utf16_unit(at + 2, big);
    if (low < 0xdc00 || low > 0xdfff)
        return 2;
    *ret = 0x10000 + ((*ret - 0xd800) << 10 | (low - 0xdc00));
    return 4;
}

/* A lone surrogate becomes an invalid sequence, which makes its line a bad entry: nothing is
 * guessed. */
static size_t utf8_put(uint32_t c, unsigned char *to)
{
    if (c < 0x80) {
        to[0] = (unsigned char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; --i, c >>= 6)
        to[i] = (unsigned char)(0x80 | (c & 0x3f));
    to[0] = (unsigned char)((0xf00u >> len) | c);
    return len;
}

/* Only whole characters are written, so that the output never ends inside of one. */
size_t fa_utf16_convert(const unsigned char **at, size_t *len, bool big, bool ended,
                        unsigned char *to, size_t room)
{
    size_t written = 0;
    while (room - written >= CHARACTER_MAX) {
        uint32_t c = 0;
        size_t used = utf16_get(*at, *len, big, ended, &c);
        if (used == 0)
            break;
        *at += used;
        *len -= used;
        written += utf8_put(c, to + written);
    }
    return written;
}
