/**
 * What the kernel knows of a connection (TCP_INFO, tcp(7)), shared out to the transfers that use it
 * one after another.
 */
#ifndef FA_TRANSFER_TCP_H
#define FA_TRANSFER_TCP_H

#include <fetchall/event.h>

/** All zero for a new connection. */
struct fa_tcp_meter {
    struct fa_tcp read;  /**< Since the connection was opened. */
    struct fa_tcp taken; /**< Of that, what transfers have got. */
};

/** Read a socket; one of another protocol leaves it as it is. */
void fa_tcp_meter_read(struct fa_tcp_meter *meter, int fd);

/** What was counted since the last call, and the round-trip time. */
struct fa_tcp fa_tcp_meter_take(struct fa_tcp_meter *meter);

/** Add what another attempt counted; the round-trip time is that of the last one that knows it. */
void fa_tcp_add(struct fa_tcp *sum, const struct fa_tcp *more);

#endif
