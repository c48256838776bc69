/**
 * The feeder of a worker gives the entries of a queue to a session, and their results to the queue.
 */
#ifndef FA_QUEUE_FEEDER_H
#define FA_QUEUE_FEEDER_H

#include <fetchall/event.h>
#include <fetchall/session.h>

#include "queue/queue.h"

struct fa_feeder;

struct fa_feeder_setup {
    const struct fa_queue_ops *ops;
    struct fa_queue_setup queue; /**< Its base is set by the feeder. */
    struct fa_session *session;  /**< Borrowed. */
    unsigned jobs;               /**< Transfers at once. */
    bool wait;                   /**< For more entries, when the queue is empty. */
    /** The text of a result, for the stream of results; to be freed.  NULL: no memory. */
    char *(*text)(const struct fa_result *result);
    /** Called about ten times per second, also when the session does not run.  May be NULL. */
    void (*alive)(void *ctx);
    /** Whether the program has stopped the session.  May be NULL. */
    bool (*stopping)(void *ctx);
    void *ctx;
};

/** What a feeder has at hand. */
struct fa_feeder_figures {
    unsigned leases;
    uint64_t held;    /**< Entries. */
    uint64_t pending; /**< Entries of the queue that are not done, as of the last beat. */
};

/** How it has ended. */
enum fa_feeder_end {
    FA_FEEDER_FINISHED, /**< The queue is empty. */
    FA_FEEDER_STOPPED,  /**< Its session was stopped. */
    FA_FEEDER_LOST,     /**< Its leases: begin again with another session. */
    FA_FEEDER_FAILED,   /**< The queue cannot be used. */
};

/** Call it before fa_session_run().  @return NULL with an error. */
struct fa_feeder *fa_feeder_new(const struct fa_feeder_setup *setup, struct fa_error *err);

/** Pass each event of the session. */
void fa_feeder_handle(struct fa_feeder *feeder, const struct fa_event *event);

void fa_feeder_get_figures(const struct fa_feeder *feeder, struct fa_feeder_figures *ret);

/** Whether an entry is given back to the queue, so that the result is not its last: it was
 * cancelled, or had a transient failure while the session was being stopped. */
bool fa_feeder_gives_back(const struct fa_feeder *feeder, const struct fa_result *result);

/** After fa_session_run(): give back what is held, for at most a second.  @err  With FAILED. */
enum fa_feeder_end fa_feeder_finish(struct fa_feeder *feeder, struct fa_error *err);

void fa_feeder_free(struct fa_feeder *feeder);

#endif
