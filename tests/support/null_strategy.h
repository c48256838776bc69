#ifndef FETCHALL_SUPPORT_NULL_STRATEGY_H
#define FETCHALL_SUPPORT_NULL_STRATEGY_H

/*
 * A strategy for tests that touches no network and plays a script: the n-th attempt submitted
 * gets the n-th step, and after the last the first again. Without a script it answers like the
 * bad server: /ok/<size>/... with its file, /hold/... with nothing until the attempt is cancelled,
 * and anything else with a 404.
 *
 * With a director it runs in virtual time: fa_null_advance() ends the attempts that are due.
 */

#include "strategy/strategy.h"

struct fa_null_step {
    bool hold;                 /* until cancelled */
    unsigned delay_ms;         /* before the outcome */
    uint64_t bytes;            /* of the pattern of the URL's path go to the part */
    struct fa_outcome outcome; /* location is copied; received and size are filled in */
};

extern const struct fa_strategy_ops fa_strategy_null;

/* STEPS is borrowed until the strategy is freed. */
void fa_null_play(struct fa_strategy *strategy, const struct fa_null_step *steps, size_t count);

/* Decides about the attempts of the strategies that are made after fa_null_direct(). */
struct fa_null_director {
    /* An attempt was submitted. Return the time of its end, or INFINITY: once it is cancelled. */
    double (*begin)(void *ctx, struct fa_attempt *attempt);
    /* Write what there is of the part, and fill in the outcome, which is fa_outcome_none. */
    void (*end)(void *ctx, struct fa_attempt *attempt, struct fa_outcome *ret);
    void *ctx;
};

/* DIRECTOR is borrowed; NULL: none. */
void fa_null_direct(const struct fa_null_director *director);

/* When the next attempt of the strategy ends that was created last, with a director. */
double fa_null_due(void);

/* Set the time, and end the attempts that are due. */
void fa_null_advance(double now);

/* The attempts that it has now, and their maximum so far. */
unsigned fa_null_active(const struct fa_strategy *strategy);
unsigned fa_null_peak(const struct fa_strategy *strategy);

#endif
