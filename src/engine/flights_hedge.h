/**
 * Starts hedges: second requests for the file of an active job (engine/hedge.h).
 */
#ifndef FA_ENGINE_FLIGHTS_HEDGE_H
#define FA_ENGINE_FLIGHTS_HEDGE_H

#include "engine/flights.h"

/**
 * Prepare a second request for the file of an active job.  Sets job->hedge.
 *
 * @origin  Of the mirror; or that of the job's present target, which is requested again then.
 * @return  NULL: no memory.
 */
struct fa_hedge *fa_flights_hedge(struct fa_flights *flights, struct fa_job *job,
                                  struct fa_origin *origin, unsigned mirror);

/** Send the request of a hedge in state WAITS, whose origin has an address.  @rate  Bytes a second;
 * 0: no limit.  If that is not possible, the hedge ends. */
void fa_flights_start_hedge(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate);

#endif
