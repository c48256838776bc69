/**
 * What a worker process sends about its task.  Pure, but for the progress that it reports.
 *
 * A worker handles the data of servers, so nothing it says is trusted: a frame that it may not send
 * is refused, and then it has to be killed.
 */
#ifndef FA_POOL_RECEIVED_H
#define FA_POOL_RECEIVED_H

#include "pool/backend.h"
#include "pool/frame.h"

enum fa_received {
    FA_RECEIVED_BAD,  /**< The worker may not send this. */
    FA_RECEIVED_MORE, /**< The task goes on. */
    FA_RECEIVED_END,  /**< It has ended, with task->ok, error and reply: see fa_pool_finish(). */
};

/** Take a frame from the worker of a running task. */
enum fa_received fa_received_take(struct fa_pool_task *task, const struct fa_frame *frame);

#endif
