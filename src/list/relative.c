/*
 * A name is one of a file system: all of its bytes stand for themselves, so "%", "?" and "#" are
 * encoded, too.  Bytes that a path may hold stay as they are (pchar of RFC 3986), so that the URL
 * is the one that other programs make of the name.
 */
#include "list/relative.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Up to and including the last slash of the path; without one, the whole URL up to its query. */
static size_t base_folder(const char *base, bool *ret_slash)
{
    const char *authority = strstr(base, "://");
    authority = authority ? authority + 3 : base;
    const char *end = authority + strcspn(authority, "?#");
    const char *slash = memrchr(authority, '/', (size_t)(end - authority));
    *ret_slash = slash != NULL;
    return (size_t)((slash ? slash + 1 : end) - base);
}

size_t fa_relative_max(const char *base, size_t len)
{
    return strlen(base) + 1 + 3 * len + 1;
}

static bool byte_is_path(unsigned char c)
{
    return c < 0x80 && (isalnum(c) || (c && strchr("-._~!$&'()*+,;=:@/", c)));
}

size_t fa_relative_write(const char *base, const char *name, size_t len, char *to)
{
    static const char hex[] = "0123456789ABCDEF";
    bool slash;
    char *at = mempcpy(to, base, base_folder(base, &slash));
    if (!slash)
        *at++ = '/';
    for (size_t i = 0; i < len; ++i) {
        unsigned char c = (unsigned char)name[i];
        if (byte_is_path(c)) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    *at = '\0';
    return (size_t)(at - to);
}
