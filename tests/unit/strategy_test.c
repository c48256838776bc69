/*
 * The contract of strategy.h, checked over all strategies: async with one loop and with three,
 * thread, process, and null. What needs a network is not asked of null.
 *
 * libevent's debug mode is on, so that event_assign() on a pending event ends the test; and each
 * call of libcurl's multi interface is watched for CURLM_RECURSIVE_API_CALL.
 */

#include "base/clock.h"
#include "base/key.h"
#include "base/loop.h"
#include "engine/limits.h"
#include "strategy/strategy.h"
#include "transfer/library.h"
#include "transfer/url.h"

#include "support/null_strategy.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/server.h"
#include "support/truth.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The linker sends the calls of the library here (--wrap). */

static atomic_uint multi_calls;
static atomic_uint multi_failures;

static CURLMcode watched(CURLMcode code)
{
    ++multi_calls;
    multi_failures += code != CURLM_OK;
    return code;
}

CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_socket_action(CURLM *multi, curl_socket_t s, int what, int *running);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t s, int what, int *running);

CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    return watched(__real_curl_multi_add_handle(multi, easy));
}

CURLMcode __wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    return watched(__real_curl_multi_remove_handle(multi, easy));
}

CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t s, int what, int *running)
{
    return watched(__real_curl_multi_socket_action(multi, s, what, running));
}

/* This many connections cannot be watched, as at the kernel's limit of watches. */
static atomic_int unwatchable;

int __real_event_add(struct event *event, const struct timeval *timeout);
int __wrap_event_add(struct event *event, const struct timeval *timeout);

int __wrap_event_add(struct event *event, const struct timeval *timeout)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    evutil_socket_t fd = event_get_fd(event);
    bool connection = fd >= 0 && getsockname(fd, (struct sockaddr *)&name, &len) == 0 &&
                      name.ss_family == AF_INET;
    if (connection && unwatchable > 0 && unwatchable-- > 0) {
        errno = ENOSPC;
        return -1;
    }
    return __real_event_add(event, timeout);
}

/* Everything that is needed to run a strategy. */
struct rig {
    const struct fa_strategy_ops *ops;
    unsigned loops;
    struct fa_strategy *strategy;
    struct event_base *base;
    struct event *heartbeat;
    struct fa_nursery *nursery;
    struct fa_config config;
    struct fa_settings settings;
    pthread_t thread;
    bool inside;
    unsigned done;
};

struct attempt {
    struct fa_attempt attempt; /* first: done() gets its address */
    struct fa_url url;
    const char *part;
    unsigned headed, done;
    struct fa_outcome outcome;
};

static struct fa_scratch scratch;
static struct fa_server server;

static void begin(void)
{
    evthread_use_pthreads();
    event_enable_debug_mode();
    fa_library_init();
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
}

