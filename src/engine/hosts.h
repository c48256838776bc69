/**
 * Origins (scheme, host, port): their queues, limits, addresses and breakers.
 *
 * An origin is in the ring of those that are ready if one of its jobs may start now; the ring gives
 * each its turn.  Those whose probe is due have a ring of their own, so that hosts that are down can
 * be kept from taking the slots of the others.  An origin that is full, paused or not looked up yet
 * is in no ring, and holds nobody up.  One without jobs is forgotten, so that memory follows the
 * window of jobs and not the list.
 */
#ifndef FA_ENGINE_HOSTS_H
#define FA_ENGINE_HOSTS_H

#include "engine/backlog.h"
#include "engine/breaker.h"
#include "engine/job.h"

#include <sys/queue.h>

/** How long the addresses of an origin are used (getaddrinfo(3) tells no lifetime). */
#define FA_ADDRESS_LIFE 60.0

/** Beyond that many origins the idle ones go, even if they have failed lately. */
#define FA_HOSTS_KEPT 16384

/** So many attempts in a row that failed with HTTP/2 are the last of their origin. */
#define FA_HTTP2_FAILURES 4

enum fa_ring { FA_RING_NONE, FA_RING_READY, FA_RING_PROBES, FA_RINGS };

enum fa_lookup {
    FA_LOOKUP_NEEDED,
    FA_LOOKUP_WANTED, /**< In the queue of lookups. */
    FA_LOOKUP_ASKED,
    FA_LOOKUP_KNOWN,
};

struct fa_origin {
    struct fa_timer timer; /**< First: a timer's address is its origin's.  Of the breaker. */
    uint64_t hash;
    char *name;   /**< "scheme://host:port" */
    char *host;   /**< To look up. */
    bool numeric; /**< Nothing to look up. */
    struct fa_job_queue queue;
    struct fa_backlog_queue backlog;
    unsigned active;

    enum fa_lookup lookup;
    char *addresses; /**< As fa_attempt.addresses; NULL: none known. */
    double known_at;
    double lookup_seconds; /**< Of the last lookup, for the attempts that waited for it. */

    struct fa_breaker breaker;
    unsigned outage;            /**< Counts the failures that opened it, or kept it open. */
    size_t held;                /**< Queued jobs that have no mirror to go to in this outage. */
    bool outage_reported;       /**< The observer was told of this outage. */
    bool was_broken;            /**< And of one before. */
    unsigned http2_failures;    /**< In a row: attempts that HTTP/2 may have failed. */
    double http2_failed_at;     /**< When the last of them was counted. */
    struct fa_error last_error; /**< What last counted against it. */
    bool name_unknown;          /**< The name does not exist: a permanent error. */
    bool down;                  /**< In the list of those that are down. */

    enum fa_ring ring;
    TAILQ_ENTRY(fa_origin) in_ring;
    TAILQ_ENTRY(fa_origin) in_lookups;
    LIST_ENTRY(fa_origin) in_down;
    struct fa_origin *next_same; /**< In its bucket. */
};

TAILQ_HEAD(fa_origin_list, fa_origin);

struct fa_hosts {
    struct fa_origin **buckets;
    size_t n_buckets;
    size_t count;
    struct fa_origin_list rings[FA_RINGS];
    struct fa_origin_list lookups; /**< Those whose name must be looked up. */
    LIST_HEAD(, fa_origin) down;   /**< Those that are waited for. */
};

int fa_hosts_init(struct fa_hosts *hosts, struct fa_error *err);

/** Leaves the jobs in the queues to their owner. */
void fa_hosts_fini(struct fa_hosts *hosts);

/** The origin of a URL, if there is one.  @key  fa_key_str() of url->origin. */
struct fa_origin *fa_hosts_find(const struct fa_hosts *hosts, const struct fa_url *url,
                                uint64_t key);

/** Find or make the origin of a URL.  @return NULL: no memory. */
struct fa_origin *fa_hosts_get(struct fa_hosts *hosts, const struct fa_url *url, uint64_t key);

/** Forget an origin that nothing waits for and that has nothing to remember. */
void fa_hosts_forget(struct fa_hosts *hosts, struct fa_origin *origin);

/** Put into a ring, or take out of all. */
void fa_hosts_set_ring(struct fa_hosts *hosts, struct fa_origin *origin, enum fa_ring ring);

/** @return the origin whose turn it is, or NULL. */
struct fa_origin *fa_hosts_first(const struct fa_hosts *hosts, enum fa_ring ring);

/** The same, and it goes to the ring's end. */
struct fa_origin *fa_hosts_next(struct fa_hosts *hosts, enum fa_ring ring);

/** Put an origin whose lookup is NEEDED into the queue of lookups. */
void fa_hosts_want_lookup(struct fa_hosts *hosts, struct fa_origin *origin);

/** Take the next one out of that queue: it counts as ASKED.  @return NULL: there is none. */
struct fa_origin *fa_hosts_next_lookup(struct fa_hosts *hosts);

/** Put it in the list of those that are down, or take it out. */
void fa_hosts_set_down(struct fa_hosts *hosts, struct fa_origin *origin, bool down);

/** Jobs that wait for it, in memory or in the backlog. */
uint64_t fa_origin_waiting(const struct fa_origin *origin);

#endif
