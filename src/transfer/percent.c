/*
 * %00 is never decoded: the result is a C string.  A malformed triple is copied as it is, as
 * browsers do.
 */
#include "transfer/percent.h"

#include "base/hex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool fa_percent_is_encoded(const char *at, const char *end)
{
    while ((at = memchr(at, '%', (size_t)(end - at)))) {
        if (end - at > 2 && fa_hex_byte(at + 1) > 0)
            return true;
        ++at;
    }
    return false;
}

char *fa_percent_decode(const char *at, const char *end)
{
    char *text = malloc((size_t)(end - at) + 1);
    char *to = text;
    for (; to && at < end; ++at) {
        int byte = *at == '%' && end - at > 2 ? fa_hex_byte(at + 1) : -1;
        *to++ = byte > 0 ? (char)byte : *at;
        at += byte > 0 ? 2 : 0;
    }
    if (to)
        *to = '\0';
    return text;
}

/* More is encoded than necessary, because the text becomes part of a query. */
void fa_percent_put(struct fa_buf *buf, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; ++text) {
        unsigned char c = (unsigned char)*text;
        char triple[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (c < 0x80 && (isalnum(c) || strchr("+-._~*", c)))
            fa_buf_put(buf, text, 1);
        else
            fa_buf_put(buf, triple, sizeof(triple));
    }
}
