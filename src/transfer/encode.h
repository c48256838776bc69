/**
 * URLs as people have them: with spaces, brackets and other bytes that a request must not have.
 *
 * They are percent-encoded as browsers do (WHATWG URL Standard), and so are those that browsers
 * send as they are but RFC 3986 forbids, because strict servers refuse them.  Pure.
 */
#ifndef FA_TRANSFER_ENCODE_H
#define FA_TRANSFER_ENCODE_H

#include <stdbool.h>

/** Whether the path or query of an absolute URL has bytes that have to be encoded.  A fragment is
 * ignored. */
bool fa_encode_is_needed(const char *url);

/**
 * Encode the path and query of an absolute URL.  A backslash in its path becomes a slash.
 *
 * @return To be released with free(3), or NULL when memory ran out.
 */
char *fa_encode_url(const char *url);

/** Encode all spaces of a URL or a reference, as fa_encode_url(). */
char *fa_encode_spaces(const char *url);

/** Encode the bytes of a URL or a reference that are not ASCII, as fa_encode_url(); those of its
 * host are a name for IDNA and stay.
 * @return NULL as well if there are none; then errno is 0. */
char *fa_encode_non_ascii(const char *url);

#endif
