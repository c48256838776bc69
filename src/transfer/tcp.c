/*
 * The kernel counts from the start of a connection.  Transfers get differences, so that their sum
 * is right for a connection that many of them use, one after another or at once (HTTP/2).
 *
 * A client of downloads sends little, so it seldom sends anything again.  Losses on the way to it
 * show as segments that arrive out of order.
 *
 * glibc's <netinet/tcp.h> has an older struct than the kernel, so that of the kernel is used.  A
 * kernel that is older than this struct fills in a part of it; the rest stays 0.
 */
#include "transfer/tcp.h"

#include "base/clock.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

void fa_tcp_meter_read(struct fa_tcp_meter *meter, int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return;
    meter->read = (struct fa_tcp){
        .rtt = info.tcpi_rtt / 1e6,
        .retransmits = info.tcpi_total_retrans,
        .reordered = info.tcpi_rcv_ooopack,
    };
}

void fa_tcp_meter_refresh(struct fa_tcp_meter *meter, int fd)
{
    double now = fa_clock_now();
    if (meter->read_at > 0 && now - meter->read_at < FA_TCP_RECENT)
        return;
    meter->read_at = now;
    fa_tcp_meter_read(meter, fd);
}

struct fa_tcp fa_tcp_meter_take(struct fa_tcp_meter *meter)
{
    struct fa_tcp more = {
        .rtt = meter->read.rtt,
        .retransmits = meter->read.retransmits - meter->taken.retransmits,
        .reordered = meter->read.reordered - meter->taken.reordered,
    };
    meter->taken = meter->read;
    return more;
}

void fa_tcp_add(struct fa_tcp *sum, const struct fa_tcp *more)
{
    if (more->rtt > 0)
        sum->rtt = more->rtt;
    sum->retransmits += more->retransmits;
    sum->reordered += more->reordered;
}
