/**
 * A queue of entries for any number of workers, and the verbs that hide what stores it.
 *
 * The queue has partitions, and the origin of an entry decides which one it is in.  A worker leases
 * partitions; with each lease comes a token, and what is done with an old token is refused.  So one
 * worker at a time requests from an origin, and its own limits for hosts hold over all workers.
 *
 * A partition with an origin that is a large part of all entries has several leases, its seats.
 * The owner of n of k seats may use n / k of its limits for the hosts of the partition.
 *
 * Every entry has one result that counts.  A worker takes entries, and reports them as done; if it
 * dies, its lease ends, and the next owner of the partition gets them again.
 *
 * All calls return at once; the answer comes on the loop, in the order of the calls, and also if
 * the store was away or full meanwhile: then it is waited for.  One thread.  The program ignores
 * SIGPIPE.
 */
#ifndef FA_QUEUE_QUEUE_H
#define FA_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include <fetchall/error.h>

/** Names that an entry is offered for its file; it gets the first that is free. */
#define FA_QUEUE_NAMES 3
/** Entries in one put, and results in one done, at most. */
#define FA_QUEUE_BATCH 256
/** Seats of a partition, at most. */
#define FA_QUEUE_SEATS 8

struct fa_queue_entry {
    uint64_t origin_key;               /**< See fa_queue_partition(). */
    uint64_t url_key;                  /**< With the name, what makes two entries the same. */
    const char *packed;                /**< fa_listed.packed */
    const char *paths[FA_QUEUE_NAMES]; /**< fa_listed.paths */
    uint64_t line;
};

/** The partition of an origin: the lower 32 bits of its hash, modulo their number. */
static inline unsigned fa_queue_partition(uint64_t origin_key, unsigned partitions)
{
    return (uint32_t)origin_key % partitions;
}

/** What became of an entry that was put. */
enum fa_queue_put {
    FA_QUEUE_PUT_TAKEN = -1, /**< All of its names belong to other URLs. */
    FA_QUEUE_PUT_KNOWN = 0,  /**< It was put before. */
    FA_QUEUE_PUT_NEW = 1,
};

/** The right to the entries of a partition, or to one of its seats. */
struct fa_queue_lease {
    unsigned slot; /**< seat * partitions + partition */
    uint64_t token;
};

/** An entry that a worker holds. */
struct fa_queue_taken {
    const char *id; /**< In its partition. */
    const char *packed;
    const char *path;
    uint64_t line;
    unsigned deaths; /**< Of workers, as far as they count against it: see begin(). */
};

/** An entry that a worker begins. */
struct fa_queue_begun {
    unsigned slot;
    const char *id;
};

struct fa_queue_result {
    const char *id;
    const char *status; /**< fa_status_name() */
    const char *error;  /**< The name of its class; "": none. */
    uint64_t bytes;     /**< Received. */
    const char *text;   /**< For the stream of results. */
};

/** What a partition's owner knows about an origin. */
struct fa_queue_origin {
    const char *name;  /**< "scheme://host:port" */
    double not_before; /**< Seconds since 1970; 0: any time. */
    bool down;
    unsigned limit; /**< 0: unknown. */
    uint64_t done, failed;
    double seconds; /**< The sum of the times of its entries. */
    uint64_t bytes;
};

/** A lease that a beat has brought, and what is known about the origins of its partition. */
struct fa_queue_gain {
    struct fa_queue_lease lease;
    unsigned seats; /**< Of its partition. */
    const struct fa_queue_origin *origins;
    size_t n_origins;
};

struct fa_queue_worker {
    const char *name;
    double age;       /**< Seconds since its last beat. */
    const char *info; /**< As given to beat(). */
};

struct fa_queue_count {
    const char *name;
    uint64_t count;
};

/** An answer: the fields of its verb are set.  Valid during the call. */
struct fa_queue_answer {
    struct fa_error error; /**< FA_CLASS_NONE: success. */
    bool stale;            /**< error: the lease is lost. */

    unsigned partitions; /**< open */
    double lease;        /**< open, stat: seconds. */

    const enum fa_queue_put *puts; /**< put: one for each entry. */

    const struct fa_queue_gain *gained; /**< beat */
    size_t n_gained;
    const unsigned *lost; /**< Slots that another worker has, or nobody. */
    size_t n_lost;
    const unsigned *empty; /**< Leased slots without entries. */
    size_t n_empty;
    const struct fa_queue_origin *late; /**< Pauses that others have heard of. */
    size_t n_late;
    const unsigned
        *split; /**< Leased slots to give back, so that their partition gets more seats. */
    size_t n_split;
    unsigned alive;     /**< beat: workers, with this one. */
    unsigned over;      /**< Leases above the fair share. */
    uint64_t left;      /**< beat, stat: entries that are not done. */
    unsigned producers; /**< beat, stat: programs that put entries. */
    double silent;      /**< beat: seconds until all leases of workers end that are probably dead;
                             0: there are none. */