static void end(void)
{
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

/* Whether this process has a descriptor of that file. */
static bool is_open(const char *path)
{
    bool found = false;
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    struct stat file, st;
    cr_assert_eq(stat(path, &file), 0);
    while ((entry = readdir(dir))) {
        int fd = atoi(entry->d_name);
        found |= entry->d_name[0] != '.' && fstat(fd, &st) == 0 && st.st_ino == file.st_ino &&
                 st.st_dev == file.st_dev;
    }
    closedir(dir);
    return found;
}

static void on_done(void *ctx, struct fa_attempt *which, struct fa_outcome *outcome)
{
    struct rig *rig = ctx;
    struct attempt *attempt = (struct attempt *)which;
    cr_assert(pthread_equal(rig->thread, pthread_self()), "done() on a strange thread");
    cr_assert(!rig->inside, "done() from inside of an operation");
    cr_assert_eq(is_open(attempt->part), attempt->attempt.lent, "whether the part is still open");
    attempt->outcome = *outcome;
    cr_assert_eq(++attempt->done, 1);
    ++rig->done;
}

static void on_headed(void *ctx, struct fa_attempt *which)
{
    struct rig *rig = ctx;
    struct attempt *attempt = (struct attempt *)which;
    cr_assert(pthread_equal(rig->thread, pthread_self()), "headed() on a strange thread");
    cr_assert(!rig->inside, "headed() from inside of an operation");
    cr_assert(attempt->attempt.has_head && !attempt->done);
    cr_assert_eq(++attempt->headed, 1);
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

static void rig_begin(struct rig *rig, const struct fa_strategy_ops *ops, unsigned loops)
{
    *rig = (struct rig){.ops = ops, .loops = loops, .thread = pthread_self()};
    rig->base = fa_loop_new(NULL);
    rig->heartbeat = event_new(rig->base, -1, EV_PERSIST, on_heartbeat, NULL);
    struct timeval every = {.tv_usec = 10000};
    event_add(rig->heartbeat, &every);
    fa_config_init(&rig->config);
    rig->config.proxy = "";
    rig->config.stall_timeout = 5;
}

/* The rig's config may be changed before. */
static void rig_start(struct rig *rig, unsigned jobs)
{
    struct fa_error err = {0};
    fa_settings_init(&rig->settings, &rig->config);
    if (rig->ops->needs_nursery) {
        rig->nursery = fa_nursery_new(rig->base, FA_TEST_WORKER, true, &err);
        cr_assert(rig->nursery, "%s", err.msg);
    }
    struct fa_strategy_env env = {
        .base = rig->base,
        .nursery = rig->nursery,
        .settings = &rig->settings,
        .jobs = jobs,
        .loops = rig->loops,
        .done = on_done,
        .headed = on_headed,
        .ctx = rig,
    };
    rig->strategy = rig->ops->new (&env, &err);
    cr_assert(rig->strategy, "%s", err.msg);
}

static void rig_end(struct rig *rig)
{
    rig->ops->free(rig->strategy);
    fa_nursery_free(rig->nursery);
    event_free(rig->heartbeat);
    event_base_free(rig->base);
    cr_assert_eq(multi_failures, 0, "libcurl was called where it must not be");
}

static void prepare(struct attempt *a, const char *path)
{
    struct fa_error err = {0};
    const char *url = path[0] == '/' ? fa_server_url(&server, path) : path;
    *a = (struct attempt){0};
    cr_assert_eq(fa_url_parse(&a->url, url, NULL, &err), 0, "%s", err.msg);
    a->part = fa_scratch_path(&scratch, "%p", (void *)a);
    a->attempt.url = a->url.whole;
    a->attempt.host_port = a->url.host_port;
    a->attempt.origin = fa_key_str(a->url.origin);
    a->attempt.size = -1;
    a->attempt.fd = open(a->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(a->attempt.fd >= 0);
}

static void submit(struct rig *rig, struct attempt *a)
{
    struct fa_error err = {0};
    rig->inside = true;
    int result = rig->ops->submit(rig->strategy, &a->attempt, &err);
    rig->inside = false;
    cr_assert_eq(result, 0, "%s", err.msg);
}

static void flush(struct rig *rig)
{
    rig->inside = true;
    rig->ops->flush(rig->strategy);
    rig->inside = false;
}

static void cancel(struct rig *rig, struct attempt *a)
{
    rig->inside = true;
    rig->ops->cancel(rig->strategy, &a->attempt);
    rig->inside = false;
}

static void turn_for(struct rig *rig, double seconds)
{
    double until = fa_clock_now() + seconds;
    while (fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
}

static void wait_for(struct rig *rig, unsigned done, double timeout)
{
    double until = fa_clock_now() + fa_timeout(timeout);
    while (rig->done < done && fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
    cr_assert_eq(rig->done, done, "%u of %u are done", rig->done, done);
}

static void fini(struct attempt *a)
{
    fa_outcome_fini(&a->outcome);
    fa_url_fini(&a->url);
}

/* One attempt from its start to its end; fini() it. */
static void fetch(struct rig *rig, struct attempt *a, const char *path)
{
    prepare(a, path);
    submit(rig, a);
    flush(rig);
    wait_for(rig, rig->done + 1, 20);
}

static void expect_part(const struct attempt *a, const char *seed, uint64_t size)
{
    fa_expect_file(scratch.path, strrchr(a->part, '/') + 1, seed, size);
}

#define ONE(suite, name, ops, loops)                               \
    Test(suite, name, .init = begin, .fini = end, .timeout = 60.0) \
    {                                                              \
        struct rig rig;                                            \
        rig_begin(&rig, &(ops), loops);                            \
        name(&rig);                                                \
    }

/* A test of each strategy that uses the network; of all. */
#define NETWORK(name)                          \
    static void name(struct rig *rig);         \
    ONE(async_1, name, fa_strategy_async, 1)   \
    ONE(async_3, name, fa_strategy_async, 3)   \
    ONE(thread, name, fa_strategy_thread, 1)   \
    ONE(process, name, fa_strategy_process, 1) \
    static void name(struct rig *rig)

#define ALL(name)                        \
    static void name(struct rig *rig);   \
    ONE(null, name, fa_strategy_null, 1) \
    NETWORK(name)

ALL(an_attempt_is_done_once_and_its_part_is_the_file)
{
    struct attempt a;
    rig_start(rig, 2);
    fetch(rig, &a, "/ok/300001/a");
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert_eq(a.outcome.http, 200);
    cr_assert_eq(a.outcome.size, 300001);
    cr_assert_eq(a.outcome.received, 300001);
    cr_assert_eq(a.attempt.received, 300001);
    cr_assert_eq(a.outcome.retry_after, -1);
    cr_assert_null(a.outcome.location);
    expect_part(&a, "/ok/300001/a", 300001);
    turn_for(rig, 0.3);
    cr_assert_eq(a.done, 1);
    rig_end(rig);
    fini(&a);
}

ALL(the_descriptor_is_taken_at_once)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/ok/10/a");
    submit(rig, &a);
    flush(rig);
    wait_for(rig, 1, 10);
    cr_assert_eq(a.attempt.fd, -1);
    rig_end(rig);
    fini(&a);
}

ALL(a_lent_descriptor_stays_open)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/ok/10/a");
    a.attempt.lent = true;
    int fd = a.attempt.fd;
    submit(rig, &a);
    flush(rig);
    wait_for(rig, 1, 10);
    expect_part(&a, "/ok/10/a", 10);
    cr_assert_eq(a.attempt.fd, fd);
    cr_assert_eq(close(fd), 0);
    rig_end(rig);
    fini(&a);
}

ALL(nothing_is_lost_without_a_flush)
{
    struct attempt a, b;
    rig_start(rig, 2);
    prepare(&a, "/ok/10/a");
    prepare(&b, "/ok/11/b");
    submit(rig, &a);
    turn_for(rig, 0.1);
    submit(rig, &b);
    flush(rig);
    wait_for(rig, 2, 10);
    cr_assert(a.done == 1 && b.done == 1);
    rig_end(rig);
    fini(&a);
    fini(&b);
}

ALL(five_hundred_attempts_have_their_own_bytes)
{
    enum { MANY = 500, AT_ONCE = 32 };
    struct attempt *all = calloc(MANY, sizeof(*all));
    rig_start(rig, AT_ONCE);
    unsigned begun = 0;
    while (rig->done < MANY) {
        while (begun < MANY && begun - rig->done < AT_ONCE) {
            char path[64];
            snprintf(path, sizeof(path), "/ok/%u/file%u", begun * 37 % 20000, begun);
            prepare(&all[begun], path);
            submit(rig, &all[begun++]);
        }
        flush(rig);
        event_base_loop(rig->base, EVLOOP_ONCE);
    }
    for (unsigned i = 0; i < MANY; ++i) {
        cr_assert_eq(all[i].done, 1);
        cr_assert_eq(all[i].outcome.error.class, FA_CLASS_NONE, "%s", all[i].outcome.error.msg);
        cr_assert_eq(all[i].attempt.received, i * 37 % 20000);
        expect_part(&all[i], strstr(all[i].url.whole, "/ok/"), i * 37 % 20000);
    }
    rig_end(rig);
    for (unsigned i = 0; i < MANY; ++i)
        fini(&all[i]);
    free(all);
}

ALL(a_cancelled_attempt_is_done_soon)
{
    struct attempt a, other;
    rig_start(rig, 2);
    prepare(&a, "/hold/a");
    prepare(&other, "/ok/100/b");
    submit(rig, &a);
    submit(rig, &other);
    flush(rig);
    turn_for(rig, 0.3);
    cr_assert_eq(a.done, 0);
    double start = fa_clock_now();
    cancel(rig, &a);
    cancel(rig, &a);
    wait_for(rig, 2, 10);
    cr_assert(fa_clock_now() - start < fa_timeout(2));
    cr_assert_eq(a.outcome.error.class, FA_CLASS_CANCELLED, "%s", a.outcome.error.msg);
    cr_assert_eq(other.outcome.error.class, FA_CLASS_NONE);
    rig_end(rig);
    fini(&a);
    fini(&other);
}

ALL(an_attempt_can_be_cancelled_before_it_begins)
{
    struct attempt a[3];
    rig_start(rig, 3);
    for (int i = 0; i < 3; ++i) {
        prepare(&a[i], "/hold/a");
        submit(rig, &a[i]);
        if (i == 1)
            cancel(rig, &a[i]);
    }
    flush(rig);
    cancel(rig, &a[0]);
    cancel(rig, &a[2]);
    wait_for(rig, 3, 10);
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(a[i].outcome.error.class, FA_CLASS_CANCELLED, "%s", a[i].outcome.error.msg);
        cr_assert_eq(a[i].outcome.retryable, FA_RETRYABLE_NEVER);
        fini(&a[i]);
    }
    rig_end(rig);
}

ALL(cancelling_what_completes_meanwhile_is_harmless)
{
    enum { MANY = 40 };
    struct attempt a[MANY];
    rig_start(rig, MANY);
    for (int i = 0; i < MANY; ++i) {
        prepare(&a[i], "/ok/5000/a");
        submit(rig, &a[i]);
    }
    flush(rig);
    while (rig->done < MANY / 2)
        event_base_loop(rig->base, EVLOOP_ONCE);
    for (int i = 0; i < MANY; ++i)
        if (!a[i].done)
            cancel(rig, &a[i]);
    wait_for(rig, MANY, 10);
    for (int i = 0; i < MANY; ++i) {
        enum fa_class class = a[i].outcome.error.class;
        cr_assert(class == FA_CLASS_NONE || class == FA_CLASS_CANCELLED);
        if (class == FA_CLASS_NONE)
            expect_part(&a[i], "/ok/5000/a", 5000);
    }
    rig_end(rig);
    for (int i = 0; i < MANY; ++i)
        fini(&a[i]);
}

ALL(freeing_with_attempts_under_way_calls_nothing_and_leaves_nothing)
{
    int fds = fa_process_fds(getpid());
    int threads = fa_process_threads(getpid());
    struct attempt a[6];
    pid_t pids[FA_WORKERS_MAX];
    rig_start(rig, 4);
    for (int i = 0; i < 6; ++i) {
        prepare(&a[i], i % 2 ? "/hold/a" : "/stall/b");
        submit(rig, &a[i]);
        if (i == 3) {
            flush(rig);
            turn_for(rig, 0.2);
        }
    }
    size_t n = fa_workers_find(getpid(), FA_NAME_WORKER, pids, FA_WORKERS_MAX);
    unsigned done = rig->done;
    double start = fa_clock_now();
    rig->inside = true;
    rig_end(rig);
    cr_assert(fa_clock_now() - start < fa_timeout(2));
    cr_assert_eq(rig->done, done);
    for (int i = 0; i < 6; ++i) {
        cr_assert(!is_open(a[i].part));
        fini(&a[i]);
    }
    cr_assert(fa_workers_gone(pids, n, 1));
    cr_assert(fa_process_fds(getpid()) <= fds, "descriptors leaked");
    cr_assert_eq(fa_process_threads(getpid()), threads, "threads leaked");
    cr_assert(!fa_workers_zombie(getpid()));
}

NETWORK(outcomes_say_what_became_of_it)
{
    static const struct {
        const char *path;
        enum fa_class class;
        enum fa_retryability retryable;
        int http;
        double retry_after;
    } rows[] = {
        {"/ok/5000/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/ok/0/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/chunked/5000/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/close/5000/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/1xx/3/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/trailers/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/samecl/5000/a", FA_CLASS_NONE, FA_RETRYABLE_NEVER, 200, -1},
        {"/204/a", FA_CLASS_HTTP, FA_RETRYABLE_NEVER, 204, -1},
        {"/status/404/a", FA_CLASS_HTTP, FA_RETRYABLE_NEVER, 404, -1},
        {"/status/503/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 503, -1},
        {"/retryafter/9/17/503/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 503, 17},
        {"/retryafter/9/9/429/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 429, 9},
        {"/retryafter/9/7/403/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 403, 7},
        {"/retryafter/9/0/202/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 202, 0},
        {"/ratelimit/9/ietf/403/a", FA_CLASS_HTTP, FA_RETRYABLE_NOW, 403, 1},
        {"/truncate/1000/5000/a", FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW, 200, -1},
        {"/reset/1000/5000/a", FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW, 200, -1},
        {"/truncchunk/1000/5000/a", FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW, 200, -1},
        {"/twocl/5000/a", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, 200, -1},
        {"/badcl/text/a", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, 200, -1},
        {"/garbage/a", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, 0, -1},
        {"/empty/a", FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW, 0, -1},
    };
    rig_start(rig, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct attempt a;
        fetch(rig, &a, rows[i].path);
        const struct fa_outcome *o = &a.outcome;
        const char *path = rows[i].path;
        cr_assert_eq(o->error.class, rows[i].class, "%s: %s", path, o->error.msg);
        cr_assert_eq(o->retryable, rows[i].retryable, "%s: %d", path, o->retryable);
        cr_assert_eq(o->http, rows[i].http, "%s: %d", path, o->http);
        cr_assert_eq(o->retry_after, rows[i].retry_after, "%s: %g", path, o->retry_after);
        cr_assert_eq(a.attempt.received, o->received, "%s", path);
        cr_assert_str_eq(o->ip, "127.0.0.1", "%s", path);
        cr_assert_str_eq(o->version, rows[i].http ? "1.1" : o->version, "%s", path);
        cr_assert(o->time.total > 0 && o->time.total < 10, "%s", path);
        cr_assert((o->error.class != FA_CLASS_NONE) == (o->error.msg[0] != '\0'), "%s", path);
        fini(&a);
    }
    rig_end(rig);
}

NETWORK(what_a_truncated_body_brought_is_counted)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/truncate/1000/5000/a");
    cr_assert_eq(a.outcome.received, 1000);
    cr_assert_eq(a.outcome.size, 1000);
    cr_assert_eq(a.attempt.received, 1000);
    rig_end(rig);
    fini(&a);
}

NETWORK(a_redirect_is_an_outcome_with_its_location)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/redir/302/%2Fok%2F10%2Fb/a");
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert_not_null(a.outcome.location);
    cr_assert_eq(a.outcome.http, 302);
    cr_assert_eq(a.outcome.size, 0);
    cr_assert(strstr(a.outcome.location, "/ok/10/b"), "%s", a.outcome.location);
    cr_assert_eq(fa_server_requests(&server, "/ok/10/b"), 0);
    rig_end(rig);
    fini(&a);
}

NETWORK(headers_and_sizes_of_the_attempt_count)
{
    static const struct {
        const char *path;
        int64_t size;
        uint64_t max_size;
        enum fa_class class;
    } rows[] = {
        {"/ok/1000/a", 1000, 0, FA_CLASS_NONE},
        {"/ok/1000/a", 999, 0, FA_CLASS_INTEGRITY},
        {"/chunked/1000/a", 1001, 0, FA_CLASS_INTEGRITY},
        {"/chunked/1000/a", 999, 0, FA_CLASS_INTEGRITY},
        {"/ok/1000/a", -1, 1000, FA_CLASS_NONE},
        {"/ok/1000/a", -1, 999, FA_CLASS_TOO_LARGE},
        {"/chunked/1000/a", -1, 999, FA_CLASS_TOO_LARGE},
    };
    static const char *const headers[] = {"X-One: 1", "X-Two: 2"};
    rig_start(rig, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct attempt a;
        prepare(&a, rows[i].path);
        a.attempt.size = rows[i].size;
        a.attempt.max_size = rows[i].max_size;
        a.attempt.headers = headers;
        a.attempt.n_headers = 2;
        submit(rig, &a);
        flush(rig);
        wait_for(rig, rig->done + 1, 10);
        cr_assert_eq(a.outcome.error.class, rows[i].class, "%zu: %s", i, a.outcome.error.msg);
        fini(&a);
    }
    json_t *log = fa_server_log(&server);
    json_t *seen = json_object_get(json_array_get(log, 0), "headers");
    cr_assert_str_eq(json_string_value(json_object_get(seen, "X-Two")), "2");
    json_decref(log);
    rig_end(rig);
}

NETWORK(addresses_of_the_attempt_are_used)
{
    struct attempt a;
    rig_start(rig, 2);
    for (int i = 0; i < 3; ++i) {
        char url[128];
        snprintf(url, sizeof(url), "http://name%d.invalid:%d/ok/10/a", i, server.port);
        prepare(&a, url);
        a.attempt.addresses = "127.0.0.1";
        submit(rig, &a);
        flush(rig);
        wait_for(rig, rig->done + 1, 10);
        cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
        fini(&a);
    }
    rig_end(rig);
}

NETWORK(a_stall_and_a_timeout_have_their_classes)
{
    static const struct {
        const char *path;
        double stall, timeout;
        enum fa_class class;
    } rows[] = {
        {"/stall/a", 0.5, 0, FA_CLASS_STALLED},
        {"/mute/a", 0.5, 0, FA_CLASS_STALLED},
        {"/drip/100/1000/a", 5, 0.7, FA_CLASS_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct attempt a;
        struct rig own;
        rig_begin(&own, rig->ops, rig->loops);
        own.config.stall_timeout = rows[i].stall;
        own.config.timeout = rows[i].timeout;
        rig_start(&own, 1);
        double start = fa_clock_now();
        fetch(&own, &a, rows[i].path);
        double took = fa_clock_now() - start;
        cr_assert_eq(a.outcome.error.class, rows[i].class, "%s: %s", rows[i].path,
                     a.outcome.error.msg);
        cr_assert_eq(a.outcome.retryable, FA_RETRYABLE_NOW);
        cr_assert(took < fa_timeout(3), "%s took %.1f s", rows[i].path, took);
        rig_end(&own);
        fini(&a);
    }
    event_free(rig->heartbeat);
    event_base_free(rig->base);
}

NETWORK(tuning_changes_the_rate)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/ok/3000000/a");
    a.attempt.rate = 50000; /* a minute */
    submit(rig, &a);
    flush(rig);
    turn_for(rig, 0.7);
    cr_assert_eq(a.done, 0);
    rig->inside = true;
    rig->ops->tune(rig->strategy, &a.attempt, 100000000);
    rig->inside = false;
    cr_assert_eq(a.attempt.rate, 100000000, "the engine compares the next share with it");
    double start = fa_clock_now();
    wait_for(rig, 1, 20);
    cr_assert(fa_clock_now() - start < fa_timeout(10));
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    expect_part(&a, "/ok/3000000/a", 3000000);
    rig_end(rig);
    fini(&a);
}

NETWORK(waiting_for_a_low_rate_is_no_stall)
{
    struct attempt a;
    rig->config.stall_timeout = 1;
    rig_start(rig, 1);
    prepare(&a, "/ok/160000/a");
    a.attempt.rate = 40000;
    submit(rig, &a);
    flush(rig);
    double start = fa_clock_now();
    wait_for(rig, 1, 20);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert(fa_clock_now() - start > 1, "the rate is not kept");
    expect_part(&a, "/ok/160000/a", 160000);
    rig_end(rig);
    fini(&a);
}

NETWORK(attempts_of_different_rates_follow_each_other)
{
    static const uint64_t rates[] = {0, 100000, 0, 10000000, 200000, 0};
    rig_start(rig, 1);
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); ++i) {
        struct attempt a;
        prepare(&a, "/ok/150000/a");
        a.attempt.rate = rates[i];
        submit(rig, &a);
        flush(rig);
        wait_for(rig, rig->done + 1, 20);
        cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
        expect_part(&a, "/ok/150000/a", 150000);
        fini(&a);
    }
    rig_end(rig);
}

NETWORK(received_grows_while_bytes_come)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/holdat/100000/200000/a");
    submit(rig, &a);
    flush(rig);
    double until = fa_clock_now() + fa_timeout(5);
    while (a.attempt.received < 100000 && fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
    cr_assert_eq(a.attempt.received, 100000);
    fa_server_release(&server, NULL);
    wait_for(rig, 1, 10);
    cr_assert_eq(a.attempt.received, 200000);
    rig_end(rig);
    fini(&a);
}

NETWORK(a_server_that_is_not_there_is_connect)
{
    struct attempt a;
    char url[64];
    rig_start(rig, 1);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/a", fa_port_free());
    fetch(rig, &a, url);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_CONNECT, "%s", a.outcome.error.msg);
    cr_assert_eq(a.outcome.retryable, FA_RETRYABLE_NOW);
    cr_assert_eq(a.outcome.http, 0);
    cr_assert_eq(a.attempt.received, 0);
    rig_end(rig);
    fini(&a);
}

NETWORK(a_part_that_cannot_be_written_is_local_io)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/ok/1000000/a");
    close(a.attempt.fd);
    a.attempt.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    submit(rig, &a);
    flush(rig);
    wait_for(rig, 1, 10);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_LOCAL_IO, "%s", a.outcome.error.msg);
    rig_end(rig);
    fini(&a);
}

