/*
 * Two models in one program: threads download, processes compute.
 *
 *     mixed_models LIST FOLDER
 *
 * Which files of LIST would be worth compressing?  Each file is looked at as soon as it is there,
 * while others are still on their way: how many bits of information has a byte of it?  With close
 * to 8 it is compressed, or encrypted, already.
 *
 * What it shows: a session, whose threads wait for the network, on a thread of its own; and a pool
 * of processes, which need the CPU, on the main thread.  Between them lies a pipe,
 * which also makes the downloads wait when they are far ahead.  A worker gets each file as a
 * descriptor that is open for reading: it could be locked in, and cannot harm the file.
 *
 *     cc mixed_models.c $(pkg-config --cflags --libs fetchall) -lm -pthread
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fetchall/pool.h>
#include <fetchall/session.h>

#define THREADS 16

/* A file that has arrived: sent through the pipe, and to a worker. */
struct arrival {
    int64_t size;
    char path[1024];
};

struct mix {
    const char *list;
    const char *dir;
    int arrived[2];   /* the pipe, carries struct arrival */
    atomic_bool over; /* the downloads have ended */
    unsigned lost;    /* not downloaded; used by the session's thread */

    /* Used by the main thread. */
    struct fa_pool *pool;
    unsigned workers;
    unsigned given; /* submitted to the pool, without a result yet */
    unsigned good, bad;
    unsigned early; /* results that came while other files were still being downloaded */
};

/* Text from a list or a server may contain control characters for the terminal. */
static void print_line(FILE *out, const char *text, const char *why)
{
    char line[2048];
    snprintf(line, sizeof(line), "%s%s%s", text, *why ? ": " : "", why);
    for (char *at = line; *at; ++at)
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    fprintf(out, "%s\n", line);
}

/* Information per byte of the file, in bits; also returns its size. */
static double entropy(struct fa_task *task, int64_t *size)
{
    unsigned char piece[65536];
    uint64_t counts[256] = {0};
    double bits = 0;
    ssize_t n;
    while ((n = read(fa_task_fd(task, 0), piece, sizeof(piece))) > 0) {
        for (ssize_t i = 0; i < n; ++i)
            ++counts[piece[i]];
        *size += n;
        fa_task_progress(task, (uint64_t)*size);
    }
    for (size_t i = 0; i < 256; ++i) {
        double share = counts[i] ? (double)counts[i] / (double)*size : 1;
        bits -= share * log2(share);
    }
    return bits;
}

/* Runs in a worker. */
static int run(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    size_t len;
    struct arrival file = {0};
    const void *input = fa_task_input(task, &len);
    memcpy(&file, input, len < sizeof(file) ? len : sizeof(file));
    int64_t size = 0;
    double bits = entropy(task, &size);
    if (size != file.size) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "'%.200s' has not the size that was downloaded", file.path);
        return -1;
    }
    char text[sizeof(file.path) + 64];
    snprintf(text, sizeof(text), "%.3f bits a byte %12lld bytes  %s", bits, (long long)size,
             file.path);
    return fa_task_reply(task, text, strlen(text) + 1);
}

static const struct fa_task_type types[] = {{.name = "entropy", .run = run}, {0}};

/* Runs on the session's thread. */
static void on_event(void *ctx, const struct fa_event *event)
{
    struct mix *mix = ctx;
    const struct fa_result *result = &event->done;
    if (event->type != FA_EVENT_DONE || result->status == FA_STATUS_DUPLICATE)
        return;
    struct arrival file = {.size = result->size};
    if (result->status == FA_STATUS_FAILED)
        print_line(stderr, result->url, result->error.msg);
    else if ((size_t)snprintf(file.path, sizeof(file.path), "%s/%s", mix->dir, result->path) >=
             sizeof(file.path))
        print_line(stderr, result->path, "the path is too long");
    else if (write(mix->arrived[1], &file, sizeof(file)) != sizeof(file))
        print_line(stderr, result->path, strerror(errno));
    else
        return;
    ++mix->lost;
}

/* The program reads its list itself: its URLs could come from anywhere. */
static int add_urls(struct mix *mix, struct fa_session *session, struct fa_error *err)
{
    char url[4096];
    FILE *file = fopen(mix->list, "re");
    if (!file) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot open the list '%s'", mix->list);
        return -1;
    }
    while (fscanf(file, " %4095[^\r\n]", url) == 1)
        if (url[0] != '#' && fa_session_add_entry(session, url, NULL, mix, err)) {
            print_line(stderr, "malformed URL", err->msg);
            ++mix->lost;
        }
    fclose(file);
    return 0;
}

