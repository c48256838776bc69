/**
 * What the feeder's session and the queue tell each other about origins.
 */
#ifndef FA_QUEUE_NOTES_H
#define FA_QUEUE_NOTES_H

#include "queue/hold.h"

/** Send what has changed about the origins of a lease. */
void fa_notes_send(struct fa_feeder *feeder, const struct fa_held *held);

/** The record of an origin, with what the session knows now.  @return NULL: its lease is not held,
 * or no memory. */
struct fa_origin_record *fa_notes_get(struct fa_feeder *feeder, const char *name);

/** Give the session what another worker knows.  @return NULL: no memory. */
struct fa_origin_record *fa_notes_put(struct fa_feeder *feeder,
                                      const struct fa_queue_origin *origin);

/** The same for all origins of a gained lease. */
void fa_notes_put_gain(struct fa_feeder *feeder, const struct fa_queue_gain *gain);

#endif
