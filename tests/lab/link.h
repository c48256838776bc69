#ifndef FETCHALL_LAB_LINK_H
#define FETCHALL_LAB_LINK_H

/*
 * One direction of a link, as arithmetic: given when a packet arrives and how large it is, says
 * when it comes out at the other end, or that it does not. No clock and no packet is touched.
 *
 * The sender puts one packet after another onto the wire at the rate; those that wait their turn
 * are the queue, whose bytes are those not yet on the wire (a packet half sent counts half). A
 * packet that finds no room is dropped (tail drop). One that is lost takes its turn and its time
 * on the wire as the others do, and does not arrive. Nothing is reordered.
 */

#include <stddef.h>
#include <stdint.h>

struct fa_link {
    double rate;      /* bit/s; 0: no limit, and so no queue */
    double queue;     /* bytes that may wait; 0: no limit */
    double loss;      /* the probability of one packet's loss, 0 to 1 */
    int64_t delay;    /* ns from the end of the sending to the arrival */
    uint64_t random;  /* the seed, later the generator's state */
    int64_t free_at;  /* ns: all that came so far is on the wire then */
    double queue_max; /* the longest queue so far, bytes */
};

enum fa_link_fate { FA_LINK_ARRIVES, FA_LINK_LOST, FA_LINK_DROPPED };

/* NOW, in ns, never goes back. DUE is set when the packet arrives. */
enum fa_link_fate fa_link_send(struct fa_link *link, int64_t now, size_t size, int64_t *due);

#endif
