/*
 * The supervisor's side: starts the nursery, asks it for workers, and dispatches its reports to the
 * children.  Requests are non-blocking: if the nursery is busy, the caller retries.
 *
 * If the nursery dies, all its workers die with it.  Each child is then reported as orphaned, and
 * the next request starts a new nursery, which gets all roles again.
 *
 * The nursery is this program, executed again (pool/launch.h).  It starts from nothing, and what it
 * needs to know follows as roles over the socket.
 */
#include "pool/nursery.h"

#include "base/buf.h"
#include "base/loop.h"
#include "pool/frame.h"
#include "pool/launch.h"
#include "pool/nursery_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROLES_MAX 8
/* Milliseconds to wait for the nursery to end. */
#define END_WAIT 300

LIST_HEAD(child_list, fa_child);

struct fa_nursery {
    struct event_base *base;
    const char *program;
    pid_t pid;
    int sock;
    struct event *event;
    struct fa_role roles[ROLES_MAX]; /* unused if types is NULL */
    uint64_t last_id;
    struct child_list children;
    struct fa_frame_buffer room;
};

pid_t fa_nursery_pid(const struct fa_nursery *nursery)
{
    return nursery->pid;
}

/* Task types are named, not sent: function pointers differ in another process. */
static int nursery_send_role(struct fa_nursery *nursery, size_t i)
{
    const struct fa_role *role = &nursery->roles[i];
    struct fa_buf buf;
    fa_buf_init(&buf);
    for (const struct fa_task_type *type = role->types; type->name; ++type)
        fa_buf_put_str(&buf, type->name);
    fa_buf_put_str(&buf, NULL);
    fa_buf_put(&buf, role->setup, role->setup_len);
    struct fa_frame frame = {
        .type = FA_FRAME_ROLE, .id = i + 1, .payload = buf.data, .len = buf.len};
    int result = -1;
    if (buf.failed)
        errno = ENOMEM;
    else
        result = fa_frame_send_large(nursery->sock, &frame, 0);
    fa_buf_fini(&buf);
    return result;
}

static void nursery_on_frame(evutil_socket_t fd, short what, void *arg);

/* If it fails half-way, the caller cleans up with nursery_stop(). */
static int nursery_start(struct fa_nursery *nursery, struct fa_error *err)
{
    int ends[2] = {-1, -1};
    int code = fa_frame_pair(ends) ? errno : 0;
    if (!code)
        code = fa_launch(nursery->program, "fetchall-nursery", FA_NURSERY_VARIABLE, ends[1],
                         &nursery->pid);
    if (ends[1] >= 0)
        close(ends[1]);
    if (code) {
        nursery->pid = 0;
        if (ends[0] >= 0)
            close(ends[0]);
        fa_error_system(err, FA_CLASS_LOCAL_IO, code,
                        "cannot start the nursery (the process that forks workers)%s",
                        fa_launch_advice(code));
        return -1;
    }
    nursery->sock = ends[0];
    nursery->event =
        event_new(nursery->base, nursery->sock, EV_READ | EV_PERSIST, nursery_on_frame, nursery);
    if (!nursery->event || event_add(nursery->event, NULL)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM,
                        "cannot watch the nursery (the process that forks workers)");
        return -1;
    }
    for (size_t i = 0; i < ROLES_MAX; ++i) {
        if (nursery->roles[i].types && nursery_send_role(nursery, i)) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno,
                            "cannot set up the nursery (the process that forks workers)");
            return -1;
        }
    }
    return 0;
}

/* Also for one that is dead or half-started: what does not exist is skipped. */
static void nursery_stop(struct fa_nursery *nursery)
{
    if (nursery->event)
        event_free(nursery->event);
    nursery->event = NULL;
    if (nursery->sock >= 0)
        close(nursery->sock);
    nursery->sock = -1;
    if (nursery->pid > 0)
        fa_launch_await_end(nursery->pid, END_WAIT);
    nursery->pid = 0;
}

/* A nursery is cheap but not free, so by default it starts with the first worker.  A program
 * with threads starts it earlier, before they exist. */
struct fa_nursery *fa_nursery_new(struct event_base *base, const char *program, bool now,
                                  struct fa_error *err)
{
    /* A nursery that starts a nursery would never end. */
    if (fa_nursery_is_due()) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "this process was started as a nursery: main() must call fa_worker_main()");
        return NULL;
    }
    struct fa_nursery *nursery = calloc(1, sizeof(*nursery));
    if (!nursery) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM,
                        "cannot start the nursery (the process that forks workers)");
        return NULL;
    }
    nursery->base = base;
    nursery->program = program;
    nursery->sock = -1;
    if (now && nursery_start(nursery, err)) {
        fa_nursery_free(nursery);
        return NULL;
    }
    return nursery;
}

void fa_nursery_free(struct fa_nursery *nursery)
{
    if (!nursery)
        return;
    nursery_stop(nursery);
    free(nursery);
}

/* The role is also kept here: a nursery that is started again gets all of them. */
uint64_t fa_nursery_role(struct fa_nursery *nursery, const struct fa_role *role,
                         struct fa_error *err)
{
    size_t i = 0;
    while (i < ROLES_MAX && nursery->roles[i].types)
        ++i;
    if (i == ROLES_MAX) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "more than %d pools share one nursery", ROLES_MAX);
        return 0;
    }
    nursery->roles[i] = *role;
    /* If it has died, the next request for a worker restarts it with all roles. */
    if (nursery->pid && nursery_send_role(nursery, i) && errno != EPIPE && errno != ECONNRESET) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno,
                        "cannot set up the nursery (the process that forks workers)");
        nursery->roles[i] = (struct fa_role){0};
        return 0;
    }
    return i + 1;
}

