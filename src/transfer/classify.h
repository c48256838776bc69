/**
 * The one place that maps a CURLcode, an HTTP status or an errno to a class and a retryability.
 */
#ifndef FA_TRANSFER_CLASSIFY_H
#define FA_TRANSFER_CLASSIFY_H

#include "transfer/outcome.h"

#include <fetchall/error.h>

/** What is known of a transfer that libcurl ended. */
struct fa_ending {
    int curl;         /**< A CURLcode (libcurl-errors(3)), not CURLE_OK. */
    int system;       /**< errno of the socket, or 0. */
    bool connected;   /**< The request could be sent. */
    bool answered;    /**< The header of an answer has come. */
    int proxy_status; /**< The status of a CONNECT, or 0. */
    const char *text; /**< libcurl's own words, or "". */
    bool long_head;   /**< There was more of the header than libcurl takes. */
};

/** Fill in outcome->error and outcome->retryable. */
void fa_classify_curl(const struct fa_ending *ending, struct fa_outcome *outcome);

/** The same for an answer that is not the file (RFC 9110, 15). */
void fa_classify_http(int status, struct fa_outcome *outcome);

#endif