static void *download(void *arg)
{
    struct mix *mix = arg;
    struct fa_error err = {0};
    struct fa_config config;
    fa_config_init(&config);
    config.mode = FA_MODE_THREAD;
    config.jobs = THREADS;
    config.dir = mix->dir;
    config.hash = 0; /* keep the CPU for our own stage */
    enum fa_end end;
    struct fa_session *session = fa_session_new(&config, on_event, mix, &err);
    if (!session || add_urls(mix, session, &err) || fa_session_run(session, &end, &err)) {
        print_line(stderr, "mixed_models", err.msg);
        ++mix->lost;
    }
    fa_session_free(session);
    mix->over = true;
    close(mix->arrived[1]);
    return NULL;
}

/* @return whether a file has arrived.  If not: none is available or, with WAIT, none will be. */
static bool take(struct mix *mix, bool wait, struct arrival *ret)
{
    struct pollfd news = {.fd = mix->arrived[0], .events = POLLIN};
    return poll(&news, 1, wait ? -1 : 0) == 1 &&
           read(mix->arrived[0], ret, sizeof(*ret)) == sizeof(*ret);
}

static void done(void *arg, const struct fa_task_result *result);
static void progress(void *arg, uint64_t value);

static void give(struct mix *mix, const struct arrival *file)
{
    struct fa_error err = {0};
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "entropy",
                                      .data = file,
                                      .len = sizeof(*file),
                                      .fds = &fd, /* the pool closes it */
                                      .n_fds = 1,
                                      .done = done,
                                      .progress = progress,
                                      .arg = mix};
    if (fd < 0)
        fa_error_system(&err, FA_CLASS_LOCAL_IO, errno, "cannot open it");
    if (fd >= 0 && fa_pool_submit(mix->pool, &request, NULL, &err) == 0) {
        ++mix->given;
        return;
    }
    print_line(stderr, file->path, err.msg);
    ++mix->bad;
}

/* Limit the number submitted, because each one is an open file. */
static void give_more(struct mix *mix)
{
    struct arrival file;
    while (mix->given < 2 * mix->workers && take(mix, false, &file))
        give(mix, &file);
}

/* Called in fa_pool_wait() on the main thread, as is progress(). */
static void done(void *arg, const struct fa_task_result *result)
{
    struct mix *mix = arg;
    --mix->given;
    mix->good += result->ok;
    mix->bad += !result->ok;
    mix->early += !mix->over;
    if (result->ok)
        print_line(stdout, result->data, "");
    else
        print_line(stderr, "mixed_models", result->error.msg);
    give_more(mix);
}

/* A long task reports a few times per second: use that to look for new files. */
static void progress(void *arg, uint64_t value)
{
    (void)value;
    give_more(arg);
}

/* Wait for a file if there is no work, and for results otherwise. */
static int compute(struct mix *mix, struct fa_error *err)
{
    struct arrival file;
    int result = 0;
    while (result == 0 && take(mix, true, &file)) {
        give(mix, &file);
        give_more(mix);
        result = fa_pool_wait(mix->pool, err);
    }
    close(mix->arrived[0]); /* after an error nobody reads the pipe */
    return result;
}

/* Create the pool first: it starts a process, and there are no threads yet. */
static int run_both(struct mix *mix, struct fa_error *err)
{
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = FA_POOL_PROCESSES,
                                    .workers = mix->workers,
                                    .types = types,
                                    .hang_timeout = 60};
    mix->pool = fa_pool_new(&config, err);
    if (!mix->pool)
        return -1;
    pthread_t thread;
    int result = -1, code = pipe2(mix->arrived, O_CLOEXEC) ? errno : 0;
    if (code == 0)
        code = pthread_create(&thread, NULL, download, mix);
    if (code == 0) {
        result = compute(mix, err);
        pthread_join(thread, NULL);
    } else {
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot start the downloads");
    }
    fa_pool_free(mix->pool);
    return result;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, types); /* first: a worker process never comes back from it */
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0); /* write each result immediately to a pipe, too */
    if (argc != 3) {
        fprintf(stderr, "usage: mixed_models LIST FOLDER\n");
        return 2;
    }
    struct fa_error err = {0};
    struct mix mix = {.list = argv[1], .dir = argv[2]};
    mix.workers = fa_cores();
    if (run_both(&mix, &err)) {
        fprintf(stderr, "mixed_models: %s\n", err.msg);
        return 1;
    }
    printf("%u files, downloaded by %d threads and computed by %u worker processes, %u of them "
           "before the last download had ended; %u failures\n",
           mix.good, THREADS, mix.workers, mix.early, mix.lost + mix.bad);
    return mix.lost + mix.bad == 0 ? 0 : 1;
}
