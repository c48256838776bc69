/**
 * One attempt after another with our settings: the one code for what a transfer is.  Whoever drives
 * it, driver.c or a loop of the strategy async, has a multi, and calls for each attempt:
 *
 *     fa_transfer_start(), curl_multi_add_handle(fa_transfer_easy()), fa_transfer_check() now and
 *     then, curl_multi_remove_handle(), fa_transfer_finish()
 *
 * An attempt is one request: redirects come back as outcomes, so that the limits and secrets of
 * each origin are kept by the engine.  A transfer belongs to one thread at a time.
 */
#ifndef FA_TRANSFER_TRANSFER_H
#define FA_TRANSFER_TRANSFER_H

#include "transfer/attempt.h"
#include "transfer/connections.h"
#include "transfer/outcome.h"
#include "transfer/settings.h"
#include "transfer/trust.h"

#include <curl/curl.h>

struct fa_transfer;

/**
 * All are borrowed until fa_transfer_free().
 *
 * @connections  Of the multi that it will be driven by.
 * @return NULL when memory ran out.
 */
struct fa_transfer *fa_transfer_new(const struct fa_settings *settings, struct fa_trust *trust,
                                    struct fa_connections *connections, struct fa_error *err);

/** After curl_multi_cleanup(3), as callbacks of connections that are closed refer to it. */
void fa_transfer_free(struct fa_transfer *transfer);

/** Make the handle ready for an attempt, which is borrowed until fa_transfer_finish(). */
int fa_transfer_start(struct fa_transfer *transfer, struct fa_attempt *attempt,
                      struct fa_error *err);

/** Call connected, from inside a callback of libcurl, once an attempt has its connection. */
void fa_transfer_watch(struct fa_transfer *transfer,
                       void (*connected)(struct fa_attempt *attempt, void *arg), void *arg);

/** The handle of the attempt that was started; each may have another one. */
CURL *fa_transfer_easy(struct fa_transfer *transfer);

/** The transfer that an easy handle belongs to. */
struct fa_transfer *fa_transfer_of(CURL *easy);

/** The attempt that it is at. */
struct fa_attempt *fa_transfer_attempt(struct fa_transfer *transfer);

/**
 * Look at the clock, and at the attempt's cancelled and rate.  Never from inside a callback of
 * libcurl, and between fa_connections_enter() and fa_connections_leave().
 *
 * @return whether the transfer may go on; if not, it is to be finished.
 */
bool fa_transfer_check(struct fa_transfer *transfer, double now);

/** Write out what is gathered, and say how it ended.  The attempt's fd is left to the caller. */
void fa_transfer_finish(struct fa_transfer *transfer, CURLcode code, struct fa_outcome *ret);

#endif
