/*
 * Many calls of web APIs at once, whose answers never touch a disk.
 *
 *     api_calls LIST FIELD
 *
 * Each URL of LIST answers with a JSON object; the numbers in FIELD are added up.
 *
 * What it shows: one thread and one event loop hold all calls (mode async, one loop).  A session
 * writes files, so it is given a folder in memory (tmpfs); each body is read and removed as soon
 * as it is there, and goes on as bytes.  So memory holds about as many bodies as there are calls
 * at once, however long the list is.  The URLs could come from anywhere: the program adds each as
 * an entry, and the next one when a call has ended.  Sizes are limited, as servers are not to be
 * trusted.
 *
 *     cc api_calls.c $(pkg-config --cflags --libs fetchall jansson) -pthread
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <fetchall/pool.h>
#include <fetchall/session.h>

#define CALLS      64
#define BODY_MAX   (16 * 1024 * 1024)
#define AHEAD      (2 * CALLS) /* calls that the session knows of */
#define LOOK_EVERY 16          /* calls between two samples of the directory */

struct calls {
    char *dir; /* the directory in memory */
    int dir_fd;
    const char *field;
    double sum;
    unsigned answered, failed;
    uint64_t bytes;
    uint64_t most; /* maximum bytes in the directory, as sampled */
    FILE *urls;
    char *line;
    size_t room;
    sigset_t signals;
    struct fa_session *session;
};

/* Text from a list or a server may contain control characters for the terminal. */
static void complain(struct calls *calls, const char *what, const char *why)
{
    ++calls->failed;
    for (const char *at = what; *at; ++at)
        putc((unsigned char)*at < ' ' || *at == 127 ? '?' : *at, stderr);
    fputs(": ", stderr);
    for (const char *at = why; *at; ++at)
        putc((unsigned char)*at < ' ' || *at == 127 ? '?' : *at, stderr);
    putc('\n', stderr);
}

/* What the program does with a response. */
static const char *add_up(struct calls *calls, const char *bytes, size_t len)
{
    json_error_t where;
    json_t *answer = json_loadb(bytes, len, 0, &where);
    const json_t *value = json_object_get(answer, calls->field);
    const char *why = NULL;
    if (json_is_number(value))
        calls->sum += json_number_value(value);
    else
        why = answer ? "the answer has no such number" : "the answer is not JSON";
    json_decref(answer);
    return why;
}

