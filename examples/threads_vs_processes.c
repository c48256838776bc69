/*
 * The same downloads by threads and by processes, timed.
 *
 *     threads_vs_processes LIST [JOBS [ROUNDS]]        16 jobs and 3 rounds by default
 *
 * What it shows: a strategy is one field of the config; nothing else differs.  Each run is a
 * process of its own, so that its memory and CPU time are its own.  CPU time is that of all
 * processes and threads of the run.  Memory is the largest sum of their proportional set sizes,
 * in which a page that processes share counts once, at the moments when it was looked at.
 *
 * The files go into a temporary folder and are removed.  The fastest round counts, which is quick
 * to do and good enough for a look; `fetchall compare` says how sure a difference is.
 *
 *     cc threads_vs_processes.c $(pkg-config --cflags --libs fetchall)
 */
#include <errno.h>
#include <fts.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fetchall/pool.h>
#include <fetchall/session.h>

/* Seconds between two samples of the memory, which take some time themselves. */
#define LOOK_EVERY 0.3

/* The result of one run, written by its process in shared memory. */
struct run {
    enum fa_mode mode;
    bool ended;
    double seconds;
    double cpu;
    double looked; /* time of the last sample */
    uint64_t memory_kb;
    uint64_t files;
    uint64_t bytes;
    uint64_t failed;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Memory of a process and its descendants; see proc(5).  A process that has exited counts as 0. */
static uint64_t memory_of(long pid)
{
    char path[64], line[256];
    uint64_t kb = 0, sum = 0;
    snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "Pss:", 4) == 0)
            kb = strtoull(line + 4, NULL, 10);
    if (file)
        fclose(file);
    sum = kb;
    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
    file = fopen(path, "re");
    long child;
    while (file && fscanf(file, "%ld", &child) == 1)
        sum += memory_of(child);
    if (file)
        fclose(file);
    return sum;
}

static void look_at_memory(struct run *run)
{
    if (now() - run->looked < LOOK_EVERY)
        return;
    uint64_t kb = memory_of(getpid());
    run->memory_kb = kb > run->memory_kb ? kb : run->memory_kb;
    run->looked = now();
}

static void on_event(void *ctx, const struct fa_event *event)
{
    struct run *run = ctx;
    if (event->type == FA_EVENT_DONE) {
        run->files += event->done.status == FA_STATUS_OK;
        if (event->done.status == FA_STATUS_FAILED && run->failed++ == 0)
            fprintf(stderr, "line %llu of the list failed first: %s\n",
                    (unsigned long long)(uintptr_t)event->done.tag,
                    fa_class_name(event->done.error.class));
        run->bytes += event->done.bytes;
    }
    if (event->type == FA_EVENT_DONE || event->type == FA_EVENT_PROGRESS)
        look_at_memory(run);
}

/* Entries of the program, each with the number of its line as a tag.  @return 0, or -1 */
static int add_urls(struct fa_session *session, const char *list, struct fa_error *err)
{
    FILE *file = fopen(list, "re");
    char *line = NULL;
    size_t room = 0;
    int result = file ? 0 : -1;
    if (!file)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot open the list '%s'", list);
    for (uintptr_t n = 1; result == 0 && getline(&line, &room, file) > 0; ++n) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#')
            result = fa_session_add_entry(session, line, NULL, (void *)n, err);
    }
    free(line);
    if (file)
        fclose(file);
    return result;
}

static int download(const char *list, const char *dir, unsigned jobs, struct run *run,
                    struct fa_error *err)
{
    struct fa_config config;
    fa_config_init(&config);
    config.mode = run->mode;
    config.jobs = config.per_host = jobs;
    config.dir = dir;
    config.hash = 0; /* compare only the downloads */
    enum fa_end end = FA_END_LOCAL;
    double began = now();
    struct fa_session *session = fa_session_new(&config, on_event, run, err);
    int result = session ? add_urls(session, list, err) : -1;
    if (result == 0)
        result = fa_session_run(session, &end, err);
    fa_session_free(session); /* includes the end of all workers */
    run->seconds = now() - began;
    run->ended = result == 0 && end == FA_END_COMPLETE;
    return result;
}

static void remove_folder(char *dir)
{
    char *const roots[] = {dir, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOSTAT, NULL);
    FTSENT *at;
    while (walk && (at = fts_read(walk)))
        if (at->fts_info != FTS_D)
            remove(at->fts_accpath);
    if (walk)
        fts_close(walk);
}

/* One run, in a process that is forked while ours has neither threads nor a session. */
static int run_once(const char *list, unsigned jobs, struct run *run)
{
    char dir[] = "/tmp/threads_vs_processes.XXXXXX";
    if (!mkdtemp(dir)) {
        perror("threads_vs_processes: cannot make a temporary folder");
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        struct fa_error err = {0};
        if (download(list, dir, jobs, run, &err))
            fprintf(stderr, "threads_vs_processes: %s\n", err.msg);
        _exit(0);
    }
    int status = 0;
    struct rusage usage = {0};
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        run->ended = false;
    remove_folder(dir);
    run->cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if (run->ended && run->failed == 0)
        return 0;
    fprintf(stderr, "threads_vs_processes: no comparison, as a run did not end well\n");
    return -1;
}

static void print(const char *name, const struct run *run)
{
    printf("%-10s %8.3f s %8.3f s %8.1f MB %8llu files %8.1f MB/s\n", name, run->seconds, run->cpu,
           (double)run->memory_kb / 1024, (unsigned long long)run->files,
           (double)run->bytes / 1e6 / run->seconds);
}

static int compare(const char *list, unsigned jobs, unsigned rounds, struct run *shared)
{
    struct run best[2] = {{0}, {0}};
    for (unsigned i = 0; i < 2 * rounds; ++i) {
        *shared = (struct run){.mode = i % 2 ? FA_MODE_PROCESS : FA_MODE_THREAD};
        if (run_once(list, jobs, shared))
            return -1;
        if (i < 2 || shared->seconds < best[i % 2].seconds)
            best[i % 2] = *shared;
    }
    printf("%-10s %10s %10s %11s\n", "", "time", "CPU", "memory");
    print("threads", &best[0]);
    print("processes", &best[1]);
    if (best[0].files != best[1].files || best[0].bytes != best[1].bytes) {
        fprintf(stderr, "threads_vs_processes: the two did not download the same\n");
        return -1;
    }
    printf("with %u at once, processes took %.2f times as long, %.2f times the CPU and %.2f times "
           "the memory\n",
           jobs, best[1].seconds / best[0].seconds, best[1].cpu / best[0].cpu,
           (double)best[1].memory_kb / (double)best[0].memory_kb);
    return 0;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, NULL); /* first: a worker process never comes back from it */
    signal(SIGPIPE, SIG_IGN);
    unsigned long jobs = argc > 2 ? strtoul(argv[2], NULL, 10) : 16;
    unsigned long rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 3;
    if (argc < 2 || argc > 4 || jobs < 1 || jobs > 1000 || rounds < 1 || rounds > 1000) {
        fprintf(stderr, "usage: threads_vs_processes LIST [JOBS [ROUNDS]]\n");
        return 2;
    }
    struct run *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("threads_vs_processes: out of memory");
        return 1;
    }
    int result = compare(argv[1], (unsigned)jobs, (unsigned)rounds, shared);
    munmap(shared, sizeof(*shared));
    return result ? 1 : 0;
}
