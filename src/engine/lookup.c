/*
 * Threads that are past the time-out of their lookup count as stuck.  New threads replace them, up
 * to THREADS_MAX, so that names of other servers are still looked up.
 *
 * Each thread takes from `todo` and puts into `done`, under the lock, and wakes the loop.  The
 * struct is freed by the last thread, or by fa_lookups_free() if there is no thread.
 */
#include "engine/lookup.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Each has two queries in progress, for both families.  A resolver of a small network may forward
 * no more than 150 at once (dnsmasq's default), and refuses others. */
#define THREADS     64
#define THREADS_MAX 128 /* including stuck ones */
/* getaddrinfo() with plugins of nsswitch.conf(5) needs more than the smallest stack. */
#define STACK (256 * 1024)

/* Accessed by the threads: it lives until the resolver and the last thread are gone. */
struct fa_lookups {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct fa_lookup_queue todo;
    struct fa_lookup_queue done;
    unsigned threads;
    unsigned idle;
    unsigned waiting;
    unsigned stuck; /* threads whose lookup has timed out */
    bool closed;
    enum fa_family family;
    struct fa_wake *wake;
};

struct fa_lookup *fa_lookup_new(const char *host, struct fa_error *err)
{
    struct fa_lookup *lookup = calloc(1, sizeof(*lookup));
    char *copy = strdup(host);
    if (!lookup || !copy) {
        free(lookup);
        free(copy);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot look up '%s'", host);
        return NULL;
    }
    lookup->host = copy;
    return lookup;
}

void fa_lookup_free(struct fa_lookup *lookup)
{
    free(lookup->host);
    free(lookup);
}

void fa_lookup_queue_init(struct fa_lookup_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

void fa_lookup_queue_push(struct fa_lookup_queue *queue, struct fa_lookup *lookup)
{
    lookup->next = NULL;
    *queue->last = lookup;
    queue->last = &lookup->next;
}

struct fa_lookup *fa_lookup_queue_pop(struct fa_lookup_queue *queue)
{
    struct fa_lookup *lookup = queue->first;
    if (!lookup)
        return NULL;
    queue->first = lookup->next;
    if (!queue->first)
        queue->last = &queue->first;
    return lookup;
}

/* A link-local address is useless without its zone, which is written as a number. */
static void address_write(char text[FA_LOOKUP_ADDRESS], const struct addrinfo *from)
{
    char address[INET6_ADDRSTRLEN] = "";
    const struct sockaddr_in *v4 = (const void *)from->ai_addr;
    const struct sockaddr_in6 *v6 = (const void *)from->ai_addr;
    if (from->ai_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
        return;
    }
    inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof(address));
    if (v6->sin6_scope_id)
        sprintf(text, "[%s%%%" PRIu32 "]", address, v6->sin6_scope_id);
    else
        sprintf(text, "[%s]", address);
}

static void lookup_write_addresses(struct fa_lookup *lookup, const struct addrinfo *list)
{
    size_t at = 0;
    unsigned n = 0;
    for (; list && n < FA_LOOKUP_ADDRESSES; list = list->ai_next) {
        if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
            continue;
        if (n++ > 0)
            lookup->addresses[at++] = ',';
        address_write(lookup->addresses + at, list);
        at += strlen(lookup->addresses + at);
    }
    if (n == 0)
        lookup->code = EAI_NONAME;
}

/* The socket type is set because each address would be returned once for every type otherwise. */
static void lookup_run(struct fa_lookup *lookup, enum fa_family family)
{
    struct addrinfo hints = {
        .ai_family = family == FA_FAMILY_V4   ? AF_INET
                     : family == FA_FAMILY_V6 ? AF_INET6
                                              : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *list = NULL;
    lookup->code = getaddrinfo(lookup->host, NULL, &hints, &list);
    lookup->system = errno;
    lookup->took = fa_clock_now() - lookup->began;
    if (lookup->code == 0) {
        lookup_write_addresses(lookup, list);
        freeaddrinfo(list);
    }
}

static void lookups_destroy(struct fa_lookups *lookups)
{
    struct fa_lookup *lookup;
    while ((lookup = fa_lookup_queue_pop(&lookups->todo)) ||
           (lookup = fa_lookup_queue_pop(&lookups->done)))
        fa_lookup_free(lookup);
    pthread_mutex_destroy(&lookups->lock);
    pthread_cond_destroy(&lookups->work);
    free(lookups);
}

/* Nothing of the resolver is accessed here, only `lookups`, as the resolver may be freed. */
static void *lookup_thread(void *arg)
{
    struct fa_lookups *lookups = arg;
    pthread_mutex_lock(&lookups->lock);
    while (!lookups->closed) {
        struct fa_lookup *lookup = fa_lookup_queue_pop(&lookups->todo);
        if (!lookup) {
            ++lookups->idle;
            pthread_cond_wait(&lookups->work, &lookups->lock);
            --lookups->idle;
            continue;
        }
        --lookups->waiting;
        /* The lock is released for the lookup, which may take minutes. */
        lookup->began = fa_clock_now();
        pthread_mutex_unlock(&lookups->lock);
        lookup_run(lookup, lookups->family);
        pthread_mutex_lock(&lookups->lock);
        fa_lookup_queue_push(&lookups->done, lookup);
        if (!lookups->closed)
            fa_wake_post(lookups->wake);
    }
    /* Whoever leaves last frees what is shared: a hung thread may outlive the session. */
    bool last = --lookups->threads == 0;
    pthread_mutex_unlock(&lookups->lock);
    if (last)
        lookups_destroy(lookups);
    return NULL;
}

static int lookups_add_thread(struct fa_lookups *lookups)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int code = fa_thread_start(&thread, &attr, lookup_thread, lookups);
    pthread_attr_destroy(&attr);
    return code;
}

/* Add a thread if there is work and no idle thread for it; stuck threads do not count. */
static int lookups_want_thread(struct fa_lookups *lookups)
{
    if (lookups->waiting <= lookups->idle || lookups->threads >= THREADS + lookups->stuck ||
        lookups->threads >= THREADS_MAX)
        return 0;
    int code = lookups_add_thread(lookups);
    lookups->threads += code == 0;
    return code;
}

struct fa_lookups *fa_lookups_new(struct event_base *base, enum fa_family family,
                                  void (*done)(void *arg), void *arg, struct fa_error *err)
{
    struct fa_lookups *lookups = calloc(1, sizeof(*lookups));
    if (!lookups) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
        return NULL;
    }
    pthread_mutex_init(&lookups->lock, NULL);
    pthread_cond_init(&lookups->work, NULL);
    fa_lookup_queue_init(&lookups->todo);
    fa_lookup_queue_init(&lookups->done);
    lookups->family = family;
    lookups->wake = fa_wake_new(base, done, arg, err);
    if (lookups->wake)
        return lookups;
    lookups_destroy(lookups);
    return NULL;
}

