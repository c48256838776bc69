#ifndef FETCHALL_LIAR_SHRINK_H
#define FETCHALL_LIAR_SHRINK_H

#include "liar/round.h"

/*
 * Makes the case smaller as long as a fault of the same kind remains: fewer entries, answers and
 * words, fewer settings. Ends after SECONDS at the latest. FAULT is that of the smallest.
 */
void liar_shrink(struct liar_world *world, struct liar_case *of, struct liar_fault *fault,
                 double seconds);

#endif
