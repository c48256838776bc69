/*
 * The tree is traversed breadth-first from the root, through the children files of /proc, and every
 * process is read once per sample.  A process can end at any moment: a file that cannot be read
 * counts as zero, and only a missing list of the children of the root makes a sample incomplete.
 *
 * PSS divides shared pages among the processes that map them, so that a sum counts each page once.
 *
 * proc(5) says that a list of children is exact only while they are stopped.  A child that one
 * sample misses is found by the next one; only peaks are kept, so a missing value does no harm.
 */
#include "cli/compare/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "cli/compare/trial.h"

/* Minimum seconds between two samples, in the first second and later; and as a multiple of the cost
 * of a sample, which limits the disturbance of what is measured. */
#define SOON   0.005
#define LATER  0.05
#define FACTOR 50

#define PIDS_MAX  8192
#define TEXT_SIZE 8192

struct fa_meter {
    struct fa_stepper stepper;
    pid_t root;
    struct fa_peaks peaks;
    bool seen; /* at least one sample was complete */
    size_t n_pids;
    pid_t pids[PIDS_MAX];
    char text[TEXT_SIZE];
};

/* Read a small file of a process, with a final zero.  @return false if the process has ended. */
static bool meter_read_text(struct fa_meter *meter, const char *format, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), format, (int)pid, (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && len < TEXT_SIZE - 1) {
        got = read(fd, meter->text + len, TEXT_SIZE - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    meter->text[len] = '\0';
    return fd >= 0 && got >= 0;
}

/* Add the children of the first thread of a process; no other thread of fetchall forks. */
static bool meter_add_children(struct fa_meter *meter, pid_t pid)
{
    if (!meter_read_text(meter, "/proc/%d/task/%d/children", pid))
        return false;
    char *at = meter->text, *end;
    for (;;) {
        long child = strtol(at, &end, 10);
        /* A tree that is too large is measured in part rather than not at all. */
        if (end == at || meter->n_pids == PIDS_MAX)
            return true;
        meter->pids[meter->n_pids++] = (pid_t)child;
        at = end;
    }
}

/* Field 20 of /proc/PID/stat; 0: the process has ended, or is a zombie. */
static uint64_t process_threads(struct fa_meter *meter, pid_t pid)
{
    char state = 'Z';
    long threads = 0;
    if (!meter_read_text(meter, "/proc/%d/stat", pid))
        return 0;
    /* The name in field 2 may contain anything, also a parenthesis. */
    const char *at = strrchr(meter->text, ')');
    if (!at || at[1] != ' ')
        return 0;
    state = at[2];
    at += 2;
    for (int field = 3; field < 20 && at; ++field)
        at = strchr(at + 1, ' ');
    threads = at ? strtol(at, NULL, 10) : 0;
    return state == 'Z' || threads < 0 ? 0 : (uint64_t)threads;
}

/* PSS in bytes; 0: the process has ended, or the kernel has no value. */
static uint64_t process_pss(struct fa_meter *meter, pid_t pid)
{
    if (!meter_read_text(meter, "/proc/%d/smaps_rollup", pid))
        return 0;
    /* smaps_rollup exists since Linux 4.14; smaps costs far more, as it lists every mapping. */
    const char *at = strstr(meter->text, "\nPss:");
    return at ? 1024 * strtoull(at + 5, NULL, 10) : 0;
}

static uint64_t peak_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void meter_sample(struct fa_meter *meter)
{
    struct fa_peaks now = {0};
    meter->n_pids = 1;
    meter->pids[0] = meter->root;
    bool all = true;
    for (size_t i = 0; i < meter->n_pids; ++i) {
        pid_t pid = meter->pids[i];
        bool added = meter_add_children(meter, pid);
        /* Any other process may have ended since its parent was read. */
        all &= added || i > 0;
        uint64_t threads = process_threads(meter, pid);
        now.threads += threads;
        now.processes += threads > 0;
        now.pss += threads > 0 ? process_pss(meter, pid) : 0;
    }
    meter->seen |= all && now.pss > 0;
    meter->peaks.pss = peak_of(meter->peaks.pss, now.pss);
    meter->peaks.threads = peak_of(meter->peaks.threads, now.threads);
    meter->peaks.processes = peak_of(meter->peaks.processes, now.processes);
}

static void *meter_thread(void *arg)
{
    struct fa_meter *meter = arg;
    double start = fa_clock_now(), wait = SOON;
    /* Whole milliseconds: round up, so that the interval is not shorter than what was computed. */
    while (fa_stepper_wait(&meter->stepper, (int)(wait * 1e3) + 1)) {
        double before = fa_clock_read(CLOCK_THREAD_CPUTIME_ID);
        meter_sample(meter);
        double took = fa_clock_read(CLOCK_THREAD_CPUTIME_ID) - before;
        double interval = fa_clock_now() - start < 1 ? SOON : LATER;
        wait = took * FACTOR > interval ? took * FACTOR : interval;
    }
    meter->peaks.cpu = fa_clock_read(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

struct fa_meter *fa_meter_start(pid_t root, struct fa_error *err)
{
    struct fa_meter *meter = calloc(1, sizeof(*meter));
    int code = ENOMEM;
    if (meter) {
        meter->root = root;
        code = fa_stepper_start(&meter->stepper, meter_thread, meter);
    }
    if (!code)
        return meter;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot watch a run");
    free(meter);
    return NULL;
}

void fa_meter_stop(struct fa_meter *meter, struct fa_peaks *ret)
{
    fa_stepper_end(&meter->stepper);
    *ret = meter->peaks;
    if (!meter->seen)
        ret->pss = ret->threads = ret->processes = FA_UNMEASURED;
    free(meter);
}
