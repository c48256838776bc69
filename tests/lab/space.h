#ifndef FETCHALL_LAB_SPACE_H
#define FETCHALL_LAB_SPACE_H

/*
 * A network namespace of the lab with its TUN device. It has no name anywhere and lives by its
 * descriptors and by the processes in it. Errors end the program with FA_LAB_FAILED.
 */

#include <stdbool.h>
#include <stddef.h>

#define FA_LAB_FAILED 125 /* the lab itself failed, as with env(1) and timeout(1) */

/* The third octet of 10.77.x.y says what is there; netlab.c has the whole plan. */
enum fa_lab_net {
    FA_LAB_PAIR = 0, /* .1 the client, .2 the server */
    FA_LAB_HOSTS = 1,
    FA_LAB_DEAD = 2,
    FA_LAB_REFUSED = 3,
    FA_LAB_RESET = 4,
};
#define FA_LAB_PREFIX "10.77."
#define FA_LAB_NET(n) (10u << 24 | 77u << 16 | (unsigned)(n) << 8)

struct fa_space {
    int net; /* for setns(2) */
    int tun; /* nonblocking; one packet for each read and write */
};

/*
 * Makes a namespace and moves this process into it. With OFFLOAD, packets have a struct
 * virtio_net_hdr before them, their checksums may be left to the receiver, and many segments of
 * TCP may come as one.
 */
void fa_space_open(struct fa_space *space, bool server, int mtu, bool offload);

/* What stands before each packet. */
size_t fa_space_before(bool offload);

/* The bytes that a packet read from the device is on the link, PREFIX included in BYTES, LEN. */
size_t fa_space_link_size(const unsigned char *bytes, size_t len, bool offload);

/* Whether something in this namespace listens for TCP; TCP segments sent again here so far. */
bool fa_space_listens(void);
long fa_space_retransmitted(void);

#endif
