/**
 * The easy handle of a transfer: made by copying a prepared one (models.h), given the options of
 * one attempt after the other, and replaced where libcurl would keep too much of the previous one.
 */
#ifndef FA_TRANSFER_HANDLE_H
#define FA_TRANSFER_HANDLE_H

#include "transfer/exchange.h"
#include "transfer/request.h"
#include "transfer/url_handle.h"

#include <curl/curl.h>

struct fa_handle {
    CURL *easy;                         /**< NULL before the first attempt. */
    struct fa_exchange *exchange;       /**< Borrowed: has the attempt, and gets the callbacks. */
    void *owner;                        /**< CURLINFO_PRIVATE of the handle. */
    const struct fa_settings *prepared; /**< Those of the handle and of `lines`. */
    bool single_use;                    /**< See FA_FAULT_LAST_HEADER. */
    unsigned uses;
    bool fresh; /**< It has not been used: its options are those that all attempts share. */
    bool spent; /**< It keeps a challenge or the nonce of an origin, and would use it for others. */
    char *known_host; /**< The host that we have added to libcurl's DNS cache. */
    struct fa_request_lines lines;
    struct curl_slist *resolve;
    struct fa_url_handle url;
    char text[CURL_ERROR_SIZE]; /**< libcurl's error text. */
};

/** @handle  All zero. */
void fa_handle_init(struct fa_handle *handle, struct fa_exchange *exchange, void *owner);

/** Call before fa_exchange_fini(): closing connections calls back. */
void fa_handle_fini(struct fa_handle *handle);

/** Prepare a handle for the next attempt, whose settings the exchange has.  @return 0, or -1: no
 * memory. */
int fa_handle_renew(struct fa_handle *handle);

/** Set the options of an attempt.  @return 0, or -1: no memory. */
int fa_handle_set_up(struct fa_handle *handle, const struct fa_attempt *attempt,
                     const struct fa_asked *asked);

/** Follow a rate that has changed: that of exchange->pace. */
void fa_handle_set_rate(const struct fa_handle *handle);

/** Set time, ip and version of an outcome. */
void fa_handle_read(const struct fa_handle *handle, struct fa_outcome *ret);

#endif
