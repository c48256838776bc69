/**
 * The event loop, and a way to wake it from other threads (libevent).
 */
#ifndef FA_BASE_LOOP_H
#define FA_BASE_LOOP_H

#include <fetchall/error.h>

#include <event2/event.h>

/** A priority for event_priority_set(): run after all other ready events, to handle their
 * results in one batch. */
#define FA_LOOP_LATER 2

/** So many timers of a loop can be pending at once without further memory. */
#define FA_LOOP_TIMERS 32

/** @return an event base without locks, for use on one thread, to be released with
 * event_base_free(); or NULL. */
struct event_base *fa_loop_new(struct fa_error *err);

/** Convert seconds for libevent. */
struct timeval fa_loop_time(double seconds);

/** Wakes an event loop by means of an eventfd(2). */
struct fa_wake;

/** @call  Called on the loop, once for any number of posts. */
struct fa_wake *fa_wake_new(struct event_base *base, void (*call)(void *arg), void *arg,
                            struct fa_error *err);
void fa_wake_free(struct fa_wake *wake);

/** Async-signal-safe; may be called on any thread. */
void fa_wake_post(struct fa_wake *wake);

#endif
