/**
 * How many connections fetch one file at once.  Pure.
 *
 * With a fixed number, as many as that.  With `auto`, one at first; then twice as many, as long as
 * the rate rises by at least half of what twice as many could bring, measured over FA_GROWTH_WINDOW
 * seconds; a step that does not pay is undone, and was the last one.
 *
 * A connection that the server refuses lowers the number to what it has allowed; that number is
 * tried again FA_GROWTH_REFUSALS times, ever later.
 */
#ifndef FA_ENGINE_GROWTH_H
#define FA_ENGINE_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

/** The most connections with `auto`. */
#define FA_GROWTH_AUTO 8
/** Seconds that a rate is measured, after FA_GROWTH_SETTLE seconds with that many connections. */
#define FA_GROWTH_WINDOW 1.0
#define FA_GROWTH_SETTLE 0.5
/** Seconds before a refused connection is tried again; twice as many each time. */
#define FA_GROWTH_BACK_OFF 5.0
/** Seconds for which the first connection that is added has bytes, at the rate of the one
 * before. */
#define FA_GROWTH_TRIAL 3.0
/** Refusals after which no connection is added any more. */
#define FA_GROWTH_REFUSALS 3

struct fa_growth {
    unsigned most;  /**< Never more than that. */
    bool measures;  /**< `auto` */
    bool settled;   /**< The last step did not pay, or there is none left. */
    unsigned now;   /**< Connections that are wanted. */
    unsigned fewer; /**< Connections before the last step; 0: no rate is known. */
    double rate;    /**< Bytes per second then. */
    double since;   /**< When the current measurement began; negative: it did not. */
    uint64_t bytes; /**< Bytes of the file when it began. */
    unsigned refusals;
    unsigned allowed;  /**< Connections that the server has allowed; 0: any number. */
    double not_before; /**< With allowed: no other one is tried before that time. */
};

/** @most  A fixed number; 0: auto. */
void fa_growth_init(struct fa_growth *growth, unsigned most);

/**
 * How many connections are wanted now.
 *
 * @live   Connections that there are.
 * @bytes  Bytes that all of them have received so far.
 */
unsigned fa_growth_wanted(struct fa_growth *growth, unsigned live, uint64_t bytes, double now);

/**
 * Bytes that a connection which only finds out whether more of them pay should fetch, so that it
 * ends by itself soon after the verdict.
 *
 * @return  0: no limit.
 */
uint64_t fa_growth_trial(const struct fa_growth *growth);

/** The server refused a connection.  @live  The others. */
void fa_growth_refused(struct fa_growth *growth, unsigned live, double now);

/** Add no connection any more: the server does not answer ranges as it should. */
void fa_growth_stop(struct fa_growth *growth);

#endif
