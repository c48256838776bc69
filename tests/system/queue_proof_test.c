/*
 * What workers promise together, read off the server's log and not off theirs: workers are killed
 * all the time, and Redis twice, and still each entry counts once, no host gets more requests at
 * once than --per-host allows, and none before the pause that it asked for is over.
 *
 * FA_PROOF=N in the environment makes it N times as long.
 */

#include "support/fixture.h"
#include "support/redis.h"
#include "support/report.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS  4
#define HOSTS    200
#define FILES    50 /* of each host */
#define CAP      2
#define PAUSE_MS 6000 /* longer than a lease */
#define PAUSING  20   /* hosts that ask for a pause */
/* Requests that were on their way when the server asked for a pause: on a busy machine, a worker may
 * wait for its turn before it reads the answer. */
#define UNDER_WAY_MS 2000
/* A worker that is killed so soon after may not have read it: then nobody has. */
#define UNREAD_MS  2000
#define KILL_EVERY 3.0
#define KILLS_MAX  20 /* so that it ends on a slow machine, too */
#define LEASE      "3"

static struct fa_redis redis;
static struct fa_run run, workers[WORKERS];
static double kills[KILLS_MAX]; /* when; milliseconds */
static unsigned killed;

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

TestSuite(queue_proof, .init = begin, .fini = end, .timeout = 3600.0);

static int times(void)
{
    const char *text = getenv("FA_PROOF");
    return text && atoi(text) > 0 ? atoi(text) : 1;
}

/* @return the number of entries */
static int make_list(void)
{
    int n = 0;
    for (int file = 0; file < FILES * times(); ++file)
        for (int host = 1; host <= HOSTS; ++host, ++n) {
            if (file == FILES / 2 && host % (HOSTS / PAUSING) == 0)
                fa_lines_add(&list, "http://127.0.1.%d:%d/retryafter/1/%d/503/h%d-f%d", host,
                             server.port, PAUSE_MS / 1000, host, file);
            else
                fa_lines_add(&list, "http://127.0.1.%d:%d/ok/500/h%d-f%d", host, server.port, host,
                             file);
        }
    return n;
}

static void start_worker(int who)
{
    static const char *const names[WORKERS] = {"a", "b", "c", "d"};
    fa_run_end(&workers[who]);
    fa_run_start(&workers[who], NULL, "work", "-q", "--queue", redis.url, "-d",
                 fa_scratch_path(&scratch, "%s", names[who]), "--per-host", "2", "--progress",
                 "none", "--retry-wait", "0.1", "--hash", "none", NULL);
}

static long long status_of(const char *name)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "--queue", redis.url, "--json", NULL);
    cr_assert_eq(fa_run_wait(&run, 60), 0, "%s", fa_run_err(&run));
    json_t *object = json_loads(fa_run_out(&run), 0, NULL);
    cr_assert_not_null(object, "%s", fa_run_out(&run));
    long long number = fa_report_int(object, name);
    json_decref(object);
    return number;
}

/* Kill a worker now and then, and start it again; and Redis, when a third and two thirds are done. */
static void let_them_work(int entries)
{
    unsigned restarts = 0;
    double next = fa_now() + KILL_EVERY;
    for (;;) {
        long long left = status_of("pending");
        if (left == 0)
            return;
        if (restarts < 2 && left < entries - entries / 3 * (int)(restarts + 1)) {
            ++restarts;
            fa_redis_stop(&redis);
            fa_redis_restart(&redis);
        }
        if (fa_now() >= next && killed < KILLS_MAX) {
            int who = (int)(killed % WORKERS);
            kills[killed++] = fa_now() * 1000;
            next = fa_now() + KILL_EVERY;
            fa_run_kill_group(&workers[who], SIGKILL);
            fa_run_wait(&workers[who], 20);
            start_worker(who);
        }
    }
}

/* Each file once, in whichever directory; the name of an entry is that of one URL. */
static void expect_files(int entries)
{
    bool *seen = calloc((size_t)entries, sizeof(*seen));
    int found = 0;
    for (int who = 0; who < WORKERS; ++who) {
        DIR *folder = opendir(fa_scratch_path(&scratch, "%c", "abcd"[who]));
        for (struct dirent *entry; folder && (entry = readdir(folder));) {
            int host, file;
            if (sscanf(entry->d_name, "h%d-f%d", &host, &file) != 2)
                continue;
            int at = file * HOSTS + host - 1;
            cr_assert(at >= 0 && at < entries, "%s", entry->d_name);
            found += !seen[at];
            seen[at] = true;
        }
        if (folder)
            closedir(folder);
    }
    free(seen);
    cr_expect_eq(found, entries);
}

static void expect_caps(void)
{
    json_t *stats = fa_server_stats(&server);
    const char *host;
    json_t *one;
    json_object_foreach(json_object_get(stats, "hosts"), host, one)
        cr_expect_leq(fa_report_int(one, "peak_active"), CAP, "%s", host);
    json_decref(stats);
}

static bool is_unread(double ms)
{
    for (unsigned i = 0; i < killed; ++i)
        if (kills[i] >= ms && kills[i] <= ms + UNREAD_MS)
            return true;
    return false;
}

/* No request to a host in its pause, which begins with the first request of its /retryafter. */
static void expect_pauses(void)
{
    json_t *log = fa_server_log(&server);
    const json_t *request;
    size_t i, pauses = 0;
    double from[HOSTS + 1] = {0};
    bool asked[HOSTS + 1] = {false};
    json_array_foreach(log, i, request)
    {
        int host = 0;
        const char *path = fa_report_str(request, "path");
        double ms = (double)fa_report_int(request, "ms");
        sscanf(fa_report_str(request, "host"), "127.0.1.%d", &host);
        cr_assert(host > 0 && host <= HOSTS);
        bool pausing = from[host] > 0 && ms > from[host] + UNDER_WAY_MS;
        cr_expect(!pausing || ms >= from[host] + PAUSE_MS,
                  "127.0.1.%d: %s comes %.0f ms after the server asked for %d", host, path,
                  ms - from[host], PAUSE_MS);
        if (strncmp(path, "/retryafter/", 12) == 0 && !asked[host]) {
            asked[host] = true;
            from[host] = is_unread(ms) ? 0 : ms;
            pauses += from[host] > 0;
        }
    }
    cr_expect_gt(pauses, 0);
    json_decref(log);
}

Test(queue_proof, nothing_is_lost_or_counted_twice_and_hosts_see_one_polite_client)
{
    int entries = make_list();
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    fa_run_start(&run, NULL, "enqueue", "-q", "--queue", redis.url, "--lease", LEASE,
                 "--partitions", "32", file, NULL);
    cr_assert_eq(fa_run_wait(&run, 120), 0, "%s", fa_run_err(&run));
    for (int who = 0; who < WORKERS; ++who)
        start_worker(who);
    let_them_work(entries);
    for (int who = 0; who < WORKERS; ++who)
        cr_expect_eq(fa_run_wait(&workers[who], 60), 0, "%s", fa_run_err(&workers[who]));
    cr_expect_eq(status_of("done"), entries);
    cr_expect_eq(status_of("failed"), 0);
    cr_expect_eq(status_of("entries"), entries);
    expect_files(entries);
    expect_caps();
    expect_pauses();
    cr_log_info("%u workers killed; %lld requests for %d entries", killed,
                fa_server_stat(&server, "requests"), entries);
}
