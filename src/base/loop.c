/*
 * A base is used on one thread only, so it is created without locks; event_active() from another
 * thread would be a data race.  The only way in from outside is a fa_wake: an eventfd.
 * Edge-triggered, each write(2) to it is an event, and its counter need not be read.
 */
#include "base/loop.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void timer_on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

/* libevent keeps the room that timers once had.  So no timer of the program is lost later, for lack
 * of memory, and with it the time-outs of all transfers. */
static int loop_reserve_timers(struct event_base *base)
{
    const struct timeval hour = {.tv_sec = 3600};
    struct event *timers[FA_LOOP_TIMERS];
    int result = 0;
    for (size_t i = 0; i < FA_LOOP_TIMERS; ++i) {
        timers[i] = evtimer_new(base, timer_on_due, NULL);
        if (!timers[i] || evtimer_add(timers[i], &hour))
            result = -1;
    }
    for (size_t i = 0; i < FA_LOOP_TIMERS; ++i)
        if (timers[i])
            event_free(timers[i]);
    return result;
}

/* With three priorities, events have the middle one by default; the lowest number runs first. */
struct event_base *fa_loop_new(struct fa_error *err)
{
    struct event_base *base = NULL;
    struct event_config *config = event_config_new();
    if (config) {
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (base && loop_reserve_timers(base)) {
        event_base_free(base);
        base = NULL;
    }
    if (base)
        event_base_priority_init(base, FA_LOOP_LATER + 1);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM,
                        "cannot create an event loop");
    return base;
}

/* Round down: rounding could yield 1,000,000 microseconds, which is invalid. */
struct timeval fa_loop_time(double seconds)
{
    if (seconds < 0)
        seconds = 0;
    double whole = floor(seconds);
    return (struct timeval){.tv_sec = (time_t)whole,
                            .tv_usec = (suseconds_t)((seconds - whole) * 1e6)};
}

struct fa_wake {
    int fd;
    bool edges;         /* edge-triggered */
    atomic_bool posted; /* saves a write(2) for each further post */
    struct event *event;
    void (*call)(void *arg);
    void *arg;
};

/* Clear `posted` before the call: a post during the call must trigger another one. */
static void wake_on_posted(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct fa_wake *wake = arg;
    uint64_t count;
    if (!wake->edges)
        (void)!read(fd, &count, sizeof(count));
    atomic_store(&wake->posted, false);
    wake->call(wake->arg);
}

/* The read end is persistent: a wake lives as long as its loop. */
struct fa_wake *fa_wake_new(struct event_base *base, void (*call)(void *arg), void *arg,
                            struct fa_error *err)
{
    struct fa_wake *wake = calloc(1, sizeof(*wake));
    if (!wake)
        goto fail;
    wake->fd = -1;
    wake->call = call;
    wake->arg = arg;
    wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->fd < 0)
        goto fail;
    wake->edges = event_base_get_features(base) & EV_FEATURE_ET;
    wake->event =
        event_new(base, wake->fd, (short)(EV_READ | EV_PERSIST | (wake->edges ? EV_ET : 0)),
                  wake_on_posted, wake);
    if (!wake->event || event_add(wake->event, NULL))
        goto fail;
    return wake;

fail:
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot create an event");
    fa_wake_free(wake);
    return NULL;
}

void fa_wake_free(struct fa_wake *wake)
{
    if (!wake)
        return;
    if (wake->event)
        event_free(wake->event);
    if (wake->fd >= 0)
        close(wake->fd);
    free(wake);
}

/* Keep errno: the caller may be a signal handler. */
void fa_wake_post(struct fa_wake *wake)
{
    if (atomic_exchange(&wake->posted, true))
        return;
    int saved = errno;
    uint64_t one = 1;
    ssize_t n = write(wake->fd, &one, sizeof(one));
    (void)n;
    errno = saved;
}
