/* fetchall enqueue and work: every entry once, by whichever worker, and politely over all of
 * them. */

#include "support/ca.h"
#include "support/fixture.h"
#include "support/prometheus.h"
#include "support/redis.h"
#include "support/report.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 3

static struct fa_redis redis;
static struct fa_run run, workers[WORKERS];

static void begin(void)
{
    fixture_begin();
    fa_redis_start(&redis, &scratch, NULL);
}

static void end(void)
{
    for (int i = 0; i < WORKERS; ++i)
        fa_run_end(&workers[i]);
    fa_run_end(&run);
    fa_redis_stop(&redis);
    fixture_end();
}

TestSuite(queue, .init = begin, .fini = end, .timeout = 120.0);

/* @return the exit status */
static int enqueue(const char *option, const char *value)
{
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "enqueue", "--queue", redis.url, file, option, value, NULL);
    return fa_run_wait(&run, 30);
}

static void start_worker(int who, const char *dir, const char *option)
{
    fa_run_end(&workers[who]);
    fa_run_start(&workers[who], NULL, "work", "--queue", redis.url, "-d",
                 fa_scratch_path(&scratch, "%s", dir), "--progress", "none", "--report",
                 fa_scratch_path(&scratch, "report%d.jsonl", who), "--retry-wait", "0.05", option,
                 NULL);
}

static json_t *status(void)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "--queue", redis.url, "--json", NULL);
    cr_assert_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
    json_t *object = json_loads(fa_run_out(&run), 0, NULL);
    cr_assert_not_null(object, "%s", fa_run_out(&run));
    return object;
}

static long long status_of(const char *name)
{
    json_t *object = status();
    long long number = fa_report_int(object, name);
    json_decref(object);
    return number;
}

static bool some_are_done(void *arg)
{
    (void)arg;
    return status_of("done") >= 5;
}

static size_t files_in(const char *dir)
{
    DIR *folder = opendir(fa_scratch_path(&scratch, "%s", dir));
    size_t n = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return n;
}

Test(queue, entries_are_put_once_and_downloaded_once_by_several_workers)
{
    size_t files = 0;
    for (int host = 1; host <= 6; ++host)
        for (int file = 0; file < 20; ++file)
            fa_lines_add(&list, "http://127.0.0.%d:%d/ok/%d/f%d", host, server.port,
                         100 * host + file, file);
    fa_lines_add(&list, "http://127.0.0.1:%d/status/404/gone", server.port);
    fa_lines_add(&list, "gopher://nowhere/x");
    cr_expect_eq(enqueue(NULL, NULL), 1);
    cr_expect_not_null(strstr(fa_run_err(&run), ":122: gopher://nowhere/x: bad_url: "), "%s",
                       fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "121 entries put, 1 invalid"), "%s",
                       fa_run_err(&run));
    cr_expect_eq(enqueue("-q", NULL), 1);
    cr_expect_eq(status_of("entries"), 121);

    for (int i = 0; i < WORKERS; ++i) {
        char dir[16];
        snprintf(dir, sizeof(dir), "w%d", i);
        start_worker(i, dir,
                     strstr(fa_scratch_path(&scratch, "--metrics=%s/w%d.prom", scratch.path, i),
                            "--metrics"));
    }
    double ended = 0;
    for (int i = 0; i < WORKERS; ++i) {
        char dir[16];
        int rc = fa_run_wait(&workers[i], 40);
        cr_expect(rc == 0 || rc == 1, "%d: %s", rc, fa_run_err(&workers[i]));
        snprintf(dir, sizeof(dir), "w%d", i);
        files += files_in(dir);
        char *text = fa_file_read(fa_scratch_path(&scratch, "w%d.prom", i), NULL);
        fa_prometheus_check(text);
        ended += fa_prometheus_value(text, "fetchall_entries_ended_total", "status=\"ok\"");
        cr_expect_eq(fa_prometheus_value(text, "fetchall_queue_leases", ""), 0);
        free(text);
    }
    cr_expect_eq(ended, 120);
    cr_expect_eq(files, 120);
    json_t *object = status();
    cr_expect_eq(fa_report_int(object, "done"), 120);
    cr_expect_eq(fa_report_int(object, "failed"), 1);
    cr_expect_eq(fa_report_int(object, "classes.http"), 1);
    cr_expect_eq(fa_report_int(object, "pending"), 0);
    cr_expect_geq(json_array_size(json_object_get(object, "slowest")), 6);
    json_decref(object);
    cr_expect_eq(fa_server_stat(&server, "requests"), 121);
    /* The name that six hosts want is given once, and the others have the hash of their URL. */
    size_t plain = 0;
    for (int i = 0; i < WORKERS; ++i)
        plain += access(fa_scratch_path(&scratch, "w%d/f7", i), F_OK) == 0;
    cr_expect_eq(plain, 1);
}

