/**
 * How many transfers may be in progress: fewer after the process ran out of descriptors, then
 * gradually as many as before.  Pure.
 *
 * The descriptors may be free again in a moment, whether another program took them or a burst of
 * our own.  So the number grows by an eighth every FA_SLOTS_WAIT seconds; each time that this was
 * too much, the interval doubles.
 */
#ifndef FA_ENGINE_SLOTS_H
#define FA_ENGINE_SLOTS_H

#include <stdbool.h>

#define FA_SLOTS_WAIT     1.0
#define FA_SLOTS_WAIT_MAX 60.0

struct fa_slots {
    unsigned now;
    unsigned most;
    double wait; /**< Seconds between two steps. */
    double next; /**< Time of the next step. */
};

void fa_slots_init(struct fa_slots *slots, unsigned most);

/**
 * The process ran out of descriptors.
 *
 * @active  Transfers in progress, including the one that failed.
 * @return whether to report it: until now the number was not lowered.
 */
bool fa_slots_lower(struct fa_slots *slots, unsigned active, double now);

/** Call it from time to time.  @return whether the number grew. */
bool fa_slots_grow(struct fa_slots *slots, double now);

#endif
