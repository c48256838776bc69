#include "engine/resolve.h"

#include "base/clock.h"
#include "base/loop.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define THREADS     32
#define THREADS_MAX 128 /* those that are stuck included */
#define LATE_MAX    256
#define STACK       (256 * 1024)
#define ADDRESSES   8

/* Shared by the resolver, the queue and the thread that works on it; freed with the last. */
struct lookup {
    struct lookup *next; /* in the queue todo or done */
    struct lookup *next_asked, **back_asked;
    char *host;
    void *tag;
    double asked;
    double began; /* 0: not yet; under the lock */
    double took;
    double timeout;
    int code; /* of getaddrinfo() */
    int system;
    bool answered; /* the caller has been told */
    bool stuck;    /* counted among those */
    char addresses[ADDRESSES * (INET6_ADDRSTRLEN + 3)];
};

struct queue {
    struct lookup *first;
    struct lookup **last;
};

/* What the threads see: it outlives the resolver until the last of them is gone. */
struct shared {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue todo;
    struct queue done;
    unsigned threads;
    unsigned idle;
    unsigned waiting;
    unsigned stuck; /* threads that are past the time-out of their lookup */
    bool closed;
    enum fa_family family;
    struct fa_wake *wake;
};

struct fa_resolver {
    struct shared *shared;
    struct event *sweep;
    struct lookup *asked; /* not yet answered */
    struct lookup *hung;  /* answered, as they took too long, and not done */
    struct queue late;    /* good answers that came after the time-out, for who asks again */
    unsigned n_late;
    void (*done)(void *ctx, void *tag, const struct fa_resolution *resolution);
    void *ctx;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_push(struct queue *queue, struct lookup *lookup)
{
    lookup->next = NULL;
    *queue->last = lookup;
    queue->last = &lookup->next;
}

static struct lookup *queue_pop(struct queue *queue)
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

static void write_addresses(struct lookup *lookup, const struct addrinfo *list)
{
    size_t at = 0;
    unsigned n = 0;
    for (; list && n < ADDRESSES; list = list->ai_next, ++n) {
        char text[INET6_ADDRSTRLEN];
        if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0,
                        NI_NUMERICHOST) ||
            strchr(text, '%'))
            continue;
        bool v6 = list->ai_family == AF_INET6;
        int len = snprintf(lookup->addresses + at, sizeof(lookup->addresses) - at, "%s%s%s%s",
                           at ? "," : "", v6 ? "[" : "", text, v6 ? "]" : "");
        at += (size_t)len;
    }
    if (at == 0)
        lookup->code = EAI_NONAME;
}

static void do_lookup(struct lookup *lookup, enum fa_family family)
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
        write_addresses(lookup, list);
        freeaddrinfo(list);
    }
}

static void shared_free(struct shared *shared)
{
    struct lookup *lookup;
    while ((lookup = queue_pop(&shared->todo)) || (lookup = queue_pop(&shared->done)))
        lookup_free(lookup);
    pthread_mutex_destroy(&shared->lock);
    pthread_cond_destroy(&shared->work);
    free(shared);
}

static void *thread_main(void *arg)
{
    struct shared *shared = arg;
    pthread_mutex_lock(&shared->lock);
    while (!shared->closed) {
        struct lookup *lookup = queue_pop(&shared->todo);
        if (!lookup) {
            ++shared->idle;
            pthread_cond_wait(&shared->work, &shared->lock);
            --shared->idle;
            continue;
        }
        --shared->waiting;
        lookup->began = fa_clock_now();
        pthread_mutex_unlock(&shared->lock);
        do_lookup(lookup, shared->family);
        pthread_mutex_lock(&shared->lock);
        queue_push(&shared->done, lookup);
        if (!shared->closed)
            fa_wake_post(shared->wake);
    }
    bool last = --shared->threads == 0;
    pthread_mutex_unlock(&shared->lock);
    if (last)
        shared_free(shared);
    return NULL;
}

static int add_thread(struct shared *shared)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&thread, &attr, thread_main, shared);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return code;
}

static void list_link(struct lookup **list, struct lookup *lookup)
{
    lookup->next_asked = *list;
    lookup->back_asked = list;
    if (*list)
        (*list)->back_asked = &lookup->next_asked;
    *list = lookup;
}

static void list_unlink(struct lookup *lookup)
{
    *lookup->back_asked = lookup->next_asked;
    if (lookup->next_asked)
        lookup->next_asked->back_asked = lookup->back_asked;
}