/* @arg  How many. */
static bool all_work(void *arg)
{
    json_t *object = status();
    size_t n = json_array_size(json_object_get(object, "workers"));
    json_decref(object);
    return n == *(size_t *)arg;
}

Test(queue, large_origin_is_shared_by_workers_within_its_limit)
{
    unsigned sharing = 0;
    for (int file = 0; file < 3; ++file)
        fa_lines_add(&list, "http://127.0.0.1:%d/hold/h%d", server.port, file);
    for (int file = 0; file < 900; ++file)
        fa_lines_add(&list, "http://127.0.0.1:%d/delay/20/100/f%d", server.port, file);
    cr_assert_eq(enqueue(NULL, NULL), 0);
    for (int i = 0; i < WORKERS; ++i) {
        /* Few jobs, so that the first one does not take all entries. */
        fa_run_start(&workers[i], NULL, "work", "--queue", redis.url, "-d",
                     fa_scratch_path(&scratch, "w%d", i), "--per-host=3", "--jobs=3", NULL);
        if (i == 0)
            fa_server_until(&server, "held", 3, 20);
    }
    cr_expect(fa_wait_until(all_work, &(size_t){WORKERS}, 30));
    fa_server_release(&server, NULL);
    for (int i = 0; i < WORKERS; ++i) {
        char dir[16];
        cr_expect_eq(fa_run_wait(&workers[i], 40), 0, "%s", fa_run_err(&workers[i]));
        snprintf(dir, sizeof(dir), "w%d", i);
        sharing += files_in(dir) > 0;
    }
    cr_expect_geq(sharing, 2);
    cr_expect_eq(status_of("done"), 903);
    cr_expect_leq(fa_server_stat(&server, "peak_active"), 3);
    cr_expect_eq(fa_server_stat(&server, "requests"), 903);
}

Test(queue, killed_workers_entries_are_downloaded_by_another)
{
    for (int file = 0; file < 40; ++file)
        fa_lines_add(&list, "http://127.0.0.%d:%d/ok/100/f%d", file % 4 + 1, server.port, file);
    for (int host = 1; host <= 4; ++host)
        fa_lines_add(&list, "http://127.0.0.%d:%d/hold/h%d", host, server.port, host);
    cr_assert_eq(enqueue("--lease", "1"), 0, "%s", fa_run_err(&run));
    start_worker(0, "a", NULL);
    fa_server_until(&server, "held", 4, 20);
    cr_expect(fa_wait_until(some_are_done, NULL, 20));
    fa_run_kill(&workers[0], SIGKILL);
    fa_run_wait(&workers[0], 10);
    start_worker(1, "b", NULL);
    fa_server_until(&server, "held", 4, 20);
    fa_server_release(&server, NULL);
    cr_expect_eq(fa_run_wait(&workers[1], 30), 0, "%s", fa_run_err(&workers[1]));
    cr_expect_eq(status_of("done"), 44);
    cr_expect_eq(status_of("failed"), 0);
    cr_expect_geq(files_in("b"), 4);
}

/* Entries that count a death of a worker: see queue.lua. */
static long long deaths(void)
{
    return fa_redis_number(
        &redis,
        "EVAL \"local n = 0 for p = 0, 31 do for _, one in ipairs(redis.call('XPENDING',"
        "'{fetchall:default}:q:'..p, 'w', '-', '+', 1000)) do if one[4] > 4 then n = n + 1 end "
        "end end return n\" 0\r\n");
}

