/**
 * Origins (scheme, host, port): their queues, limits, addresses and breakers.
 *
 * An origin is in the ring READY if one of its jobs may start now; a ring gives each origin its
 * turn.  Origins whose probe is due have a ring of their own, so that hosts that are down cannot
 * take the slots of the others.  An origin that is full, paused or not looked up yet is in no
 * ring, and delays nobody.  An origin without jobs is forgotten, so that memory follows the window
 * of jobs and not the list.
 */
#ifndef FA_ENGINE_HOSTS_H
#define FA_ENGINE_HOSTS_H

#include "engine/backlog.h"
#include "engine/breaker.h"
#include "engine/concurrency.h"
#include "engine/gate.h"
#include "engine/job.h"
#include "engine/scope.h"
#include "engine/spacing.h"

#include <sys/queue.h>

/** Seconds that addresses are used: getaddrinfo(3) does not return their TTL. */
#define FA_ADDRESS_LIFE 60.0

/** With more origins than that, idle ones are forgotten even if they failed recently. */
#define FA_HOSTS_KEPT 16384

/** Attempts in a row that failed with HTTP/2, after which the origin is requested over HTTP/1.1. */
#define FA_HTTP2_FAILURES 4

enum fa_ring { FA_RING_NONE, FA_RING_READY, FA_RING_PROBES, FA_RINGS };

enum fa_lookup {
    FA_LOOKUP_NEEDED,
    FA_LOOKUP_WANTED, /**< In the queue of lookups. */
    FA_LOOKUP_ASKED,
    FA_LOOKUP_KNOWN,
};

/** Jobs that have failed with the host wait behind the others, so that they hold up nobody. */
enum fa_line {
    FA_LINE_FRESH,
    FA_LINE_EARLIER, /**< It failed in the last run, and was not requested in this one. */
    FA_LINE_FAILED,
    FA_LINES
};

/** What the options of its host say. */
struct fa_host_limits {
    unsigned per_host; /**< Maximum concurrent transfers. */
    bool search;       /**< Find the limit, up to per_host. */
    bool lookups;      /**< The name is looked up before a job starts. */
    bool http2;        /**< HTTP/2 is requested. */
    double host_rate;  /**< Maximum requests per second; 0: no limit. */
};

struct fa_origin {
    struct fa_timer timer; /**< Of the breaker and the rate.  First, so that its address is that of
                                the origin. */
    uint64_t hash;
    char *name;   /**< "scheme://host:port" */
    char *host;   /**< Name to look up. */
    bool numeric; /**< The host is an address. */
    struct fa_job_queue lines[FA_LINES];
    size_t held[FA_LINES]; /**< Jobs of the line without a usable mirror in this outage. */
    struct fa_backlog_queue backlog;
    unsigned active;
    unsigned rule; /**< Number of the rule of its host; 0: none. */
    bool ruled;    /**< rule and limits are set. */
    struct fa_host_limits limits;
    struct fa_concurrency concurrency;
    struct fa_spacing spacing;
    struct fa_gate gate;
    float slowness; /**< See fa_stragglers_add(). */
    bool refused;   /**< It has asked for fewer requests: it gets none twice. */
    struct fa_scope scope;

    enum fa_lookup lookup;
    char *addresses; /**< As fa_attempt.addresses; NULL: none known. */
    double known_at;
    double lookup_seconds; /**< Of the last lookup, for the attempts that waited for it. */

    struct fa_breaker breaker;
    unsigned outage;            /**< Counts failures that opened the breaker, or kept it open. */
    bool outage_reported;       /**< This outage was reported to the observer. */
    bool was_broken;            /**< An earlier outage was. */
    bool digest;                /**< It has asked for HTTP Digest authentication. */
    unsigned http2_failures;    /**< In a row: attempts that may have failed because of HTTP/2. */
    double http2_failed_at;     /**< Time when the last one was counted. */
    struct fa_error last_error; /**< The last failure that the breaker counted. */
    bool name_unknown;          /**< The name does not exist: a permanent error. */
    bool closed;                /**< Its robots.txt is being fetched: only such jobs start. */
    unsigned robots;            /**< Such jobs in its lines. */
    bool down;                  /**< It only fails, and is waited for. */
    bool waited;                /**< In fa_hosts.waited. */

    enum fa_ring ring;
    TAILQ_ENTRY(fa_origin) in_ring;
    TAILQ_ENTRY(fa_origin) in_lookups;
    LIST_ENTRY(fa_origin) in_waited;
    struct fa_origin *next_same; /**< The next one in its bucket. */
};

TAILQ_HEAD(fa_origin_list, fa_origin);

struct fa_hosts {
    struct fa_origin **buckets;
    size_t n_buckets;
    size_t count;
    struct fa_origin_list rings[FA_RINGS];
    struct fa_origin_list lookups; /**< Origins whose name must be looked up. */
    LIST_HEAD(, fa_origin) waited; /**< Origins that are down, or pause because they asked to. */
};

int fa_hosts_init(struct fa_hosts *hosts, struct fa_error *err);

/** Does not free the jobs in the queues. */
void fa_hosts_fini(struct fa_hosts *hosts);

/** Find the origin of a URL, or NULL.  @key  fa_key_str() of url->origin. */
struct fa_origin *fa_hosts_find(const struct fa_hosts *hosts, const struct fa_url *url,
                                uint64_t key);

/** Find or make the origin of a URL.  @return NULL: no memory. */
struct fa_origin *fa_hosts_get(struct fa_hosts *hosts, const struct fa_url *url, uint64_t key);

/** Free an origin if no job waits for it and it has no failures to remember. */
void fa_hosts_forget(struct fa_hosts *hosts, struct fa_origin *origin);

/** Call a function for each origin. */
void fa_hosts_each(const struct fa_hosts *hosts,
                   void (*each)(void *ctx, const struct fa_origin *origin), void *ctx);

/** Move an origin to a ring, or remove it from its ring. */
void fa_hosts_set_ring(struct fa_hosts *hosts, struct fa_origin *origin, enum fa_ring ring);

/** @return the origin whose turn it is, or NULL. */
struct fa_origin *fa_hosts_first(const struct fa_hosts *hosts, enum fa_ring ring);

/** The same, and move it to the end of the ring. */
struct fa_origin *fa_hosts_next(struct fa_hosts *hosts, enum fa_ring ring);

/** Put an origin whose lookup is NEEDED into the queue of lookups. */
void fa_hosts_want_lookup(struct fa_hosts *hosts, struct fa_origin *origin);

/** Take the next origin out of that queue, and set it to ASKED.  @return NULL: the queue is
 * empty. */
struct fa_origin *fa_hosts_next_lookup(struct fa_hosts *hosts);

/** Add an origin to the list of those that are waited for, or remove it. */
void fa_hosts_set_waited(struct fa_hosts *hosts, struct fa_origin *origin, bool waited);

/** Whether jobs wait for it that were not requested in this run. */
bool fa_origin_has_untried(const struct fa_origin *origin);

/** Jobs that wait for it in memory. */
size_t fa_origin_queued(const struct fa_origin *origin);

/** How its limit is found. */
struct fa_concurrency_policy fa_origin_concurrency(const struct fa_origin *origin);

/** Transfers that it may have at once now. */
unsigned fa_origin_limit(const struct fa_origin *origin);

/** Jobs that wait for it, in memory or in the backlog. */
uint64_t fa_origin_waiting(const struct fa_origin *origin);

#endif