/* Submit it again, with the existing part. */
static void again(struct rig *rig, struct attempt *a)
{
    fa_outcome_fini(&a->outcome);
    a->outcome = (struct fa_outcome){0};
    a->done = 0;
    a->attempt.has_head = false;
    a->attempt.fd = open(a->part, O_WRONLY | O_CLOEXEC);
    cr_assert(a->attempt.fd >= 0);
    submit(rig, a);
    flush(rig);
    wait_for(rig, rig->done + 1, 20);
}

/* Resume where it ended. */
static void resume(struct rig *rig, struct attempt *a)
{
    a->attempt.offset = a->outcome.size;
    a->attempt.rep = a->outcome.head.rep;
    again(rig, a);
}

static off_t size_of(const char *path)
{
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return st.st_size;
}

NETWORK(only_the_rest_of_the_same_file_is_put_behind_a_part)
{
    enum { SIZE = 100000, HALF = SIZE / 2 };
    static const struct {
        const char *kind;
        enum fa_class class;
        enum fa_restart restart;
        uint64_t size, kept;
        bool changes;
    } rows[] = {
        {"date", FA_CLASS_NONE, FA_RESTART_NONE, SIZE, HALF, false},
        {"wrongstart", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"wrongtotal", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, false},
        {"nocr", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"startotal", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"unknowntotal", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"short", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"multipart", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"gzip", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"cutclose", FA_CLASS_TRUNCATED, FA_RESTART_NONE, HALF + HALF / 2, HALF, false},
        {"overclose", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, HALF, false},
        {"ignore", FA_CLASS_NONE, FA_RESTART_IGNORED, SIZE, 0, false},
        {"sameoffset", FA_CLASS_NONE, FA_RESTART_CHANGED, HALF, 0, true},
        {"200rest", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"200restclose", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"shorter", FA_CLASS_CHANGED, FA_RESTART_DISPUTED, 0, 0, false},
        {"longer", FA_CLASS_CHANGED, FA_RESTART_DISPUTED, 0, 0, false},
        {"nolength", FA_CLASS_TRUNCATED, FA_RESTART_IGNORED, SIZE / 4 * 3, 0, false},
        {"nolengthchunk", FA_CLASS_TRUNCATED, FA_RESTART_IGNORED, SIZE / 4 * 3, 0, false},
        {"gzipfirst", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"gzipboth", FA_CLASS_NONE, FA_RESTART_NONE, SIZE, HALF, false},
        {"gzipchunk", FA_CLASS_NONE, FA_RESTART_NONE, SIZE, HALF, false},
        {"416half", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, false},
        {"416chunk", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"416same", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, false},
        {"416other", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, true},
        {"416bare", FA_CLASS_PROTOCOL, FA_RESTART_REFUSED, 0, 0, false},
        {"416etag", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, true},
        {"etag", FA_CLASS_NONE, FA_RESTART_CHANGED, SIZE, 0, true},
        {"etaglie", FA_CLASS_CHANGED, FA_RESTART_CHANGED, 0, 0, true},
        {"weak", FA_CLASS_NONE, FA_RESTART_NONE, SIZE, 0, true},
        {"novalidator", FA_CLASS_NONE, FA_RESTART_NONE, SIZE, 0, true},
    };
    rig_start(rig, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct attempt a;
        char path[64], seed[80];
        snprintf(path, sizeof(path), "/range206/%s/%d/a", rows[i].kind, SIZE);
        snprintf(seed, sizeof(seed), "%s%s", path, rows[i].changes ? "#1" : "");
        fetch(rig, &a, path);
        cr_assert_eq(a.outcome.error.class, FA_CLASS_TRUNCATED, "%s", a.outcome.error.msg);
        cr_assert(a.outcome.size >= HALF && a.outcome.head.kept == 0);
        off_t first = size_of(a.part);
        resume(rig, &a);
        const struct fa_outcome *o = &a.outcome;
        cr_assert_eq(o->error.class, rows[i].class, "%s: %s", path, o->error.msg);
        cr_assert_eq(o->restart, rows[i].restart, "%s: %d", path, o->restart);
        cr_assert_eq(o->size, rows[i].size, "%s: %ju", path, (uintmax_t)o->size);
        cr_assert_eq(o->head.kept, rows[i].kept, "%s", path);
        cr_assert_eq(fa_server_requests(&server, path), 2, "%s", path);
        if (o->error.class == FA_CLASS_NONE)
            expect_part(&a, seed, rows[i].size);
        else
            cr_assert_eq(o->retryable, FA_RETRYABLE_NOW, "%s", path);
        if (o->error.class != FA_CLASS_NONE && rows[i].kept == 0 && rows[i].size == 0)
            cr_assert_eq(size_of(a.part), first, "%s: something was written", path);
        fini(&a);
    }
    rig_end(rig);
}