/* Read a file of the directory and remove it.  Release the result with free(3); NULL: see errno. */
static char *take(int dir_fd, const char *name, size_t *ret_len)
{
    struct stat st;
    char *bytes = NULL;
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0)
        bytes = malloc((size_t)st.st_size + 1);
    ssize_t n = bytes ? read(fd, bytes, (size_t)st.st_size) : -1;
    int code = errno;
    if (fd >= 0)
        close(fd);
    unlinkat(dir_fd, name, 0);
    errno = code;
    if (n >= 0) {
        *ret_len = (size_t)n;
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* Walk the directory: count its bytes, or remove it. */
static uint64_t walk_folder(char *dir, bool removing)
{
    char *const roots[] = {dir, NULL};
    uint64_t blocks = 0;
    FTS *walk = fts_open(roots, FTS_PHYSICAL, NULL);
    FTSENT *at;
    while (walk && (at = fts_read(walk))) {
        blocks += at->fts_info == FTS_F ? (uint64_t)at->fts_statp->st_blocks : 0;
        if (removing && at->fts_info != FTS_D)
            remove(at->fts_accpath);
    }
    if (walk)
        fts_close(walk);
    return blocks * 512;
}

/* Give the session the next URL, if there is one. */
static void add_next(struct calls *calls)
{
    struct fa_error err = {0};
    while (getline(&calls->line, &calls->room, calls->urls) > 0) {
        calls->line[strcspn(calls->line, "\r\n")] = '\0';
        if (calls->line[0] == '\0' || calls->line[0] == '#')
            continue;
        if (fa_session_add_entry(calls->session, calls->line, NULL, NULL, &err) == 0)
            return;
        complain(calls, "malformed URL", err.msg);
    }
}

/* The body is complete.  Borrowed strings are valid only until we return. */
static void on_done(struct calls *calls, const struct fa_result *result)
{
    if ((calls->answered + calls->failed) % LOOK_EVERY == 0) {
        uint64_t bytes = walk_folder(calls->dir, false);
        calls->most = bytes > calls->most ? bytes : calls->most;
    }
    if (result->status != FA_STATUS_OK) {
        complain(calls, result->url, result->error.msg);
        return;
    }
    size_t len = 0;
    char *bytes = take(calls->dir_fd, result->path, &len);
    const char *why = bytes ? add_up(calls, bytes, len) : strerror(errno);
    free(bytes);
    if (why) {
        complain(calls, result->url, why);
        return;
    }
    ++calls->answered;
    calls->bytes += len;
}

static void on_event(void *ctx, const struct fa_event *event)
{
    if (event->type != FA_EVENT_DONE)
        return;
    if (event->done.status != FA_STATUS_DUPLICATE)
        on_done(ctx, &event->done);
    add_next(ctx);
}

/* A thread that waits for ^C, so that the directory is removed in that case, too. */
static void *stop_by_signal(void *arg)
{
    struct calls *calls = arg;
    int number;
    sigwait(&calls->signals, &number);
    fa_session_stop(calls->session, FA_STOP_NOW);
    return NULL;
}

static int run_session(struct calls *calls, struct fa_error *err)
{
    pthread_t thread;
    enum fa_end end = FA_END_LOCAL;
    int code = pthread_create(&thread, NULL, stop_by_signal, calls);
    if (code) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot start a thread");
        return -1;
    }
    int result = fa_session_run(calls->session, &end, err);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    if (result == 0 && end == FA_END_STOPPED) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "stopped by a signal");
        result = -1;
    }
    return result;
}

static int run(struct calls *calls, const char *list, struct fa_error *err)
{
    struct fa_config config;
    fa_config_init(&config);
    config.mode = FA_MODE_ASYNC;
    config.loops = 1;
    config.jobs = CALLS; /* and 16 to one host, which is enough for servers of other people */
    config.dir = calls->dir;
    config.no_state = true;
    config.hash = 0;
    config.max_size = BODY_MAX;
    config.user_agent = "api_calls";

    sigemptyset(&calls->signals);
    sigaddset(&calls->signals, SIGINT);
    sigaddset(&calls->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &calls->signals, NULL);
    calls->session = fa_session_new(&config, on_event, calls, err);
    int result = -1;
    calls->urls = fopen(list, "re");
    if (!calls->urls)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot open the list '%s'", list);
    for (int i = 0; calls->session && calls->urls && i < AHEAD; ++i)
        add_next(calls);
    if (calls->session && calls->urls)
        result = run_session(calls, err);
    if (calls->urls)
        fclose(calls->urls);
    free(calls->line);
    fa_session_free(calls->session);
    return result;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, NULL); /* first: a worker process never comes back from it */
    signal(SIGPIPE, SIG_IGN);
    if (argc != 3) {
        fprintf(stderr, "usage: api_calls LIST FIELD\n");
        return 2;
    }
    char dir[] = "/dev/shm/api_calls.XXXXXX";
    struct calls calls = {.field = argv[2], .dir = mkdtemp(dir)};
    calls.dir_fd = calls.dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (calls.dir_fd < 0) {
        fprintf(stderr, "api_calls: cannot make a folder in memory: %s\n", strerror(errno));
        return 1;
    }
    struct fa_error err = {0};
    int result = run(&calls, argv[1], &err);
    if (result)
        complain(&calls, "api_calls", err.msg);
    close(calls.dir_fd);
    walk_folder(dir, true);

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%u calls answered, %u failures; the sum of '%s' is %.15g\n", calls.answered,
           calls.failed, calls.field, calls.sum);
    printf("%.1f kB of answers, of which memory held at most %.1f kB at once; the program took "
           "%.1f MB\n",
           (double)calls.bytes / 1024, (double)calls.most / 1024, (double)usage.ru_maxrss / 1024);
    return calls.failed == 0 ? 0 : 1;
}
