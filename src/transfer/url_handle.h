/**
 * The parsed form of a URL, for CURLOPT_CURLU(3).
 *
 * libcurl parses the URL of each transfer, although ours are parsed and normalised already.  A
 * handle that is set up once for an origin, and then gets only the path and query of each URL,
 * costs a quarter of that.
 */
#ifndef FA_TRANSFER_URL_HANDLE_H
#define FA_TRANSFER_URL_HANDLE_H

#include <stddef.h>

#include <curl/curl.h>

/** All zero is an empty one.  No handle is shared between transfers. */
struct fa_url_handle {
    CURLU *handle; /**< NULL: none yet. */
    char *front;   /**< The scheme, host and port that it was set up for. */
};

void fa_url_handle_fini(struct fa_url_handle *url);

/**
 * Set the handle to a URL that was normalised by fa_url_parse().  No transfer may be using it.
 *
 * @return the handle, or NULL if libcurl has to parse this URL itself.
 */
CURLU *fa_url_handle_set(struct fa_url_handle *url, const char *text);

#endif