static bool poison_is_begun(void *arg)
{
    (void)arg;
    fa_run_pump(&workers[0], 0);
    return fa_server_stat(&server, "held") > 0 || workers[0].ended;
}

static bool nothing_is_held(void *arg)
{
    (void)arg;
    return fa_server_stat(&server, "held") == 0;
}

Test(queue, entry_that_kills_its_workers_ends_and_those_beside_it_do_not)
{
    int killed = 0;
    fa_lines_add(&list, "http://127.0.0.1:%d/hold/poison", server.port);
    for (int file = 0; file < 200; ++file)
        fa_lines_add(&list, "http://127.0.0.2:%d/delay/20/100/f%d", server.port, file);
    cr_assert_eq(enqueue("--lease", "1"), 0);
    for (;; ++killed) {
        char dir[16];
        snprintf(dir, sizeof(dir), "w%d", killed);
        start_worker(0, dir, "--jobs=3");
        cr_assert(fa_wait_until(poison_is_begun, NULL, 30), "%s", fa_run_err(&workers[0]));
        /* Only what was begun, two entries beside it by each; four quarters count as one. */
        cr_expect(killed >= 4 || deaths() <= 1 + 2 * killed, "%d: %lld", killed, deaths());
        if (workers[0].ended)
            break;
        cr_assert_lt(killed, 8);
        fa_run_kill(&workers[0], SIGKILL);
        fa_run_wait(&workers[0], 10);
        cr_assert(fa_wait_until(nothing_is_held, NULL, 20));
    }
    cr_expect_geq(killed, 3);
    json_t *object = status();
    cr_expect_eq(fa_report_int(object, "done"), 200);
    cr_expect_eq(fa_report_int(object, "failed"), 1);
    cr_expect_eq(fa_report_int(object, "classes.worker_crashed"), 1);
    json_decref(object);
}

Test(queue, worker_says_that_it_waits_for_a_dead_one)
{
    fa_lines_add(&list, "http://127.0.0.1:%d/hold/h", server.port);
    cr_assert_eq(enqueue("--lease", "3"), 0);
    start_worker(0, "a", NULL);
    fa_server_until(&server, "held", 1, 20);
    fa_run_kill(&workers[0], SIGKILL);
    fa_run_wait(&workers[0], 10);
    start_worker(1, "b", NULL);
    fa_run_until_stderr_has(&workers[1], "waiting for entries of a worker that may have died", 20);
    fa_server_until(&server, "held", 1, 20);
    fa_server_release(&server, NULL);
    cr_expect_eq(fa_run_wait(&workers[1], 20), 0, "%s", fa_run_err(&workers[1]));
    const char *first = strstr(fa_run_err(&workers[1]), "waiting for entries");
    cr_expect_null(strstr(first + 1, "waiting for entries"), "%s", fa_run_err(&workers[1]));
}

Test(queue, named_workers_share_a_directory_and_one_without_a_name_does_not)
{
    for (int file = 0; file < 40; ++file)
        fa_lines_add(&list, "http://127.0.0.%d:%d/ok/100/f%d", file % 4 + 1, server.port, file);
    for (int host = 1; host <= 4; ++host)
        fa_lines_add(&list, "http://127.0.0.%d:%d/hold/h%d", host, server.port, host);
    cr_assert_eq(enqueue("--lease", "1"), 0, "%s", fa_run_err(&run));
    start_worker(0, "a", "--worker=one");
    fa_server_until(&server, "held", 4, 20);
    cr_expect(fa_wait_until(some_are_done, NULL, 20));
    fa_run_kill(&workers[0], SIGKILL);
    fa_run_wait(&workers[0], 10);
    start_worker(1, "a", "--worker=two");
    start_worker(2, "a", "--worker=two");
    fa_server_until(&server, "held", 4, 20);
    fa_server_release(&server, NULL);
    int first = fa_run_wait(&workers[1], 30), second = fa_run_wait(&workers[2], 30);
    cr_expect((first == 0 && second == 4) || (first == 4 && second == 0), "%d %d", first, second);
    cr_expect_eq(status_of("done"), 44);
    cr_expect_eq(status_of("failed"), 0);
    cr_expect_eq(files_in("a"), 44);
    start_worker(0, "a", "--worker=../x");
    cr_expect_eq(fa_run_wait(&workers[0], 20), 2);
}

