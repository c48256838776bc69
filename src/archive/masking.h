/**
 * Headers of requests and responses without what is secret, for an archive that others will read.
 *
 * Lines of HTTP/2, as libcurl writes them, get the version of HTTP/1.1, whose form they have: an
 * archive has no other.
 *
 * "***" replaces the values of Cookie, Authorization and Set-Cookie, of all request fields that are
 * not known to be harmless, and what fa_redact_url() hides in URLs.  Everything else is copied as
 * it is.
 */
#ifndef FA_ARCHIVE_MASKING_H
#define FA_ARCHIVE_MASKING_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/** Append the header of a request.  @keys  As for fa_redact_url(). */
void fa_masking_put_request(struct fa_buf *buf, const void *header, size_t len, const char *keys);

/** Append that of a response. */
void fa_masking_put_response(struct fa_buf *buf, const void *header, size_t len, const char *keys);

/** Whether the header of a response is of HTTP/2. */
bool fa_masking_is_http2(const void *header, size_t len);

/** A URL without user and password.  @return to be released with free(3); NULL: no memory */
char *fa_masking_url(const char *url, const char *keys);

#endif