/* The value of a field of the newest request, or NULL; valid until the next. */
static const char *said(const char *field)
{
    static char value[256];
    unsigned times = 0;
    const char *name;
    json_t *text, *log = fa_server_log(&server);
    json_t *newest = json_array_get(log, json_array_size(log) - 1);
    json_object_foreach(json_object_get(newest, "headers"), name, text)
    {
        if (strcasecmp(name, field) == 0) {
            snprintf(value, sizeof(value), "%s", json_string_value(text));
            ++times;
        }
    }
    json_decref(log);
    cr_assert(times <= 1, "%s is said twice", field);
    return times ? value : NULL;
}

static void write_junk(const struct attempt *a, const char *seed, uint64_t good, size_t size)
{
    char *bytes = calloc(1, size);
    fa_pattern_fill(seed, 0, bytes, good);
    int fd = open(a->part, O_WRONLY | O_TRUNC | O_CLOEXEC);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
    free(bytes);
}

NETWORK(what_lies_behind_the_offset_goes_and_the_handle_forgets_the_range)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/ok/5000/a");
    write_junk(&a, "/ok/5000/a", 1000, 9000);
    a.outcome.size = 1000;
    resume(rig, &a);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert(a.outcome.http == 206 && a.outcome.size == 5000 && a.outcome.received == 4000);
    cr_assert(a.outcome.head.kept == 1000 && a.outcome.head.rep.total == 5000);
    cr_assert_str_eq(said("Range"), "bytes=1000-");
    cr_assert_str_eq(said("If-Range"), a.attempt.rep.validator.etag);
    expect_part(&a, "/ok/5000/a", 5000);
    fini(&a);
    fetch(rig, &a, "/ok/5000/a");
    cr_assert_null(said("Range"));
    cr_assert_null(said("If-Range"));
    cr_assert_eq(a.outcome.http, 200);
    expect_part(&a, "/ok/5000/a", 5000);
    rig_end(rig);
    fini(&a);
}

