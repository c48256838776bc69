/*
 * getaddrinfo(3) can neither be cancelled nor given a time-out, and may block for minutes when a
 * name server does not answer.  So a lookup can time out for its caller while its thread is still
 * busy; it then moves from the list `asked` to the list `hung`.  If its caller asks again, the
 * same lookup is waited for.  A good answer that arrives after the time-out is kept for the next
 * time (`late`), so that a slow name server makes progress too.
 *
 * Threads that are past the time-out of their lookup count as stuck.  New threads replace them, up
 * to THREADS_MAX, so that names of other servers are still looked up.
 *
 * `shared` is what threads access, under its lock.  It is freed by the last thread, or by the
 * resolver if there is no thread.  All callbacks run on the loop, which the threads wake.
 */
#include "engine/resolve.h"

#include "base/clock.h"
#include "base/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Each has two queries in progress, for both families.  A resolver of a small network may forward
 * no more than 150 at once (dnsmasq's default), and refuses others. */
#define THREADS     64
#define THREADS_MAX 128 /* including stuck ones */
#define LATE_MAX    256
/* getaddrinfo() with plugins of nsswitch.conf(5) needs more than the smallest stack. */
#define STACK (256 * 1024)
/* More addresses are not tried within a connect time-out anyway. */
#define ADDRESSES 8
#define ZONE_LEN  11 /* "%4294967295" */

/* In one list of the resolver, and in a queue or in the hands of a thread. */
struct lookup {
    struct lookup *next; /* in the queue todo or done */
    struct lookup *next_asked, **back_asked;
    char *host;
    void *tag;
    double asked;
    double began; /* 0: not yet; guarded by the lock */
    double took;
    double timeout;
    int code; /* of getaddrinfo() */
    int system;
    bool answered; /* reported to the caller, as an answer or a time-out */
    bool stuck;    /* its thread is counted in shared.stuck */
    char addresses[ADDRESSES * (INET6_ADDRSTRLEN + ZONE_LEN + 3)];
};

struct queue {
    struct lookup *first;
    struct lookup **last;
};

/* Accessed by the threads: it lives until the resolver and the last thread are gone. */
struct shared {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue todo;
    struct queue done;
    unsigned threads;
    unsigned idle;
    unsigned waiting;
    unsigned stuck; /* threads whose lookup has timed out */
    bool closed;
    enum fa_family family;
    struct fa_wake *wake;
};

struct fa_resolver {
    struct shared *shared;
    struct event *sweep;
    struct lookup *asked; /* not answered yet */
    struct lookup *hung;  /* timed out, and not done */
    struct queue late;    /* good answers after the time-out, for the next request */
    unsigned n_late;
    void (*done)(void *ctx, void *tag, const struct fa_resolution *resolution);
    void *ctx;
};

static void lookup_queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void lookup_queue_push(struct queue *queue, struct lookup *lookup)
{
    lookup->next = NULL;
    *queue->last = lookup;
    queue->last = &lookup->next;
}

static struct lookup *lookup_queue_pop(struct queue *queue)
{
    struct lookup *lookup = queue->first;
    if (!lookup)
        return NULL;
    queue->first = lookup->next;
    if (!queue->first)
        queue->last = &queue->first;
    return lookup;
}

static void lookup_free(struct lookup *lookup)
{
    free(lookup->host);
    free(lookup);
}

/* A link-local address is useless without its zone, which is written as a number. */
static void address_write(char text[INET6_ADDRSTRLEN + ZONE_LEN + 3], const struct addrinfo *from)
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

static void lookup_write_addresses(struct lookup *lookup, const struct addrinfo *list)
{
    size_t at = 0;
    unsigned n = 0;
    for (; list && n < ADDRESSES; list = list->ai_next) {
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
static void lookup_run(struct lookup *lookup, enum fa_family family)
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

static void shared_free(struct shared *shared)
{
    struct lookup *lookup;
    while ((lookup = lookup_queue_pop(&shared->todo)) || (lookup = lookup_queue_pop(&shared->done)))
        lookup_free(lookup);
    pthread_mutex_destroy(&shared->lock);
    pthread_cond_destroy(&shared->work);
    free(shared);
}

/* Nothing of the resolver is accessed here, only `shared`, as the resolver may be freed. */
static void *resolver_thread(void *arg)
{
    struct shared *shared = arg;
    pthread_mutex_lock(&shared->lock);
    while (!shared->closed) {
        struct lookup *lookup = lookup_queue_pop(&shared->todo);
        if (!lookup) {
            ++shared->idle;
            pthread_cond_wait(&shared->work, &shared->lock);
            --shared->idle;
            continue;
        }
        --shared->waiting;
        /* The lock is released for the lookup, which may take minutes. */
        lookup->began = fa_clock_now();
        pthread_mutex_unlock(&shared->lock);
        lookup_run(lookup, shared->family);
        pthread_mutex_lock(&shared->lock);
        lookup_queue_push(&shared->done, lookup);
        if (!shared->closed)
            fa_wake_post(shared->wake);
    }
    /* Whoever leaves last frees what is shared: a hung thread may outlive the session. */
    bool last = --shared->threads == 0;
    pthread_mutex_unlock(&shared->lock);
    if (last)
        shared_free(shared);
    return NULL;
}

/* Threads inherit a mask of all signals, so that those of the program go to its own threads. */
static int resolver_add_thread(struct shared *shared)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&thread, &attr, resolver_thread, shared);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return code;
}

static void lookup_link(struct lookup **list, struct lookup *lookup)
{
    lookup->next_asked = *list;
    lookup->back_asked = list;
    if (*list)
        (*list)->back_asked = &lookup->next_asked;
    *list = lookup;
}

static void lookup_unlink(struct lookup *lookup)
{
    *lookup->back_asked = lookup->next_asked;
    if (lookup->next_asked)
        lookup->next_asked->back_asked = lookup->back_asked;
}

/* Report a lookup to its caller; after a time-out its thread may still be busy with it. */
static void resolver_answer(struct fa_resolver *resolver, struct lookup *lookup, bool timed_out)
{
    struct fa_resolution resolution = {.seconds = timed_out ? lookup->timeout : lookup->took};
    lookup->answered = true;
    lookup_unlink(lookup);
    if (timed_out) {
        lookup_link(&resolver->hung, lookup);
        fa_error_set(&resolution.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_DNS,
                     "no answer for the name '%s' within %.3g seconds", lookup->host,
                     lookup->timeout);
    } else if (lookup->code == EAI_SYSTEM) {
        /* Without a descriptor for its socket, the resolver reports a system error: not the host is
         * the cause. */
        bool files = lookup->system == EMFILE || lookup->system == ENFILE;
        fa_error_system(&resolution.error, files ? FA_CLASS_LOCAL_IO : FA_CLASS_DNS, lookup->system,
                        "cannot look up '%s'", lookup->host);
    } else if (lookup->code) {
        resolution.final = lookup->code == EAI_NONAME || lookup->code == EAI_NODATA ||
                           lookup->code == EAI_FAIL || lookup->code == EAI_ADDRFAMILY;
        fa_error_set(&resolution.error, FA_DOMAIN_FETCHALL, lookup->code, FA_CLASS_DNS,
                     "cannot look up '%s': %s", lookup->host, gai_strerror(lookup->code));
    } else {
        resolution.addresses = lookup->addresses;
    }
    resolver->done(resolver->ctx, lookup->tag, &resolution);
}

/* Keep a good answer that came after the time-out; drop the oldest if there are too many. */
static void resolver_keep_late(struct fa_resolver *resolver, struct lookup *lookup)
{
    lookup_unlink(lookup);
    if (lookup->code) {
        lookup_free(lookup);
        return;
    }
    lookup_queue_push(&resolver->late, lookup);
    if (++resolver->n_late > LATE_MAX) {
        lookup_free(lookup_queue_pop(&resolver->late));
        --resolver->n_late;
    }
}

/* The queue is short, and is searched by rotating it once, which keeps its order. */
static struct lookup *resolver_take_late(struct fa_resolver *resolver, const char *host)
{
    for (unsigned i = resolver->n_late; i > 0; --i) {
        struct lookup *lookup = lookup_queue_pop(&resolver->late);
        if (strcmp(lookup->host, host) == 0) {
            --resolver->n_late;
            return lookup;
        }
        lookup_queue_push(&resolver->late, lookup);
    }
    return NULL;
}

/* Runs on the loop.  The lock is held for each step only, because callbacks may ask again. */
static void resolver_on_done(void *arg)
{
    struct fa_resolver *resolver = arg;
    struct shared *shared = resolver->shared;
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        struct lookup *lookup = lookup_queue_pop(&shared->done);
        pthread_mutex_unlock(&shared->lock);
        if (!lookup)
            return;
        if (lookup->stuck) {
            pthread_mutex_lock(&shared->lock);
            --shared->stuck;
            pthread_mutex_unlock(&shared->lock);
            lookup->stuck = false;
        }
        if (lookup->answered) {
            resolver_keep_late(resolver, lookup);
        } else {
            resolver_answer(resolver, lookup, false);
            lookup_free(lookup);
        }
    }
}

