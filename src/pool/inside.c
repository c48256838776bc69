/*
 * The nursery is a poll(2) over two descriptors: requests from the supervisor, and a signalfd(2)
 * for its children.  A worker is a blocking loop over its socket; while it runs a task it looks at
 * the socket only when the task says fa_task_progress() or fa_task_cancelled(), and not oftener
 * than ten times a second.
 */
#include "pool/inside.h"

#include "base/clock.h"
#include "pool/frame.h"
#include "pool/nursery.h"

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

#define EXCHANGE_EVERY 0.1
#define ROLES_MAX      8

/* A worker, which is all that its process does. */
struct worker {
    struct fa_task task; /* first: exchange() gets its address */
    int sock;
    uint64_t id;
    double exchanged;
    enum { NOTE_NEW, NOTE_TRIED, NOTE_SENT } note;
    struct fa_frame_room room;  /* of the task's own frame */
    struct fa_frame_room other; /* of frames that come while it runs */
    struct fa_buf large;        /* input that is larger than a frame */
};

static void worker_exchange(struct fa_task *task)
{
    struct worker *w = (struct worker *)task;
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

/* A reply that is larger than a frame goes in pieces. */
static int worker_reply(struct worker *w)
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

static int worker_fail(struct worker *w, const struct fa_error *err)
{
    struct fa_frame frame = {
        .type = FA_FRAME_FAILURE, .id = w->id, .payload = err, .len = sizeof(*err)};
    return fa_frame_send(w->sock, &frame, 0);
}

static void worker_do(struct worker *w, struct fa_hand *hand, struct fa_frame *frame)
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

    int result = type ? fa_hand_run(hand, type, &w->task, &err) : -1;
    fa_frame_close(frame);
    fa_buf_fini(&w->large);
    if (result == 0 ? worker_reply(w) : worker_fail(w, &err))
        _exit(0);
}

_Noreturn void fa_worker_run(int sock, const struct fa_crew *crew)
{
    struct fa_hand hand;
    struct worker *w = calloc(1, sizeof(*w));
    if (!w || fa_hand_init(&hand, crew, NULL))
        _exit(1);
    hand.confines = true;
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
            worker_do(w, &hand, &frame);
        else
            fa_frame_close(&frame);
    }
}

struct role {
    bool ready;
    struct fa_error error;
    struct fa_task_type *types; /* ends with a row without name */
    size_t n_types;
    struct fa_crew crew;
};

struct nursery {
    const struct fa_task_type *types;
    int children;
    struct role roles[ROLES_MAX];
    struct {
        uint64_t id;
        pid_t pid;
    } * born; /* who is who among the children */
    size_t n_born;
    struct fa_frame_room room;
    struct fa_buf large;
};

/* The supervisor is gone, or has no more use for us.  The children are reaped here: the init of
 * a container may not do it, and the time that they used shall be counted. */
