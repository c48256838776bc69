#include "base/clock.h"
#include "transfer/tcp.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(tcp, .timeout = 30);

/* Both ends of a connection on the loopback network. */
static void connect_both(int ends[2])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(listener >= 0 && ends[0] >= 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&name, len), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&name, &len), 0);
    cr_assert_eq(connect(ends[0], (struct sockaddr *)&name, len), 0);
    ends[1] = accept(listener, NULL, NULL);
    cr_assert_geq(ends[1], 0);
    close(listener);
}

Test(tcp, a_connection_has_a_round_trip_time_and_other_sockets_have_none)
{
    int ends[2];
    struct fa_tcp_meter meter = {0};
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fa_tcp_meter_read(&meter, ends[0]);
    cr_expect(meter.read.rtt <= 0);
    close(ends[0]);
    close(ends[1]);

    connect_both(ends);
    fa_tcp_meter_read(&meter, ends[0]);
    cr_expect(meter.read.rtt > 0 && meter.read.rtt < 10, "%g", meter.read.rtt);
    close(ends[0]);
    close(ends[1]);
    /* A closed one keeps what was read before. */
    fa_tcp_meter_read(&meter, ends[0]);
    cr_expect(fa_tcp_meter_take(&meter).rtt > 0);
}

Test(tcp, transfers_share_out_the_counts_of_a_connection)
{
    struct fa_tcp_meter meter = {.read = {0.1, 3, 5}};
    struct fa_tcp sum = {0}, none = {0};
    struct fa_tcp first = fa_tcp_meter_take(&meter);
    cr_expect(first.retransmits == 3 && first.reordered == 5 && first.rtt > 0);
    meter.read = (struct fa_tcp){0.2, 4, 5};
    struct fa_tcp second = fa_tcp_meter_take(&meter);
    cr_expect(second.retransmits == 1 && second.reordered == 0 && second.rtt > 0.15);
    fa_tcp_add(&sum, &first);
    fa_tcp_add(&sum, &second);
    fa_tcp_add(&sum, &none);
    cr_expect(sum.retransmits == 4 && sum.reordered == 5);
    cr_expect(sum.rtt > 0.15, "the last one that is known");
}

Test(tcp, a_recent_reading_serves_for_the_next_transfer)
{
    int ends[2];
    struct fa_tcp_meter meter = {0};
    connect_both(ends);
    fa_tcp_meter_refresh(&meter, ends[0]);
    cr_expect(meter.read.rtt > 0, "the first one reads");
    meter.read.rtt = 7;
    meter.read_at = fa_clock_now() + 60;
    fa_tcp_meter_refresh(&meter, ends[0]);
    cr_expect(meter.read.rtt > 6, "a recent one is kept");
    meter.read_at = fa_clock_now() - FA_TCP_RECENT;
    fa_tcp_meter_refresh(&meter, ends[0]);
    cr_expect(meter.read.rtt < 6, "an old one is not");
    close(ends[0]);
    close(ends[1]);
}
