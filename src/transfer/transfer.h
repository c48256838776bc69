/**
 * One attempt after another with the settings of the session: the only code that knows what a
 * transfer is.  The caller (driver.c or an event loop of the async strategy) owns a multi handle,
 * and calls for each attempt:
 *
 *     fa_transfer_start(), curl_multi_add_handle(fa_transfer_easy()), fa_transfer_check() now and
 *     then, curl_multi_remove_handle(), fa_transfer_finish()
 *
 * An attempt is one request: a redirect is reported as an outcome, so that the engine can apply the
 * limits and secrets of the next origin.  A transfer belongs to one thread at a time.
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
 * All arguments are borrowed until fa_transfer_free().
 *
 * @connections  Those of the multi handle that will drive it.
 * @return NULL when memory ran out.
 */
struct fa_transfer *fa_transfer_new(const struct fa_settings *settings, struct fa_trust *trust,
                                    struct fa_connections *connections, struct fa_error *err);

/** Call after curl_multi_cleanup(3), which closes connections and calls back for each. */
void fa_transfer_free(struct fa_transfer *transfer);

/** Prepare the handle for an attempt, which is borrowed until fa_transfer_finish(). */
int fa_transfer_start(struct fa_transfer *transfer, struct fa_attempt *attempt,
                      struct fa_error *err);

/** Call connected, from inside a libcurl callback, once an attempt has its connection, and headed
 * once it has its header. */
void fa_transfer_watch(struct fa_transfer *transfer,
                       void (*connected)(struct fa_attempt *attempt, void *arg),
                       void (*headed)(struct fa_attempt *attempt, void *arg), void *arg);

/** The easy handle of the current attempt; each attempt may have another one. */
CURL *fa_transfer_easy(struct fa_transfer *transfer);

/** The transfer that an easy handle belongs to. */
struct fa_transfer *fa_transfer_of(CURL *easy);

/** The current attempt. */
struct fa_attempt *fa_transfer_attempt(struct fa_transfer *transfer);

/**
 * Check the time limits, cancellation and the rate of the attempt.  Never call from inside a
 * libcurl callback; call between fa_connections_enter() and fa_connections_leave().
 *
 * @return whether the transfer may continue; if not, finish it.
 */
bool fa_transfer_check(struct fa_transfer *transfer, double now);

/** Flush the body and report the outcome.  Does not close the attempt's fd. */
void fa_transfer_finish(struct fa_transfer *transfer, CURLcode code, struct fa_outcome *ret);

#endif
