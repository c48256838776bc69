#include "run.h"

#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 256
#define POLL_MS  100 /* the longest single wait */

const char *fa_run_program(void)
{
    const char *other = getenv("FA_PROGRAM");
    return other && other[0] ? other : FETCHALL_PROGRAM;
}

bool fa_run_has_libcurl(unsigned version)
{
    char command[4200];
    snprintf(command, sizeof(command), "%s --version", fa_run_program());
    FILE *pipe = popen(command, "r");
    unsigned major = 0, minor = 0;
    int found = pipe ? fscanf(pipe, "fetchall %*s (built with libcurl %u.%u", &major, &minor) : 0;
    if (pipe) {
        pclose(pipe);
    }
    if (found != 2) {
        fa_test_fail("\"%s\" prints no version of libcurl", command);
    }
    return 100 * major + minor >= version;
}

static void text_add(struct fa_text *text, const char *bytes, size_t len)
{
    char *grown = realloc(text->bytes, text->len + len + 1);
    if (!grown) {
        fa_test_fail("out of memory");
    }
    memcpy(grown + text->len, bytes, len);
    text->bytes = grown;
    text->len += len;
    text->bytes[text->len] = '\0';
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Returns the program's end of standard input and sets ours. */
static int open_input(struct fa_run *run, const struct fa_run_options *options)
{
    if (!options->stdin_open && !options->stdin_text) {
        const char *file = options->stdin_file ? options->stdin_file : "/dev/null";
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            fa_test_fail("cannot read \"%s\": %s", file, strerror(errno));
        }
        return fd;
    }
    int ends[2];
    fa_process_pipe(ends);
    signal(SIGPIPE, SIG_IGN); /* a program need not read all of its input */
    run->in = ends[1];
    run->stdin_open = options->stdin_open;
    set_nonblocking(run->in);
    if (options->stdin_text) {
        text_add(&run->stdin_text, options->stdin_text, strlen(options->stdin_text));
    }
    return ends[0];
}

static size_t add_args(const char **argv, size_t count, const char *const *args)
{
    for (; *args; args++) {
        if (count + 1 >= ARGS_MAX) {
            fa_test_fail("too many arguments");
        }
        argv[count++] = *args;
    }
    return count;
}

static void fill_argv(const char **argv, const struct fa_run_options *options,
                      const char *const *args)
{
    const char *program[] = {options->program ? options->program : fa_run_program(), NULL};
    size_t count = options->wrap ? add_args(argv, 0, options->wrap) : 0;
    add_args(argv, add_args(argv, count, program), args);
}

void fa_run_start_argv(struct fa_run *run, const struct fa_run_options *options,
                       const char *const *args)
{
    static const struct fa_run_options none;
    options = options ? options : &none;
    *run = (struct fa_run){.in = -1};
    const char *argv[ARGS_MAX] = {NULL};
    fill_argv(argv, options, args);
    int out[2];
    int err[2];
    fa_process_pipe(out);
    fa_process_pipe(err);
    int in = open_input(run, options);
    struct fa_spawn spawn = {
        .argv = argv,
        .env = options->env,
        .cwd = options->cwd,
        .fds = {in, out[1], err[1]},
        .nofile = options->nofile,
        .fsize = options->fsize,
        .has_umask = options->has_umask,
        .umask = options->umask,
        .death_signal = SIGKILL,
    };
    run->pid = fa_process_spawn(&spawn);
    run->pidfd = pidfd_open(run->pid, 0);
    run->out = out[0];
    run->err = err[0];
    set_nonblocking(run->out);
    set_nonblocking(run->err);
    close(in);
    close(out[1]);
    close(err[1]);
}

void fa_run_start(struct fa_run *run, const struct fa_run_options *options, ...)
{
    const char *args[ARGS_MAX];
    size_t count = 0;
    va_list list;
    va_start(list, options);
    do {
        args[count] = va_arg(list, const char *);
    } while (args[count] && ++count < ARGS_MAX);
    va_end(list);
    if (count == ARGS_MAX) {
        fa_test_fail("too many arguments");
    }
    fa_run_start_argv(run, options, args);
}