/* Threads may be in getaddrinfo(): they get no wake object any more, and free what is shared. */
void fa_lookups_free(struct fa_lookups *lookups)
{
    if (!lookups)
        return;
    pthread_mutex_lock(&lookups->lock);
    lookups->closed = true;
    fa_wake_free(lookups->wake);
    lookups->wake = NULL;
    bool last = lookups->threads == 0;
    pthread_cond_broadcast(&lookups->work);
    pthread_mutex_unlock(&lookups->lock);
    if (last)
        lookups_destroy(lookups);
}

/* Without a new thread the lookup waits for an existing one; it fails only if there is none. */
int fa_lookups_put(struct fa_lookups *lookups, struct fa_lookup *lookup)
{
    pthread_mutex_lock(&lookups->lock);
    ++lookups->waiting;
    int code = lookups_want_thread(lookups);
    if (lookups->threads > 0) {
        code = 0;
        fa_lookup_queue_push(&lookups->todo, lookup);
        pthread_cond_signal(&lookups->work);
    } else {
        --lookups->waiting;
    }
    pthread_mutex_unlock(&lookups->lock);
    return code;
}

void fa_lookups_repeat(struct fa_lookups *lookups, struct fa_lookup *lookup)
{
    pthread_mutex_lock(&lookups->lock);
    fa_lookup_queue_push(&lookups->done, lookup);
    pthread_mutex_unlock(&lookups->lock);
    fa_wake_post(lookups->wake);
}

struct fa_lookup *fa_lookups_take(struct fa_lookups *lookups)
{
    pthread_mutex_lock(&lookups->lock);
    struct fa_lookup *lookup = fa_lookup_queue_pop(&lookups->done);
    if (lookup && lookup->stuck) {
        --lookups->stuck;
        lookup->stuck = false;
    }
    pthread_mutex_unlock(&lookups->lock);
    return lookup;
}

/* The time-out starts when a thread begins the lookup, unless all threads are stuck. */
bool fa_lookups_overdue(struct fa_lookups *lookups, struct fa_lookup *lookup, double now)
{
    pthread_mutex_lock(&lookups->lock);
    bool begun = lookup->began > 0;
    double since = fmax(lookup->began, lookup->asked);
    bool overdue = now - since > lookup->timeout && (begun || lookups->stuck >= lookups->threads);
    /* A stuck thread is replaced, so that other names do not wait behind it. */
    if (overdue && begun && !lookup->stuck) {
        lookup->stuck = true;
        ++lookups->stuck;
        lookups_want_thread(lookups);
    }
    pthread_mutex_unlock(&lookups->lock);
    return overdue;
}
