/**
 * A multi handle of libcurl on an event loop: the async strategy has one or more of them.
 *
 * Attempts reach it through an inbox, and outcomes return through an outbox that all of them share.
 * All functions are for the engine's thread.
 */
#ifndef FA_STRATEGY_MULTI_H
#define FA_STRATEGY_MULTI_H

#include "strategy/outbox.h"
#include "strategy/scout.h"
#include "strategy/strategy.h"
#include "strategy/watch.h"
#include "transfer/connections.h"
#include "transfer/transfer.h"
#include "transfer/watchdog.h"

#include <curl/curl.h>

#include <pthread.h>

/** An origin moves to another loop when its own has this many more attempts than the emptiest,
 * or half as many again if that is less: with few transfers, each may be large and keep a core
 * busy. */
#define FA_MULTI_UNEVEN 8

/** A transfer in use, or kept for a later attempt. */
struct fa_flight {
    struct fa_transfer *transfer;
    LIST_ENTRY(fa_flight) link; /**< Among those in use, or those parked. */
    int unwatched;              /**< errno if its socket could not be watched; else 0. */
};

LIST_HEAD(fa_flight_list, fa_flight);

/** What all multis of a strategy use. */
struct fa_multi_shared {
    struct fa_strategy_env env;
    struct fa_trust *trust;
    struct fa_watchdog *watchdog;
    struct fa_outbox outbox;
};

struct fa_multi {
    struct fa_multi_shared *shared; /**< Borrowed. */
    struct event_base *base;
    struct event *start; /**< The inbox is not empty. */
    struct event *timer; /**< Of the multi. */
    struct event *sweep;
    struct event *back; /**< An attempt has its header, or has ended. */
    CURLM *multi;
    struct fa_connections *connections;
    struct fa_watches watches;
    struct fa_flight_list flying;
    struct fa_flight_list parked;
    struct fa_attempt_queue ready;    /**< Taken from the inbox. */
    struct fa_attempt_queue released; /**< Have waited for a scout. */
    struct fa_scouts scouts;
    struct fa_done_queue headed; /**< Not yet in the outbox, as ended. */
    struct fa_done_queue ended;
    bool sweeping;
    double sweep_due;     /**< When libevent should call on_sweep(). */
    _Atomic double delay; /**< The longest of on_sweep() since the engine asked. */

    pthread_t thread;
    bool has_thread;
    struct fa_wake *wake; /**< Of the thread. */
    unsigned load;        /**< Used by the engine's thread: attempts that are not done. */
    bool woken;           /**< Used by the engine's thread: it must be woken by the next flush. */

    pthread_mutex_t lock; /**< Guards inbox and stop. */
    struct fa_attempt_queue inbox;
    bool stop;
};

/** With several loops it gets a thread, else it uses the engine's base.
 *
 * @multi  All zero.  After a failure, fa_multi_fini() frees what exists. */
int fa_multi_init(struct fa_multi *multi, struct fa_multi_shared *shared, struct fa_error *err);
void fa_multi_fini(struct fa_multi *multi);

/** Put an attempt into the inbox.  @return 0, or -1: no memory, and its part is closed. */
int fa_multi_put(struct fa_multi *multi, struct fa_attempt *attempt, struct fa_error *err);

/** Announce that the inbox is not empty. */
void fa_multi_wake(struct fa_multi *multi);

#endif
