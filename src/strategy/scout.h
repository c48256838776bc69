/**
 * Attempts that wait for the connection of another one, their scout.
 */
#ifndef FA_STRATEGY_SCOUT_H
#define FA_STRATEGY_SCOUT_H

#include "transfer/attempt.h"

#include <sys/queue.h>

#define FA_SCOUT_BUCKETS 256

/** Initialise to zero.  Belongs to one thread. */
struct fa_scouts {
    LIST_HEAD(, fa_scout) buckets[FA_SCOUT_BUCKETS];
};

/**
 * @return whether the attempt is to wait, which it does from now on.  If not, it may go; the ones
 *         that come after it for the same origin wait until fa_scouts_end() is called for it.
 */
bool fa_scouts_wait(struct fa_scouts *scouts, struct fa_attempt *attempt);

/** The attempt is connected or has ended: append the attempts that waited for it to a queue. */
void fa_scouts_end(struct fa_scouts *scouts, const struct fa_attempt *attempt,
                   struct fa_attempt_queue *ret);

/** Append all waiting attempts to a queue. */
void fa_scouts_drain(struct fa_scouts *scouts, struct fa_attempt_queue *ret);

#endif
