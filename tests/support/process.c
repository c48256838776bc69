#include "process.h"

#include "fail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ENV_MAX       128
#define PROCESSES_MAX 65536
#define POLL_MS_MAX   20

static const char *const passed_on[] = {
    "PATH",         "TMPDIR",      "ASAN_OPTIONS",      "UBSAN_OPTIONS",     "TSAN_OPTIONS",
    "LSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP", "LLVM_PROFILE_FILE",
};

static bool same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return len == strcspn(b, "=") && strncmp(a, b, len) == 0;
}

/* Sets NAME=value in a list of COUNT entries; returns the new count. */
static size_t put_env(const char **env, size_t count, const char *entry)
{
    for (size_t i = 0; i < count; i++) {
        if (same_name(env[i], entry)) {
            env[i] = entry;
            return count;
        }
    }
    if (count == ENV_MAX - 1) {
        fa_test_fail("too many environment variables");
    }
    env[count] = entry;
    return count + 1;
}

static void build_env(const char **env, const char *const *more)
{
    size_t count = put_env(env, 0, "LC_ALL=C");
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        for (char **ours = environ; *ours; ours++) {
            if (same_name(*ours, passed_on[i])) {
                count = put_env(env, count, *ours);
            }
        }
    }
    for (; more && *more; more++) {
        count = put_env(env, count, *more);
    }
    env[count] = NULL;
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit both = {value, value};
    setrlimit(resource, &both);
}

/* The descriptors are first moved out of the way, since one may have another's number. */
static int place_fds(const int *fds)
{
    int high[3];
    for (int i = 0; i < 3; i++) {
        high[i] = fcntl(fds[i], F_DUPFD, 3);
        if (high[i] < 0) {
            return -1;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(high[i], i) != i) {
            return -1;
        }
    }
    return close_range(3, ~0u, 0);
}

/* Runs in the child, where only async-signal-safe functions may be called. */
static void become(const struct fa_spawn *spawn, const char *const *env, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, spawn->death_signal);
    if (getppid() != parent) {
        return;
    }
    for (int i = 1; i < NSIG; i++) {
        signal(i, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (place_fds(spawn->fds) != 0 || (spawn->cwd && chdir(spawn->cwd) != 0)) {
        return;
    }
    if (spawn->has_umask) {
        umask(spawn->umask);
    }
    limit(RLIMIT_CORE, 0);
    if (spawn->nofile) {
        limit(RLIMIT_NOFILE, spawn->nofile);
    }
    if (spawn->fsize) {
        limit(RLIMIT_FSIZE, spawn->fsize);
    }
    execvpe(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv, (char *const *)(uintptr_t)env);
}

pid_t fa_process_spawn(const struct fa_spawn *spawn)
{
    const char *env[ENV_MAX];
    build_env(env, spawn->env);
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        fa_test_fail("cannot fork: %s", strerror(errno));
    }
    if (pid == 0) {
        become(spawn, env, parent);
        static const char message[] = "cannot start the program\n";
        ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);
        (void)ignored;
        _exit(127);
    }
    setpgid(pid, pid); /* both do it, so that the group is there for either at once */
    return pid;
}

void fa_process_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fa_test_fail("cannot make a pipe: %s", strerror(errno));
    }
}

struct process {
    pid_t pid;
    pid_t parent;
    char state;
};

/* Reads /proc/PID/stat, whose second field may contain spaces and parentheses. */
static bool read_process(pid_t pid, struct process *process)
{
    char path[64];
    char line[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    char *got = fgets(line, sizeof(line), file);
    fclose(file);
    const char *name_end = got ? strrchr(line, ')') : NULL;
    int parent = 0;
    process->pid = pid;
    bool good = name_end && sscanf(name_end, ") %c %d", &process->state, &parent) == 2;
    process->parent = parent;
    return good;
}

static size_t read_processes(struct process *all, size_t max)
{
    DIR *proc = opendir("/proc");
    size_t count = 0;
    struct dirent *entry;
    while (proc && (entry = readdir(proc)) && count < max) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && read_process(pid, &all[count])) {
            count++;
        }
    }
    if (proc) {
        closedir(proc);
    }
    return count;
}

size_t fa_process_descendants(pid_t pid, pid_t *pids, size_t max)
{
    struct process *all = malloc(PROCESSES_MAX * sizeof(*all));
    pid_t *family = malloc((PROCESSES_MAX + 1) * sizeof(*family));
    if (!all || !family) {
        fa_test_fail("out of memory");
    }
    size_t count = read_processes(all, PROCESSES_MAX);
    size_t known = 1;
    size_t live = 0;
    family[0] = pid;
    for (size_t seen = 0; seen < known; seen++) {
        for (size_t i = 0; i < count; i++) {
            if (all[i].parent != family[seen]) {
                continue;
            }
            family[known++] = all[i].pid;
            if (all[i].state == 'Z') {
                continue;
            }
            if (live < max) {
                pids[live] = all[i].pid;
            }
            live++;
        }
    }
    free(all);
    free(family);
    return live;
}

bool fa_process_alive(pid_t pid)
{
    struct process process;
    return read_process(pid, &process) && process.state != 'Z' && process.state != 'X';
}

static int count_entries(pid_t pid, const char *what)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
    DIR *dir = opendir(path);
    if (!dir) {
        return -1;
    }
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

int fa_process_fds(pid_t pid)
{
    return count_entries(pid, "fd");
}

int fa_process_threads(pid_t pid)
{
    return count_entries(pid, "task");
}

long fa_process_peak_rss(pid_t pid)
{
    char path[64];
    char line[256];
    long kib = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "VmHWM: %ld kB", &kib) == 1) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return kib;
}

double fa_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double fa_timeout(double timeout_s)
{
    const char *slow = getenv("FA_SLOW");
    double factor = slow ? strtod(slow, NULL) : 1;
    return timeout_s * (factor > 0 ? factor : 1);
}

bool fa_wait_until(bool (*done)(void *arg), void *arg, double timeout_s)
{
    double deadline = fa_now() + fa_timeout(timeout_s);
    long ms = 1;
    while (!done(arg)) {
        if (fa_now() > deadline) {
            return false;
        }
        struct timespec pause = {.tv_nsec = ms * 1000000};
        nanosleep(&pause, NULL);
        ms = ms * 2 < POLL_MS_MAX ? ms * 2 : POLL_MS_MAX;
    }
    return true;
}
