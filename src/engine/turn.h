/**
 * The turn: what the session does whenever something has happened, always in this order.
 *
 * Settle ended attempts; queue retries that are due; start jobs, and read entries for more of
 * them, as far as the limits allow; hash files and rename them; run commands for them; commit the
 * state; check for the end; set the alarm.
 */
#ifndef FA_ENGINE_TURN_H
#define FA_ENGINE_TURN_H

#include "engine/engine.h"
#include "engine/resolve.h"

/** Take a turn.  A callback for event_new(3) with the session as its argument. */
void fa_turn(evutil_socket_t fd, short what, void *session);

/** Handle a tick: send progress, and adapt rates and slots.  A callback like fa_turn(). */
void fa_turn_tick(evutil_socket_t fd, short what, void *session);

/** Handle the result of a lookup.  @ctx  The session.  @tag  The origin. */
void fa_turn_resolved(void *ctx, void *tag, const struct fa_resolution *resolution);

#endif
