/**
 * The one place that maps a CURLcode, an HTTP status or an errno to a class and a retryability.
 */
#ifndef FA_TRANSFER_CLASSIFY_H
#define FA_TRANSFER_CLASSIFY_H

#include "transfer/outcome.h"

#include <fetchall/config.h>
#include <fetchall/error.h>

#include <stdbool.h>

/** How libcurl ended a transfer. */
struct fa_ending {
    int curl;            /**< A CURLcode (libcurl-errors(3)), not CURLE_OK. */
    int system;          /**< errno of the socket, or 0. */
    bool connected;      /**< The connection was made and the request sent. */
    bool answered;       /**< The status line of a response has arrived. */
    int proxy_status;    /**< Status of the response to CONNECT, or 0. */
    bool proxied;        /**< There is a proxy, which may have sent a response to CONNECT. */
    const char *text;    /**< libcurl's error text, or "". */
    bool long_head;      /**< The response header exceeds libcurl's limit. */
    enum fa_tls tls_min; /**< The lowest version that was acceptable. */
};

/** Set outcome->error and outcome->retryable. */
void fa_classify_curl(const struct fa_ending *ending, struct fa_outcome *outcome);

/**
 * Whether a status is in a list like "403,520".
 *
 * @list  NULL: an empty list.
 */
bool fa_status_is_listed(const char *list, int status);

/** Whether a status is one of the redirects that are followed (RFC 9110, 15.4). */
bool fa_status_is_redirect(int status);

/** Whether a text is such a list: statuses from 100 to 599, separated by commas. */
bool fa_status_list_is_good(const char *list);

/** The same as fa_classify_curl() for a status that does not bring the file (RFC 9110, 15). */
void fa_classify_http(int status, struct fa_outcome *outcome);

#endif
