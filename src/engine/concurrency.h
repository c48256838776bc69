/**
 * How many transfers an origin gets at once.  Pure: the caller passes times, starts and answers.
 *
 * With a search, the limit starts at FA_CONCURRENCY_START and grows while the throughput of the
 * origin grows with it:
 *
 *            first round          gain               no gain
 *     (new) ─────────────▶ GROW ──────▶ GROW (twice) ────────▶ HOLD at the previous limit
 *                           ▲                                   │  │ latency grew: try fewer
 *                           └──────── try more, now and then ───┘  ▼
 *                                                       HOLD ◀── SHRINK
 *
 * A limit is measured in rounds.  A round of GROW ends when the requests that went beyond the
 * previous limit are answered, so that it covers the set-up of their connections.  If that is too
 * slow to show a gain, another one without set-up decides.  Other rounds end after two answers for
 * each transfer.  While large files delay the answers, rounds end by time.  A round in which the
 * limit was not reached has no verdict.
 *
 * A round takes at least FA_CONCURRENCY_ROUND, except for the first steps of a new origin: those
 * take FA_CONCURRENCY_ROUND_SHORT, and only a full round can end them.
 *
 * Throughput counts bytes, and FA_CONCURRENCY_FILE bytes for each file.  A step must gain at least
 * a fifth of itself: twice the transfers, 1.2 times the throughput.  A larger limit that gains less
 * than a tenth is given back, and one between the two is reduced to what its gain is worth.
 *
 * The first steps of a new origin also look at the time of a request.  If its median stays the
 * same, throughput grows as the limit does (Little's law), although the set-up of connections hides
 * that: then the next step is fourfold, or threefold from a larger limit, since each takes two
 * round trips.  If it grows, requests wait for each other somewhere: the limit is measured without
 * set-up, and the next step is twofold.
 *
 * A new connection sends only some 14 KiB at once (the initial window of TCP), so that the end of a
 * file that is a little larger comes a round trip after its header.  The header says as much about
 * the step: that the origin accepts the request, and how long requests wait.  So it is the answer,
 * and the time of the request is that of the header.  Refusals arrive at the same time as headers,
 * so that the step waits for more of them.
 *
 * Failures that more transfers can cause (429, 503, refused connections, resets, time-outs) halve
 * the limit at once.  Each good answer then adds one (RECOVER), up to the number that the origin
 * accepted when it refused others.  If that was at most half of the limit, a single refusal says
 * little about how many it accepts, and the previous limit is what to recover to: unless a second
 * one comes within FA_CONCURRENCY_ACCIDENT seconds.  Requests that were in progress at the cut do
 * not cut again, because they were sent before it could help (as in RFC 5681).
 *
 * Without a search, the limit is the ceiling, and falls and recovers in the same way.
 */
#ifndef FA_ENGINE_CONCURRENCY_H
#define FA_ENGINE_CONCURRENCY_H

#include <stdbool.h>
#include <stdint.h>

/** The first limit of an unknown origin. */
#define FA_CONCURRENCY_START 8
/** What a file counts besides its bytes. */
#define FA_CONCURRENCY_FILE 16384
/** Minimum seconds of a round, so that noise averages out. */
#define FA_CONCURRENCY_ROUND 0.05
/** The same while the limit of a new origin grows. */
#define FA_CONCURRENCY_ROUND_SHORT 0.01
/** Seconds after which a round ends without answers, if bytes arrive. */
#define FA_CONCURRENCY_ROUND_MOST 1.0
/** Rounds until the next step is tried, after the first one without gain; then they double. */
#define FA_CONCURRENCY_WAIT      4
#define FA_CONCURRENCY_WAIT_MOST 64
/** Minimum seconds between a refusal and the next attempt at more. */
#define FA_CONCURRENCY_PATIENCE 2.0
/** Seconds since the last refusal after which one among few transfers is taken for an accident. */
#define FA_CONCURRENCY_ACCIDENT 10.0

enum fa_concurrency_phase {
    FA_CONCURRENCY_GROW,
    FA_CONCURRENCY_HOLD,
    FA_CONCURRENCY_SHRINK,
    FA_CONCURRENCY_RECOVER,
};

struct fa_concurrency_policy {
    unsigned most; /**< The ceiling, at least 1. */
    bool search;   /**< Find the limit; otherwise it is the ceiling. */
};

