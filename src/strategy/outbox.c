#include "strategy/outbox.h"

#include <stdlib.h>

void fa_outbox_init(struct fa_outbox *outbox)
{
    pthread_mutex_init(&outbox->lock, NULL);
    STAILQ_INIT(&outbox->headed);
    STAILQ_INIT(&outbox->ended);
}

void fa_outbox_fini(struct fa_outbox *outbox)
{
    fa_done_queue_free(&outbox->ended);
    fa_wake_free(outbox->wake);
    pthread_mutex_destroy(&outbox->lock);
}

void fa_outbox_put(struct fa_outbox *outbox, struct fa_done_queue *headed,
                   struct fa_done_queue *ended)
{
    pthread_mutex_lock(&outbox->lock);
    STAILQ_CONCAT(&outbox->headed, headed);
    STAILQ_CONCAT(&outbox->ended, ended);
    pthread_mutex_unlock(&outbox->lock);
    fa_wake_post(outbox->wake);
}

void fa_outbox_take(struct fa_outbox *outbox, struct fa_done_queue *headed,
                    struct fa_done_queue *ended)
{
    pthread_mutex_lock(&outbox->lock);
    STAILQ_CONCAT(headed, &outbox->headed);
    STAILQ_CONCAT(ended, &outbox->ended);
    pthread_mutex_unlock(&outbox->lock);
}

void fa_done_queue_free(struct fa_done_queue *queue)
{
    while (!STAILQ_EMPTY(queue)) {
        struct fa_done *done = STAILQ_FIRST(queue);
        STAILQ_REMOVE_HEAD(queue, link);
        fa_outcome_fini(&done->outcome);
        free(done);
    }
}
