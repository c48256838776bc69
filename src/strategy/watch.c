/*
 * The table is indexed by descriptor, and an event is kept for the next socket with its number.
 * event_assign(3) on a pending event corrupts libevent, so an event is deleted before it changes.
 */
#include "strategy/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fa_watch {
    struct event *event; /* NULL: never watched */
    short flags;         /* that the event is pending for; 0: it is not */
    bool opened;         /* fa_watches_close() will be called */
    bool rests;
};

void fa_watches_fini(struct fa_watches *watches)
{
    for (unsigned fd = 0; fd < watches->n; ++fd)
        if (watches->by_fd[fd].event)
            event_free(watches->by_fd[fd].event);
    free(watches->by_fd);
    watches->by_fd = NULL;
    watches->n = 0;
}

/* @return NULL: no memory. */
static struct fa_watch *watches_get(struct fa_watches *watches, int fd)
{
    unsigned at = (unsigned)fd, n = watches->n;
    if (at < n)
        return &watches->by_fd[at];
    n = at < 2 * n ? 2 * n : at + 64;
    struct fa_watch *more = reallocarray(watches->by_fd, n, sizeof(*more));
    if (!more)
        return NULL;
    memset(more + watches->n, 0, (n - watches->n) * sizeof(*more));
    watches->by_fd = more;
    watches->n = n;
    return &more[at];
}

static void watch_stop(struct fa_watch *watch)
{
    if (watch->flags)
        event_del(watch->event);
    watch->flags = 0;
}

/* The peer of a resting connection has closed it, for example: that would stay ready. */
static void watches_on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct fa_watches *watches = arg;
    struct fa_watch *watch = &watches->by_fd[fd];
    if (watch->rests)
        watch_stop(watch);
    else
        watches->ready(fd, what, watches->arg);
}

void fa_watches_open(struct fa_watches *watches, int fd)
{
    struct fa_watch *watch = watches_get(watches, fd);
    if (watch)
        watch->opened = true;
}

void fa_watches_close(struct fa_watches *watches, int fd)
{
    if ((unsigned)fd >= watches->n)
        return;
    watch_stop(&watches->by_fd[fd]);
    watches->by_fd[fd].opened = watches->by_fd[fd].rests = false;
}

int fa_watches_set(struct fa_watches *watches, int fd, short flags)
{
    struct fa_watch *watch = watches_get(watches, fd);
    if (!watch)
        return -1;
    watch->rests = false;
    if (watch->flags == flags)
        return 0;
    watch_stop(watch);
    short persistent = (short)(flags | EV_PERSIST);
    if (!watch->event)
        watch->event = event_new(watches->base, fd, persistent, watches_on_ready, watches);
    else if (event_assign(watch->event, watches->base, fd, persistent, watches_on_ready, watches))
        return -1;
    if (!watch->event || event_add(watch->event, NULL))
        return -1;
    watch->flags = flags;
    return 0;
}

void fa_watches_rest(struct fa_watches *watches, int fd)
{
    if ((unsigned)fd >= watches->n)
        return;
    struct fa_watch *watch = &watches->by_fd[fd];
    watch->rests = watch->opened;
    if (!watch->rests)
        watch_stop(watch);
}
