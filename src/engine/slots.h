/**
 * How many transfers may be under way at once: fewer after the open files ran out, and gradually as
 * many as before again.  Pure.
 *
 * What took the files may be gone in a moment, be it another program or a burst of our own.  So the
 * number grows by an eighth each FA_SLOTS_WAIT seconds; each time that this was too much, it waits
 * twice as long.
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
    double next; /**< When it may grow. */
};

void fa_slots_init(struct fa_slots *slots, unsigned most);

/**
 * So many were too many.
 *
 * @return whether that is news: until now there were as many as there may be.
 */
bool fa_slots_lower(struct fa_slots *slots, unsigned active, double now);

/** @return whether there are more than before. */
bool fa_slots_grow(struct fa_slots *slots, double now);

#endif
