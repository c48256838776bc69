/**
 * Parses URLs (RFC 3986) with libcurl's parser.
 *
 * Stricter than libcurl: a URL requires a scheme, http or https, and a host; a host must not
 * contain a backslash or end in ".onion" (RFC 7686).
 */
#ifndef FA_TRANSFER_URL_H
#define FA_TRANSFER_URL_H

#include "base/buf.h"

#include <fetchall/error.h>

#include <stdbool.h>

/** One block of memory: whole owns the text of all of them but sent. */
struct fa_url {
    char *whole;     /**< No fragment, host in punycode, unsafe bytes encoded; identifies it. */
    char *sent;      /**< Instead of whole for the request, with upper-case digits for bytes that
                         are not ASCII, as browsers send them; NULL: whole. */
    char *host;      /**< In lower case; an IPv6 address has no brackets, and its zone is
                         percent-encoded ("fe80::1%25eth0", RFC 6874). */
    char *origin;    /**< "scheme://host:port", always with the port (RFC 6454). */
    char *host_port; /**< The part of origin after "//", without IPv6 brackets: for libcurl. */
    char *path;      /**< Percent-encoded; begins with "/". */
    bool secure;     /**< https */
    bool numeric;    /**< The host is an IP address. */
};

/** Set all fields to NULL, so that fa_url_fini() may be called. */
void fa_url_init(struct fa_url *url);
void fa_url_fini(struct fa_url *url);

/**
 * Parse a URL.
 *
 * @base  NULL, or the URL that a reference is relative to (RFC 3986, 5.2).  Its user and password
 *        are kept within its origin only.
 * @return 0, or -1 with FA_CLASS_BAD_URL.
 */
int fa_url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err);

/**
 * Parse the first valid one of several URLs: that which is requested first, as a mirror may be the
 * only one.
 *
 * @return Its index; or -1 with the error of the first one.
 */
int fa_url_parse_any(struct fa_url *url, const char *const *texts, size_t n, struct fa_error *err);

/** The text for a request. */
static inline const char *fa_url_sent(const struct fa_url *url)
{
    return url->sent ? url->sent : url->whole;
}

/** Whether a URL has a user or a password. */
bool fa_url_has_login(const struct fa_url *url);

/** Replace the user and password of a URL by those of another one, or by none if it has none.
 * @from   NULL: by none.
 * @return 0, or -1: url is unchanged. */
int fa_url_set_login(struct fa_url *url, const struct fa_url *from, struct fa_error *err);

/** Write a parsed URL, so that it need not be parsed again. */
void fa_url_pack(const struct fa_url *url, struct fa_buf *buf);

/** Read what fa_url_pack() wrote.  A URL that was never parsed stays one.  @return 0, or -1: it is
 * malformed, or there is no memory. */
int fa_url_unpack(struct fa_url *url, struct fa_reader *reader);

#endif
