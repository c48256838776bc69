/**
 * The turn: what the session does whenever something has happened, always in this order.
 *
 * Ended attempts are settled; retries that are due are queued; jobs start, and entries are read for
 * more of them, as far as the limits allow; files go to the stage and get their names; the state is
 * committed; the end is noticed; the alarm is set.
 */
#ifndef FA_ENGINE_TURN_H
#define FA_ENGINE_TURN_H

#include "engine/engine.h"
#include "engine/resolve.h"

/** For event_new(3), the session as its argument. */
void fa_turn(evutil_socket_t fd, short what, void *session);

/** The same for the tick: progress, and what changes gradually. */
void fa_turn_tick(evutil_socket_t fd, short what, void *session);

/** For the resolver: ctx is the session, tag the origin. */
void fa_turn_resolved(void *ctx, void *tag, const struct fa_resolution *resolution);

#endif
