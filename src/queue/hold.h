/**
 * What a feeder holds: leases, entries, and calls of the queue that are not answered yet.  Only the
 * parts of the feeder include this; feeder.c explains how they work together.
 */
#ifndef FA_QUEUE_HOLD_H
#define FA_QUEUE_HOLD_H

#include <stdbool.h>
#include <sys/queue.h>

#include "queue/feeder.h"
#include "queue/origins.h"

/* Whether its transfer begins, and the queue knows. */
enum fa_item_begin {
    FA_ITEM_TAKEN,
    FA_ITEM_BEGINS, /* in fa_feeder.beginning */
    FA_ITEM_BEGUN,
};

struct fa_item {
    TAILQ_ENTRY(fa_item) next;
    TAILQ_ENTRY(fa_item) beginning;
    struct fa_feeder *feeder;
    unsigned slot;
    unsigned group;           /* suspects: how many of them at once */
    char *id, *packed, *path; /* the entry: packed and path only until it is added */
    uint64_t line;
    enum fa_item_begin begin;
    bool inherited;             /* its former owner may have died */
    const char *status, *error; /* the result */
    uint64_t bytes;
    char *text;
};
TAILQ_HEAD(fa_items, fa_item);

struct fa_held {
    struct fa_queue_lease lease;
    unsigned seats;   /* of its partition */
    unsigned running; /* entries in the session, or suspects */
    unsigned ended;   /* entries whose result was not answered yet */
    bool taking;      /* a take was not answered yet */
    bool dry;         /* the last take returned less than it asked for */
    bool leaving;     /* take no more, and give it back */
};

struct fa_feeder {
    struct fa_feeder_setup setup;
    const struct fa_queue_ops *ops;
    struct fa_queue *queue;
    struct event_base *base;
    struct event *timer;
    struct event *telling; /* the queue of what begins */
    struct fa_origins origins;
    struct fa_held **leases; /* by slot; NULL: not held */
    struct fa_share *shares; /* of each partition; as the session has them */
    unsigned partitions, slots;
    unsigned workers;        /* of the last beat */
    unsigned n_leases, next; /* next: where the next take begins */
    double lease;            /* seconds; 0: not opened yet */
    double told;             /* when the queue was told what begins */
    double beat_at, renewed; /* the next beat; when the last answered one was sent */
    bool beating, finishing, complete;
    bool lost, failed;
    bool explained; /* why it has nothing to do */
    struct fa_error error;
    struct fa_items running, ended, suspects;
    struct fa_items beginning;        /* of those that are running */
    size_t n_running, window, coming; /* coming: asked for in takes */
    unsigned n_suspects;              /* running, but for the one that is alone */
    bool alone;                       /* a suspect is running, and nothing else */
    unsigned active;
    LIST_HEAD(, fa_call) calls; /* without an answer */
    uint64_t done, n_failed, bytes;
    uint64_t left; /* of the last beat */
    double began;
};

/* What an answer is about. */
struct fa_call {
    LIST_ENTRY(fa_call) next;
    struct fa_feeder *feeder;
    struct fa_queue_lease lease;
    struct fa_item *item; /* NULL: it is about none */
    unsigned count;
    double sent;
};

/** End with an error.  Only the first one counts. */
void fa_hold_fail(struct fa_feeder *feeder, const struct fa_error *error);
void fa_hold_no_memory(struct fa_feeder *feeder);

/** Stop all transfers: another worker may request from these origins now. */
void fa_hold_lose(struct fa_feeder *feeder);

/** A lease of the partition, or NULL.  @ret_n  NULL, or set to the number of its leases. */
struct fa_held *fa_hold_of(const struct fa_feeder *feeder, unsigned partition, unsigned *ret_n);

/** Remember a call.  @lease  NULL: it is about none.  @return NULL: no memory, the feeder fails. */
struct fa_call *fa_call_new(struct fa_feeder *feeder, const struct fa_queue_lease *lease,
                            unsigned count);

/** Take the answer of a call, which the caller frees.  @ret_good  It is not an error.
 * @return the lease that it is about, if it is still the same one */
struct fa_held *fa_call_end(struct fa_call *call, const struct fa_queue_answer *answer,
                            bool *ret_good);

/** An fa_queue_then for answers without a value. */
void fa_call_on_plain(void *ctx, const struct fa_queue_answer *answer);

void fa_item_free(struct fa_item *item);

#endif
