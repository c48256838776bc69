/*
 * A worker is a blocking loop over its socket.  While a task runs, it looks at the socket only when
 * the task calls fa_task_progress() or fa_task_cancelled(), and at most ten times per second.
 *
 * A worker whose socket fails exits: its pool is gone, or has given it up.  It ends with _exit(2):
 * exit(3) would run the handlers and flush the stdio buffers that it has inherited from the
 * nursery.
 */
#include "pool/worker_process.h"

#include "base/clock.h"
#include "pool/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A task may report its progress after every block: send at most ten messages per second. */
#define EXCHANGE_EVERY 0.1

/* The state of a worker process. */
struct process_worker {
    struct fa_task task; /* first: worker_exchange() casts its address */
    int sock;
    uint64_t id;
    double exchanged;
    enum { NOTE_NEW, NOTE_TRIED, NOTE_SENT } note;
    struct fa_frame_buffer room;  /* for the frame of the task */
    struct fa_frame_buffer other; /* for frames received while it runs */
    struct fa_buf large;          /* for an input larger than a frame */
};

/* A note is sent immediately, because the submitter may be waiting for it; if the socket is
 * full, with the next progress.  Commands for an earlier task may arrive late, so compare the
 * id. */
static void worker_exchange(struct fa_task *task)
{
    struct process_worker *w = (struct process_worker *)task;
    double now = fa_clock_now();
    bool has_note = task->noted && w->note != NOTE_SENT;
    if (now - w->exchanged < EXCHANGE_EVERY && !(has_note && w->note == NOTE_NEW))
        return;
    w->exchanged = now;

    struct fa_frame frame = {.type = FA_FRAME_PROGRESS, .id = w->id, .value = task->progress};
    if (has_note) {
        frame.payload = task->note.data;
        frame.len = task->note.len;
    }
    bool sent = fa_frame_send(w->sock, &frame, MSG_DONTWAIT) == 0;
    if (!sent && errno != EAGAIN)
        _exit(0);
    if (has_note)
        w->note = sent ? NOTE_SENT : NOTE_TRIED;
    for (;;) {
        int n = fa_frame_recv(w->sock, &w->other, &frame, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            _exit(0);
        if (frame.id == w->id && frame.type == FA_FRAME_CANCEL)
            task->cancelled = true;
        if (frame.id == w->id && frame.type == FA_FRAME_TUNE)
            task->tuned = frame.value;
        fa_frame_close(&frame);
    }
}

/* Split a reply that is larger than a frame.  Sending blocks while the pool is busy: until the
 * reply is sent, the worker has nothing else to do. */
static int worker_reply(struct process_worker *w)
{
    const unsigned char *at = w->task.reply.data;
    size_t left = w->task.reply.len;
    for (;;) {
        bool last = left <= FA_FRAME_PAYLOAD_MAX;
        size_t n = last ? left : FA_FRAME_PAYLOAD_MAX;
        struct fa_frame frame = {
            .type = last ? FA_FRAME_RESULT : FA_FRAME_PIECE, .id = w->id, .payload = at, .len = n};
        if (fa_frame_send(w->sock, &frame, 0))
            return -1;
        if (last)
            return 0;
        at += n;
        left -= n;
    }
}

/* An error is sent as it is in memory: its size and layout never change (fetchall/api.h). */
static int worker_fail(struct process_worker *w, const struct fa_error *err)
{
    struct fa_frame frame = {
        .type = FA_FRAME_FAILURE, .id = w->id, .payload = err, .len = sizeof(*err)};
    return fa_frame_send(w->sock, &frame, 0);
}

/* The input is lent from the buffer of the frame, or from `large`; frames that arrive during the
 * task go to another buffer. */
static void worker_do(struct process_worker *w, struct fa_task_runner *runner,
                      struct fa_frame *frame)
{
    struct fa_error err = {0};
    struct fa_reader reader;
    if (fa_frame_load(frame, &w->large))
        _exit(1);
    fa_reader_init(&reader, frame->payload, frame->len);
    const char *type = fa_reader_str(&reader);
    w->task.input = reader.at;
    w->task.len = (size_t)(reader.end - reader.at);
    w->task.fds = frame->fds;
    w->task.n_fds = frame->n_fds;
    w->task.progress = w->task.tuned = 0;
    w->task.cancelled = w->task.noted = false;
    w->note = NOTE_NEW;
    w->id = frame->id;
    fa_buf_reset(&w->task.reply);
    fa_buf_reset(&w->task.note);

    int result = type ? fa_task_runner_run(runner, type, &w->task, &err) : -1;
    fa_frame_close(frame);
    fa_buf_fini(&w->large);
    if (result == 0 ? worker_reply(w) : worker_fail(w, &err))
        _exit(0);
}

/* Anything but a task is ignored between tasks: a request to cancel or tune the previous one may
 * arrive after its end. */
_Noreturn void fa_worker_run(int sock, const struct fa_task_table *table)
{
    struct fa_task_runner runner;
    struct process_worker *w = calloc(1, sizeof(*w));
    if (!w || fa_task_runner_init(&runner, table, NULL))
        _exit(1);
    runner.confines = true;
    w->sock = sock;
    w->task.exchange = worker_exchange;
    fa_buf_init(&w->task.reply);
    fa_buf_init(&w->task.note);
    fa_buf_init(&w->large);
    for (;;) {
        struct fa_frame frame;
        if (fa_frame_recv(sock, &w->room, &frame, 0) <= 0)
            _exit(0);
        if (frame.type == FA_FRAME_TASK)
            worker_do(w, &runner, &frame);
        else
            fa_frame_close(&frame);
    }
}
