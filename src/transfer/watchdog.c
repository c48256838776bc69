/*
 * Once per second the thread compares each set's turn counter with its value a second ago.  If
 * libcurl has been inside one call for FA_WATCHDOG_SECONDS, the connection that it was called for
 * is shut down; a second later, every connection with waiting bytes.
 *
 * The thread counts its own seconds instead of reading a clock: if the whole program is stopped for
 * a while, so is the thread, and no call appears to have hung.
 *
 * After shutdown(2), and the bytes that have arrived already, recv(2) returns 0 or fails, which
 * ends the loop that libcurl is in.  Unlike close(2) it leaves the number to libcurl, so no other
 * file can get it meanwhile.
 */
#include "transfer/watchdog.h"

#include "base/thread.h"
#include "transfer/connections.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

struct watched {
    struct fa_connections *connections;
    uint64_t turn;    /* its turn a second ago */
    unsigned seconds; /* spent in that turn */
    LIST_ENTRY(watched) link;
};

struct fa_watchdog {
    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool stop;
    LIST_HEAD(, watched) all;
};

static void watched_check(struct watched *watched)
{
    uint64_t turn = fa_connections_turn(watched->connections);
    bool same = turn == watched->turn && fa_connections_is_inside(turn);
    watched->seconds = same ? watched->seconds + 1 : 0;
    watched->turn = turn;
    if (watched->seconds >= FA_WATCHDOG_SECONDS)
        fa_connections_cut(watched->connections, watched->seconds > FA_WATCHDOG_SECONDS);
}

/* The clock is read again after each wait: seconds that the thread has missed are not made up
 * for. */
static void *watchdog_main(void *arg)
{
    struct fa_watchdog *watchdog = arg;
    struct timespec until;
    pthread_mutex_lock(&watchdog->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    while (!watchdog->stop) {
        ++until.tv_sec;
        int code = 0;
        while (!watchdog->stop && code != ETIMEDOUT)
            code = pthread_cond_timedwait(&watchdog->changed, &watchdog->lock, &until);
        clock_gettime(CLOCK_MONOTONIC, &until);
        struct watched *watched;
        LIST_FOREACH (watched, &watchdog->all, link)
            if (!watchdog->stop)
                watched_check(watched);
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

/* A monotonic clock for the condition variable: a change of the date must not trigger the
 * watchdog. */
struct fa_watchdog *fa_watchdog_new(struct fa_error *err)
{
    struct fa_watchdog *watchdog = calloc(1, sizeof(*watchdog));
    if (!watchdog) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    LIST_INIT(&watchdog->all);
    pthread_mutex_init(&watchdog->lock, NULL);
    pthread_cond_init(&watchdog->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return watchdog;
}

void fa_watchdog_free(struct fa_watchdog *watchdog)
{
    if (!watchdog)
        return;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->stop = true;
    pthread_cond_signal(&watchdog->changed);
    pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->running)
        pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->changed);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}

void fa_watchdog_add(struct fa_watchdog *watchdog, struct fa_connections *connections)
{
    struct watched *watched = calloc(1, sizeof(*watched));
    if (!watched)
        return;
    watched->connections = connections;
    pthread_mutex_lock(&watchdog->lock);
    LIST_INSERT_HEAD(&watchdog->all, watched, link);
    if (!watchdog->running)
        watchdog->running = fa_thread_start(&watchdog->thread, NULL, watchdog_main, watchdog) == 0;
    pthread_mutex_unlock(&watchdog->lock);
}

void fa_watchdog_remove(struct fa_watchdog *watchdog, struct fa_connections *connections)
{
    pthread_mutex_lock(&watchdog->lock);
    struct watched *watched;
    LIST_FOREACH (watched, &watchdog->all, link)
        if (watched->connections == connections)
            break;
    if (watched)
        LIST_REMOVE(watched, link);
    pthread_mutex_unlock(&watchdog->lock);
    free(watched);
}
