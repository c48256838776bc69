/**
 * A thread that notices when libcurl does not return to us, and shuts down what holds it.
 *
 * libcurl 7.88 reads the body of a proxy's 407 to CONNECT in one loop without a look at time-outs,
 * and a flood of HTTP/2 frames can keep it for seconds.  Its time-outs and ours are of no use then,
 * as both need a loop that turns.
 *
 * The thread starts with the first set of connections that is added, so that a watchdog may be made
 * before a fork(2).  All functions are thread-safe.
 */
#ifndef FA_TRANSFER_WATCHDOG_H
#define FA_TRANSFER_WATCHDOG_H

#include <fetchall/error.h>

struct fa_connections;
struct fa_watchdog;

/** libcurl has so many seconds for one call. */
#define FA_WATCHDOG_SECONDS 3

/** @return To release with fa_watchdog_free(), or NULL when memory ran out. */
struct fa_watchdog *fa_watchdog_new(struct fa_error *err);

/** Everything that was added has been removed. */
void fa_watchdog_free(struct fa_watchdog *watchdog);

/** Watch over connections, which are borrowed until they are removed.  Without memory or threads
 * left nobody watches, and all else works. */
void fa_watchdog_add(struct fa_watchdog *watchdog, struct fa_connections *connections);
void fa_watchdog_remove(struct fa_watchdog *watchdog, struct fa_connections *connections);

#endif