/* Add a thread if there is work and no idle thread for it; stuck threads do not count. */
static int resolver_want_thread(struct shared *shared)
{
    if (shared->waiting <= shared->idle || shared->threads >= THREADS + shared->stuck ||
        shared->threads >= THREADS_MAX)
        return 0;
    int code = resolver_add_thread(shared);
    shared->threads += code == 0;
    return code;
}

/* The time-out starts when a thread begins the lookup, unless all threads are stuck. */
static bool lookup_is_overdue(struct shared *shared, struct lookup *lookup, double now)
{
    pthread_mutex_lock(&shared->lock);
    bool begun = lookup->began > 0;
    double since = fmax(lookup->began, lookup->asked);
    bool overdue = now - since > lookup->timeout && (begun || shared->stuck >= shared->threads);
    /* A stuck thread is replaced, so that other names do not wait behind it. */
    if (overdue && begun && !lookup->stuck) {
        lookup->stuck = true;
        ++shared->stuck;
        resolver_want_thread(shared);
    }
    pthread_mutex_unlock(&shared->lock);
    return overdue;
}

/* Checks time-outs while there are lookups. */
static void resolver_on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_resolver *resolver = arg;
    double now = fa_clock_now();
    struct lookup *next;
    for (struct lookup *lookup = resolver->asked; lookup; lookup = next) {
        next = lookup->next_asked;
        if (lookup_is_overdue(resolver->shared, lookup, now))
            resolver_answer(resolver, lookup, true);
    }
    if (!resolver->asked)
        event_del(resolver->sweep);
}