void fa_nursery_drop(struct fa_nursery *nursery, uint64_t role)
{
    if (role == 0)
        return;
    struct fa_frame frame = {.type = FA_FRAME_DROP, .id = role};
    nursery->roles[role - 1] = (struct fa_role){0};
    if (nursery->pid) /* if this is lost, the next role of that number replaces it */
        fa_frame_send(nursery->sock, &frame, MSG_DONTWAIT);
}

static void child_unlink(struct fa_child *child)
{
    LIST_REMOVE(child, link);
    if (child->pidfd >= 0)
        close(child->pidfd);
    child->pidfd = -1;
}

static void child_ended(struct fa_child *child)
{
    child_unlink(child);
    child->ended = true;
    child->changed(child);
}

/* Each child's callback may start workers, hence a new nursery, so detach the list first. */
static void nursery_died(struct fa_nursery *nursery)
{
    nursery_stop(nursery);
    /* A callback may request new workers from a new nursery. */
    struct child_list orphans = LIST_HEAD_INITIALIZER(orphans);
    struct fa_child *child;
    while ((child = LIST_FIRST(&nursery->children))) {
        LIST_REMOVE(child, link);
        LIST_INSERT_HEAD(&orphans, child, link);
        child->orphaned = true;
    }
    while ((child = LIST_FIRST(&orphans)))
        child_ended(child);
}

static void child_take_error(const struct fa_frame *frame, struct fa_error *ret)
{
    if (fa_frame_error(frame, ret))
        fa_error_set(ret, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED, "cannot start a worker");
}

/* A report about an unknown child is about one that was forgotten, and is ignored. */
static void nursery_handle(struct fa_nursery *nursery, struct fa_frame *frame)
{
    struct fa_child *child;
    LIST_FOREACH (child, &nursery->children, link)
        if (child->id == frame->id)
            break;
    if (!child)
        return;
    switch (frame->type) {
    case FA_FRAME_SPAWNED:
        child->pid = (pid_t)frame->value;
        if (frame->n_fds == 1) {
            child->pidfd = frame->fds[0];
            frame->n_fds = 0;
        }
        if (child->kill_wanted)
            fa_child_kill(child);
        child->changed(child);
        break;
    case FA_FRAME_EXITED:
        child->status = (int)frame->value;
        child_ended(child);
        break;
    case FA_FRAME_REFUSED:
        child->pid = (pid_t)frame->value; /* one that was killed at once; 0: never forked */
        child_take_error(frame, &child->error);
        child_ended(child);
        break;
    default:
        break;
    }
}

/* The number of frames is limited, so that other events of the loop get their turn. */
static void nursery_on_frame(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct fa_nursery *nursery = arg;
    for (int i = 0; i < 64 && nursery->sock == fd; ++i) {
        struct fa_frame frame;
        int n = fa_frame_recv(fd, &nursery->room, &frame, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            nursery_died(nursery);
            return;
        }
        nursery_handle(nursery, &frame);
        fa_frame_close(&frame);
    }
}

/* Restart a nursery that has died and has no children whose end would be reported. */
static int nursery_request(struct fa_nursery *nursery, const struct fa_frame *frame,
                           struct fa_error *err)
{
    if (fa_frame_send(nursery->sock, frame, MSG_DONTWAIT) == 0)
        return 0;
    if (LIST_EMPTY(&nursery->children) && (errno == EPIPE || errno == ECONNRESET)) {
        nursery_stop(nursery);
        if (nursery_start(nursery, err)) {
            nursery_stop(nursery);
            return -1;
        }
        if (fa_frame_send(nursery->sock, frame, MSG_DONTWAIT) == 0)
            return 0;
    }
    fa_error_system(err, FA_CLASS_WORKER_CRASHED, errno, "cannot request a worker");
    return -1;
}

/* The child joins the list after the request: its reports cannot arrive before the loop runs. */
int fa_nursery_spawn(struct fa_nursery *nursery, uint64_t role, int sock, struct fa_child *child,
                     struct fa_error *err)
{
    if (!nursery->pid && nursery_start(nursery, err)) {
        nursery_stop(nursery);
        return -1;
    }
    child->id = ++nursery->last_id;
    child->pidfd = -1;
    struct fa_frame frame = {
        .type = FA_FRAME_SPAWN, .id = child->id, .value = role, .fds = {sock}, .n_fds = 1};
    if (nursery_request(nursery, &frame, err))
        return -1;
    LIST_INSERT_HEAD(&nursery->children, child, link);
    return 0;
}

/* A pidfd cannot hit an unrelated process that has got the same pid.  A child whose start has not
 * been reported yet has none: it is killed once it is reported. */
void fa_child_kill(struct fa_child *child)
{
    child->kill_wanted = true;
    if (child->pidfd >= 0)
        pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
}

/* A child that has ended is in no list any more. */
void fa_nursery_forget(struct fa_child *child)
{
    if (!child->ended)
        child_unlink(child);
}
