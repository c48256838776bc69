/**
 * The circuit breaker of an origin, and the pauses that it asked for.  Pure.
 *
 *     CLOSED ── failures in a row ──▶ OPEN ── the wait is over ──▶ PROBING ── success ──▶ CLOSED
 *                                      ▲                             │
 *                                      ├───────── failure ───────────┤
 *                                      │                             ▼ patience is at its end
 *                                      └──── a minute later ────  GIVEN_UP
 *
 * So a thousand URLs of a dead host cost a few attempts and not a thousand time-outs, and a host
 * that restarts loses none of them.  An origin that only fails is probed, with back-off, until
 * patience is at its end: so many seconds after the first failure since its last success.  The
 * last probe begins then, not before, so that no back-off prolongs the wait or cuts it short.
 *
 * A pause that the server asked for (Retry-After) ends with a probe, too.  Patience has nothing to
 * do with it: a server that asks is there.  So many pauses are granted.
 */
#ifndef FA_ENGINE_BREAKER_H
#define FA_ENGINE_BREAKER_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>

/** That many failures in a row, with no answer between them, open it. */
#define FA_BREAKER_FAILURES 8
/** So long nothing goes to an origin that was given up. */
#define FA_BREAKER_REST 60.0
/** Seconds between two probes, at most: one that is back is to be noticed soon. */
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
    bool asked;        /**< OPEN, PROBING: the server asked for it. */
    unsigned failures; /**< In a row. */
    unsigned probes;   /**< That failed, in a row. */
    unsigned pauses;   /**< That were granted since its last success. */
    double since;      /**< The first of the failures, or the end of a pause after it. */
    double until;      /**< OPEN, GIVEN_UP: nothing before that time. */
};

/** A failure, as far as it concerns the origin. */
struct fa_breaker_failure {
    double now;
    bool probe;         /**< What failed was the probe. */
    double retry_after; /**< Seconds; -1: the server did not ask. */
    unsigned failures;  /**< That many in a row open it: FA_BREAKER_FAILURES, or fewer. */
    unsigned pauses;    /**< That many pauses are granted, and one in any case. */
    double patience;    /**< Seconds, 0 for none. */
    unsigned probes;    /**< So many are made even if patience is at its end. */
    double wait;        /**< The base of the back-off. */
    uint64_t random;
};

/** What a failure changed. */
enum fa_breaker_change {
    FA_BREAKER_SAME,
    FA_BREAKER_PAUSED,
    FA_BREAKER_OPENED,
    FA_BREAKER_GAVE_UP,
};

/** Whether a request may go out now; if so and it does, fa_breaker_start() is called. */
bool fa_breaker_allows(const struct fa_breaker *breaker, double now);
/** @return whether it is a probe. */
bool fa_breaker_start(struct fa_breaker *breaker);

/** Whether the origin is down, and waited for: not at its own wish. */
bool fa_breaker_waits(const struct fa_breaker *breaker);

/** Whether what waits for the origin is to fail at once. */
bool fa_breaker_rejects(const struct fa_breaker *breaker, double now);

/**
 * The origin answered.  An answer to what was under way when the server asked for a pause does not
 * end the pause.  @return whether that closed it.
 */
bool fa_breaker_succeed(struct fa_breaker *breaker);

enum fa_breaker_change fa_breaker_fail(struct fa_breaker *breaker,
                                       const struct fa_breaker_failure *failure);

/** A probe says nothing about the origin (it was cancelled, say). */
void fa_breaker_release(struct fa_breaker *breaker, double now);

#endif