static _Noreturn void leave(struct nursery *n)
{
    for (size_t i = 0; i < n->n_born; ++i)
        kill(n->born[i].pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    _exit(0);
}

static void tell(struct nursery *n, const struct fa_frame *frame)
{
    if (fa_frame_send(FA_NURSERY_FD, frame, 0))
        leave(n);
}

static void refuse(struct nursery *n, uint64_t id, const struct fa_error *err)
{
    struct fa_frame frame = {
        .type = FA_FRAME_REFUSED, .id = id, .payload = err, .len = sizeof(*err)};
    tell(n, &frame);
}

static int add_type(struct role *role, const struct fa_task_type *type)
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

static int pick_type(struct nursery *n, struct role *role, const char *name)
{
    for (const struct fa_task_type *type = n->types; type->name; ++type)
        if (strcmp(type->name, name) == 0)
            return add_type(role, type);
    fa_error_set(&role->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "the worker program has no task type '%s'", name);
    return -1;
}

static void drop_role(struct nursery *n, uint64_t id)
{
    if (id == 0 || id > ROLES_MAX)
        return;
    struct role *role = &n->roles[id - 1];
    if (role->ready)
        fa_crew_fini(&role->crew);
    free(role->types);
    *role = (struct role){0};
}

static void prepare_role(struct nursery *n, struct fa_frame *frame)
{
    if (frame->id == 0 || frame->id > ROLES_MAX)
        return;
    drop_role(n, frame->id); /* the word of its end may not have come */
    struct role *role = &n->roles[frame->id - 1];
    struct fa_reader reader;
    if (fa_frame_load(frame, &n->large)) {
        fa_error_system(&role->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up workers");
        return;
    }
    fa_reader_init(&reader, frame->payload, frame->len);
    const char *name;
    while ((name = fa_reader_str(&reader)))
        if (pick_type(n, role, name))
            return;
    role->ready = !reader.failed && role->types &&
                  fa_crew_init(&role->crew, role->types, reader.at,
                               (size_t)(reader.end - reader.at), &role->error) == 0;
    fa_buf_fini(&n->large);
}

static int remember(struct nursery *n, uint64_t id, pid_t pid)
{
    void *born = realloc(n->born, (n->n_born + 1) * sizeof(*n->born));
    if (!born)
        return -1;
    n->born = born;
    n->born[n->n_born].id = id;
    n->born[n->n_born++].pid = pid;
    return 0;
}

static _Noreturn void be_worker(const struct role *role, int sock, pid_t parent, int children)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    prctl(PR_SET_NAME, "fetchall-worker");
    close(FA_NURSERY_FD);
    close(children);
    fa_worker_run(sock, &role->crew);
}

static void give_birth(struct nursery *n, const struct fa_frame *frame)
{
    struct fa_error err = {0};
    struct role *role = frame->value - 1 < ROLES_MAX ? &n->roles[frame->value - 1] : NULL;
    if (frame->n_fds != 1 || !role || !role->ready) {
        err = role ? role->error : err;
        refuse(n, frame->id, &err);
        return;
    }
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0)
        be_worker(role, frame->fds[0], self, n->children);
    if (pid < 0 || remember(n, frame->id, pid)) {
        fa_error_system(&err, FA_CLASS_WORKER_CRASHED, pid < 0 ? errno : ENOMEM,
                        "cannot fork a worker");
        if (pid > 0)
            kill(pid, SIGKILL);
        refuse(n, frame->id, &err);
        return;
    }
    int pidfd = pidfd_open(pid, 0);
    struct fa_frame answer = {.type = FA_FRAME_SPAWNED,
                              .id = frame->id,
                              .value = (uint64_t)pid,
                              .fds = {pidfd},
                              .n_fds = pidfd >= 0 ? 1 : 0};
    tell(n, &answer);
    fa_frame_close(&answer);
}

static void bury(struct nursery *n)
{
    struct signalfd_siginfo info;
    ssize_t got = read(n->children, &info, sizeof(info));
    (void)got;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < n->n_born; ++i) {
            if (n->born[i].pid != pid)
                continue;
            struct fa_frame frame = {
                .type = FA_FRAME_EXITED, .id = n->born[i].id, .value = (uint64_t)status};
            n->born[i] = n->born[--n->n_born];
            tell(n, &frame);
            break;
        }
    }
}

/* Under memory pressure a worker goes before the supervisor, which can replace it. */
static void offer_to_oom(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "500", 3);
    (void)n;
    close(fd);
}

/* A signal from the terminal is for the supervisor, which lets its workers finish. */
static int hold_signals(void)
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
    const char *mark = getenv("FETCHALL_NURSERY");
    int type = 0;
    socklen_t len = sizeof(type);
    return mark && strcmp(mark, "3") == 0 &&
           getsockopt(FA_NURSERY_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_SEQPACKET;
}

static void serve(struct nursery *n)
{
    struct fa_frame frame;
    if (fa_frame_recv(FA_NURSERY_FD, &n->room, &frame, 0) <= 0)
        leave(n);
    if (frame.type == FA_FRAME_ROLE)
        prepare_role(n, &frame);
    else if (frame.type == FA_FRAME_DROP)
        drop_role(n, frame.id);
    else if (frame.type == FA_FRAME_SPAWN)
        give_birth(n, &frame);
    fa_frame_close(&frame);
}

void fa_nursery_main(const struct fa_task_type *types)
{
    if (!fa_nursery_is_due())
        return;
    unsetenv("FETCHALL_NURSERY");
    fcntl(FA_NURSERY_FD, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NAME, "fetchall-nurse");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    struct nursery *n = calloc(1, sizeof(*n));
    if (!n || (n->children = hold_signals()) < 0)
        _exit(1);
    n->types = types;
    fa_buf_init(&n->large);
    offer_to_oom();
    for (;;) {
        struct pollfd fds[2] = {{.fd = FA_NURSERY_FD, .events = POLLIN},
                                {.fd = n->children, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (fds[1].revents)
            bury(n);
        if (fds[0].revents)
            serve(n);
    }
}
