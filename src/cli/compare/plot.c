/*
 * Runs gnuplot with its input and output in memory files of limited size, and a time limit.  Its
 * SVG is not trusted: svg.c copies only known elements.
 *
 * gnuplot runs without ~/.gnuplot, other descriptors and ignored signals.  Memory files need no
 * cleanup, whatever way the program ends, and no pipes, which both sides would have to serve at the
 * same time.
 */
#include "cli/compare/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define WAIT_MS 10000
#define SVG_MAX (8 << 20)
#define LOG_MAX 4096

/* The standard descriptors of the child: memory files. */
enum { SCRIPT, SVG, LOG, FILES };

/* A memory file that cannot grow beyond its size, so that the child cannot exhaust the memory.  A
 * write beyond the end fails with EPERM (memfd_create(2), F_ADD_SEALS in fcntl(2)). */
static int open_bounded(const char *name, off_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, size) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK))) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* pwrite(2) leaves the file offset at 0, where the child starts to read. */
static int plot_write_script(int fd, const char *script, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, script + done, len - done, (off_t)done);
        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

/* Read what the child has written, up to the file offset, which is shared with it. */
static char *plot_read_back(int fd)
{
    off_t end = lseek(fd, 0, SEEK_CUR);
    size_t len = end > 0 ? (size_t)end : 0;
    char *text = malloc(len + 1);
    size_t done = 0;
    while (text && done < len) {
        ssize_t n = pread(fd, text + done, len - done, (off_t)done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (text)
        text[done] = '\0';
    return text;
}

static int plot_spawn(const int *files, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    for (int i = 0; i < FILES; ++i)
        posix_spawn_file_actions_adddup2(&actions, files[i], i);
    posix_spawn_file_actions_addclosefrom_np(&actions, FILES);
    posix_spawnattr_setpgroup(&attr, 0);
    /* Ignored signals survive execve(2), and this program ignores SIGPIPE. */
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    /* -d: ignore the user's ~/.gnuplot. */
    char name[] = "gnuplot", defaults[] = "-d";
    char *argv[] = {name, defaults, NULL};
    int code = posix_spawnp(ret_pid, name, &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static long now_ms(void)
{
    return (long)(fa_clock_now() * 1000);
}

/* Wait for the end of the child, and kill the rest of its process group.  @return whether it
 * ended in time. */
static bool plot_await_end(pid_t pid, int *ret_status)
{
    int pidfd = pidfd_open(pid, 0);
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    int ready = -1;
    long until = now_ms() + WAIT_MS;
    for (long left = WAIT_MS; pidfd >= 0 && ready < 0 && left >= 0; left = until - now_ms()) {
        ready = poll(&end, 1, (int)left);
        if (ready < 0 && errno != EINTR)
            break;
    }
    if (pidfd >= 0)
        close(pidfd);
    /* The child has not been reaped, so its number is still its own. */
    kill(-pid, SIGKILL);
    *ret_status = 0;
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        continue;
    return ready > 0;
}

/* The last line is gnuplot's message; the lines before repeat the script. */
static char *last_line(char *text)
{
    size_t len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    return line + strspn(line, " \t");
}

static void plot_report_failure(int log, bool in_time, int status, struct fa_error *err)
{
    if (!in_time) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ETIMEDOUT, "gnuplot was ended after %d s",
                        WAIT_MS / 1000);
        return;
    }
    char *text = plot_read_back(log);
    const char *line = text ? last_line(text) : "";
    if (WIFSIGNALED(status))
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "gnuplot died by signal %d",
                     WTERMSIG(status));
    else if (*line)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "gnuplot says: %s", line);
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "gnuplot drew nothing, and ended with status %d", WEXITSTATUS(status));
    free(text);
}

static int plot_run_child(const int *files, char **ret_svg, struct fa_error *err)
{
    pid_t pid = 0;
    int code = plot_spawn(files, &pid);
    if (code) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot run 'gnuplot'");
        return -1;
    }
    int status = 0;
    bool in_time = plot_await_end(pid, &status);
    char *svg = in_time && status == 0 ? plot_read_back(files[SVG]) : NULL;
    if (svg && *svg) {
        *ret_svg = svg;
        return 0;
    }
    free(svg);
    plot_report_failure(files[LOG], in_time, status, err);
    return -1;
}

int fa_plot_run(const char *script, size_t len, char **ret_svg, struct fa_error *err)
{
    int files[FILES] = {open_bounded("script", (off_t)len), open_bounded("svg", SVG_MAX),
                        open_bounded("log", LOG_MAX)};
    int rc = -1;
    *ret_svg = NULL;
    if (files[SCRIPT] < 0 || files[SVG] < 0 || files[LOG] < 0 ||
        plot_write_script(files[SCRIPT], script, len))
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot hold a plot in memory");
    else
        rc = plot_run_child(files, ret_svg, err);
    for (int i = 0; i < FILES; ++i)
        if (files[i] >= 0)
            close(files[i]);
    return rc;
}

/* posix_spawnp(3) reports the error of its execve(2): ENOENT if PATH has no gnuplot. */
bool fa_plot_missing(const struct fa_error *err)
{
    return err->domain == FA_DOMAIN_SYSTEM && err->code == ENOENT;
}