/** All zero: nothing is known. */
struct fa_concurrency {
    double work;     /**< Done so far: bytes, counting FA_CONCURRENCY_FILE for each file. */
    double cut_at;   /**< Time of the last cut. */
    double round_at; /**< Start of the round. */
    double round_work;
    float rate;        /**< Work per second at the limit `base`; 0: not measured. */
    float latency;     /**< The lowest mean of a round, in seconds; 0: unknown. */
    float latency_sum; /**< Of the answers of the round. */
    float time;        /**< GROW: the lowest median time of a round's probes; 0: unknown. */
    float time_last;   /**< GROW: of the last answered probe of the round; 0: none. */
    unsigned answers;  /**< Of the round. */
    unsigned limit;    /**< 0: the first limit. */
    unsigned base;     /**< GROW, SHRINK: the limit to return to; RECOVER: to reach. */
    unsigned widest;   /**< GROW: the most transfers in this round. */
    unsigned probes;   /**< GROW: requests that went beyond `base`; */
    unsigned probed;   /**< and how many of them are answered. */
    unsigned headed;   /**< and by how many headers. */
    uint32_t round;    /**< Number of the round, from 1. */
    uint16_t held;     /**< HOLD: rounds since the last step. */
    uint16_t wait;     /**< Rounds until the next step. */
    uint8_t phase;     /**< enum fa_concurrency_phase */
    bool bounded;      /**< The origin refused more than `base`: the next step is small. */
    bool learned;      /**< The limit is that of an earlier run, and not verified yet. */
    bool begun;        /**< The round is measured: its limit was reached. */
    bool settled;      /**< GROW: all connections are set up, and the limit is measured again. */
    bool flows;        /**< Bytes of unfinished files arrived in this round. */
};

/** What an answer, or its absence, says about the limit. */
enum fa_concurrency_sign {
    FA_CONCURRENCY_GOOD,
    FA_CONCURRENCY_REFUSED, /**< The origin serves no more at once. */
    FA_CONCURRENCY_BROKEN,  /**< The connection broke, or was too slow. */
};

struct fa_concurrency_answer {
    enum fa_concurrency_sign sign;
    double now;
    double started;  /**< When the request started. */
    uint32_t round;  /**< What fa_concurrency_started() returned. */
    unsigned active; /**< Transfers in progress, without this one. */
    double latency;  /**< Seconds from the request to the first byte, without connecting. */
    double time;     /**< The same to the last byte; by header: equal to latency. */
    uint64_t bytes;  /**< Not reported by fa_concurrency_received(). */
    bool busy;       /**< More requests wait for the origin. */
};

/** The present limit. */
unsigned fa_concurrency_limit(const struct fa_concurrency *c,
                              const struct fa_concurrency_policy *policy);

/** Begin at the limit that an earlier run found, if it is at most the ceiling. */
void fa_concurrency_learned(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                            unsigned limit);

/** The limit to remember; 0: none was found yet, or that of an earlier run is not verified yet. */
unsigned fa_concurrency_found(const struct fa_concurrency *c);

/** A request starts.  @active  Transfers in progress, with it.  @return for its answer. */
uint32_t fa_concurrency_started(struct fa_concurrency *c,
                                const struct fa_concurrency_policy *policy, unsigned active,
                                double now);

/** Whether a file of that size is answered by its header. */
bool fa_concurrency_is_by_header(int64_t size);

/**
 * The header of such a file has arrived, and more requests wait for the origin.
 *
 * @latency  Seconds from the request to the header, without connecting.
 * @round    What fa_concurrency_started() returned.  Set to 0 if the header was the answer, so that
 *           the end of the file is none.
 * @return whether the limit changed
 */
bool fa_concurrency_headed(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                           double latency, double now, uint32_t *round);

/** A request has ended. */
void fa_concurrency_ended(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                          const struct fa_concurrency_answer *answer);

/** Bytes of unfinished files have arrived. */
void fa_concurrency_received(struct fa_concurrency *c, uint64_t bytes);

/** Call it from time to time, after fa_concurrency_received().  @return whether the limit
 * changed */
bool fa_concurrency_check(struct fa_concurrency *c, const struct fa_concurrency_policy *policy,
                          double now);

#endif