Test(queue, states_of_named_workers_are_merged_into_one)
{
    for (int host = 1; host <= 12; ++host)
        fa_lines_add(&list, "http://127.0.0.%d:%d/ok/%d/f%d", host, server.port, 100 + host, host);
    cr_assert_eq(enqueue(NULL, NULL), 0);
    start_worker(0, "a", "--worker=one");
    start_worker(1, "a", "--worker=two");
    cr_expect_eq(fa_run_wait(&workers[0], 30), 0, "%s", fa_run_err(&workers[0]));
    cr_expect_eq(fa_run_wait(&workers[1], 30), 0, "%s", fa_run_err(&workers[1]));
    const char *dir = fa_scratch_path(&scratch, "a");
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", dir,
                 fa_scratch_path(&scratch, "a/.fetchall/worker-one/state.db"),
                 fa_scratch_path(&scratch, "a/.fetchall/worker-two/state.db"), NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "-d", dir, "--json", NULL);
    cr_assert_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
    json_t *object = json_loads(fa_run_out(&run), 0, NULL);
    cr_expect_eq(fa_report_int(object, "done"), 12, "%s", fa_run_out(&run));
    json_decref(object);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-q", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_out(&run));
}

Test(queue, stopped_worker_gives_its_entries_back_at_once)
{
    fa_lines_add(&list, "http://127.0.0.1:%d/hold/h", server.port);
    cr_assert_eq(enqueue(NULL, NULL), 0);
    start_worker(0, "a", NULL);
    fa_server_until(&server, "held", 1, 20);
    fa_run_kill(&workers[0], SIGTERM);
    cr_expect_eq(fa_run_wait(&workers[0], 10), 128 + SIGTERM);
    json_t *report = fa_report_read(fa_scratch_path(&scratch, "report0.jsonl"));
    cr_expect_eq(json_array_size(report), 0);
    json_decref(report);
    /* The lease is 30 seconds, and nobody waits for its end. */
    double began = fa_now();
    start_worker(1, "a", NULL);
    fa_server_until(&server, "held", 1, 20);
    cr_expect_lt(fa_now() - began, fa_timeout(20));
    fa_server_release(&server, NULL);
    cr_expect_eq(fa_run_wait(&workers[1], 20), 0, "%s", fa_run_err(&workers[1]));
    cr_expect_eq(status_of("done"), 1);
}

static bool is_requested(void *arg)
{
    (void)arg;
    json_t *object = status();
    const json_t *worker = json_array_get(json_object_get(object, "workers"), 0);
    bool active = worker && fa_report_int(worker, "active") > 0;
    json_decref(object);
    return active;
}

static bool lease_is_over(void *arg)
{
    (void)arg;
    json_t *object = status();
    double age = fa_report_real(json_array_get(json_object_get(object, "workers"), 0), "age");
    json_decref(object);
    return age > 1.2;
}

/* While the worker sleeps, its lease ends, and the server answers: it then sees both together. */
Test(queue, failure_while_a_worker_stops_is_not_the_last_attempt)
{
    fa_lines_add(&list, "http://127.0.0.1:%d/flaky/1/503/500/f", server.port);
    cr_assert_eq(enqueue("--lease", "1"), 0);
    kill(server.pid, SIGSTOP);
    start_worker(0, "a", NULL);
    cr_assert(fa_wait_until(is_requested, NULL, 20), "%s", fa_run_err(&workers[0]));
    fa_run_kill(&workers[0], SIGSTOP);
    kill(server.pid, SIGCONT);
    fa_server_until(&server, "requests", 1, 20);
    cr_assert(fa_wait_until(lease_is_over, NULL, 20));
    fa_run_kill(&workers[0], SIGCONT);
    cr_expect_eq(fa_run_wait(&workers[0], 30), 0, "%s", fa_run_err(&workers[0]));
    cr_expect_not_null(strstr(fa_run_err(&workers[0]), "the lease of entries has ended"), "%s",
                       fa_run_err(&workers[0]));
    cr_expect_eq(status_of("done"), 1);
    cr_expect_eq(status_of("failed"), 0);
}