/* The part is kept until there is something better. */
NETWORK(a_part_is_left_alone_until_the_whole_file_comes)
{
    enum { SIZE = 100000, HALF = SIZE / 2 };
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/range206/outage500/100000/a");
    a.attempt.whole = true;
    resume(rig, &a);
    cr_assert_null(said("Range"));
    cr_assert_null(said("If-Range"));
    cr_assert(a.outcome.error.class == FA_CLASS_HTTP && a.outcome.http == 500);
    cr_assert(a.outcome.size == HALF && a.outcome.restart == FA_RESTART_NONE);
    expect_part(&a, "/range206/outage500/100000/a", HALF);
    fini(&a);
    fetch(rig, &a, "/range206/500/100000/a");
    a.attempt.whole = true;
    resume(rig, &a);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert(a.outcome.restart == FA_RESTART_DENIED && a.outcome.head.kept == 0);
    expect_part(&a, "/range206/500/100000/a", SIZE);
    rig_end(rig);
    fini(&a);
}

NETWORK(a_part_that_is_all_of_it_needs_no_byte_more)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/ok/5000/a");
    resume(rig, &a);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert(a.outcome.http == 416 && a.outcome.size == 5000 && a.outcome.received == 0);
    cr_assert_eq(a.outcome.head.kept, 5000);
    expect_part(&a, "/ok/5000/a", 5000);
    a.attempt.size = 5001;
    resume(rig, &a);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_INTEGRITY, "%s", a.outcome.error.msg);
    cr_assert_eq(a.outcome.size, 0);
    rig_end(rig);
    fini(&a);
}

