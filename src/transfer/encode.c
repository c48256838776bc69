/*
 * Encoding comes last, when a request is made: the URL of an entry (fa_url.whole) stays what it
 * was, because it identifies files in states that older versions wrote.  Only spaces are encoded
 * before libcurl parses the URL, which would make them "+" in a query.
 */
#include "transfer/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const bool is_forbidden[256] = {
    [0 ... ' '] = true, [0x7f ... 0xff] = true, ['"'] = true,  ['<'] = true, ['>'] = true,
    ['['] = true,       [']'] = true,           ['\\'] = true, ['^'] = true, ['`'] = true,
    ['{'] = true,       ['|'] = true,           ['}'] = true,
};

/* Browsers encode an apostrophe in the query only: attributes of HTML end with one. */
static bool byte_is_encoded(char c, bool query)
{
    return is_forbidden[(unsigned char)c] || (query && c == '\'');
}

/* A reference may have no authority (RFC 3986, 4.2). */
static const char *url_path(const char *url)
{
    size_t n = strcspn(url, "/?#");
    bool authority = strncmp(url + n, "//", 2) == 0 && (n == 0 || url[n - 1] == ':');
    return authority ? url + n + 2 + strcspn(url + n + 2, "/?#") : url;
}

bool fa_encode_is_needed(const char *url)
{
    bool query = false;
    for (const char *at = url_path(url); *at && *at != '#'; ++at) {
        query |= *at == '?';
        if (byte_is_encoded(*at, query))
            return true;
    }
    return false;
}

static char *triple_put(char *to, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    *to++ = '%';
    *to++ = hex[c >> 4];
    *to++ = hex[c & 15];
    return to;
}

char *fa_encode_url(const char *url)
{
    const char *at = url_path(url);
    char *text = malloc(3 * strlen(url) + 1);
    if (!text)
        return NULL;
    char *to = mempcpy(text, url, (size_t)(at - url));
    bool query = false;
    for (; *at; ++at) {
        query |= *at == '?';
        if (*at == '\\' && !query)
            *to++ = '/';
        else if (byte_is_encoded(*at, query))
            to = triple_put(to, (unsigned char)*at);
        else
            *to++ = *at;
    }
    *to = '\0';
    return text;
}

char *fa_encode_spaces(const char *url)
{
    char *text = malloc(3 * strlen(url) + 1), *to = text;
    for (; text && *url; ++url) {
        if (*url == ' ')
            to = triple_put(to, ' ');
        else
            *to++ = *url;
    }
    if (text)
        *to = '\0';
    return text;
}

static bool byte_is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

char *fa_encode_non_ascii(const char *url)
{
    const char *first = url_path(url);
    while (*first && byte_is_ascii(*first))
        ++first;
    errno = 0;
    char *text = *first ? malloc(3 * strlen(url) + 1) : NULL;
    if (!text)
        return NULL;
    char *to = mempcpy(text, url, (size_t)(first - url));
    for (const char *at = first; *at; ++at) {
        if (byte_is_ascii(*at))
            *to++ = *at;
        else
            to = triple_put(to, (unsigned char)*at);
    }
    *to = '\0';
    return text;
}