/* Reads until there is nothing for now; closes the descriptor at its end. */
static void read_output(int *fd, struct fa_text *text)
{
    char piece[65536];
    while (*fd >= 0) {
        ssize_t got = read(*fd, piece, sizeof(piece));
        if (got > 0) {
            text_add(text, piece, (size_t)got);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_fd(fd);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void write_input(struct fa_run *run)
{
    struct fa_text *text = &run->stdin_text;
    while (run->in >= 0 && text->sent < text->len) {
        ssize_t put = write(run->in, text->bytes + text->sent, text->len - text->sent);
        if (put > 0) {
            text->sent += (size_t)put;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            close_fd(&run->in);
        }
    }
    if (!run->stdin_open) {
        close_fd(&run->in);
    }
}

static void reap(struct fa_run *run)
{
    int status = 0;
    struct rusage usage;
    if (run->ended || wait4(run->pid, &status, WNOHANG, &usage) != run->pid) {
        return;
    }
    run->ended = true;
    run->peak_rss = usage.ru_maxrss;
    run->signaled = WIFSIGNALED(status);
    run->signal = run->signaled ? WTERMSIG(status) : 0;
    run->status = run->signaled ? 128 + run->signal : WEXITSTATUS(status);
    /* What it wrote is in the pipes by now; waiting for their end would be waiting for orphans. */
    read_output(&run->out, &run->stdout_text);
    read_output(&run->err, &run->stderr_text);
}

void fa_run_pump(struct fa_run *run, int ms)
{
    write_input(run);
    bool feeding = run->stdin_text.sent < run->stdin_text.len;
    struct pollfd fds[] = {
        {.fd = run->out, .events = POLLIN},
        {.fd = run->err, .events = POLLIN},
        {.fd = feeding ? run->in : -1, .events = POLLOUT},
        {.fd = run->ended ? -1 : run->pidfd, .events = POLLIN},
    };
    poll(fds, sizeof(fds) / sizeof(fds[0]), ms);
    read_output(&run->out, &run->stdout_text);
    read_output(&run->err, &run->stderr_text);
    write_input(run);
    reap(run);
}

_Noreturn static void give_up(struct fa_run *run, const char *why, double timeout_s)
{
    fa_run_kill_group(run, SIGKILL);
    fa_test_fail("%s (after %g s, status %d)\nstdout: %s\nstderr: %s", why, timeout_s, run->status,
                 fa_run_out(run), fa_run_err(run));
}

int fa_run_wait(struct fa_run *run, double timeout_s)
{
    double deadline = fa_now() + fa_timeout(timeout_s);
    while (!run->ended) {
        fa_run_pump(run, POLL_MS);
        if (!run->ended && fa_now() > deadline) {
            give_up(run, "the program did not end in time", timeout_s);
        }
    }
    return run->status;
}

static void until_has(struct fa_run *run, const struct fa_text *text, const char *what,
                      double timeout_s)
{
    double deadline = fa_now() + fa_timeout(timeout_s);
    while (!text->bytes || !memmem(text->bytes, text->len, what, strlen(what))) {
        if (run->ended || fa_now() > deadline) {
            give_up(run, "an expected output did not come", timeout_s);
        }
        fa_run_pump(run, POLL_MS);
    }
}

void fa_run_until_stderr_has(struct fa_run *run, const char *text, double timeout_s)
{
    until_has(run, &run->stderr_text, text, timeout_s);
}

void fa_run_until_stdout_has(struct fa_run *run, const char *text, double timeout_s)
{
    until_has(run, &run->stdout_text, text, timeout_s);
}

void fa_run_feed(struct fa_run *run, const char *text)
{
    text_add(&run->stdin_text, text, strlen(text));
    fa_run_pump(run, 0);
}

void fa_run_feed_end(struct fa_run *run)
{
    run->stdin_open = false;
    fa_run_pump(run, 0);
}

void fa_run_kill(struct fa_run *run, int signal)
{
    if (!run->ended) {
        kill(run->pid, signal);
    }
}

void fa_run_kill_group(struct fa_run *run, int signal)
{
    if (run->pid > 0) {
        kill(-run->pid, signal);
    }
}

const char *fa_run_out(const struct fa_run *run)
{
    return run->stdout_text.bytes ? run->stdout_text.bytes : "";
}

const char *fa_run_err(const struct fa_run *run)
{
    return run->stderr_text.bytes ? run->stderr_text.bytes : "";
}

void fa_run_end(struct fa_run *run)
{
    fa_run_kill_group(run, SIGKILL);
    if (!run->ended && run->pid > 0) {
        waitpid(run->pid, NULL, 0);
    }
    close_fd(&run->pidfd);
    close_fd(&run->in);
    close_fd(&run->out);
    close_fd(&run->err);
    free(run->stdin_text.bytes);
    free(run->stdout_text.bytes);
    free(run->stderr_text.bytes);
    *run = (struct fa_run){.ended = true, .pidfd = -1, .in = -1, .out = -1, .err = -1};
}
