/**
 * Plain URLs: those that libcurl's parser would leave unchanged, or only add the missing path to.
 *
 * Most URLs of a list are plain.  Scanning one costs a tenth of what parsing it does, because there
 * is nothing to decode, encode or normalise.  Pure functions.
 */
#ifndef FA_TRANSFER_PLAIN_URL_H
#define FA_TRANSFER_PLAIN_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/** Part of a string, not terminated by a null byte. */
struct fa_span {
    const char *at;
    size_t len;
};

static inline struct fa_span fa_span_text(const char *text)
{
    return (struct fa_span){text, strlen(text)};
}

/** The parts of a URL.  front and rest together are the whole URL. */
struct fa_url_parts {
    struct fa_span front, rest;
    struct fa_span scheme; /**< "http" or "https". */
    struct fa_span host;   /**< Without the brackets of an IPv6 address. */
    struct fa_span port;   /**< The default port of the scheme if the URL has none. */
    struct fa_span path;   /**< Without the query. */
    bool numeric;          /**< The host is an IP address. */
};

/**
 * Split a plain URL.  ret points into text.
 *
 * @return whether the URL is plain.  One that is not may still be valid: libcurl has to parse it.
 */
bool fa_plain_url_scan(struct fa_url_parts *ret, const char *text);

#endif