NETWORK(a_part_shorter_than_the_offset_is_begun_anew)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/ok/5000/a");
    write_junk(&a, "/ok/5000/a", 100, 2000);
    a.outcome.size = 2001;
    resume(rig, &a);
    cr_assert(a.outcome.http == 200 && a.outcome.size == 5000 && a.outcome.head.kept == 0);
    expect_part(&a, "/ok/5000/a", 5000);
    rig_end(rig);
    fini(&a);
}

NETWORK(the_lines_of_the_user_rule_over_ours)
{
    static const struct {
        const char *line;
        const char *range, *if_range, *if_none_match;
    } rows[] = {
        {"range: bytes=0-9", "bytes=0-9", NULL, NULL},
        {"IF-RANGE: \"x\"", NULL, "\"x\"", NULL},
        {"if-none-match: \"x\"", NULL, NULL, "\"x\""},
        {"If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", NULL, NULL, NULL},
    };
    rig_start(rig, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct attempt a;
        fetch(rig, &a, "/ok/5000/a");
        a.attempt.headers = &rows[i].line;
        a.attempt.n_headers = 1;
        a.attempt.conditional = i >= 2;
        a.outcome.size = i >= 2 ? 0 : 1000;
        resume(rig, &a);
        const struct {
            const char *field, *value;
        } expected[] = {{"Range", rows[i].range},
                        {"If-Range", rows[i].if_range},
                        {"If-None-Match", rows[i].if_none_match}};
        for (size_t j = 0; j < 3; ++j) {
            const char *value = said(expected[j].field);
            cr_assert_eq(!value, !expected[j].value, "%s: %s", rows[i].line, value);
            cr_assert(!value || strcmp(value, expected[j].value) == 0, "%s", value);
        }
        cr_assert_eq(a.outcome.http, i == 0 ? 206 : 200, "%s", rows[i].line);
        if (i > 0)
            expect_part(&a, "/ok/5000/a", 5000);
        else
            cr_assert(a.outcome.size == 0 && size_of(a.part) == 0);
        fini(&a);
    }
    rig_end(rig);
}

NETWORK(what_has_not_changed_does_not_come_again)
{
    struct attempt a;
    rig_start(rig, 1);
    fetch(rig, &a, "/ok/5000/a");
    write_junk(&a, "", 0, 0);
    a.attempt.conditional = true;
    a.outcome.size = 0;
    resume(rig, &a);
    cr_assert(a.outcome.unchanged && a.outcome.http == 304);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    cr_assert(a.outcome.size == 0 && a.outcome.received == 0 && !a.attempt.has_head);
    cr_assert(fa_validator_same(&a.outcome.head.rep.validator, &a.attempt.rep.validator));
    cr_assert(a.outcome.head.rep.validator.strong);
    cr_assert_str_eq(said("If-None-Match"), a.attempt.rep.validator.etag);
    cr_assert_str_eq(said("If-Modified-Since"), "Sat, 01 Jan 2022 00:00:00 GMT");
    strcpy(a.attempt.rep.validator.etag, "W/\"other\"");
    a.attempt.rep.validator.strong = false;
    again(rig, &a);
    cr_assert(!a.outcome.unchanged && a.outcome.http == 200);
    cr_assert_str_eq(said("If-None-Match"), "W/\"other\"");
    expect_part(&a, "/ok/5000/a", 5000);
    rig_end(rig);
    fini(&a);
}

NETWORK(the_head_is_told_while_the_body_comes_and_what_came_is_kept)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/holdat/100000/200000/a");
    submit(rig, &a);
    flush(rig);
    double until = fa_clock_now() + fa_timeout(5);
    while ((!a.attempt.has_head || a.attempt.received < 100000) && fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
    cr_assert(a.attempt.has_head && a.done == 0);
    cr_assert(a.attempt.head.rep.total == 200000 && a.attempt.head.kept == 0);
    cr_assert(a.attempt.head.rep.validator.strong);
    cancel(rig, &a);
    wait_for(rig, 1, 10);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_CANCELLED);
    cr_assert_eq(a.outcome.size, 100000);
    cr_assert_str_eq(a.outcome.head.rep.validator.etag, a.attempt.head.rep.validator.etag);
    expect_part(&a, "/holdat/100000/200000/a", 100000);
    fa_server_release(&server, NULL);
    rig_end(rig);
    fini(&a);
}