    const struct fa_queue_taken *taken; /**< take */
    size_t n_taken;

    uint64_t counted; /**< done: results that count. */

    uint64_t entries, held;              /**< stat: ever put; held by workers. */
    const struct fa_queue_count *counts; /**< "ok", "failed", "class:http", "bytes", ... */
    size_t n_counts;
    const struct fa_queue_worker *workers;
    size_t n_workers;
    const struct fa_queue_origin *slowest;
    size_t n_slowest;
};

typedef void (*fa_queue_then)(void *ctx, const struct fa_queue_answer *answer);

/** How to open a queue. */
struct fa_queue_setup {
    struct event_base *base; /**< Borrowed until free(). */
    const char *url;         /**< See queue/address.h. */
    const char *auth;        /**< PASSWORD or USER:PASSWORD; NULL: none.  Copied. */
    const char *cacert;      /**< NULL: the system's.  Borrowed. */
    const char *who;         /**< Name of this worker or producer.  Borrowed. */
    bool create;             /**< Make the queue if there is none, with: */
    unsigned partitions;
    double lease;     /**< Seconds. */
    uint64_t results; /**< About how many results are kept. */
    /** Transfers at once that this worker allows to any host: it takes no seat of a partition with
     * more of them.  The same for all workers.  0: 1. */
    unsigned per_host;
    bool patient; /**< Wait for the store also before the first answer. */
    /** Something to tell the user: the store is away, or back.  May be NULL. */
    void (*notice)(void *ctx, const char *text);
    void *ctx;
};

struct fa_queue;

/** The verbs of one kind of store. */
struct fa_queue_ops {
    /** @return NULL with FA_CLASS_REFUSED: the URL is invalid. */
    struct fa_queue *(*open)(const struct fa_queue_setup *setup, fa_queue_then then, void *ctx,
                             struct fa_error *err);
    /** Entries are put once: those that are known are counted as such.  Those who put are awaited
     * for a minute after their last call, which may be one without entries. */
    void (*put)(struct fa_queue *queue, const struct fa_queue_entry *entries, size_t n,
                fa_queue_then then, void *ctx);
    /** This producer will put no more. */
    void (*close)(struct fa_queue *queue, fa_queue_then then, void *ctx);
    /** Renew leases, which end if that is not done in time; gain others, up to `most`. */
    void (*beat)(struct fa_queue *queue, const struct fa_queue_lease *leases, size_t n,
                 unsigned most, const char *info, fa_queue_then then, void *ctx);
    /** @held  Those that the worker holds already, as after a gain; else up to `count` others. */
    void (*take)(struct fa_queue *queue, const struct fa_queue_lease *lease, unsigned count,
                 bool held, fa_queue_then then, void *ctx);
    /** The transfers of these entries begin, at most FA_QUEUE_BATCH.  If the worker dies before they
     * are done, each of them counts a death; of what it had only taken, each a quarter of one. */
    void (*begin)(struct fa_queue *queue, const struct fa_queue_begun *begun, size_t n,
                  fa_queue_then then, void *ctx);
    void (*done)(struct fa_queue *queue, const struct fa_queue_lease *lease,
                 const struct fa_queue_result *results, size_t n, fa_queue_then then, void *ctx);
    /** Give a partition back, with what is held of it; nobody died. */
    void (*defer)(struct fa_queue *queue, const struct fa_queue_lease *lease, fa_queue_then then,
                  void *ctx);
    /** Record what is known about origins of the partition, for the next owner of the lease.  A
     * longer pause is also that of the other seats, and counts with an old token, too: the owners
     * get it with their next beat. */
    void (*block)(struct fa_queue *queue, const struct fa_queue_lease *lease,
                  const struct fa_queue_origin *origins, size_t n, fa_queue_then then, void *ctx);
    /** This worker ends. */
    void (*leave)(struct fa_queue *queue, fa_queue_then then, void *ctx);
    void (*stat)(struct fa_queue *queue, fa_queue_then then, void *ctx);
    /** Without waiting for answers.  NULL is ignored. */
    void (*free)(struct fa_queue *queue);
};

extern const struct fa_queue_ops fa_queue_redis;

#endif