static bool origin_pauses(void *arg)
{
    (void)arg;
    json_t *object = status();
    json_t *slowest = json_object_get(object, "slowest");
    bool pauses = false;
    for (size_t i = 0; i < json_array_size(slowest); ++i)
        pauses |= json_is_number(json_object_get(json_array_get(slowest, i), "not_before"));
    json_decref(object);
    return pauses;
}

/* Kill a worker and Redis, which then has what its file has */
static void replace_worker_and_redis(void)
{
    fa_run_kill(&workers[0], SIGKILL);
    fa_run_wait(&workers[0], 10);
    fa_redis_stop(&redis);
    fa_redis_restart(&redis);
}

Test(queue, pause_that_a_server_asked_for_outlives_its_worker_and_redis)
{
    fa_lines_add(&list, "http://127.0.0.1:%d/ok/10/first", server.port);
    fa_lines_add(&list, "http://127.0.0.1:%d/retryafter/1/6/503/x", server.port);
    cr_assert_eq(enqueue("--lease", "1"), 0);
    start_worker(0, "a", "--per-host=1");
    cr_expect(fa_wait_until(origin_pauses, NULL, 20), "%s", fa_run_err(&workers[0]));
    replace_worker_and_redis();
    start_worker(1, "b", NULL);
    cr_expect_eq(fa_run_wait(&workers[1], 30), 0, "%s", fa_run_err(&workers[1]));
    json_t *log = fa_server_log(&server);
    cr_assert_eq(json_array_size(log), 3);
    long long waited =
        fa_report_int(json_array_get(log, 2), "ms") - fa_report_int(json_array_get(log, 1), "ms");
    json_decref(log);
    cr_expect_geq(waited, 6000);
}

/* What Redis has of an origin is "NOT_BEFORE DOWN LIMIT ...": the largest result of an
 * expression. */
static long long known(const char *expression)
{
    char text[512];
    snprintf(text, sizeof(text),
             "EVAL \"local m = 0 for p = 0, 1023 do for _, v in ipairs(redis.call('HVALS',"
             "'{fetchall:default}:o:'..p)) do local before, down, limit = string.match(v,"
             "'(%%S+) (%%S+) (%%S+)') m = math.max(m, %s) end end return m\" 0\r\n",
             expression);
    return fa_redis_number(&redis, text);
}

static double outage_end; /* fa_now() */

static bool has_outage(void *arg)
{
    (void)arg;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    double left = (double)known("down == '1' and before * 1000 or 0") / 1000 - seconds;
    outage_end = fa_now() + left;
    return left >
           3.5; /* more than the lease of a dead worker, and the time that Redis adds to it */
}

#define DOWN 6 /* hosts: of one, the back-off may be short by chance */

static long long requests_before;
static double last_begin; /* fa_now() when the last of the hosts got its first request after them */

static bool all_are_requested(void *arg)
{
    (void)arg;
    double begins[DOWN + 1] = {0};
    int n = 0;
    json_t *log = fa_server_log(&server);
    for (size_t i = (size_t)requests_before; i < json_array_size(log); ++i) {
        const json_t *request = json_array_get(log, i);
        int host = 0;
        sscanf(fa_report_str(request, "host"), "127.0.0.%d", &host);
        cr_assert(host > 0 && host <= DOWN);
        if (begins[host] > 0)
            continue;
        begins[host] = last_begin = (double)fa_report_int(request, "ms") / 1000;
        ++n;
    }
    json_decref(log);
    return n == DOWN;
}

Test(queue, outage_that_a_worker_found_outlives_it_and_redis)
{
    for (int host = 1; host <= DOWN; ++host)
        for (int file = 0; file < 12; ++file)
            fa_lines_add(&list, "http://127.0.0.%d:%d/flakyreset/1000/100/f%d", host, server.port,
                         file);
    cr_assert_eq(enqueue("--lease", "1"), 0);
    fa_run_start(&workers[0], NULL, "work", "--queue", redis.url, "-d",
                 fa_scratch_path(&scratch, "a"), "--progress=none", "--retry-wait=10", NULL);
    cr_expect(fa_wait_until(has_outage, NULL, 30), "%s", fa_run_err(&workers[0]));
    replace_worker_and_redis();
    requests_before = fa_server_stat(&server, "requests");
    start_worker(1, "b", NULL);
    cr_expect(fa_wait_until(all_are_requested, NULL, 30), "%s", fa_run_err(&workers[1]));
    cr_expect_geq(last_begin, outage_end - 0.1);
}