NETWORK(an_attempt_without_the_file_leaves_the_part_and_has_no_head)
{
    static const char *const paths[] = {"/status/503/a", "/redir/302/%2Fok%2F10%2Fb/a", "/empty/a"};
    rig_start(rig, 1);
    for (size_t i = 0; i < 3; ++i) {
        struct attempt a;
        fetch(rig, &a, paths[i]);
        cr_assert(!a.attempt.has_head && a.outcome.size == 0);
        cr_assert(a.outcome.head.rep.validator.modified == -1 && a.outcome.head.rep.total == -1);
        write_junk(&a, "", 0, 700);
        a.outcome.size = 600;
        strcpy(a.outcome.head.rep.validator.etag, "\"x\"");
        a.outcome.head.rep.validator.strong = true;
        resume(rig, &a);
        cr_assert(a.outcome.size == 600 && size_of(a.part) == 600, "%s", paths[i]);
        cr_assert(!a.attempt.has_head && a.outcome.restart == FA_RESTART_NONE);
        fini(&a);
    }
    rig_end(rig);
}

NETWORK(a_durable_part_is_on_the_disk_or_fails)
{
    struct attempt a;
    rig_start(rig, 1);
    prepare(&a, "/ok/5000/a");
    a.attempt.durable = true;
    submit(rig, &a);
    flush(rig);
    wait_for(rig, 1, 10);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
    expect_part(&a, "/ok/5000/a", 5000);
    fini(&a);
    prepare(&a, "/ok/5000/a");
    a.attempt.durable = true;
    close(a.attempt.fd);
    a.attempt.fd = open("/dev/null", O_WRONLY | O_CLOEXEC); /* knows no fdatasync(2) */
    submit(rig, &a);
    flush(rig);
    wait_for(rig, 2, 10);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_LOCAL_IO);
    cr_assert(strstr(a.outcome.error.msg, "sync"), "%s", a.outcome.error.msg);
    cr_assert(a.outcome.retryable == FA_RETRYABLE_NEVER && a.outcome.size == 0);
    rig_end(rig);
    fini(&a);
}

/* Of the files, one that arrives at once, and one that says nothing after its header. */
static void announce_headers(struct rig *rig)
{
    struct attempt a[4];
    rig_start(rig, 4);
    for (int i = 0; i < 4; ++i) {
        prepare(&a[i], i < 2 ? "/ok/100/a" : "/stall/a");
        a[i].attempt.announce = i % 2;
        submit(rig, &a[i]);
    }
    flush(rig);
    double until = fa_clock_now() + fa_timeout(20);
    while ((rig->done < 2 || !a[3].headed || !a[2].attempt.has_head) && fa_clock_now() < until)
        event_base_loop(rig->base, EVLOOP_ONCE);
    cr_expect(a[3].headed && !a[3].done);
    cr_expect(a[3].attempt.latency > 0 && a[3].attempt.latency < fa_timeout(20));
    cancel(rig, &a[2]);
    cancel(rig, &a[3]);
    wait_for(rig, 4, 20);
    for (int i = 0; i < 4; ++i) {
        cr_expect_eq(a[i].headed, a[i].attempt.announce, "%d", i);
        fini(&a[i]);
    }
    rig_end(rig);
}

Test(async_1, a_header_is_announced, .init = begin, .fini = end, .timeout = 60.0)
{
    struct rig rig;
    rig_begin(&rig, &fa_strategy_async, 1);
    announce_headers(&rig);
}

Test(async_3, a_header_is_announced, .init = begin, .fini = end, .timeout = 60.0)
{
    struct rig rig;
    rig_begin(&rig, &fa_strategy_async, 3);
    announce_headers(&rig);
}

static void hold_until(struct rig *rig, unsigned held)
{
    flush(rig);
    double until = fa_clock_now() + fa_timeout(20);
    while (fa_server_stat(&server, "held") < held && fa_clock_now() < until)
        turn_for(rig, 0.05);
    cr_assert_eq(fa_server_stat(&server, "held"), held);
}

NETWORK(an_attempt_holds_no_more_descriptors_than_its_row_says)
{
    enum { FEW = 3, MANY = 15 };
    struct attempt a[MANY];
    unsigned with_few = 0;
    rig_start(rig, MANY);
    for (unsigned i = 0; i < MANY; ++i) {
        prepare(&a[i], "/hold/a");
        submit(rig, &a[i]);
        if (i + 1 == FEW) {
            hold_until(rig, FEW);
            with_few = fa_limits_open_files();
        }
    }
    hold_until(rig, MANY);
    unsigned more = fa_limits_open_files() - with_few;
    cr_expect(more <= rig->ops->descriptors * (MANY - FEW), "%s: %u more", rig->ops->name, more);
    for (unsigned i = 0; i < MANY; ++i)
        cancel(rig, &a[i]);
    wait_for(rig, MANY, 20);
    rig_end(rig);
    for (unsigned i = 0; i < MANY; ++i)
        fini(&a[i]);
}

/* What is asked about a strategy by its mode is in its row. */
Test(strategy, every_mode_has_a_complete_row)
{
    for (unsigned i = 0; i < FA_MODES; ++i) {
        const struct fa_strategy_ops *ops = fa_strategy_of((enum fa_mode)i);
        cr_assert(ops && ops->name && ops->descriptors > 0);
        cr_assert(ops->new && ops->submit && ops->flush && ops->cancel && ops->tune && ops->free);
        cr_expect_eq(fa_mode_name((enum fa_mode)i), ops->name);
        cr_expect_eq(fa_mode_has_loops((enum fa_mode)i), ops->has_loops);
    }
}

NETWORK(a_fresh_attempt_has_a_connection_of_its_own)
{
    rig_start(rig, 1);
    for (int i = 0; i < 4; ++i) {
        struct attempt a;
        prepare(&a, "/ok/100/a");
        a.attempt.fresh = i % 2;
        submit(rig, &a);
        flush(rig);
        wait_for(rig, (unsigned)i + 1, 10);
        cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE, "%s", a.outcome.error.msg);
        fini(&a);
    }
    cr_assert_eq(fa_server_stat(&server, "connections"), 3);
    rig_end(rig);
}

