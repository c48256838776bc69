#include "test_tasks.h"

#include "pool/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static _Noreturn void wait_forever(void)
{
    for (;;)
        sleep_ms(10);
}

/* The input as a string of at most 63 characters. */
static const char *text_of(const struct fa_task *task, char text[64])
{
    size_t len;
    const void *input = fa_task_input(task, &len);
    len = len < 63 ? len : 63;
    memcpy(text, input, len);
    text[len] = '\0';
    return text;
}

static long number_of(const struct fa_task *task)
{
    char text[64];
    return strtol(text_of(task, text), NULL, 10);
}

static int run_echo(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    size_t len;
    const void *input = fa_task_input(task, &len);
    return fa_task_reply(task, input, len);
}

struct setup {
    size_t len;
    char text[];
};

static int share_setup(const void *data, size_t len, void **ret, struct fa_error *err)
{
    (void)err;
    struct setup *setup = calloc(1, sizeof(*setup) + len);
    if (!setup)
        abort();
    if (len)
        memcpy(setup->text, data, len);
    setup->len = len;
    *ret = setup;
    return 0;
}

static int open_setup(void *shared, void **ret, struct fa_error *err)
{
    (void)err;
    *ret = shared;
    return 0;
}

static int run_setup(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)err;
    const struct setup *setup = state;
    return fa_task_reply(task, setup->text, setup->len);
}

static int run_pid(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    char text[32];
    int len = snprintf(text, sizeof(text), "%d", (int)getpid());
    return fa_task_reply(task, text, (size_t)len);
}

static int run_fds(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    for (size_t i = 0; i < fa_task_fd_count(task); ++i) {
        char text[64];
        ssize_t n = pread(fa_task_fd(task, i), text, sizeof(text), 0);
        if (n < 0) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "descriptor %zu", i);
            return -1;
        }
        fa_task_reply(task, text, (size_t)n);
    }
    return fa_task_fd(task, fa_task_fd_count(task)) == -1 ? 0 : -1;
}

static int run_fail(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    char text[64];
    fa_error_system(err, FA_CLASS_DNS, ETIMEDOUT, "%s", text_of(task, text));
    return -1;
}

static int run_mute(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)task, (void)err;
    return -1;
}

static int run_slow(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    for (uint64_t i = 1; !fa_task_cancelled(task); ++i) {
        fa_task_progress(task, i);
        sleep_ms(5);
    }
    char text[32];
    int len = snprintf(text, sizeof(text), "tuned %llu", (unsigned long long)fa_task_tuned(task));
    return fa_task_reply(task, text, (size_t)len);
}

/* Notes this many bytes, and then works until it is cancelled; with "brief", ends at once. */
static int run_note(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    static const char bytes[FA_TASK_NOTE_MAX + 1] = "a note";
    char text[64];
    bool brief = strcmp(text_of(task, text), "brief") == 0;
    size_t len = brief ? 7 : (size_t)number_of(task);
    int first = fa_task_note(task, bytes, len);
    int second = fa_task_note(task, bytes, 7);
    int n = snprintf(text, sizeof(text), "%d %d", first, second);
    while (!brief && !fa_task_cancelled(task))
        sleep_ms(5);
    return fa_task_reply(task, text, (size_t)n);
}

static int run_nap(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    sleep_ms(number_of(task));
    return 0;
}

/* So many milliseconds of CPU time. */
static int run_burn(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    clock_t end = clock() + number_of(task) * (CLOCKS_PER_SEC / 1000);
    while (clock() < end)
        continue;
    return 0;
}

static int run_big(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    static const char piece[1000];
    size_t len = (size_t)number_of(task);
    while (len > 0) {
        size_t n = len < sizeof(piece) ? len : sizeof(piece);
        if (fa_task_reply(task, piece, n)) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, EMSGSIZE, "the reply");
            return -1;
        }
        len -= n;
    }
    return 0;
}

static int open_sick(void *shared, void **ret, struct fa_error *err)
{
    (void)shared, (void)ret;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TLS, "open() is sick");
    return -1;
}

static int run_crash(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    int number = (int)number_of(task);
    signal(number, SIG_DFL); /* a sanitizer may have its own ideas */
    raise(number);
    return 0;
}

static int run_exit(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    _exit((int)number_of(task));
}

static int run_hang(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    char text[64];
    if (strcmp(text_of(task, text), "stop") == 0)
        raise(SIGSTOP);
    wait_forever();
}

/* A worker has one socket of that kind. */
static int own_socket(void)
{
    for (int fd = 3; fd < 256; ++fd) {
        int type = 0;
        socklen_t len = sizeof(type);
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET)
            return fd;
    }
    _exit(99);
}

