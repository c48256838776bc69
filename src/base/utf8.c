/*
 * Strict decoding: a lenient decoder would let two spellings of one name pass for different files,
 * and control characters slip through as overlong forms.
 */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool byte_is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The sequence length that a first byte announces; 0 if it cannot come first.  0xc0 and 0xc1 would
 * begin overlong forms, and bytes from 0xf5 characters beyond U+10FFFF (RFC 3629, 3). */
static size_t sequence_length(unsigned char byte)
{
    if (byte < 0x80)
        return 1;
    if (byte < 0xc2)
        return 0;
    return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
}

size_t fa_utf8_get(const void *text, size_t len, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = text;
    if (len > 0 && *p < 0x80) {
        *ret = *p;
        return 1;
    }
    size_t n = len > 0 ? sequence_length(*p) : 0;
    if (n == 0 || n > len)
        return 0;
    uint32_t c = n == 1 ? *p : *p & (0x7fu >> n);
    for (size_t i = 1; i < n; ++i) {
        if (!byte_is_continuation(p[i]))
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return n;
}

size_t fa_utf8_decode(const char *text, uint32_t *ret)
{
    return fa_utf8_get(text, strnlen(text, 4), ret);
}

/* A character has at most 3 continuation bytes: more of them are not UTF-8, and are cut
 * anywhere. */
size_t fa_utf8_cut(const void *text, size_t len, size_t max)
{
    const unsigned char *p = text;
    if (len <= max)
        return len;
    for (int i = 0; i < 3 && max > 0 && byte_is_continuation(p[max]); ++i)
        max--;
    return max;
}

char *fa_utf8_repair(const char *text)
{
    char *copy = malloc(4 * strlen(text) + 1);
    if (!copy)
        return NULL;
    char *out = copy;
    while (*text) {
        uint32_t code;
        size_t len = fa_utf8_decode(text, &code);
        if (len)
            memcpy(out, text, len);
        else
            snprintf(out, 5, "\\x%02x", (unsigned char)*text);
        out += len ? len : 4;
        text += len ? len : 1;
    }
    *out = '\0';
    return copy;
}
