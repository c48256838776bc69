#include "virtual_resolver.h"

#include "fail.h"

#include <event2/event.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define TOOK 0.005

struct lookup {
    struct fa_resolver *resolver;
    void *tag;
    const struct fa_spell *spell; /* NULL: there are addresses */
    double due, took;
    struct event *event;
    struct lookup *next;
};

struct fa_resolver {
    struct event_base *base;
    void (*done)(void *ctx, void *tag, const struct fa_resolution *resolution);
    void *ctx;
    struct lookup *lookups;
};

static const struct fa_script *script;
static const double *now, *start;
static struct fa_resolver *last;

void fa_virtual_resolver_use(const struct fa_script *new_script, const double *new_now,
                             const double *new_start)
{
    script = new_script;
    now = new_now;
    start = new_start;
}

static void lookup_free(struct lookup *lookup)
{
    struct lookup **at = &lookup->resolver->lookups;
    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    event_free(lookup->event);
    free(lookup);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct lookup *lookup = arg;
    struct fa_resolver *resolver = lookup->resolver;
    struct fa_resolution resolution = {.seconds = lookup->took};
    void *tag = lookup->tag;
    if (!lookup->spell) {
        resolution.addresses = "192.0.2.1";
    } else {
        bool missing = lookup->spell->kind == FA_SPELL_MISSING;
        resolution.final = missing;
        fa_error_set(&resolution.error, FA_DOMAIN_FETCHALL, missing ? EAI_NONAME : EAI_AGAIN,
                     FA_CLASS_DNS, "cannot look up the name");
    }
    lookup_free(lookup);
    resolver->done(resolver->ctx, tag, &resolution);
}

static struct fa_resolver *resolver_new(struct event_base *base, enum fa_family family,
                                        void (*done)(void *ctx, void *tag,
                                                     const struct fa_resolution *resolution),
                                        void *ctx, struct fa_error *err)
{
    (void)family, (void)err;
    struct fa_resolver *resolver = malloc(sizeof(*resolver));
    if (!resolver)
        fa_test_fail("out of memory");
    *resolver = (struct fa_resolver){.base = base, .done = done, .ctx = ctx};
    return last = resolver;
}

static int resolver_ask(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
                        struct fa_error *err)
{
    (void)err;
    struct lookup *lookup = malloc(sizeof(*lookup));
    if (!lookup)
        fa_test_fail("out of memory");
    *lookup = (struct lookup){.resolver = resolver,
                              .tag = tag,
                              .spell = fa_script_lookup(script, host, *now - *start),
                              .took = TOOK};
    if (lookup->spell && lookup->spell->kind == FA_SPELL_MUTE)
        lookup->took = timeout;
    lookup->due = *now + lookup->took;
    lookup->event = event_new(resolver->base, -1, 0, on_end, lookup);
    if (!lookup->event)
        fa_test_fail("out of memory");
    struct lookup **end = &resolver->lookups;
    while (*end)
        end = &(*end)->next;
    *end = lookup;
    return 0;
}

static void resolver_free(struct fa_resolver *resolver)
{
    while (resolver->lookups)
        lookup_free(resolver->lookups);
    if (last == resolver)
        last = NULL;
    free(resolver);
}

const struct fa_resolver_ops fa_virtual_resolver = {
    .new = resolver_new,
    .ask = resolver_ask,
    .free = resolver_free,
};

double fa_virtual_resolver_due(void)
{
    double due = INFINITY;
    for (const struct lookup *lookup = last ? last->lookups : NULL; lookup; lookup = lookup->next)
        due = fmin(due, lookup->due);
    return due;
}

void fa_virtual_resolver_advance(void)
{
    for (struct lookup *lookup = last ? last->lookups : NULL; lookup; lookup = lookup->next) {
        if (lookup->due > *now)
            continue;
        lookup->due = INFINITY;
        event_active(lookup->event, EV_TIMEOUT, 0);
    }
}
