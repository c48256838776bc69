#ifndef FETCHALL_LAB_WIRE_H
#define FETCHALL_LAB_WIRE_H

/*
 * The packets under way in one direction, the oldest first: a ring of records that grows, so that
 * a packet is read into its place and written from there. Since a link reorders nothing, the
 * first is always the next that is due.
 */

#include "link.h"

#include <stdbool.h>

#define FA_WIRE_PACKET_MAX (65536 + 64) /* with what stands before it, see space.h */

struct fa_wire {
    struct fa_link link;
    unsigned char *bytes;
    size_t size;
    size_t head;    /* the oldest record */
    size_t tail;    /* where the next goes */
    size_t end;     /* when wrapped: where the records at the ring's end stop */
    bool wrapped;   /* the newest are before the oldest */
    uint64_t count; /* of records */
    struct {
        uint64_t packets; /* that came in */
        uint64_t bytes;   /* of these */
        uint64_t lost;
        uint64_t dropped; /* no room in the queue */
        uint64_t arrived;
        uint64_t late_sum; /* ns after they were due */
        uint64_t late_max;
    } stats;
};

/* Room for one packet, until the next call. NULL: out of memory. */
unsigned char *fa_wire_room(struct fa_wire *wire);

/*
 * The LEN bytes in that room set out at NOW; SIZE is what they are on the link. False if they
 * will not arrive.
 */
bool fa_wire_send(struct fa_wire *wire, int64_t now, size_t size, size_t len);

/* The oldest packet, which is due then; NULL: nothing is under way. */
const unsigned char *fa_wire_first(const struct fa_wire *wire, int64_t *due, size_t *len);

/* It has arrived at NOW: forgets it. */
void fa_wire_arrive(struct fa_wire *wire, int64_t now);

void fa_wire_fini(struct fa_wire *wire);

#endif
