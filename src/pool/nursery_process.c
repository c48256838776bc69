/*
 * The nursery process polls two descriptors: the socket to its supervisor, with requests, and a
 * signalfd(2), for the end of its children.
 *
 * It has no threads and no event loop, so that fork(2) copies a process in a known state: a lock
 * that another thread holds at that moment would stay locked in the child for ever.
 */
#include "pool/nursery_process.h"

#include "pool/frame.h"
#include "pool/nursery.h"
#include "pool/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each pool of processes has one. */
#define ROLES_MAX 8

struct nursery_role {
    bool ready;
    struct fa_error error;
    struct fa_task_type *types; /* terminated by a row without a name */
    size_t n_types;
    struct fa_task_table table;
};

struct fork_server {
    const struct fa_task_type *types;
    int signal_fd;
    struct nursery_role roles[ROLES_MAX];
    struct {
        uint64_t id;
        pid_t pid;
    } * children; /* the running children */
    size_t n_children;
    struct fa_frame_buffer room;
    struct fa_buf large;
};

/* The supervisor is gone or has closed the socket.  Reap the children here: the init process of
 * a container may not, and their CPU time should be counted. */
static _Noreturn void nursery_exit(struct fork_server *n)
{
    for (size_t i = 0; i < n->n_children; ++i)
        kill(n->children[i].pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    _exit(0);
}

/* Blocks until the supervisor has read earlier reports.  That cannot deadlock: the supervisor's end
 * is non-blocking. */
static void nursery_send(struct fork_server *n, const struct fa_frame *frame)
{
    if (fa_frame_send(FA_NURSERY_FD, frame, 0))
        nursery_exit(n);
}

/* A child that was forked may have begun with its first task. */
static void nursery_refuse(struct fork_server *n, uint64_t id, pid_t pid,
                           const struct fa_error *err)
{
    struct fa_frame frame = {.type = FA_FRAME_REFUSED,
                             .id = id,
                             .value = pid > 0 ? (uint64_t)pid : 0,
                             .payload = err,
                             .len = sizeof(*err)};
    nursery_send(n, &frame);
}

static int role_add_type(struct nursery_role *role, const struct fa_task_type *type)
{
    struct fa_task_type *types = realloc(role->types, (role->n_types + 2) * sizeof(*types));
    if (!types) {
        fa_error_system(&role->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up workers");
        return -1;
    }
    role->types = types;
    types[role->n_types++] = *type;
    types[role->n_types] = (struct fa_task_type){0};
    return 0;
}

/* The supervisor sends names of types; their functions are looked up in this program's table. */
static int role_pick_type(struct fork_server *n, struct nursery_role *role, const char *name)
{
    for (const struct fa_task_type *type = n->types; type->name; ++type)
        if (strcmp(type->name, name) == 0)
            return role_add_type(role, type);
    fa_error_set(&role->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "the worker program has no task type '%s': pass it to fa_worker_main()", name);
    return -1;
}

/* Workers that run keep what they have inherited. */
static void nursery_drop_role(struct fork_server *n, uint64_t id)
{
    if (id == 0 || id > ROLES_MAX)
        return;
    struct nursery_role *role = &n->roles[id - 1];
    if (role->ready)
        fa_task_table_fini(&role->table);
    free(role->types);
    *role = (struct nursery_role){0};
}

/* The types of a role, and the state of each, as the frame lists them. */
static int role_load(struct fork_server *n, struct nursery_role *role, const struct fa_frame *frame)
{
    struct fa_reader reader;
    const char *name;
    fa_reader_init(&reader, frame->payload, frame->len);
    while ((name = fa_reader_str(&reader)))
        if (role_pick_type(n, role, name))
            return -1;
    if (reader.failed || !role->types)
        return -1;
    return fa_task_table_init(&role->table, role->types, reader.at,
                              (size_t)(reader.end - reader.at), &role->error);
}

/* A role that fails keeps its error, which is reported for each worker requested. */
static void nursery_prepare_role(struct fork_server *n, struct fa_frame *frame)
{
    if (frame->id == 0 || frame->id > ROLES_MAX)
        return;
    nursery_drop_role(n, frame->id); /* a FA_FRAME_DROP may have been lost */
    struct nursery_role *role = &n->roles[frame->id - 1];
    if (fa_frame_load(frame, &n->large))
        fa_error_system(&role->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up workers");
    else
        role->ready = role_load(n, role, frame) == 0;
    fa_buf_fini(&n->large); /* or every worker would inherit it */
}

static int nursery_add_child(struct fork_server *n, uint64_t id, pid_t pid)
{
    void *children = realloc(n->children, (n->n_children + 1) * sizeof(*n->children));
    if (!children)
        return -1;
    n->children = children;
    n->children[n->n_children].id = id;
    n->children[n->n_children++].pid = pid;
    return 0;
}

/* Between fork(2) and prctl(2) the parent may have died unnoticed, so check it afterwards.  The
 * nursery's descriptors are closed: a worker must not be able to request workers. */
static _Noreturn void worker_become(const struct nursery_role *role, int sock, pid_t parent,
                                    int signal_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    prctl(PR_SET_NAME, "fetchall-worker");
    close(FA_NURSERY_FD);
    close(signal_fd);
    fa_worker_run(sock, &role->table);
}

/* A child that cannot be recorded is killed: nobody could report its end.  The pidfd is opened
 * here, because a child's pid cannot be reused before its parent has reaped it. */
static void nursery_spawn(struct fork_server *n, const struct fa_frame *frame)
{
    struct fa_error err = {0};
    struct nursery_role *role = frame->value - 1 < ROLES_MAX ? &n->roles[frame->value - 1] : NULL;
    if (frame->n_fds != 1 || !role || !role->ready) {
        err = role ? role->error : err;
        nursery_refuse(n, frame->id, 0, &err);
        return;
    }
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0)
        worker_become(role, frame->fds[0], self, n->signal_fd);
    int pidfd = pid < 0 ? -1 : pidfd_open(pid, 0);
    int code = pidfd < 0 ? errno : ENOMEM;
    /* Without a pidfd nobody could kill a worker that hangs; only an old kernel has an excuse. */
    if (pid < 0 || (pidfd < 0 && code != ENOSYS) || nursery_add_child(n, frame->id, pid)) {
        fa_error_system(&err, FA_CLASS_WORKER_CRASHED, code, "cannot fork a worker");
        if (pid > 0)
            kill(pid, SIGKILL);
        if (pidfd >= 0)
            close(pidfd);
        nursery_refuse(n, frame->id, pid, &err);
        return;
    }
    struct fa_frame answer = {.type = FA_FRAME_SPAWNED,
                              .id = frame->id,
                              .value = (uint64_t)pid,
                              .fds = {pidfd},
                              .n_fds = pidfd >= 0 ? 1 : 0};
    nursery_send(n, &answer);
    fa_frame_close(&answer);
}

/* Several children may end with one SIGCHLD. */
static void nursery_reap(struct fork_server *n)
{
    struct signalfd_siginfo info;
    ssize_t got = read(n->signal_fd, &info, sizeof(info));
    (void)got;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < n->n_children; ++i) {
            if (n->children[i].pid != pid)
                continue;
            struct fa_frame frame = {
                .type = FA_FRAME_EXITED, .id = n->children[i].id, .value = (uint64_t)status};
            n->children[i] = n->children[--n->n_children];
            nursery_send(n, &frame);
            break;
        }
    }
}