struct fa_resolver *fa_resolver_new(struct event_base *base, enum fa_family family,
                                    void (*done)(void *ctx, void *tag,
                                                 const struct fa_resolution *resolution),
                                    void *ctx, struct fa_error *err)
{
    struct fa_resolver *resolver = calloc(1, sizeof(*resolver));
    struct shared *shared = calloc(1, sizeof(*shared));
    if (!resolver || !shared) {
        free(resolver);
        free(shared);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
        return NULL;
    }
    pthread_mutex_init(&shared->lock, NULL);
    pthread_cond_init(&shared->work, NULL);
    lookup_queue_init(&shared->todo);
    lookup_queue_init(&shared->done);
    lookup_queue_init(&resolver->late);
    shared->family = family;
    resolver->shared = shared;
    resolver->done = done;
    resolver->ctx = ctx;
    resolver->sweep = event_new(base, -1, EV_PERSIST, resolver_on_sweep, resolver);
    shared->wake = fa_wake_new(base, resolver_on_done, resolver, err);
    if (!resolver->sweep || !shared->wake) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
        fa_resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

/* Threads may be in getaddrinfo(): they get no wake object any more, and free what is shared. */
void fa_resolver_free(struct fa_resolver *resolver)
{
    if (!resolver)
        return;
    struct shared *shared = resolver->shared;
    pthread_mutex_lock(&shared->lock);
    shared->closed = true;
    fa_wake_free(shared->wake);
    shared->wake = NULL;
    bool last = shared->threads == 0;
    pthread_cond_broadcast(&shared->work);
    pthread_mutex_unlock(&shared->lock);
    if (last)
        shared_free(shared);
    struct lookup *lookup;
    while ((lookup = lookup_queue_pop(&resolver->late)))
        lookup_free(lookup);
    if (resolver->sweep)
        event_free(resolver->sweep);
    free(resolver);
}

/* Without a new thread the lookup waits for an existing one; it fails only if there is none. */
static int lookup_enqueue(struct shared *shared, struct lookup *lookup)
{
    pthread_mutex_lock(&shared->lock);
    ++shared->waiting;
    int code = resolver_want_thread(shared);
    if (shared->threads > 0) {
        code = 0;
        lookup_queue_push(&shared->todo, lookup);
        pthread_cond_signal(&shared->work);
    } else {
        --shared->waiting;
    }
    pthread_mutex_unlock(&shared->lock);
    return code;
}

/* Report a late answer from the loop, as for a new lookup. */
static void lookup_answer_again(struct shared *shared, struct lookup *lookup)
{
    lookup->answered = false;
    lookup->took = 0;
    pthread_mutex_lock(&shared->lock);
    lookup_queue_push(&shared->done, lookup);
    pthread_mutex_unlock(&shared->lock);
    fa_wake_post(shared->wake);
}

/* Do not look up a name twice while the first lookup hangs: wait for that one again. */
static struct lookup *resolver_take_hung(struct fa_resolver *resolver, const char *host)
{
    for (struct lookup *lookup = resolver->hung; lookup; lookup = lookup->next_asked) {
        if (strcmp(lookup->host, host) == 0) {
            lookup_unlink(lookup);
            lookup->answered = false;
            return lookup;
        }
    }
    return NULL;
}

/* The sweep runs only while something is asked: an idle session must not wake up. */
static void resolver_link_asked(struct fa_resolver *resolver, struct lookup *lookup)
{
    if (!resolver->asked) {
        double timeout = lookup->timeout;
        struct timeval every = fa_loop_time(timeout < 2 ? timeout / 8 + 0.01 : 0.25);
        event_add(resolver->sweep, &every);
    }
    lookup_link(&resolver->asked, lookup);
}

static struct lookup *lookup_new(const char *host, struct fa_error *err)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
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

/* Three sources, the cheapest first: a lookup that is still in progress, an answer that came too
 * late for the last caller, a new lookup. */
int fa_resolver_ask(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
                    struct fa_error *err)
{
    struct lookup *hung = resolver_take_hung(resolver, host);
    struct lookup *late = hung ? NULL : resolver_take_late(resolver, host);
    struct lookup *lookup = hung ? hung : late ? late : lookup_new(host, err);
    if (!lookup)
        return -1;
    lookup->tag = tag;
    lookup->timeout = timeout;
    lookup->asked = fa_clock_now();
    if (late) {
        lookup_answer_again(resolver->shared, lookup);
    } else if (!hung) {
        int code = lookup_enqueue(resolver->shared, lookup);
        if (code) {
            lookup_free(lookup);
            fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot look up '%s'", host);
            return -1;
        }
    }
    resolver_link_asked(resolver, lookup);
    return 0;
}

const struct fa_resolver_ops fa_resolver_system = {
    .new = fa_resolver_new,
    .ask = fa_resolver_ask,
    .free = fa_resolver_free,
};
