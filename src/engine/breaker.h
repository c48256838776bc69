/**
 * The circuit breaker of an origin, and the pauses that the server asks for.  Pure.
 *
 *     CLOSED ── failures in a row ──▶ OPEN ── the wait is over ──▶ PROBING ── success ──▶ CLOSED
 *                                      ▲                             │
 *                                      ├───────── failure ───────────┤
 *                                      │                             ▼ patience is exhausted
 *                                      └──── a minute later ────  GIVEN_UP
 *
 * A thousand URLs of a dead host cost a few attempts and not a thousand time-outs, and a host that
 * restarts loses none of them.  An origin that only fails is probed, with back-off, until patience
 * is exhausted: a number of seconds after the first failure since its last success.  The last
 * probe starts at that moment, so that back-off neither extends the wait nor cuts it short.
 *
 * A pause that the server asked for (Retry-After) also ends with a probe.  A server that asks is
 * up, so it is given up only if the pauses have exceeded both their number and patience.
 */
#ifndef FA_ENGINE_BREAKER_H
#define FA_ENGINE_BREAKER_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>

/** Failures in a row, without an answer between them, that open the breaker. */
#define FA_BREAKER_FAILURES 8
/** Seconds without any request to an origin that was given up. */
#define FA_BREAKER_REST 60.0
/** Maximum seconds between two probes, so that a host that is back is noticed soon. */
#define FA_BREAKER_PROBE_WAIT 15.0

enum fa_breaker_state {
    FA_BREAKER_CLOSED,
    FA_BREAKER_OPEN,
    FA_BREAKER_PROBING,
    FA_BREAKER_GIVEN_UP,
};

/** All zero: closed. */
struct fa_breaker {
    enum fa_breaker_state state;
    bool asked;        /**< OPEN, PROBING: a pause that the server asked for. */
    unsigned failures; /**< In a row. */
    unsigned probes;   /**< Failed probes in a row. */
    unsigned pauses;   /**< Granted since the last success. */
    double asked_at;   /**< Start of the first of them. */
    double since;      /**< Start of patience: the first failure, or the end of a later pause. */
    double until;      /**< OPEN, GIVEN_UP: no request before that time. */
};

/** A failure, and the limits that apply to it. */
struct fa_breaker_failure {
    double now;
    bool probe;         /**< The probe failed. */
    double retry_after; /**< Seconds; -1: the server did not ask. */
    unsigned failures;  /**< Failures that open the breaker: FA_BREAKER_FAILURES, or fewer. */
    unsigned pauses;    /**< Minimum pauses; one is granted in any case. */
    double patience;    /**< Seconds; 0: none. */
    unsigned probes;    /**< Minimum probes, even if patience and pauses are exhausted. */
    double wait;        /**< The base of the back-off. */
    double wait_most;   /**< Its maximum; at most FA_BREAKER_PROBE_WAIT. */
    uint64_t random;
};

/** What a failure changed. */
enum fa_breaker_change {
    FA_BREAKER_SAME,
    FA_BREAKER_PAUSED,
    FA_BREAKER_OPENED,
    FA_BREAKER_GAVE_UP,
};

/** Whether a request may start now; call fa_breaker_start() if it does. */
bool fa_breaker_allows(const struct fa_breaker *breaker, double now);
/** A request starts.  @return whether it is a probe. */
bool fa_breaker_start(struct fa_breaker *breaker);

/** Whether the origin is down and waited for; not in a pause that it asked for. */
bool fa_breaker_waits(const struct fa_breaker *breaker);

/** Whether the origin is in a pause that it asked for, or its end is being probed. */
bool fa_breaker_pauses(const struct fa_breaker *breaker, double now);

/** Whether the jobs that wait for the origin must fail at once. */
bool fa_breaker_rejects(const struct fa_breaker *breaker, double now);

/**
 * The origin answered.  The answer to a request that was in progress when the server asked for a
 * pause does not end the pause.
 *
 * @return whether the breaker was not closed, and is now.
 */
bool fa_breaker_succeed(struct fa_breaker *breaker);

enum fa_breaker_change fa_breaker_fail(struct fa_breaker *breaker,
                                       const struct fa_breaker_failure *failure);

/** Another process found the origin paused or down: as breaker.asked says.  @until  The next
 * probe. */
void fa_breaker_resume(struct fa_breaker *breaker, double until, bool asked, double now);

/** A probe ended without evidence about the origin, for example because it was cancelled. */
void fa_breaker_release(struct fa_breaker *breaker, double now);

#endif
