#include "pool/received.h"

#include <errno.h>

static void task_take_failure(struct fa_pool_task *task, const struct fa_frame *frame)
{
    if (fa_frame_error(frame, &task->error))
        fa_error_set(&task->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "the task failed without a reason");
}

/* A reply that did not fit into memory was received in vain, whatever the worker says. */
static enum fa_received task_end(struct fa_pool_task *task, bool ok)
{
    task->ok = ok;
    if (task->task.reply.failed) {
        task->ok = false;
        fa_error_system(&task->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot store a reply");
    }
    return FA_RECEIVED_END;
}

/* A task has one note at most. */
static enum fa_received task_take_progress(struct fa_pool_task *task, const struct fa_frame *frame)
{
    if (frame->len > 0) {
        if (frame->len > FA_TASK_NOTE_MAX || task->task.noted)
            return FA_RECEIVED_BAD;
        fa_buf_put(&task->task.note, frame->payload, frame->len);
        task->task.noted = true;
        task->note_reported = task->task.note.failed;
    }
    task->task.progress = frame->value;
    fa_pool_report(task);
    return FA_RECEIVED_MORE;
}

/* A hostile worker must not exhaust our memory. */
static enum fa_received task_take_piece(struct fa_pool_task *task, const struct fa_frame *frame)
{
    struct fa_buf *reply = &task->task.reply;
    if (frame->len > FA_TASK_BYTES_MAX - reply->len)
        return FA_RECEIVED_BAD;
    fa_buf_put(reply, frame->payload, frame->len);
    return FA_RECEIVED_MORE;
}

/* The number of the task tells frames of an earlier one apart.  Descriptors would stay open. */
enum fa_received fa_received_take(struct fa_pool_task *task, const struct fa_frame *frame)
{
    if (frame->id != task->id || frame->n_fds)
        return FA_RECEIVED_BAD;
    switch (frame->type) {
    case FA_FRAME_PROGRESS:
        return task_take_progress(task, frame);
    case FA_FRAME_FAILURE:
        if (frame->len != sizeof(struct fa_error))
            return FA_RECEIVED_BAD;
        task_take_failure(task, frame);
        return task_end(task, false);
    case FA_FRAME_PIECE:
        return task_take_piece(task, frame);
    case FA_FRAME_RESULT:
        if (task_take_piece(task, frame) == FA_RECEIVED_BAD)
            return FA_RECEIVED_BAD;
        return task_end(task, true);
    default:
        return FA_RECEIVED_BAD;
    }
}
