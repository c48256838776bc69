/**
 * Starts the own attempts of jobs: everything that the transfer needs is decided here, and how much
 * of the part to keep.
 */
#ifndef FA_ENGINE_FLIGHTS_START_H
#define FA_ENGINE_FLIGHTS_START_H

#include "engine/flights.h"

/**
 * Begin an attempt of a job in state ACTIVE, or its next request after a redirect.  From now on it
 * is in progress, and ends with fa_flights_take(): start it, or let it fail.
 *
 * @return Whether it is the first request of the attempt.
 */
bool fa_flights_begin(struct fa_flights *flights, struct fa_job *job, double now);

/**
 * Send the request.
 *
 * @first  What fa_flights_begin() returned.
 * @rate   Bytes a second; 0: no limit.
 * @return 0; or -1 with the error of an attempt that did not reach the strategy.
 */
int fa_flights_start(struct fa_flights *flights, struct fa_job *job, bool first, uint64_t rate,
                     struct fa_error *err);

#endif
