#ifndef FETCHALL_SUPPORT_NULL_STRATEGY_H
#define FETCHALL_SUPPORT_NULL_STRATEGY_H

/*
 * A strategy for tests that touches no network and plays a script: the n-th attempt submitted
 * gets the n-th step, and after the last the first again. Without a script it answers like the
 * bad server: /ok/<size>/... with its file, /hold/... with nothing until the attempt is cancelled,
 * and anything else with a 404.
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

/* How many attempts it has now, and how many were the most. */
unsigned fa_null_active(const struct fa_strategy *strategy);
unsigned fa_null_peak(const struct fa_strategy *strategy);

#endif
