#include "engine/hosts.h"

#include "base/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fa_hosts_init(struct fa_hosts *hosts, struct fa_error *err)
{
    *hosts = (struct fa_hosts){.n_buckets = 256};
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

static void grow(struct fa_hosts *hosts)
{
    size_t n = hosts->n_buckets * 4;
    struct fa_origin **buckets = calloc(n, sizeof(struct fa_origin *));
    if (!buckets)
        return; /* longer chains, that is all */
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

static struct fa_origin *origin_new(const struct fa_url *url, uint64_t hash)
{
    struct fa_origin *origin = calloc(1, sizeof(*origin));
    if (!origin)
        return NULL;
    fa_job_queue_init(&origin->queue);
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

static struct fa_origin *find(const struct fa_hosts *hosts, const struct fa_url *url, uint64_t hash)
{
    struct fa_origin *origin = hosts->buckets[hash % hosts->n_buckets];
    while (origin && (origin->hash != hash || strcmp(origin->name, url->origin) != 0))
        origin = origin->next_same;
    return origin;
}

struct fa_origin *fa_hosts_find(const struct fa_hosts *hosts, const struct fa_url *url)
{
    return find(hosts, url, fa_key_str(url->origin));
}

struct fa_origin *fa_hosts_get(struct fa_hosts *hosts, const struct fa_url *url)
{
    uint64_t hash = fa_key_str(url->origin);
    struct fa_origin *origin = find(hosts, url, hash);
    if (origin)
        return origin;
    origin = origin_new(url, hash);
    if (!origin)
        return NULL;
    if (hosts->count >= hosts->n_buckets * 2)
        grow(hosts);
    ++hosts->count;
    origin->next_same = hosts->buckets[hash % hosts->n_buckets];
    hosts->buckets[hash % hosts->n_buckets] = origin;
    return origin;
}

uint64_t fa_origin_waiting(const struct fa_origin *origin)
{
    return origin->queue.count + origin->backlog.count;
}

void fa_hosts_forget(struct fa_hosts *hosts, struct fa_origin *origin)
{
    bool remembers = origin->breaker.failures || origin->breaker.state != FA_BREAKER_CLOSED ||
                     origin->http2_failures;
    if (origin->active || fa_origin_waiting(origin) || origin->lookup == FA_LOOKUP_ASKED ||
        origin->timer.place || (remembers && hosts->count < FA_HOSTS_KEPT))
        return;
    struct fa_origin **at = &hosts->buckets[origin->hash % hosts->n_buckets];
    while (*at != origin)
        at = &(*at)->next_same;
    *at = origin->next_same;
    --hosts->count;
    fa_hosts_set_ring(hosts, origin, FA_RING_NONE);
    fa_hosts_set_down(hosts, origin, false);
    origin_free(origin);
}

static void leave_ring(struct fa_hosts *hosts, struct fa_origin *origin)
{
    struct fa_origin **ring = &hosts->rings[origin->ring];
    bool last = origin->next_ready == origin;
    if (*ring == origin)
        *ring = last ? NULL : origin->next_ready;
    origin->next_ready->prev_ready = origin->prev_ready;
    origin->prev_ready->next_ready = origin->next_ready;
    origin->next_ready = origin->prev_ready = NULL;
}

static void join_ring(struct fa_origin **ring, struct fa_origin *origin)
{
    if (!*ring) {
        *ring = origin->next_ready = origin->prev_ready = origin;
        return;
    }
    origin->next_ready = *ring;
    origin->prev_ready = (*ring)->prev_ready;
    origin->prev_ready->next_ready = origin;
    origin->next_ready->prev_ready = origin;
}

void fa_hosts_set_ring(struct fa_hosts *hosts, struct fa_origin *origin, enum fa_ring ring)
{
    if (origin->ring == ring)
        return;
    if (origin->ring != FA_RING_NONE)
        leave_ring(hosts, origin);
    if (ring != FA_RING_NONE)
        join_ring(&hosts->rings[ring], origin);
    origin->ring = ring;
}

struct fa_origin *fa_hosts_next(struct fa_hosts *hosts, enum fa_ring ring)
{
    struct fa_origin *origin = hosts->rings[ring];
    if (origin)
        hosts->rings[ring] = origin->next_ready;
    return origin;
}

void fa_hosts_set_down(struct fa_hosts *hosts, struct fa_origin *origin, bool down)
{
    if (down == (origin->prev_down != NULL))
        return;
    if (!down) {
        *origin->prev_down = origin->next_down;
        if (origin->next_down)
            origin->next_down->prev_down = origin->prev_down;
        origin->next_down = NULL;
        origin->prev_down = NULL;
        return;
    }
    origin->prev_down = &hosts->down;
    origin->next_down = hosts->down;
    if (hosts->down)
        hosts->down->prev_down = &origin->next_down;
    hosts->down = origin;
}
