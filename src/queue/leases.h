/**
 * The leases of a feeder: gained, renewed and given back.
 */
#ifndef FA_QUEUE_LEASES_H
#define FA_QUEUE_LEASES_H

#include "queue/hold.h"

/** Renew all leases, and ask for more. */
void fa_leases_beat(struct fa_feeder *feeder);

/** Do what is due: call it often. */
void fa_leases_tick(struct fa_feeder *feeder);

/** Give everything back, and tell the queue that this worker ends. */
void fa_leases_leave(struct fa_feeder *feeder);

#endif