/* Under memory pressure a worker should be killed before the supervisor, which can replace it.  The
 * maximum is 1000; raising the value requires no privilege (proc(5)). */
static void nursery_raise_oom_score(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "500", 3);
    (void)n;
    close(fd);
}

/* Ignore signals from the terminal: the supervisor handles them, and lets its workers finish. */
static int nursery_hold_signals(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool fa_nursery_is_due(void)
{
    return fa_launch_is_due(FA_NURSERY_VARIABLE);
}

/* A supervisor that has closed its end, or has died, ends the nursery: see nursery_exit(). */
static void nursery_serve(struct fork_server *n)
{
    struct fa_frame frame;
    if (fa_frame_recv(FA_NURSERY_FD, &n->room, &frame, 0) <= 0)
        nursery_exit(n);
    if (frame.type == FA_FRAME_ROLE)
        nursery_prepare_role(n, &frame);
    else if (frame.type == FA_FRAME_DROP)
        nursery_drop_role(n, frame.id);
    else if (frame.type == FA_FRAME_SPAWN)
        nursery_spawn(n, &frame);
    fa_frame_close(&frame);
}

void fa_nursery_main(const struct fa_task_type *types)
{
    if (!fa_nursery_is_due())
        return;
    fa_launch_accept(FA_NURSERY_VARIABLE);
    prctl(PR_SET_NAME, "fetchall-nurse");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    struct fork_server *n = calloc(1, sizeof(*n));
    if (!n || (n->signal_fd = nursery_hold_signals()) < 0)
        _exit(1);
    n->types = types;
    fa_buf_init(&n->large);
    nursery_raise_oom_score();
    for (;;) {
        struct pollfd fds[2] = {{.fd = FA_NURSERY_FD, .events = POLLIN},
                                {.fd = n->signal_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (fds[1].revents)
            nursery_reap(n);
        if (fds[0].revents)
            nursery_serve(n);
    }
}
