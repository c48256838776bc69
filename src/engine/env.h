/**
 * What a session uses besides its config; tests replace it, and run a session in virtual time.
 *
 * With a clock that has wait(), the session never sleeps.  It does everything that is ready, and
 * then calls wait() with the time of its next alarm.  The strategy and the resolver of such a
 * session use the same clock: wait() activates their events.
 */
#ifndef FA_ENGINE_ENV_H
#define FA_ENGINE_ENV_H

#include "base/clock.h"
#include "engine/resolve.h"
#include "strategy/strategy.h"

#include <fetchall/session.h>

struct fa_session_env {
    const struct fa_strategy_ops *strategy; /**< NULL: the one that the config names. */
    const struct fa_resolver_ops *resolver; /**< NULL: fa_resolver_system. */
    struct fa_clock clock;                  /**< now NULL: fa_clock_now(), and libevent waits. */
    uint64_t seed;                          /**< Of the jitter; 0: random. */
};

/** fa_session_new() with another environment, which is copied. */
struct fa_session *fa_session_new_with(const struct fa_config *config,
                                       const struct fa_session_env *env, fa_event_handler handler,
                                       void *ctx, struct fa_error *err);

#endif
