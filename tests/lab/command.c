#include "command.h"

#include "space.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 3000

void fa_command_prepare(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

pid_t fa_command_start(char *const *argv, int net, int input, int death_signal)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        err(FA_LAB_FAILED, "cannot fork");
    }
    if (pid > 0) {
        return pid;
    }
    if (setns(net, CLONE_NEWNET) != 0) {
        err(FA_LAB_FAILED, "cannot enter a namespace");
    }
    dup2(input, STDIN_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, death_signal);
    if (getppid() == parent) {
        execvp(argv[0], argv);
    }
    warn("cannot run \"%s\"", argv[0]);
    _exit(errno == ENOENT ? 127 : 126);
}

int fa_command_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Kills one child of ours; false if there is none, or no way to know. */
static bool kill_one(void)
{
    FILE *children = fopen("/proc/thread-self/children", "re");
    int pid = 0;
    if (children) {
        if (fscanf(children, "%d", &pid) != 1) {
            pid = 0;
        }
        fclose(children);
    }
    return pid > 0 && kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid;
}

void fa_command_end(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGTERM);
        for (int ms = 0; ms < PATIENCE_MS && waitpid(pid, NULL, WNOHANG) == 0; ms++) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    while (kill_one()) {
    }
}
