/*
 * The run's side of the keeper: it sends requests, and dispatches lines and ends to the commands.
 *
 * The payload of FA_FRAME_RUN is what it has descriptors for (u32, enum fa_keeper_files), the
 * argument (string or NULL), the number of variables (u32), and their names and values (strings).
 * That of FA_FRAME_PROGRAMS is a number (u32), and for each program its flags (u32), timeout (f64),
 * number of words (u32) and words.
 */
#include "pool/keeper.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/words.h"
#include "pool/frame.h"
#include "pool/keeping.h"
#include "pool/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds to wait for the keeper to end: longer than it waits for a command after SIGTERM. */
#define END_WAIT 2500
/* Frames that are handled before other events get their turn. */
#define FRAMES_AT_ONCE 64

LIST_HEAD(run_list, fa_keeper_run);

struct fa_keeper {
    struct event_base *base;
    const char *program;
    struct fa_keeper_program programs[FA_KEEPER_PROGRAMS_MAX];
    size_t n_programs;
    pid_t pid; /* 0: it was not started, or has died */
    int sock;
    bool stopped;
    struct event *event;
    uint64_t last_id;
    struct run_list runs;
    struct fa_frame_buffer room;
};

static int program_put(const struct fa_keeper_program *program, struct fa_buf *buf,
                       struct fa_error *err)
{
    const char *why;
    size_t n = 0;
    fa_buf_put_u32(buf, program->shell ? FA_KEEPER_SHELL : 0);
    fa_buf_put_f64(buf, program->timeout);
    if (program->shell) {
        fa_buf_put_u32(buf, 1);
        fa_buf_put_str(buf, program->command);
        return 0;
    }
    char **words = fa_words_split(program->command, &why);
    if (!words) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "invalid command '%.100s': %s",
                     program->command, why ? why : "out of memory");
        return -1;
    }
    while (words[n])
        ++n;
    fa_buf_put_u32(buf, (uint32_t)n);
    for (size_t i = 0; i < n; ++i)
        fa_buf_put_str(buf, words[i]);
    free(words);
    return 0;
}

static int keeper_send_programs(struct fa_keeper *keeper, struct fa_error *err)
{
    struct fa_buf buf;
    int result = 0;
    fa_buf_init(&buf);
    fa_buf_put_u32(&buf, (uint32_t)keeper->n_programs);
    for (size_t i = 0; i < keeper->n_programs && result == 0; ++i)
        result = program_put(&keeper->programs[i], &buf, err);
    struct fa_frame frame = {.type = FA_FRAME_PROGRAMS, .payload = buf.data, .len = buf.len};
    if (result == 0 && (buf.failed || fa_frame_send(keeper->sock, &frame, 0))) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, buf.failed ? ENOMEM : errno,
                        "cannot set up the keeper (the process that runs commands)");
        result = -1;
    }
    fa_buf_fini(&buf);
    return result;
}

static void keeper_end(struct fa_keeper *keeper)
{
    if (keeper->event)
        event_free(keeper->event);
    keeper->event = NULL;
    if (keeper->sock >= 0)
        close(keeper->sock);
    keeper->sock = -1;
    if (keeper->pid > 0)
        fa_launch_await_end(keeper->pid, END_WAIT);
    keeper->pid = 0;
    keeper->stopped = false;
}

static void run_end(struct fa_keeper_run *run)
{
    LIST_REMOVE(run, link);
    run->ended(run);
}

/* A callback may start commands, hence a new keeper, so detach the list first. */
static void keeper_died(struct fa_keeper *keeper)
{
    struct run_list lost = LIST_HEAD_INITIALIZER(lost);
    struct fa_keeper_run *run;
    keeper_end(keeper);
    while ((run = LIST_FIRST(&keeper->runs))) {
        LIST_REMOVE(run, link);
        LIST_INSERT_HEAD(&lost, run, link);
    }
    while ((run = LIST_FIRST(&lost))) {
        run->lost = true;
        run_end(run);
    }
}

/* A frame for a command that is unknown here is ignored, and so is a line without its zero. */
static void keeper_handle(struct fa_keeper *keeper, const struct fa_frame *frame)
{
    struct fa_keeper_run *run;
    const char *text = frame->payload;
    LIST_FOREACH (run, &keeper->runs, link)
        if (run->id == frame->id)
            break;
    if (!run)
        return;
    if (frame->type == FA_FRAME_LINE && frame->len > 0 && text[frame->len - 1] == '\0') {
        run->line(run, text);
    } else if (frame->type == FA_FRAME_ENDED) {
        run->status = (int)(uint32_t)frame->value;
        run->timed_out = frame->value & FA_KEEPER_TIMED_OUT;
        run_end(run);
    }
}

