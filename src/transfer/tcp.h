/**
 * What the kernel knows of a connection (TCP_INFO, tcp(7)), shared out to the transfers that use it
 * one after another.
 */
#ifndef FA_TRANSFER_TCP_H
#define FA_TRANSFER_TCP_H

#include <fetchall/event.h>

/** How long a reading serves for further transfers, in seconds: of small files there can be a
 * thousand for each round trip, and each would cost a system call. */
#define FA_TCP_RECENT 0.05

/** All zero for a new connection. */
struct fa_tcp_meter {
    struct fa_tcp read;  /**< Since the connection was opened. */
    struct fa_tcp taken; /**< Of that, what transfers have got. */
    double read_at;      /**< Of fa_clock_now(); 0: never. */
};

/** Read a socket; one of another protocol leaves it as it is. */
void fa_tcp_meter_read(struct fa_tcp_meter *meter, int fd);

/** The same, unless the last reading is recent.  What it leaves out goes to a later transfer, if
 * there is one. */
void fa_tcp_meter_refresh(struct fa_tcp_meter *meter, int fd);

/** What was counted since the last call, and the round-trip time. */
struct fa_tcp fa_tcp_meter_take(struct fa_tcp_meter *meter);

/** Add what another attempt counted; the round-trip time is that of the last one that knows it. */
void fa_tcp_add(struct fa_tcp *sum, const struct fa_tcp *more);

#endif