static bool limit_is_known(void *arg)
{
    (void)arg;
    return known("tonumber(limit)") > 0;
}

Test(queue, limit_that_a_worker_found_outlives_it_and_redis)
{
    for (int file = 0; file < 100; ++file)
        fa_lines_add(&list, "http://127.0.0.1:%d/atmost/2/50/100/f%d", server.port, file);
    cr_assert_eq(enqueue("--lease", "2"), 0);
    start_worker(0, "a", NULL);
    cr_expect(fa_wait_until(limit_is_known, NULL, 30), "%s", fa_run_err(&workers[0]));
    replace_worker_and_redis();
    cr_expect_leq(known("tonumber(limit)"), 4);
    fa_server_reset(&server);
    start_worker(1, "b", NULL);
    cr_expect_eq(fa_run_wait(&workers[1], 30), 0, "%s", fa_run_err(&workers[1]));
    /* Without it, a worker begins with eight, before the first answer. */
    json_t *log = fa_server_log(&server);
    long long began = fa_report_int(json_array_get(log, 0), "ms");
    size_t first = 0;
    while (first < json_array_size(log) &&
           fa_report_int(json_array_get(log, first), "ms") < began + 40)
        ++first;
    cr_expect_leq(first, 4);
    json_decref(log);
}

Test(queue, redis_may_go_away_and_come_back)
{
    for (int file = 0; file < 30; ++file)
        fa_lines_add(&list, "http://127.0.0.%d:%d/ok/100/f%d", file % 4 + 1, server.port, file);
    fa_lines_add(&list, "http://127.0.0.1:%d/hold/h", server.port);
    cr_assert_eq(enqueue(NULL, NULL), 0);
    start_worker(0, "a", NULL);
    fa_server_until(&server, "held", 1, 20);
    fa_redis_stop(&redis);
    fa_run_until_stderr_has(&workers[0], "is away, waiting for it", 10);
    fa_server_release(&server, NULL);
    fa_redis_restart(&redis);
    cr_expect_eq(fa_run_wait(&workers[0], 30), 0, "%s", fa_run_err(&workers[0]));
    const char *first = strstr(fa_run_err(&workers[0]), "is away");
    cr_expect_null(strstr(first + 1, "is away"), "%s", fa_run_err(&workers[0]));
    cr_expect_not_null(strstr(first, "answers again"), "%s", fa_run_err(&workers[0]));
    cr_expect_eq(status_of("done"), 31);
    cr_expect_eq(fa_server_stat(&server, "requests"), 31);
}

Test(queue, missing_queues_and_servers_are_errors_with_a_reason)
{
    start_worker(0, "a", NULL);
    cr_expect_eq(fa_run_wait(&workers[0], 20), 2);
    cr_expect_not_null(strstr(fa_run_err(&workers[0]), "queue 'default': there is no such queue"),
                       "%s", fa_run_err(&workers[0]));
    fa_redis_stop(&redis);
    start_worker(0, "a", NULL);
    cr_expect_eq(fa_run_wait(&workers[0], 20), 5);
    cr_expect_not_null(strstr(fa_run_err(&workers[0]), "cannot use the queue at unix://"), "%s",
                       fa_run_err(&workers[0]));
    fa_lines_add(&list, "http://127.0.0.1/x");
    cr_expect_eq(enqueue(NULL, NULL), 5);
}

/* Secrets. */

static const char *auth_file(const char *text)
{
    return fa_scratch_write(&scratch, "auth", text);
}

static int status_with(const char *url, const char *option, const char *value,
                       const char *const *env)
{
    fa_run_end(&run);
    fa_run_start(&run, &(struct fa_run_options){.env = env}, "status", "--queue", url, option,
                 value, NULL);
    return fa_run_wait(&run, 20);
}

