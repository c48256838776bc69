/*
 * A hash table with chains, as lists of a hundred thousand hosts are common and every redirect
 * looks one up.  It grows, but never shrinks: it has one pointer for each origin of the window.
 *
 * Rings and lists are linked through the origin, so that moving an origin between them cannot
 * fail.  Jobs and timers point to origins; fa_hosts_forget() frees one only if it has no job that
 * is queued or active, no timer and no lookup.
 */
#include "engine/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fa_hosts_init(struct fa_hosts *hosts, struct fa_error *err)
{
    *hosts = (struct fa_hosts){.n_buckets = 256};
    for (size_t i = 0; i < FA_RINGS; ++i)
        TAILQ_INIT(&hosts->rings[i]);
    TAILQ_INIT(&hosts->lookups);
    LIST_INIT(&hosts->waited);
    hosts->buckets = calloc(hosts->n_buckets, sizeof(struct fa_origin *));
    if (hosts->buckets)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep a table of origins");
    return -1;
}

static void origin_free(struct fa_origin *origin)
{
    free(origin->name);
    free(origin->host);
    free(origin->addresses);
    free(origin);
}

/* Origins are found by the table alone: each of them is in it, whichever ring it is in. */
void fa_hosts_fini(struct fa_hosts *hosts)
{
    for (size_t i = 0; hosts->buckets && i < hosts->n_buckets; ++i) {
        struct fa_origin *origin = hosts->buckets[i];
        while (origin) {
            struct fa_origin *next = origin->next_same;
            origin_free(origin);
            origin = next;
        }
    }
    free(hosts->buckets);
    *hosts = (struct fa_hosts){0};
}

/* Quadruple the buckets when chains get longer than two on average. */
static void hosts_grow(struct fa_hosts *hosts)
{
    size_t n = hosts->n_buckets * 4;
    struct fa_origin **buckets = calloc(n, sizeof(struct fa_origin *));
    if (!buckets)
        return; /* longer chains are only slower */
    for (size_t i = 0; i < hosts->n_buckets; ++i) {
        struct fa_origin *origin = hosts->buckets[i];
        while (origin) {
            struct fa_origin *next = origin->next_same;
            origin->next_same = buckets[origin->hash % n];
            buckets[origin->hash % n] = origin;
            origin = next;
        }
    }
    free(hosts->buckets);
    hosts->buckets = buckets;
    hosts->n_buckets = n;
}

/* The URL is not kept, since the job that came with it may end first. */
static struct fa_origin *origin_new(const struct fa_url *url, uint64_t hash)
{
    struct fa_origin *origin = calloc(1, sizeof(*origin));
    if (!origin)
        return NULL;
    for (int line = 0; line < FA_LINES; ++line)
        fa_job_queue_init(&origin->lines[line]);
    origin->hash = hash;
    origin->numeric = url->numeric;
    origin->name = strdup(url->origin);
    origin->host = strdup(url->host);
    if (!origin->name || !origin->host) {
        origin_free(origin);
        return NULL;
    }
    return origin;
}

/* Compare the name too: a collision of keys would send requests to the addresses of another
 * host. */
struct fa_origin *fa_hosts_find(const struct fa_hosts *hosts, const struct fa_url *url,
                                uint64_t key)
{
    struct fa_origin *origin = hosts->buckets[key % hosts->n_buckets];
    while (origin && (origin->hash != key || strcmp(origin->name, url->origin) != 0))
        origin = origin->next_same;
    return origin;
}

/* A new origin is put at the front of its chain: it is looked up again soon. */
struct fa_origin *fa_hosts_get(struct fa_hosts *hosts, const struct fa_url *url, uint64_t key)
{
    struct fa_origin *origin = fa_hosts_find(hosts, url, key);
    if (origin)
        return origin;
    origin = origin_new(url, key);
    if (!origin)
        return NULL;
    if (hosts->count >= hosts->n_buckets * 2)
        hosts_grow(hosts);
    ++hosts->count;
    origin->next_same = hosts->buckets[key % hosts->n_buckets];
    hosts->buckets[key % hosts->n_buckets] = origin;
    return origin;
}

size_t fa_origin_queued(const struct fa_origin *origin)
{
    size_t queued = 0;
    for (int line = 0; line < FA_LINES; ++line)
        queued += origin->lines[line].count;
    return queued;
}

