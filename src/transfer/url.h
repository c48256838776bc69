/**
 * URLs (RFC 3986), read by libcurl's parser.
 *
 * What libcurl is lenient about and we are not: a URL needs its scheme, http or https, and a host;
 * a host never holds a backslash, and never ends in ".onion" (RFC 7686).
 */
#ifndef FA_TRANSFER_URL_H
#define FA_TRANSFER_URL_H

#include <fetchall/error.h>

#include <stdbool.h>

struct fa_url {
    char *whole;     /**< To be asked for: no fragment, host in punycode, bytes encoded. */
    char *host;      /**< In lower case; an IPv6 address has no brackets. */
    char *origin;    /**< "scheme://host:port", the port always there (RFC 6454). */
    char *host_port; /**< The part of origin behind "//", without IPv6 brackets: for libcurl. */
    char *path;      /**< Percent-encoded; begins with "/". */
    bool secure;     /**< https */
    bool numeric;    /**< The host is an address. */
};

/** All NULL, so that fini() is fine. */
void fa_url_init(struct fa_url *url);
void fa_url_fini(struct fa_url *url);

/**
 * Read a URL.
 *
 * @base  NULL, or the URL that a reference is relative to (RFC 3986, 5.2).  Its name and password
 *        are kept within its origin, and only there.
 * @return 0, or -1 with FA_CLASS_BAD_URL.
 */
int fa_url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err);

#endif
