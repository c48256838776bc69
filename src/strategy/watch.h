/**
 * Which sockets an event loop watches for libcurl, and for what.
 *
 * libcurl stops watching the socket of a connection when its transfer ends, and watches it again
 * for the next transfer, mostly at once and for the same.  With epoll(7), each costs a system call.
 * So a socket that is known to be closed through fa_watches_close() rests instead: the kernel still
 * watches it, and if something arrives meanwhile, that stops too.
 *
 * Belongs to the thread of the loop.
 */
#ifndef FA_STRATEGY_WATCH_H
#define FA_STRATEGY_WATCH_H

#include <event2/event.h>

#include <stdbool.h>

struct fa_watch;

struct fa_watches {
    struct event_base *base; /**< Borrowed. */
    /** A watched socket is ready. */
    void (*ready)(evutil_socket_t fd, short what, void *arg);
    void *arg;
    struct fa_watch *by_fd; /**< NULL at the beginning. */
    unsigned n;
};

/** After the sockets are closed. */
void fa_watches_fini(struct fa_watches *watches);

/** A socket was opened, which fa_watches_close() will be called for.  If that fails, it never
 * rests. */
void fa_watches_open(struct fa_watches *watches, int fd);

/** Call it before close(2). */
void fa_watches_close(struct fa_watches *watches, int fd);

/** Watch for these, and nothing else.  @flags  EV_READ, EV_WRITE.  @return 0, or -1 with errno. */
int fa_watches_set(struct fa_watches *watches, int fd, short flags);

/** The socket is not used any more, or not for now. */
void fa_watches_rest(struct fa_watches *watches, int fd);

#endif