Test(queue, password_is_in_a_file_or_the_environment_and_never_in_the_url)
{
    const char *const args[] = {"--requirepass", "s3cret", NULL};
    fa_redis_stop(&redis);
    fa_redis_start(&redis, &scratch, args);
    fa_lines_add(&list, "http://127.0.0.1:%d/ok/10/x", server.port);
    cr_expect_eq(enqueue(NULL, NULL), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "it refuses the password (see --queue-auth)"), "%s",
                       fa_run_err(&run));
    cr_expect_eq(enqueue("--queue-auth", auth_file("s3cret\n")), 0, "%s", fa_run_err(&run));
    cr_expect_eq(status_with(redis.url, "--queue-auth", auth_file("default:s3cret\n"), NULL), 0);
    const char *const env[] = {"FETCHALL_QUEUE_AUTH=s3cret", NULL};
    cr_expect_eq(status_with(redis.url, NULL, NULL, env), 0);
    const char *const wrong[] = {"FETCHALL_QUEUE_AUTH=wr0ng", NULL};
    cr_expect_eq(status_with(redis.url, NULL, NULL, wrong), 2);
    cr_expect_null(strstr(fa_run_err(&run), "wr0ng"), "%s", fa_run_err(&run));
    cr_expect_eq(status_with("redis://:s3cret@127.0.0.1/", NULL, NULL, NULL), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "it has a password"), "%s", fa_run_err(&run));
    cr_expect_null(strstr(fa_run_err(&run), "s3cret"), "%s", fa_run_err(&run));
}

Test(queue, tls_requires_a_valid_certificate_of_the_server)
{
    struct fa_ca ca;
    struct fa_cert cert;
    char port[16], good[64];
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "redis", FA_CERT_GOOD, "localhost,127.0.0.1", &cert);
    snprintf(port, sizeof(port), "%d", fa_port_free());
    const char *const args[] = {"--tls-port",
                                port,
                                "--tls-cert-file",
                                cert.cert,
                                "--tls-key-file",
                                cert.key,
                                "--tls-ca-cert-file",
                                ca.file,
                                "--tls-auth-clients",
                                "no",
                                NULL};
    fa_redis_stop(&redis);
    fa_redis_start(&redis, &scratch, args);
    fa_lines_add(&list, "http://127.0.0.1:%d/ok/10/x", server.port);
    cr_assert_eq(enqueue(NULL, NULL), 0, "%s", fa_run_err(&run));
    snprintf(good, sizeof(good), "rediss://127.0.0.1:%s", port);
    cr_expect_eq(status_with(good, "--queue-cacert", ca.file, NULL), 0, "%s", fa_run_err(&run));
    cr_expect_eq(status_with(good, NULL, NULL, NULL), 5);
    cr_expect_not_null(strstr(fa_run_err(&run), "certificate"), "%s", fa_run_err(&run));
    snprintf(good, sizeof(good), "rediss://127.0.0.2:%s", port);
    cr_expect_eq(status_with(good, "--queue-cacert", ca.file, NULL), 5);
    fa_ca_fini(&ca);
}

/* Only a state of the whole folder knows the names that servers give, and what is in an archive; a
 * worker without a name is alone in its folder. */
Test(queue, worker_that_shares_its_folder_has_no_archives_and_no_names_of_servers)
{
    static const char *const options[] = {"--server-names", "--output=tar:x", "--output=cas:x"};
    add_path("/ok/100/a");
    cr_assert_eq(enqueue(NULL, NULL), 0, "%s", fa_run_err(&run));
    for (size_t i = 0; i < 3; ++i) {
        fa_run_end(&run);
        fa_run_start(&run, NULL, "work", "--queue", redis.url, "-d", fa_scratch_path(&scratch, "a"),
                     "--worker=one", options[i], NULL);
        cr_expect_eq(fa_run_wait(&run, 20), 2, "%s", options[i]);
        cr_expect(strstr(fa_run_err(&run), " and --worker cannot be combined"), "%s",
                  fa_run_err(&run));
    }
    start_worker(0, "a", "--server-names");
    cr_expect_eq(fa_run_wait(&workers[0], 20), 0, "%s", fa_run_err(&workers[0]));
    cr_expect_eq(status_of("done"), 1);
}

