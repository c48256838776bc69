/**
 * The way back of headers and outcomes from event loops to the engine's thread.
 */
#ifndef FA_STRATEGY_OUTBOX_H
#define FA_STRATEGY_OUTBOX_H

#include "base/loop.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"

#include <pthread.h>
#include <sys/queue.h>

struct fa_flight;

/** The slot for an attempt's outcome: it is allocated when the attempt is submitted, so that its
 * end cannot fail for lack of memory. */
struct fa_done {
    struct fa_attempt *attempt;
    struct fa_flight *flight; /**< While it is in a multi handle. */
    struct fa_outcome outcome;
    STAILQ_ENTRY(fa_done) link;
    STAILQ_ENTRY(fa_done) headed;
};

STAILQ_HEAD(fa_done_queue, fa_done);

struct fa_outbox {
    struct fa_wake *wake; /**< Owned: of the engine's loop. */
    pthread_mutex_t lock; /**< Guards the queues. */
    struct fa_done_queue headed;
    struct fa_done_queue ended;
};

/** Without the wake. */
void fa_outbox_init(struct fa_outbox *outbox);
void fa_outbox_fini(struct fa_outbox *outbox);

/** Any thread: move headers and outcomes to the outbox, and announce them with one wake-up. */
void fa_outbox_put(struct fa_outbox *outbox, struct fa_done_queue *headed,
                   struct fa_done_queue *ended);

/** Move all of them to queues of the caller.  An attempt whose outcome is among them has its header
 * there as well, or had it earlier. */
void fa_outbox_take(struct fa_outbox *outbox, struct fa_done_queue *headed,
                    struct fa_done_queue *ended);

/** Free slots whose outcomes nobody waits for. */
void fa_done_queue_free(struct fa_done_queue *queue);

#endif