/* Its thread may still be at it when the caller has waited long enough. */
static void answer(struct fa_resolver *resolver, struct lookup *lookup, bool timed_out)
{
    struct fa_resolution resolution = {.seconds = timed_out ? lookup->timeout : lookup->took};
    lookup->answered = true;
    list_unlink(lookup);
    if (timed_out) {
        list_link(&resolver->hung, lookup);
        fa_error_set(&resolution.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_DNS,
                     "no answer for the name '%s' within %.3g seconds", lookup->host,
                     lookup->timeout);
    } else if (lookup->code == EAI_SYSTEM) {
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

static void keep_late(struct fa_resolver *resolver, struct lookup *lookup)
{
    list_unlink(lookup);
    if (lookup->code) {
        lookup_free(lookup);
        return;
    }
    queue_push(&resolver->late, lookup);
    if (++resolver->n_late > LATE_MAX) {
        lookup_free(queue_pop(&resolver->late));
        --resolver->n_late;
    }
}

static struct lookup *take_late(struct fa_resolver *resolver, const char *host)
{
    for (unsigned i = resolver->n_late; i > 0; --i) {
        struct lookup *lookup = queue_pop(&resolver->late);
        if (strcmp(lookup->host, host) == 0) {
            --resolver->n_late;
            return lookup;
        }
        queue_push(&resolver->late, lookup);
    }
    return NULL;
}

static void on_done(void *arg)
{
    struct fa_resolver *resolver = arg;
    struct shared *shared = resolver->shared;
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        struct lookup *lookup = queue_pop(&shared->done);
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
            keep_late(resolver, lookup);
        } else {
            answer(resolver, lookup, false);
            lookup_free(lookup);
        }
    }
}

/* There is work, and no thread that is free for it: those that are stuck do not count. */
static int want_thread(struct shared *shared)
{
    if (shared->waiting <= shared->idle || shared->threads >= THREADS + shared->stuck ||
        shared->threads >= THREADS_MAX)
        return 0;
    int code = add_thread(shared);
    shared->threads += code == 0;
    return code;
}

/* The time of a lookup begins when a thread takes it up, unless all threads are stuck. */
static bool is_overdue(struct shared *shared, struct lookup *lookup, double now)
{
    pthread_mutex_lock(&shared->lock);
    bool begun = lookup->began > 0;
    double since = fmax(lookup->began, lookup->asked);
    bool overdue = now - since > lookup->timeout && (begun || shared->stuck >= shared->threads);
    if (overdue && begun && !lookup->stuck) {
        lookup->stuck = true;
        ++shared->stuck;
        want_thread(shared);
    }
    pthread_mutex_unlock(&shared->lock);
    return overdue;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_resolver *resolver = arg;
    double now = fa_clock_now();
    struct lookup *next;
    for (struct lookup *lookup = resolver->asked; lookup; lookup = next) {
        next = lookup->next_asked;
        if (is_overdue(resolver->shared, lookup, now))
            answer(resolver, lookup, true);
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
    queue_init(&shared->todo);
    queue_init(&shared->done);
    queue_init(&resolver->late);
    shared->family = family;
    resolver->shared = shared;
    resolver->done = done;
    resolver->ctx = ctx;
    resolver->sweep = event_new(base, -1, EV_PERSIST, on_sweep, resolver);
    shared->wake = fa_wake_new(base, on_done, resolver, err);
    if (!resolver->sweep || !shared->wake) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
        fa_resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

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
    while ((lookup = queue_pop(&resolver->late)))
        lookup_free(lookup);
    if (resolver->sweep)
        event_free(resolver->sweep);
    free(resolver);
}

static int queue_up(struct shared *shared, struct lookup *lookup)
{
    pthread_mutex_lock(&shared->lock);
    ++shared->waiting;
    int code = want_thread(shared);
    if (shared->threads > 0) {
        code = 0;
        queue_push(&shared->todo, lookup);
        pthread_cond_signal(&shared->work);
    } else {
        --shared->waiting;
    }
    pthread_mutex_unlock(&shared->lock);
    return code;
}

/* It has been answered before; its caller hears of it as of a new one. */
static void answer_again(struct shared *shared, struct lookup *lookup)
{
    lookup->answered = false;
    lookup->took = 0;
    pthread_mutex_lock(&shared->lock);
    queue_push(&shared->done, lookup);
    pthread_mutex_unlock(&shared->lock);
    fa_wake_post(shared->wake);
}

/* One that hangs is not asked for a second time: the caller waits for the first again. */
static struct lookup *take_hung(struct fa_resolver *resolver, const char *host)
{
    for (struct lookup *lookup = resolver->hung; lookup; lookup = lookup->next_asked) {
        if (strcmp(lookup->host, host) == 0) {
            list_unlink(lookup);
            lookup->answered = false;
            return lookup;
        }
    }
    return NULL;
}

static void link_asked(struct fa_resolver *resolver, struct lookup *lookup)
{
    if (!resolver->asked) {
        double timeout = lookup->timeout;
        struct timeval every = fa_loop_time(timeout < 2 ? timeout / 8 + 0.01 : 0.25);
        event_add(resolver->sweep, &every);
    }
    list_link(&resolver->asked, lookup);
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

int fa_resolver_ask(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
                    struct fa_error *err)
{
    struct lookup *hung = take_hung(resolver, host);
    struct lookup *late = hung ? NULL : take_late(resolver, host);
    struct lookup *lookup = hung ? hung : late ? late : lookup_new(host, err);
    if (!lookup)
        return -1;
    lookup->tag = tag;
    lookup->timeout = timeout;
    lookup->asked = fa_clock_now();
    if (late) {
        answer_again(resolver->shared, lookup);
    } else if (!hung) {
        int code = queue_up(resolver->shared, lookup);
        if (code) {
            lookup_free(lookup);
            fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot look up '%s'", host);
            return -1;
        }
    }
    link_asked(resolver, lookup);
    return 0;
}

const struct fa_resolver_ops fa_resolver_system = {
    .new = fa_resolver_new,
    .ask = fa_resolver_ask,
    .free = fa_resolver_free,
};
