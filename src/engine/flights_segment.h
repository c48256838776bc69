/**
 * Splits the part of a job, and starts segments that fetch ranges of it (engine/split.h).
 */
#ifndef FA_ENGINE_FLIGHTS_SEGMENT_H
#define FA_ENGINE_FLIGHTS_SEGMENT_H

#include "engine/flights.h"

/** Split the part of an active job whose answer has begun.  @return 0, or -1: it cannot be. */
int fa_flights_split(struct fa_flights *flights, struct fa_job *job);

/** Turn a complete part into a split one, of which only these bytes are there.  @return 0, or -1 */
int fa_flights_mend(struct fa_flights *flights, struct fa_job *job, const struct fa_extents *good);

/**
 * Start a segment of a split job, with the cookies of now.
 *
 * @rate    Bytes a second; 0: no limit.
 * @return  0, or -1: it did not start.
 */
int fa_flights_start_segment(struct fa_flights *flights, struct fa_job *job,
                             const struct fa_extent *range, uint64_t rate, double now,
                             struct fa_error *err);

#endif
