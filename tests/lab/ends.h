#ifndef FETCHALL_LAB_ENDS_H
#define FETCHALL_LAB_ENDS_H

/*
 * Both ends of the link: packets from the devices set out, packets that are due arrive. What the
 * special networks do (dead, refusing, resetting) is done at the server's end, so that it takes
 * the same time as an answer of the server.
 */

#include "space.h"
#include "wire.h"

struct fa_cut; /* what a connection to a resetting address has had; see ends.c */

struct fa_ends {
    struct fa_wire up; /* from the client to the server */
    struct fa_wire down;
    int client; /* the TUN devices */
    int server;
    bool offload;
    uint32_t reset_after; /* bytes; 0: never */
    struct fa_cut *cuts;
    struct {
        uint64_t dead; /* packets */
        uint64_t refused;
        uint64_t resets; /* connections */
        uint64_t unread; /* packets that a device did not take */
    } stats;
};

/* The links and the descriptors are set. */
void fa_ends_init(struct fa_ends *ends);
void fa_ends_fini(struct fa_ends *ends);

/*
 * Does what is to be done now. Returns the time when there is more to do, which may be past; -1:
 * when a device has a packet.
 */
int64_t fa_ends_turn(struct fa_ends *ends);

/* Now, on the clock of all times here: ns. */
int64_t fa_ends_now(void);

#endif
