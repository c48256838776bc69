/*
 * Whatever libcurl might change, in this version or a newer one, makes a URL not plain: upper case
 * in the host, a user, a fragment, dot segments, bytes that need encoding, lower case in an escape,
 * a port with leading zeros, and hosts that may be an IPv4 address in an unusual form.
 *
 * The two kinds of mistakes are not alike.  A plain URL that is not recognised costs time, because
 * libcurl parses it.  A URL that is wrongly taken for plain would be requested in another form than
 * libcurl's, and would be another key in the state.  So every rule here errs on the first side.
 */
#include "transfer/plain_url.h"

/* Longer URLs are parsed by libcurl, which has its own limit. */
#define PLAIN_MAX 16384

static struct fa_span span_of(const char *at, const char *end)
{
    return (struct fa_span){at, (size_t)(end - at)};
}

/* Bytes that are valid and never encoded in a path and a query (RFC 3986, 3.3 and 3.4). */
static const bool is_plain_byte[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true,
    ['_'] = true,         ['~'] = true,         ['!'] = true,         ['$'] = true, ['&'] = true,
    ['\''] = true,        ['('] = true,         [')'] = true,         ['*'] = true, ['+'] = true,
    [','] = true,         [';'] = true,         ['='] = true,         [':'] = true, ['@'] = true,
    ['/'] = true,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper_hex(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F');
}

/* @return the end of a decimal number of at most max without leading zeros, or NULL. */
static const char *number_skip(const char *at, unsigned max)
{
    const char *start = at;
    unsigned value = 0;
    for (; is_digit(*at) && at - start < 5; ++at)
        value = value * 10 + (unsigned)(*at - '0');
    bool good = at > start && !is_digit(*at) && value <= max && (*start != '0' || at == start + 1);
    return good ? at : NULL;
}

/* @return the end of an IPv4 address in its canonical form, or NULL. */
static const char *address_skip(const char *at)
{
    for (int i = 0; i < 4; ++i) {
        if (i > 0 && *at++ != '.')
            return NULL;
        at = number_skip(at, 255);
        if (!at)
            return NULL;
    }
    return at;
}

/* @return the end of a host name in lower case, or NULL.  The last label must begin with a letter:
 * then no version of libcurl takes the name for an IPv4 address.  Punycode has to be checked. */
static const char *name_skip(const char *at)
{
    const char *label = at;
    const char *last = at;
    for (;; ++at) {
        bool letter = *at >= 'a' && *at <= 'z';
        if (letter || is_digit(*at) || *at == '-')
            continue;
        last = label;
        if (strncmp(label, "xn--", 4) == 0)
            return NULL;
        if (*at != '.')
            break;
        label = at + 1;
    }
    bool onion = at - last == 5 && memcmp(last, "onion", 5) == 0;
    return *last >= 'a' && *last <= 'z' && !onion ? at : NULL;
}

/* A port is plain only if libcurl would print it as it is; port 0 is an error to be reported by
 * url.c. */
static bool authority_scan(struct fa_url_parts *parts, const char **at)
{
    const char *host = *at;
    const char *end = is_digit(*host) ? address_skip(host) : NULL;
    parts->numeric = end != NULL;
    if (!end)
        end = name_skip(host);
    if (!end)
        return false;
    parts->host = span_of(host, end);
    parts->port = fa_span_text(parts->scheme.len == 5 ? "443" : "80");
    if (*end == ':') {
        const char *port = end + 1;
        end = number_skip(port, 65535);
        if (!end || *port == '0')
            return false;
        parts->port = span_of(port, end);
    }
    *at = end;
    return true;
}

/* @return the first byte that is not plain.  A newer libcurl may treat "%2E" as a dot. */
static const char *bytes_skip(const char *at)
{
    for (;; ++at) {
        if (*at == '%' && is_upper_hex(at[1]) && is_upper_hex(at[2]) &&
            !(at[1] == '2' && at[2] == 'E'))
            at += 2;
        else if (!is_plain_byte[(unsigned char)*at] || (*at == '/' && at[1] == '.'))
            return at;
    }
}

bool fa_plain_url_scan(struct fa_url_parts *ret, const char *text)
{
    bool secure = strncmp(text, "https://", 8) == 0;
    if (!secure && strncmp(text, "http://", 7) != 0)
        return false;
    ret->scheme = span_of(text, text + (secure ? 5 : 4));
    const char *at = text + ret->scheme.len + 3;
    if (!authority_scan(ret, &at))
        return false;
    ret->front = span_of(text, at);
    ret->rest = ret->path = fa_span_text("/");
    if (!*at)
        return true;
    if (*at != '/')
        return false;
    const char *path = at;
    at = bytes_skip(path);
    ret->path = span_of(path, at);
    if (*at == '?' && at[1])
        at = bytes_skip(at + 1);
    if (memchr(path + ret->path.len, '\'', (size_t)(at - path) - ret->path.len))
        return false; /* encoded in a query: see encode.c */
    ret->rest = span_of(path, at);
    return !*at && at - text <= PLAIN_MAX;
}