static void send_bytes(int sock, size_t len)
{
    int room = 1 << 20;
    char *bytes = calloc(1, len + 1);
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (!bytes || send(sock, bytes, len, 0) < 0)
        _exit(98);
    free(bytes);
}

/* More descriptors than fa_frame_send() would send, beside a message that may be right. */
static void send_fds(int sock, size_t n)
{
    int fds[256];
    for (size_t i = 0; i < n; ++i)
        fds[i] = STDERR_FILENO;
    _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(fds))];
    memset(control, 0, sizeof(control));
    struct iovec part = {.iov_base = control, .iov_len = 32};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
    if (sendmsg(sock, &message, 0) < 0)
        _exit(97);
}

static void send_frame(int sock, enum fa_frame_type type, size_t n_fds)
{
    struct fa_frame frame = {.type = type, .id = UINT64_MAX, .n_fds = n_fds};
    for (size_t i = 0; i < n_fds; ++i)
        frame.fds[i] = STDERR_FILENO;
    if (fa_frame_send(sock, &frame, 0))
        _exit(96);
}

/* The task is tuned to its own id, which it could not know otherwise. */
static uint64_t wait_for_id(struct fa_task *task)
{
    uint64_t id;
    while ((id = fa_task_tuned(task)) == 0)
        sleep_ms(5);
    return id;
}

/* Chunks of a reply without end. */
static void send_pieces(int sock, struct fa_task *task)
{
    static const char bytes[FA_FRAME_PAYLOAD_MAX];
    struct fa_frame frame = {
        .type = FA_FRAME_PIECE, .id = wait_for_id(task), .payload = bytes, .len = sizeof(bytes)};
    while (fa_frame_send(sock, &frame, 0) == 0)
        continue;
}

static void send_notes(int sock, struct fa_task *task, size_t n, size_t len)
{
    uint64_t id = wait_for_id(task);
    static const char bytes[FA_TASK_NOTE_MAX + 1];
    struct fa_frame frame = {.type = FA_FRAME_PROGRESS, .id = id, .payload = bytes, .len = len};
    for (size_t i = 0; i < n; ++i)
        if (fa_frame_send(sock, &frame, 0))
            _exit(95);
}

const char *const fa_test_garbage_kinds[] = {
    "short", "zeros", "oversize", "fds200",   "fds3",   "id",
    "type",  "empty", "notes",    "longnote", "pieces", NULL,
};

static int run_garbage(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state, (void)err;
    char text[64];
    const char *kind = text_of(task, text);
    int sock = own_socket();
    if (strcmp(kind, "short") == 0)
        send_bytes(sock, 5);
    else if (strcmp(kind, "zeros") == 0)
        send_bytes(sock, 32);
    else if (strcmp(kind, "oversize") == 0)
        send_bytes(sock, 200000);
    else if (strcmp(kind, "empty") == 0)
        send_bytes(sock, 0);
    else if (strcmp(kind, "fds200") == 0)
        send_fds(sock, 200);
    else if (strcmp(kind, "fds3") == 0)
        send_frame(sock, FA_FRAME_RESULT, 3);
    else if (strcmp(kind, "id") == 0)
        send_frame(sock, FA_FRAME_RESULT, 0);
    else if (strcmp(kind, "notes") == 0)
        send_notes(sock, task, 2, 10);
    else if (strcmp(kind, "pieces") == 0)
        send_pieces(sock, task);
    else if (strcmp(kind, "longnote") == 0)
        send_notes(sock, task, 1, FA_TASK_NOTE_MAX + 1);
    else
        send_frame(sock, FA_FRAME_SPAWNED, 0);
    wait_forever();
}

const struct fa_task_type fa_test_tasks[] = {
    {.name = "echo", .run = run_echo},
    {.name = "setup", .share = share_setup, .open = open_setup, .run = run_setup, .unshare = free},
    {.name = "pid", .run = run_pid},
    {.name = "fds", .run = run_fds},
    {.name = "fail", .run = run_fail},
    {.name = "mute", .run = run_mute},
    {.name = "slow", .run = run_slow},
    {.name = "note", .run = run_note},
    {.name = "nap", .run = run_nap},
    {.name = "burn", .run = run_burn},
    {.name = "big", .run = run_big},
    {.name = "sick", .open = open_sick, .run = run_echo},
    {.name = "crash", .run = run_crash},
    {.name = "exit", .run = run_exit},
    {.name = "hang", .run = run_hang},
    {.name = "garbage", .run = run_garbage},
    /* More than sixteen. */
    {.name = "spare", .run = run_echo},
    {.name = "last", .run = run_echo},
    {0},
};
