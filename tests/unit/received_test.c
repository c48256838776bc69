/* Frames that a worker which was taken over might send. */

#include "pool/received.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fa_pool_task task;
static char bytes[FA_FRAME_PAYLOAD_MAX];

static void begin(void)
{
    task.id = 7;
    fa_buf_init(&task.task.reply);
    fa_buf_init(&task.task.note);
}

static void end(void)
{
    fa_buf_fini(&task.task.reply);
    fa_buf_fini(&task.task.note);
}

TestSuite(received, .init = begin, .fini = end);

static enum fa_received take(enum fa_frame_type type, size_t len)
{
    const struct fa_frame frame = {.type = type, .id = 7, .payload = bytes, .len = len};
    return fa_received_take(&task, &frame);
}

Test(received, frames_of_the_pool_or_of_other_tasks_are_bad)
{
    const struct fa_frame other = {.type = FA_FRAME_PROGRESS, .id = 8};
    const struct fa_frame with_fd = {.type = FA_FRAME_RESULT, .id = 7, .n_fds = 1, .fds = {0}};
    cr_expect_eq(fa_received_take(&task, &other), FA_RECEIVED_BAD);
    cr_expect_eq(fa_received_take(&task, &with_fd), FA_RECEIVED_BAD);
    cr_expect_eq(take(FA_FRAME_TASK, 0), FA_RECEIVED_BAD);
    cr_expect_eq(take(FA_FRAME_CANCEL, 0), FA_RECEIVED_BAD);
    cr_expect_eq(take(FA_FRAME_FAILURE, sizeof(struct fa_error) - 1), FA_RECEIVED_BAD);
}

Test(received, reply_arrives_in_pieces_up_to_its_maximum)
{
    size_t pieces = FA_TASK_BYTES_MAX / sizeof(bytes), rest = FA_TASK_BYTES_MAX % sizeof(bytes);
    for (size_t i = 0; i < pieces; ++i)
        cr_assert_eq(take(FA_FRAME_PIECE, sizeof(bytes)), FA_RECEIVED_MORE);
    cr_expect_eq(take(FA_FRAME_PIECE, rest + 1), FA_RECEIVED_BAD);
    cr_expect_eq(take(FA_FRAME_RESULT, rest + 1), FA_RECEIVED_BAD);
    cr_expect_not(task.ok);
    cr_expect_eq(take(FA_FRAME_RESULT, rest), FA_RECEIVED_END);
    cr_expect(task.ok);
    cr_expect_eq(task.task.reply.len, FA_TASK_BYTES_MAX);
}

Test(received, task_has_one_note_of_limited_length)
{
    cr_expect_eq(take(FA_FRAME_PROGRESS, FA_TASK_NOTE_MAX + 1), FA_RECEIVED_BAD);
    cr_expect_eq(take(FA_FRAME_PROGRESS, FA_TASK_NOTE_MAX), FA_RECEIVED_MORE);
    cr_expect_eq(take(FA_FRAME_PROGRESS, 0), FA_RECEIVED_MORE);
    cr_expect_eq(take(FA_FRAME_PROGRESS, 1), FA_RECEIVED_BAD);
}

Test(received, failure_without_a_reason_gets_one)
{
    cr_expect_eq(take(FA_FRAME_FAILURE, sizeof(struct fa_error)), FA_RECEIVED_END);
    cr_expect_not(task.ok);
    cr_expect_eq(task.error.class, FA_CLASS_WORKER_CRASHED);
}