static void keeper_on_frame(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct fa_keeper *keeper = arg;
    for (int i = 0; i < FRAMES_AT_ONCE && keeper->sock == fd; ++i) {
        struct fa_frame frame;
        int n = fa_frame_recv(fd, &keeper->room, &frame, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            keeper_died(keeper);
            return;
        }
        keeper_handle(keeper, &frame);
        fa_frame_close(&frame);
    }
}

/* If it fails half-way, the caller cleans up with keeper_end(). */
static int keeper_start(struct fa_keeper *keeper, struct fa_error *err)
{
    int ends[2] = {-1, -1};
    int code = fa_frame_pair(ends) ? errno : 0;
    if (!code)
        code = fa_launch(keeper->program, "fetchall-keeper", FA_KEEPER_VARIABLE, ends[1],
                         &keeper->pid);
    if (ends[1] >= 0)
        close(ends[1]);
    keeper->sock = ends[0];
    if (!code) {
        keeper->event =
            event_new(keeper->base, keeper->sock, EV_READ | EV_PERSIST, keeper_on_frame, keeper);
        code = keeper->event && event_add(keeper->event, NULL) == 0 ? 0 : ENOMEM;
    } else {
        keeper->pid = 0;
    }
    if (!code)
        return keeper_send_programs(keeper, err);
    fa_error_system(err, FA_CLASS_LOCAL_IO, code,
                    "cannot start the keeper (the process that runs commands)%s",
                    fa_launch_advice(code));
    return -1;
}

struct fa_keeper *fa_keeper_new(struct event_base *base, const char *program,
                                const struct fa_keeper_program *programs, size_t n_programs,
                                struct fa_error *err)
{
    /* A keeper that starts a keeper would never end. */
    if (fa_launch_is_due(FA_KEEPER_VARIABLE)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "this process was started as a keeper: main() must call fa_worker_main()");
        return NULL;
    }
    struct fa_keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM,
                        "cannot start the keeper (the process that runs commands)");
        return NULL;
    }
    keeper->base = base;
    keeper->program = program;
    keeper->sock = -1;
    keeper->n_programs = n_programs;
    memcpy(keeper->programs, programs, n_programs * sizeof(*programs));
    if (keeper_start(keeper, err)) {
        fa_keeper_free(keeper);
        return NULL;
    }
    return keeper;
}

void fa_keeper_free(struct fa_keeper *keeper)
{
    if (!keeper)
        return;
    keeper_end(keeper);
    free(keeper);
}

static void call_put(const struct fa_keeper_call *call, struct fa_buf *buf)
{
    fa_buf_put_u32(buf, (call->input >= 0 ? FA_KEEPER_INPUT : 0u) |
                            (call->output >= 0 ? FA_KEEPER_OUTPUT : 0u));
    fa_buf_put_str(buf, call->argument);
    fa_buf_put_u32(buf, (uint32_t)call->n_variables);
    for (size_t i = 0; i < call->n_variables; ++i) {
        fa_buf_put_str(buf, call->variables[i].name);
        fa_buf_put_str(buf, call->variables[i].value);
    }
}

/* @return 0, or an errno */
static int keeper_send_call(struct fa_keeper *keeper, const struct fa_keeper_run *run,
                            const struct fa_keeper_call *call)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    call_put(call, &buf);
    struct fa_frame frame = {.type = FA_FRAME_RUN, .id = run->id, .value = call->program};
    frame.payload = buf.data;
    frame.len = buf.len;
    if (call->input >= 0)
        frame.fds[frame.n_fds++] = call->input;
    if (call->output >= 0)
        frame.fds[frame.n_fds++] = call->output;
    int code = buf.failed ? ENOMEM : fa_frame_send(keeper->sock, &frame, MSG_DONTWAIT) ? errno : 0;
    fa_buf_fini(&buf);
    return code;
}

/* Without waiting for space in the socket, as the loop would stand still meanwhile. */
int fa_keeper_run(struct fa_keeper *keeper, struct fa_keeper_run *run,
                  const struct fa_keeper_call *call, struct fa_error *err)
{
    if (LIST_EMPTY(&keeper->runs) && keeper->stopped)
        keeper_end(keeper);
    if (!keeper->pid && keeper_start(keeper, err)) {
        keeper_end(keeper);
        return -1;
    }
    run->id = ++keeper->last_id;
    run->lost = run->timed_out = false;
    int code = keeper->stopped ? EPIPE : keeper_send_call(keeper, run, call);
    if (code == EAGAIN && !LIST_EMPTY(&keeper->runs))
        return 1;
    if (code) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot run a command");
        return -1;
    }
    LIST_INSERT_HEAD(&keeper->runs, run, link);
    return 0;
}

/* The end of the stream is the order to stop: it arrives although the socket is full. */
void fa_keeper_stop(struct fa_keeper *keeper)
{
    if (keeper->sock >= 0)
        shutdown(keeper->sock, SHUT_WR);
    keeper->stopped = true;
}
