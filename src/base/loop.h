/**
 * The event loop, and the ways to wake it from elsewhere (libevent).
 */
#ifndef FA_BASE_LOOP_H
#define FA_BASE_LOOP_H

#include <fetchall/error.h>

#include <event2/event.h>

/** A priority for event_priority_set(): after all that is ready now, so that many things that
 * happened become one batch. */
#define FA_LOOP_LATER 2

/** @return a base without locks, for one thread; release with event_base_free(); or NULL. */
struct event_base *fa_loop_new(struct fa_error *err);

/** Seconds as libevent takes them. */
struct timeval fa_loop_time(double seconds);

/** Something that wakes a loop: an eventfd(2). */
struct fa_wake;

/** @call  Called on the loop, once for one or many posts. */
struct fa_wake *fa_wake_new(struct event_base *base, void (*call)(void *arg), void *arg,
                            struct fa_error *err);
void fa_wake_free(struct fa_wake *wake);

/** Async-signal-safe, callable from any thread. */
void fa_wake_post(struct fa_wake *wake);

#endif
