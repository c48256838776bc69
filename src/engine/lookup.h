/**
 * Runs getaddrinfo(3) on threads of its own, for resolve.c: names in, addresses or errors out.
 *
 * A thread that hangs in a lookup cannot be ended, so it is replaced, up to a limit, and may
 * outlive everything else.  All functions are called from the thread of the loop.
 */
#ifndef FA_ENGINE_LOOKUP_H
#define FA_ENGINE_LOOKUP_H

#include <fetchall/config.h>
#include <fetchall/error.h>

#include <netinet/in.h>
#include <stdbool.h>

struct event_base;
struct fa_lookups;

/** More addresses are not tried within a connect time-out anyway. */
#define FA_LOOKUP_ADDRESSES 8
/** Bytes of one of them: "[", an address, "%4294967295", "]", and a comma or a zero. */
#define FA_LOOKUP_ADDRESS (INET6_ADDRSTRLEN + 11 + 3)

/** In one list of the resolver, and in a queue or in the hands of a thread. */
struct fa_lookup {
    struct fa_lookup *next;                     /**< In a queue. */
    struct fa_lookup *next_asked, **back_asked; /**< The list is the resolver's. */
    char *host;
    void *tag;    /**< The caller's. */
    double asked; /**< When. */
    double began; /**< 0: not yet.  Guarded by the lock of the threads. */
    double took;  /**< Seconds. */
    double timeout;
    int code;      /**< Of getaddrinfo(). */
    int system;    /**< errno if code is EAI_SYSTEM. */
    bool answered; /**< Reported to the caller, as an answer or a time-out. */
    bool stuck;    /**< Its thread counts as one that hangs. */
    char addresses[FA_LOOKUP_ADDRESSES * FA_LOOKUP_ADDRESS]; /**< As fa_attempt.addresses. */
};

/** First in, first out. */
struct fa_lookup_queue {
    struct fa_lookup *first;
    struct fa_lookup **last;
};

void fa_lookup_queue_init(struct fa_lookup_queue *queue);
void fa_lookup_queue_push(struct fa_lookup_queue *queue, struct fa_lookup *lookup);

/** @return the first one; NULL: the queue is empty. */
struct fa_lookup *fa_lookup_queue_pop(struct fa_lookup_queue *queue);

/** @return NULL with err: no memory. */
struct fa_lookup *fa_lookup_new(const char *host, struct fa_error *err);
void fa_lookup_free(struct fa_lookup *lookup);

/** @done  Called on the loop when there may be something for fa_lookups_take(). */
struct fa_lookups *fa_lookups_new(struct event_base *base, enum fa_family family,
                                  void (*done)(void *arg), void *arg, struct fa_error *err);

/** Does not block: a thread that hangs in a lookup keeps what it needs. */
void fa_lookups_free(struct fa_lookups *lookups);

/** Look up a name.  @return 0, and the lookup comes back by fa_lookups_take(); or an errno, and it
 * stays the caller's: there is no thread, and none can be started. */
int fa_lookups_put(struct fa_lookups *lookups, struct fa_lookup *lookup);

/** Return a lookup as if a thread had just done it. */
void fa_lookups_repeat(struct fa_lookups *lookups, struct fa_lookup *lookup);

/** @return one that is done, owned by the caller; NULL: there is none. */
struct fa_lookup *fa_lookups_take(struct fa_lookups *lookups);

/** Whether the time-out of a lookup is over.  Then its thread, if it has one, counts as stuck. */
bool fa_lookups_overdue(struct fa_lookups *lookups, struct fa_lookup *lookup, double now);

#endif
