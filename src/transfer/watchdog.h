/**
 * A thread that detects when libcurl does not return, and shuts down the connection that blocks it.
 *
 * libcurl 7.88 reads the body of a proxy's 407 to CONNECT in one loop without checking time-outs,
 * and a flood of HTTP/2 frames can occupy it for seconds.  Neither its time-outs nor ours work
 * then, because both need the event loop to turn.
 *
 * The thread starts with the first set of connections, so a watchdog may be created before a
 * fork(2). All functions are thread-safe.
 */
#ifndef FA_TRANSFER_WATCHDOG_H
#define FA_TRANSFER_WATCHDOG_H

#include <fetchall/error.h>

struct fa_connections;
struct fa_watchdog;

/** Maximum duration of one libcurl call in seconds. */
#define FA_WATCHDOG_SECONDS 3

/** @return To be released with fa_watchdog_free(), or NULL when memory ran out. */
struct fa_watchdog *fa_watchdog_new(struct fa_error *err);

/** Call after everything that was added has been removed. */
void fa_watchdog_free(struct fa_watchdog *watchdog);

/** Watch connections, which are borrowed until they are removed.  If memory or threads run out,
 * nothing is watched, and everything else works. */
void fa_watchdog_add(struct fa_watchdog *watchdog, struct fa_connections *connections);
void fa_watchdog_remove(struct fa_watchdog *watchdog, struct fa_connections *connections);

#endif
