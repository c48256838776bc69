/*
 * posix_spawn(3) of the program itself, not fork(2): the surrounding program may have threads and
 * gigabytes of memory by now.  The new process starts from nothing, and what it needs to know
 * follows over the socket.
 */
#include "pool/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What the variable is set to: the number of the descriptor. */
#define VALUE "3"

/* Our environment, and the mark.  A copy, because setenv(3) would race with getenv(3) in other
 * threads. */
static char **launch_environ(char *mark)
{
    size_t n = 0;
    while (environ[n])
        ++n;
    char **copy = calloc(n + 2, sizeof(*copy));
    if (copy) {
        memcpy(copy, environ, n * sizeof(*copy));
        copy[n] = mark;
    }
    return copy;
}

/* posix_spawn(3) does not copy our memory, and closefrom leaves no descriptor of ours. */
static int launch_spawn(const char *program, const char *name, int sock, char **env, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_adddup2(&actions, sock, FA_LAUNCH_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, FA_LAUNCH_FD + 1);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    char title[32];
    snprintf(title, sizeof(title), "%s", name);
    char *argv[] = {title, NULL};
    int code =
        posix_spawn(ret_pid, program ? program : "/proc/self/exe", &actions, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int fa_launch(const char *program, const char *name, const char *variable, int sock, pid_t *ret_pid)
{
    char mark[64];
    snprintf(mark, sizeof(mark), "%s=%s", variable, VALUE);
    char **env = launch_environ(mark);
    int code = env ? launch_spawn(program, name, sock, env, ret_pid) : ENOMEM;
    free(env);
    return code;
}

/* Without a program, the running one is executed by its name in /proc. */
const char *fa_launch_advice(int code)
{
    if (access("/proc/self/exe", F_OK) != 0)
        return "; /proc must be mounted";
    switch (code) {
    case EAGAIN:
        return "; raise the limit of processes (ulimit -u, and pids.max of the container)";
    case EMFILE:
    case ENFILE:
        return "; raise ulimit -n";
    case ENOMEM:
        return "; free memory";
    default:
        return "";
    }
}

/* Check the type of the descriptor, too: the environment may have been inherited by mistake. */
bool fa_launch_is_due(const char *variable)
{
    const char *mark = getenv(variable);
    int type = 0;
    socklen_t len = sizeof(type);
    return mark && strcmp(mark, VALUE) == 0 &&
           getsockopt(FA_LAUNCH_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_SEQPACKET;
}

void fa_launch_accept(const char *variable)
{
    unsetenv(variable);
    fcntl(FA_LAUNCH_FD, F_SETFD, FD_CLOEXEC);
}

/* A helper ends what it has started first, which is quick. */
void fa_launch_await_end(pid_t pid, int milliseconds)
{
    int pidfd = pidfd_open(pid, 0);
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    if (pidfd < 0 || poll(&end, 1, milliseconds) <= 0)
        kill(pid, SIGKILL);
    if (pidfd >= 0)
        close(pidfd);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}
