/**
 * How the results of entries go to the queue.
 */
#ifndef FA_QUEUE_RESULTS_H
#define FA_QUEUE_RESULTS_H

#include "queue/hold.h"

/** An entry has ended: keep its result until the state has its record. */
void fa_results_add(struct fa_feeder *feeder, const struct fa_result *result);

/** The state has the records of all entries that have ended: send their results. */
void fa_results_send(struct fa_feeder *feeder);

#endif
