/* Sockets that rest between two transfers. */

#include "base/loop.h"
#include "strategy/watch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fa_watches watches;
static int near, far;
static unsigned calls;
static short last;

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    char byte;
    cr_assert_eq(arg, &watches);
    ++calls;
    last = what;
    if (what & EV_READ)
        (void)!recv(fd, &byte, 1, MSG_DONTWAIT);
}

static void sockets_open(void)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    near = pair[0];
    far = pair[1];
}

static void sockets_close(void)
{
    fa_watches_close(&watches, near);
    close(near);
    close(far);
}

static void begin(void)
{
    watches = (struct fa_watches){.base = fa_loop_new(NULL), .ready = on_ready, .arg = &watches};
    cr_assert(watches.base);
    sockets_open();
}

static void end(void)
{
    sockets_close();
    fa_watches_fini(&watches);
    event_base_free(watches.base);
}

TestSuite(watch, .init = begin, .fini = end, .timeout = 10);

static unsigned calls_now(void)
{
    calls = 0;
    event_base_loop(watches.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    return calls;
}

static int pending(void)
{
    return event_base_get_num_events(watches.base, EVENT_BASE_COUNT_ADDED);
}

static void far_writes(void)
{
    cr_assert_eq(write(far, "x", 1), 1);
}

Test(watch, reports_what_it_is_set_to)
{
    fa_watches_open(&watches, near);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    cr_assert_eq(calls_now(), 0);
    far_writes();
    cr_assert_eq(calls_now(), 1);
    cr_assert_eq(last, EV_READ);
    cr_assert_eq(fa_watches_set(&watches, near, EV_WRITE), 0);
    far_writes();
    cr_assert_eq(calls_now(), 1);
    cr_assert_eq(last, EV_WRITE);
    cr_assert_eq(pending(), 1);
}

Test(watch, resting_socket_is_still_in_the_kernel_and_reports_nothing)
{
    fa_watches_open(&watches, near);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    fa_watches_rest(&watches, near);
    cr_assert_eq(pending(), 1);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    far_writes();
    cr_assert_eq(calls_now(), 1);
}

Test(watch, bytes_for_a_resting_socket_wake_the_loop_once)
{
    fa_watches_open(&watches, near);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    fa_watches_rest(&watches, near);
    far_writes();
    cr_assert_eq(calls_now(), 0);
    cr_assert_eq(pending(), 0);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    cr_assert_eq(calls_now(), 1);
}

Test(watch, socket_whose_end_is_not_known_does_not_rest)
{
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    cr_assert_eq(pending(), 1);
    fa_watches_rest(&watches, near);
    cr_assert_eq(pending(), 0);
}

Test(watch, next_socket_with_the_number_is_watched_afresh)
{
    fa_watches_open(&watches, near);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    fa_watches_rest(&watches, near);
    int number = near;
    sockets_close();
    cr_assert_eq(pending(), 0);
    sockets_open();
    cr_assert_eq(near, number);
    fa_watches_open(&watches, near);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    far_writes();
    cr_assert_eq(calls_now(), 1);
}

Test(watch, wide_table_keeps_what_is_watched)
{
    int high = fcntl(far, F_DUPFD_CLOEXEC, 700);
    cr_assert_geq(high, 700);
    cr_assert_eq(fa_watches_set(&watches, near, EV_READ), 0);
    cr_assert_eq(fa_watches_set(&watches, high, EV_WRITE), 0);
    far_writes();
    cr_assert_eq(calls_now(), 2);
    fa_watches_close(&watches, high);
    close(high);
}