/* A server that answers INFO with an old version. */
Test(queue, old_redis_is_refused)
{
    static const char answer[] = "$23\r\nredis_version:5.0.14\r\nx\r\n";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    char url[64], command[1024];
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d", ntohs(at.sin_port));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "--queue", url, NULL);
    int client = accept(fd, NULL, NULL);
    cr_assert_gt(read(client, command, sizeof(command)), 0);
    cr_assert_eq(write(client, answer, sizeof(answer) - 1), sizeof(answer) - 1);
    cr_expect_eq(fa_run_wait(&run, 20), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "it is Redis 5.0.14, and at least 6.2 is needed"),
                       "%s", fa_run_err(&run));
    close(client);
    close(fd);
}

static bool has_producer(void *arg)
{
    (void)arg;
    return fa_redis_number(&redis, "ZCARD {fetchall:default}:producers\r\n") == 1;
}

static bool one_is_done(void *arg)
{
    (void)arg;
    return status_of("done") == 1;
}

/* The list is a pipe that is silent before its first entry, after it, and before its end. */
Test(queue, worker_waits_for_a_list_that_is_silent)
{
    struct fa_run producer;
    char line[64];
    snprintf(line, sizeof(line), "http://127.0.0.1:%d/ok/10/a\n", server.port);
    fa_run_start(&producer, &(struct fa_run_options){.stdin_open = true}, "enqueue", "--queue",
                 redis.url, "-", NULL);
    cr_assert(fa_wait_until(has_producer, NULL, 20));
    start_worker(0, "a", NULL);
    cr_expect(fa_wait_until(all_work, &(size_t){1}, 20));
    fa_run_feed(&producer, line);
    fa_run_pump(&producer, 100);
    cr_expect(fa_wait_until(one_is_done, NULL, 30), "%s", fa_run_err(&workers[0]));
    fa_redis_command(&redis, "DEL {fetchall:default}:producers\r\n");
    cr_expect(fa_wait_until(has_producer, NULL, 30), "no sign of life");
    fa_run_feed_end(&producer);
    cr_expect_eq(fa_run_wait(&producer, 20), 0, "%s", fa_run_err(&producer));
    cr_expect_eq(fa_run_wait(&workers[0], 20), 0, "%s", fa_run_err(&workers[0]));
    fa_run_end(&producer);
}

/* The script finds a text where it keeps the names. */
Test(queue, failed_enqueue_is_awaited_by_no_worker)
{
    add_path("/ok/10/a");
    fa_redis_command(&redis, "EVAL \"redis.call('SET', '{fetchall:default}:n:'.."
                             "string.sub(redis.sha1hex('a'), 1, 4), 'x')\" 0\r\n");
    cr_expect_eq(enqueue(NULL, NULL), 2, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "WRONGTYPE"), "%s", fa_run_err(&run));
    cr_expect_not(has_producer(NULL));
}

Test(queue, enqueue_waits_while_redis_is_full)
{
    for (int file = 0; file < 2000; ++file)
        fa_lines_add(&list, "http://127.0.0.1:%d/ok/10/f%d", server.port, file);
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    fa_redis_command(&redis, "CONFIG SET maxmemory 1\r\n");
    fa_run_end(&run);
    fa_run_start(&run, NULL, "enqueue", "--queue", redis.url, file, NULL);
    fa_run_until_stderr_has(&run, "its memory is full (maxmemory)", 20);
    fa_redis_command(&redis, "CONFIG SET maxmemory 0\r\n");
    cr_expect_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "2000 entries put"), "%s", fa_run_err(&run));
    cr_expect_eq(status_of("entries"), 2000);
}

Test(queue, worker_ends_its_entries_while_redis_is_full)
{
    for (int file = 0; file < 20; ++file)
        fa_lines_add(&list, "http://127.0.0.%d:%d/ok/10/f%d", file % 4 + 1, server.port, file);
    cr_assert_eq(enqueue(NULL, NULL), 0);
    fa_redis_command(&redis, "CONFIG SET maxmemory 1\r\n");
    start_worker(0, "a", NULL);
    cr_expect_eq(fa_run_wait(&workers[0], 30), 0, "%s", fa_run_err(&workers[0]));
    cr_expect_eq(status_of("done"), 20);
}