bool fa_origin_has_untried(const struct fa_origin *origin)
{
    return origin->lines[FA_LINE_FRESH].count > 0 || origin->lines[FA_LINE_EARLIER].count > 0 ||
           origin->backlog.count > 0;
}

struct fa_concurrency_policy fa_origin_concurrency(const struct fa_origin *origin)
{
    return (struct fa_concurrency_policy){origin->limits.per_host, origin->limits.search};
}

unsigned fa_origin_limit(const struct fa_origin *origin)
{
    struct fa_concurrency_policy policy = fa_origin_concurrency(origin);
    return fa_concurrency_limit(&origin->concurrency, &policy);
}

uint64_t fa_origin_waiting(const struct fa_origin *origin)
{
    return fa_origin_queued(origin) + origin->backlog.count;
}

/* Called whenever something about an origin has changed.  A failure is remembered as long as there
 * are few origins, so that a dead host is not a new one for each of its scattered entries. */
void fa_hosts_forget(struct fa_hosts *hosts, struct fa_origin *origin)
{
    bool remembers = origin->breaker.failures || origin->breaker.state != FA_BREAKER_CLOSED ||
                     origin->http2_failures || origin->scope.asked;
    bool lookup = origin->lookup == FA_LOOKUP_WANTED || origin->lookup == FA_LOOKUP_ASKED;
    if (origin->active || fa_origin_waiting(origin) || lookup || origin->timer.place ||
        origin->gate.leader || (remembers && hosts->count < FA_HOSTS_KEPT))
        return;
    struct fa_origin **at = &hosts->buckets[origin->hash % hosts->n_buckets];
    while (*at != origin)
        at = &(*at)->next_same;
    *at = origin->next_same;
    --hosts->count;
    fa_hosts_set_ring(hosts, origin, FA_RING_NONE);
    fa_hosts_set_waited(hosts, origin, false);
    origin_free(origin);
}

void fa_hosts_each(const struct fa_hosts *hosts,
                   void (*each)(void *ctx, const struct fa_origin *origin), void *ctx)
{
    for (size_t i = 0; i < hosts->n_buckets; ++i)
        for (const struct fa_origin *at = hosts->buckets[i]; at; at = at->next_same)
            each(ctx, at);
}

/* Nothing happens if the ring is the same, so that reviewing an origin does not cost it its
 * turn. */
void fa_hosts_set_ring(struct fa_hosts *hosts, struct fa_origin *origin, enum fa_ring ring)
{
    if (origin->ring == ring)
        return;
    if (origin->ring != FA_RING_NONE)
        TAILQ_REMOVE(&hosts->rings[origin->ring], origin, in_ring);
    if (ring != FA_RING_NONE)
        TAILQ_INSERT_TAIL(&hosts->rings[ring], origin, in_ring);
    origin->ring = ring;
}

struct fa_origin *fa_hosts_first(const struct fa_hosts *hosts, enum fa_ring ring)
{
    return TAILQ_FIRST(&hosts->rings[ring]);
}

struct fa_origin *fa_hosts_next(struct fa_hosts *hosts, enum fa_ring ring)
{
    struct fa_origin *origin = TAILQ_FIRST(&hosts->rings[ring]);
    if (!origin)
        return NULL;
    TAILQ_REMOVE(&hosts->rings[ring], origin, in_ring);
    TAILQ_INSERT_TAIL(&hosts->rings[ring], origin, in_ring);
    return origin;
}

void fa_hosts_want_lookup(struct fa_hosts *hosts, struct fa_origin *origin)
{
    origin->lookup = FA_LOOKUP_WANTED;
    TAILQ_INSERT_TAIL(&hosts->lookups, origin, in_lookups);
}

/* In the order in which they were wanted, so that no name waits for ever. */
struct fa_origin *fa_hosts_next_lookup(struct fa_hosts *hosts)
{
    struct fa_origin *origin = TAILQ_FIRST(&hosts->lookups);
    if (!origin)
        return NULL;
    TAILQ_REMOVE(&hosts->lookups, origin, in_lookups);
    origin->lookup = FA_LOOKUP_ASKED;
    return origin;
}

void fa_hosts_set_waited(struct fa_hosts *hosts, struct fa_origin *origin, bool waited)
{
    if (waited == origin->waited)
        return;
    origin->waited = waited;
    if (waited)
        LIST_INSERT_HEAD(&hosts->waited, origin, in_waited);
    else
        LIST_REMOVE(origin, in_waited);
}
