/**
 * How entries come from the queue into the feeder's session.
 */
#ifndef FA_QUEUE_TAKES_H
#define FA_QUEUE_TAKES_H

#include "queue/hold.h"

/** Whether a lease can be asked for entries.  @held  May be NULL. */
bool fa_held_can_take(const struct fa_held *held);

/** Take what the queue says this worker holds already, after a gain. */
void fa_takes_held(struct fa_feeder *feeder, struct fa_held *held);

/** Take entries until the window is full. */
void fa_takes_fill(struct fa_feeder *feeder);

/** The transfer of an entry begins: the queue is told soon. */
void fa_takes_begin(struct fa_feeder *feeder, struct fa_item *item);

/** Tell the queue what has begun, and not ended yet. */
void fa_takes_tell(struct fa_feeder *feeder);

/** Add the suspects whose turn it is to the session. */
void fa_takes_add_suspects(struct fa_feeder *feeder);

#endif
