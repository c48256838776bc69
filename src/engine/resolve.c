/*
 * getaddrinfo(3) can neither be cancelled nor given a time-out, and may block for minutes when a
 * name server does not answer.  So a lookup can time out for its caller while its thread is still
 * busy; it then moves from the list `asked` to the list `hung`.  If its caller asks again, the
 * same lookup is waited for.  A good answer that arrives after the time-out is kept for the next
 * time (`late`), so that a slow name server makes progress too.
 *
 * `asked`, `hung` and `late` belong to the loop, where all callbacks run; lookup.c has the threads.
 */
#include "engine/resolve.h"

#include "base/clock.h"
#include "base/loop.h"
#include "engine/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* Answers that came too late are kept for a host that is asked for again soon: few. */
#define LATE_MAX 256

struct fa_resolver {
    struct fa_lookups *lookups;
    struct event *sweep;
    struct fa_lookup *asked;     /* not answered yet */
    struct fa_lookup *hung;      /* timed out, and not done */
    struct fa_lookup_queue late; /* good answers after the time-out, for the next request */
    unsigned n_late;
    void (*done)(void *ctx, void *tag, const struct fa_resolution *resolution);
    void *ctx;
};

static void lookup_link(struct fa_lookup **list, struct fa_lookup *lookup)
{
    lookup->next_asked = *list;
    lookup->back_asked = list;
    if (*list)
        (*list)->back_asked = &lookup->next_asked;
    *list = lookup;
}

static void lookup_unlink(struct fa_lookup *lookup)
{
    *lookup->back_asked = lookup->next_asked;
    if (lookup->next_asked)
        lookup->next_asked->back_asked = lookup->back_asked;
}

/* Report a lookup to its caller; after a time-out its thread may still be busy with it. */
static void resolver_answer(struct fa_resolver *resolver, struct fa_lookup *lookup, bool timed_out)
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
static void resolver_keep_late(struct fa_resolver *resolver, struct fa_lookup *lookup)
{
    lookup_unlink(lookup);
    if (lookup->code) {
        fa_lookup_free(lookup);
        return;
    }
    fa_lookup_queue_push(&resolver->late, lookup);
    if (++resolver->n_late > LATE_MAX) {
        fa_lookup_free(fa_lookup_queue_pop(&resolver->late));
        --resolver->n_late;
    }
}

/* The queue is short, and is searched by rotating it once, which keeps its order. */
static struct fa_lookup *resolver_take_late(struct fa_resolver *resolver, const char *host)
{
    for (unsigned i = resolver->n_late; i > 0; --i) {
        struct fa_lookup *lookup = fa_lookup_queue_pop(&resolver->late);
        if (strcmp(lookup->host, host) == 0) {
            --resolver->n_late;
            return lookup;
        }
        fa_lookup_queue_push(&resolver->late, lookup);
    }
    return NULL;
}

/* One at a time, because callbacks may ask again. */
static void resolver_on_done(void *arg)
{
    struct fa_resolver *resolver = arg;
    struct fa_lookup *lookup;
    while ((lookup = fa_lookups_take(resolver->lookups))) {
        if (lookup->answered) {
            resolver_keep_late(resolver, lookup);
        } else {
            resolver_answer(resolver, lookup, false);
            fa_lookup_free(lookup);
        }
    }
}

/* Checks time-outs while there are lookups. */
static void resolver_on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_resolver *resolver = arg;
    double now = fa_clock_now();
    struct fa_lookup *next;
    for (struct fa_lookup *lookup = resolver->asked; lookup; lookup = next) {
        next = lookup->next_asked;
        if (fa_lookups_overdue(resolver->lookups, lookup, now))
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
    if (!resolver) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
        return NULL;
    }
    fa_lookup_queue_init(&resolver->late);
    resolver->done = done;
    resolver->ctx = ctx;
    resolver->sweep = event_new(base, -1, EV_PERSIST, resolver_on_sweep, resolver);
    if (!resolver->sweep)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up lookups");
    else
        resolver->lookups = fa_lookups_new(base, family, resolver_on_done, resolver, err);
    if (resolver->lookups)
        return resolver;
    fa_resolver_free(resolver);
    return NULL;
}

/* Lookups that hang are freed with their threads. */
void fa_resolver_free(struct fa_resolver *resolver)
{
    if (!resolver)
        return;
    fa_lookups_free(resolver->lookups);
    struct fa_lookup *lookup;
    while ((lookup = fa_lookup_queue_pop(&resolver->late)))
        fa_lookup_free(lookup);
    if (resolver->sweep)
        event_free(resolver->sweep);
    free(resolver);
}

/* Do not look up a name twice while the first lookup hangs: wait for that one again. */
static struct fa_lookup *resolver_take_hung(struct fa_resolver *resolver, const char *host)
{
    for (struct fa_lookup *lookup = resolver->hung; lookup; lookup = lookup->next_asked) {
        if (strcmp(lookup->host, host) == 0) {
            lookup_unlink(lookup);
            lookup->answered = false;
            return lookup;
        }
    }
    return NULL;
}

/* The sweep runs only while something is asked: an idle session must not wake up. */
static void resolver_link_asked(struct fa_resolver *resolver, struct fa_lookup *lookup)
{
    if (!resolver->asked) {
        double timeout = lookup->timeout;
        struct timeval every = fa_loop_time(timeout < 2 ? timeout / 8 + 0.01 : 0.25);
        event_add(resolver->sweep, &every);
    }
    lookup_link(&resolver->asked, lookup);
}

/* Three sources, the cheapest first: a lookup that is still in progress, an answer that came too
 * late for the last caller, a new lookup. */
int fa_resolver_ask(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
                    struct fa_error *err)
{
    struct fa_lookup *hung = resolver_take_hung(resolver, host);
    struct fa_lookup *late = hung ? NULL : resolver_take_late(resolver, host);
    struct fa_lookup *lookup = hung ? hung : late ? late : fa_lookup_new(host, err);
    if (!lookup)
        return -1;
    lookup->tag = tag;
    lookup->timeout = timeout;
    lookup->asked = fa_clock_now();
    if (late) {
        /* From the loop, as a new lookup is answered. */
        lookup->answered = false;
        lookup->took = 0;
        fa_lookups_repeat(resolver->lookups, lookup);
    } else if (!hung) {
        int code = fa_lookups_put(resolver->lookups, lookup);
        if (code) {
            fa_lookup_free(lookup);
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