NETWORK(connections_are_kept)
{
    rig_start(rig, 1);
    for (int i = 0; i < 10; ++i) {
        struct attempt a;
        fetch(rig, &a, "/ok/100/a");
        cr_assert_eq(a.outcome.error.class, FA_CLASS_NONE);
        fini(&a);
    }
    cr_assert_eq(fa_server_stat(&server, "connections"), 1);
    rig_end(rig);
}

/* SO_KEEPALIVE of the socket of this process that is connected to the server; -1: there is none. */
static int keepalive(void)
{
    for (int fd = 3; fd < 256; ++fd) {
        struct sockaddr_in peer = {0};
        socklen_t len = sizeof(peer);
        int on = -1;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) || ntohs(peer.sin_port) != server.port)
            continue;
        len = sizeof(on);
        cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
        return on != 0;
    }
    return -1;
}

static int keepalive_of(bool close, double stall_timeout)
{
    struct rig rig;
    struct attempt a;
    int on;
    rig_begin(&rig, &fa_strategy_async, 1);
    rig.config.stall_timeout = stall_timeout;
    rig_start(&rig, 1);
    prepare(&a, "/hold/a");
    a.attempt.close = close;
    submit(&rig, &a);
    flush(&rig);
    double until = fa_clock_now() + fa_timeout(10);
    while ((on = keepalive()) < 0 && fa_clock_now() < until)
        event_base_loop(rig.base, EVLOOP_ONCE);
    rig_end(&rig);
    fini(&a);
    return on;
}

Test(async_1, only_connections_that_may_be_silent_ask_their_peer, .init = begin, .fini = end,
     .timeout = 60.0)
{
    cr_expect_eq(keepalive_of(false, 30), 1);
    cr_expect_eq(keepalive_of(true, 30), 0);
    cr_expect_eq(keepalive_of(true, 60), 1, "it may be asked before the attempt ends");
}

Test(async_1, libcurl_is_watched, .init = begin, .fini = end, .timeout = 60.0)
{
    struct rig rig;
    struct attempt a;
    rig_begin(&rig, &fa_strategy_async, 1);
    rig_start(&rig, 1);
    fetch(&rig, &a, "/ok/100/a");
    cr_assert(multi_calls >= 4, "--wrap does not work");
    rig_end(&rig);
    fini(&a);
}

static void fail_to_watch(const char *path, unsigned loops)
{
    struct rig rig;
    struct attempt a[3], b;
    rig_begin(&rig, &fa_strategy_async, loops);
    rig_start(&rig, 4);
    unwatchable = 1;
    for (size_t i = 0; i < 3; ++i) {
        prepare(&a[i], path);
        submit(&rig, &a[i]);
    }
    flush(&rig);
    wait_for(&rig, 3, 20);
    unsigned failed = 0;
    for (size_t i = 0; i < 3; ++i) {
        const struct fa_error *error = &a[i].outcome.error;
        failed += error->class == FA_CLASS_LOCAL_IO && error->domain == FA_DOMAIN_FETCHALL &&
                  a[i].outcome.retryable == FA_RETRYABLE_NOW;
        cr_assert(error->class == FA_CLASS_NONE || strstr(error->msg, "cannot watch"), "%s",
                  error->msg);
        fini(&a[i]);
    }
    cr_assert_eq(failed, 1);
    fetch(&rig, &b, path);
    cr_assert_eq(b.outcome.error.class, FA_CLASS_NONE, "%s", b.outcome.error.msg);
    rig_end(&rig);
    fini(&b);
}

Test(async_1, what_cannot_be_watched_fails_alone, .init = begin, .fini = end, .timeout = 60.0)
{
    fail_to_watch("/ok/300000/a", 1);
}

Test(async_3, what_cannot_be_watched_fails_alone, .init = begin, .fini = end, .timeout = 60.0)
{
    fail_to_watch("/ok/300000/a", 3);
}

Test(process, a_crashed_worker_is_an_outcome, .init = begin, .fini = end, .timeout = 60.0)
{
    struct rig rig;
    struct attempt a, b;
    pid_t pid = 0;
    rig_begin(&rig, &fa_strategy_process, 1);
    rig_start(&rig, 2);
    prepare(&a, "/hold/a");
    submit(&rig, &a);
    fa_server_until(&server, "held", 1, 10);
    cr_assert_eq(fa_workers_find(getpid(), FA_NAME_WORKER, &pid, 1), 1);
    kill(pid, SIGKILL);
    wait_for(&rig, 1, 10);
    cr_assert_eq(a.outcome.error.class, FA_CLASS_WORKER_CRASHED, "%s", a.outcome.error.msg);
    cr_assert_eq(a.outcome.retryable, FA_RETRYABLE_NOW);
    fetch(&rig, &b, "/ok/1000/b");
    expect_part(&b, "/ok/1000/b", 1000);
    rig_end(&rig);
    fini(&a);
    fini(&b);
}

Test(null, a_script_is_played_in_turn, .init = begin, .fini = end, .timeout = 60.0)
{
    static const struct fa_null_step steps[] = {
        {.bytes = 10, .outcome = {.retry_after = -1, .http = 200}},
        {.outcome = {.error = {.class = FA_CLASS_HTTP}, .retry_after = 3, .http = 503}},
        {.outcome = {.location = (char *)(uintptr_t) "http://b.test/", .retry_after = -1}},
    };
    struct rig rig;
    rig_begin(&rig, &fa_strategy_null, 1);
    rig_start(&rig, 1);
    fa_null_play(rig.strategy, steps, 3);
    for (unsigned i = 0; i < 6; ++i) {
        struct attempt a;
        fetch(&rig, &a, "/any/thing");
        cr_assert_eq(a.outcome.http, steps[i % 3].outcome.http);
        cr_assert_eq(a.outcome.retry_after, steps[i % 3].outcome.retry_after);
        cr_assert_eq(a.outcome.size, steps[i % 3].bytes);
        cr_assert_eq(!a.outcome.location, i % 3 != 2);
        fini(&a);
    }
    cr_assert_eq(fa_null_peak(rig.strategy), 1);
    cr_assert_eq(fa_null_active(rig.strategy), 0);
    rig_end(&rig);
}
