/*
 * The keeper process, which forks and executes the commands of users.
 *
 * It is started before the program is confined, and is the only process of a run that can execute
 * other programs: what is confined cannot start a command, nor can a command be confined by
 * mistake.  It gets its programs once, before data of any server is read, and accepts no others.
 * After that, its parent can only ask for one of them with another argument, and with environment
 * variables that begin with FETCHALL_.  Workers have no descriptor of its socket.
 *
 * A command is the leader of a process group, with default signals, /dev/null or a file of its
 * parent as standard input, and no other descriptor but 0 to 2.  Its group is killed when it ends,
 * so that it leaves nothing behind, and also when its time is over or when the socket is closed: by
 * SIGTERM, and after KILL_AFTER seconds by SIGKILL.  The end of the socket is the end of the run,
 * whatever that died of.  The kernel kills a command whose keeper dies.
 */
#include "pool/keeping.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/words.h"
#include "pool/frame.h"
#include "pool/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_AFTER 2.0

struct program {
    unsigned flags;
    double timeout;
    char **words;
};

/* A command that runs. */
struct command {
    uint64_t id;
    pid_t pid;
    int pipe;       /* its output; -1: closed */
    double term_at; /* when it gets SIGTERM; INFINITY: never */
    double kill_at; /* when it gets SIGKILL */
    bool timed_out;
    size_t len; /* of an incomplete line */
    char line[FA_KEEPER_LINE_MAX + 1];
};

struct keeping {
    struct program programs[FA_KEEPER_PROGRAMS_MAX];
    size_t n_programs;
    struct command **commands;
    struct pollfd *polls; /* the socket, the signals, and a pipe for each command */
    size_t n_commands;
    int signal_fd;
    bool closed; /* the end of the socket was read */
    struct fa_frame_buffer room;
};

/* A request, borrowed from its frame. */
struct request {
    const struct program *program;
    const char *argument;
    uint32_t n_variables;
    struct fa_reader variables;
    int input, output; /* -1: none */
};

/* Nobody reads what is sent after the end of the run. */
static void keeping_send(enum fa_frame_type type, uint64_t id, uint64_t value, const char *text)
{
    struct fa_frame frame = {.type = type, .id = id, .value = value};
    if (text) {
        frame.payload = text;
        frame.len = strlen(text) + 1;
    }
    fa_frame_send(FA_LAUNCH_FD, &frame, 0);
}

static void command_send_line(struct command *c)
{
    c->line[c->len] = '\0';
    c->len = 0;
    keeping_send(FA_FRAME_LINE, c->id, 0, c->line);
}

/* A zero would end the line for the reader. */
static void command_take(struct command *c, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (bytes[i] != '\n')
            c->line[c->len++] = bytes[i] ? bytes[i] : '?';
        if (bytes[i] == '\n' || c->len == FA_KEEPER_LINE_MAX)
            command_send_line(c);
    }
}

/* @most  Reads, so that one command cannot keep others from being served. */
static void command_read(struct command *c, int most)
{
    char bytes[4096];
    ssize_t n = 1;
    while (most-- > 0 && c->pipe >= 0 && n > 0) {
        n = read(c->pipe, bytes, sizeof(bytes));
        if (n > 0)
            command_take(c, bytes, (size_t)n);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(c->pipe);
        c->pipe = -1;
    }
}

static void command_set_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int sig = 1; sig < NSIG; ++sig)
        signal(sig, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int command_set_environment(struct request *request)
{
    for (uint32_t i = 0; i < request->n_variables; ++i) {
        const char *name = fa_reader_str(&request->variables);
        const char *value = fa_reader_str(&request->variables);
        if (!name || !value || strncmp(name, FA_KEEPER_PREFIX, strlen(FA_KEEPER_PREFIX)) != 0 ||
            setenv(name, value, 1))
            return -1;
    }
    return 0;
}

/* The program of a shell gets the argument as $1: in its text, it would have to be quoted. */
static char *const *request_words(const struct request *request)
{
    static char shell[] = "/bin/sh", option[] = "-c", name[] = "fetchall";
    char *const *words = request->program->words;
    if (!(request->program->flags & FA_KEEPER_SHELL))
        return request->argument ? fa_words_replace(words, request->argument) : words;
    char **all = calloc(6, sizeof(*all));
    if (!all)
        return NULL;
    all[0] = shell;
    all[1] = option;
    all[2] = words[0];
    all[3] = name;
    all[4] = request->argument ? strdup(request->argument) : NULL;
    return all;
}

/* In the child.  What fails is a line of the output, so that it is reported as that of a
 * program. */
static _Noreturn void command_execute(struct request *request, int out, pid_t parent)
{
    int null = request->input >= 0 ? request->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    command_set_signals();
    char *const *words = request_words(request);
    dup2(null, STDIN_FILENO);
    dup2(request->output >= 0 ? request->output : out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (!words || command_set_environment(request)) {
        dprintf(STDERR_FILENO, "cannot execute a command: %s\n", strerror(ENOMEM));
        _exit(126);
    }
    close_range(STDERR_FILENO + 1, ~0u, 0);
    execvp(words[0], words);
    dprintf(STDERR_FILENO, "cannot execute '%s': %s\n", words[0], strerror(errno));
    _exit(127);
}

/* Room for one more, so that a command that was forked can be recorded. */
static struct command *keeping_reserve(struct keeping *k)
{
    size_t n = k->n_commands + 1;
    struct command **commands = realloc(k->commands, n * sizeof(*commands));
    if (!commands)
        return NULL;
    k->commands = commands;
    struct pollfd *polls = realloc(k->polls, (n + 2) * sizeof(*polls));
    if (!polls)
        return NULL;
    k->polls = polls;
    return calloc(1, sizeof(struct command));
}

/* The group exists before the first signal to it: both set it. */
static void keeping_start(struct keeping *k, uint64_t id, struct request *request)
{
    int ends[2] = {-1, -1};
    pid_t self = getpid(), pid = -1;
    struct command *c = keeping_reserve(k);
    if (c && pipe2(ends, O_CLOEXEC) == 0)
        pid = fork();
    if (pid == 0)
        command_execute(request, ends[1], self);
    int code = errno;
    if (ends[1] >= 0)
        close(ends[1]);
    if (pid < 0) {
        char text[120];
        snprintf(text, sizeof(text), "cannot start a process: %s", strerror(code));
        keeping_send(FA_FRAME_LINE, id, 0, text);
        keeping_send(FA_FRAME_ENDED, id, 126u << 8, NULL);
        if (ends[0] >= 0)
            close(ends[0]);
        free(c);
        return;
    }
    setpgid(pid, pid);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    c->id = id;
    c->pid = pid;
    c->pipe = ends[0];
    c->term_at =
        request->program->timeout > 0 ? fa_clock_now() + request->program->timeout : INFINITY;
    c->kill_at = INFINITY;
    k->commands[k->n_commands++] = c;
}

static void keeping_end(struct keeping *k, size_t i, int status)
{
    struct command *c = k->commands[i];
    command_read(c, INT_MAX);
    if (c->len > 0)
        command_send_line(c);
    uint64_t value = (unsigned)status | (c->timed_out ? FA_KEEPER_TIMED_OUT : 0);
    keeping_send(FA_FRAME_ENDED, c->id, value, NULL);
    if (c->pipe >= 0)
        close(c->pipe);
    free(c);
    k->commands[i] = k->commands[--k->n_commands];
}

/* Before the leader is reaped, its group cannot be that of another process. */
static void keeping_reap(struct keeping *k)
{
    struct signalfd_siginfo info;
    ssize_t got = read(k->signal_fd, &info, sizeof(info));
    (void)got;
    for (size_t i = k->n_commands; i-- > 0;) {
        siginfo_t end = {0};
        pid_t pid = k->commands[i]->pid;
        int status;
        if (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) || end.si_pid != pid)
            continue;
        kill(-pid, SIGKILL);
        if (waitpid(pid, &status, 0) == pid)
            keeping_end(k, i, status);
    }
}

static void keeping_check_times(struct keeping *k, double now)
{
    for (size_t i = 0; i < k->n_commands; ++i) {
        struct command *c = k->commands[i];
        if (now >= c->term_at) {
            c->timed_out |= !k->closed;
            c->term_at = INFINITY;
            c->kill_at = now + KILL_AFTER;
            kill(-c->pid, SIGTERM);
        }
        if (now >= c->kill_at) {
            c->kill_at = INFINITY;
            kill(-c->pid, SIGKILL);
        }
    }
}

/* A command that is being stopped keeps its time to end. */
static void keeping_close(struct keeping *k)
{
    k->closed = true;
    for (size_t i = 0; i < k->n_commands; ++i)
        if (isinf(k->commands[i]->kill_at))
            k->commands[i]->term_at = 0;
}

/* The programs come once.  @return 0, or -1: the frame is malformed. */
static int keeping_take_programs(struct keeping *k, const struct fa_frame *frame)
{
    struct fa_reader reader;
    fa_reader_init(&reader, frame->payload, frame->len);
    size_t n = fa_reader_u32(&reader);
    if (k->n_programs > 0 || n > FA_KEEPER_PROGRAMS_MAX)
        return -1;
    for (size_t i = 0; i < n; ++i) {
        struct program *program = &k->programs[i];
        program->flags = fa_reader_u32(&reader);
        program->timeout = fa_reader_f64(&reader);
        size_t count = fa_reader_u32(&reader);
        if (reader.failed || count == 0 || count > frame->len ||
            !(program->words = calloc(count + 1, sizeof(char *))))
            return -1;
        for (size_t j = 0; j < count; ++j) {
            const char *word = fa_reader_str(&reader);
            if (!word || !(program->words[j] = strdup(word)))
                return -1;
        }
    }
    k->n_programs = n;
    return fa_reader_ok(&reader) ? 0 : -1;
}

static int keeping_take_run(struct keeping *k, const struct fa_frame *frame)
{
    struct request request = {.input = -1, .output = -1};
    struct fa_reader *reader = &request.variables;
    fa_reader_init(reader, frame->payload, frame->len);
    unsigned files = fa_reader_u32(reader);
    request.argument = fa_reader_str(reader);
    request.n_variables = fa_reader_u32(reader);
    size_t n = 0;
    if (files & FA_KEEPER_INPUT && n < frame->n_fds)
        request.input = frame->fds[n++];
    if (files & FA_KEEPER_OUTPUT && n < frame->n_fds)
        request.output = frame->fds[n++];
    if (reader->failed || n != frame->n_fds || frame->value >= k->n_programs)
        return -1;
    request.program = &k->programs[frame->value];
    keeping_start(k, frame->id, &request);
    return 0;
}

static void keeping_serve(struct keeping *k)
{
    struct fa_frame frame;
    int result = fa_frame_recv(FA_LAUNCH_FD, &k->room, &frame, 0) > 0 ? 0 : -1;
    if (result) {
        keeping_close(k);
        return;
    }
    if (frame.type == FA_FRAME_PROGRAMS)
        result = keeping_take_programs(k, &frame);
    else if (frame.type == FA_FRAME_RUN)
        result = keeping_take_run(k, &frame);
    fa_frame_close(&frame);
    if (result)
        _exit(1);
}

static int keeping_wait(struct keeping *k)
{
    double now = fa_clock_now(), at = INFINITY;
    struct pollfd *polls = k->polls;
    polls[0] = (struct pollfd){.fd = k->closed ? -1 : FA_LAUNCH_FD, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = k->signal_fd, .events = POLLIN};
    for (size_t i = 0; i < k->n_commands; ++i) {
        polls[2 + i] = (struct pollfd){.fd = k->commands[i]->pipe, .events = POLLIN};
        at = fmin(at, fmin(k->commands[i]->term_at, k->commands[i]->kill_at));
    }
    int wait = isinf(at) ? -1 : (int)fmin(fmax(at - now, 0) * 1000 + 1, INT_MAX / 2);
    return poll(polls, 2 + k->n_commands, wait);
}

/* Signals from the terminal are for the run, which ends its commands. */
static int keeping_hold_signals(void)
{
    static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};
    sigset_t set;
    for (size_t i = 0; i < sizeof(held) / sizeof(*held); ++i)
        signal(held[i], SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void fa_keeping_main(void)
{
    if (!fa_launch_is_due(FA_KEEPER_VARIABLE))
        return;
    fa_launch_accept(FA_KEEPER_VARIABLE);
    prctl(PR_SET_NAME, "fetchall-keeper");
    struct keeping *k = calloc(1, sizeof(*k));
    if (!k || !(k->polls = calloc(2, sizeof(*k->polls))) ||
        (k->signal_fd = keeping_hold_signals()) < 0)
        _exit(1);
    while (!k->closed || k->n_commands > 0) {
        if (keeping_wait(k) < 0 && errno != EINTR)
            _exit(1);
        for (size_t i = 0; i < k->n_commands; ++i)
            if (k->polls[2 + i].revents)
                command_read(k->commands[i], 4);
        keeping_check_times(k, fa_clock_now());
        if (k->polls[1].revents)
            keeping_reap(k);
        if (k->polls[0].revents)
            keeping_serve(k);
    }
    _exit(0);
}
