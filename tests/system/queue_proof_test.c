/*
 * What workers promise together, read off the server's log and not off theirs: workers are killed
 * again and again, and Redis too, and still each entry counts once, no host gets more requests at
 * once than --per-host allows, and none before the pause that it asked for is over.  One host is so
 * large a part of the list that workers share it.
 *
 * Kills and restarts come when a part of the entries is done, so a busy machine gets as many as an
 * idle one.  FA_PROOF="HOSTS FILES WORKERS SECONDS RESTARTS" in the environment is a longer form,
 * with a kill every so many seconds: tests/bench/proof.
 */

#include "support/fixture.h"
#include "support/redis.h"
#include "support/report.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 16
#define CAP         2
#define PAUSE_MS    6000 /* longer than a lease */
#define PAUSING     20   /* hosts that ask for a pause */
#define LARGE_PART  6    /* the large host has an entry for so many others */
/* Requests that were on their way when the server asked for a pause: on a busy machine, a worker
 * may wait for its turn before it reads the answer. */
#define UNDER_WAY_MS 2000
/* If the worker that asked is killed so soon after, it may not have read it: then nobody has.  A busy
 * server may even read the request after the worker's death. */
#define UNREAD_MS    2000
#define KILLS        6 /* of the short form */
#define STARTS_MAX   10000
#define RESTARTS_MAX 1000
/* A busy worker that misses its time gives its entries up: not too short. */
#define LEASE "5"

static struct {
    int hosts, files, workers; /* files: of each host, but for the large one */
    int kill_every;            /* seconds; 0: KILLS in all */
    int restarts;              /* of Redis */
} form = {200, 50, 4, 0, 2};

static struct fa_redis redis;
static struct fa_run run, workers[WORKERS_MAX];
static int starts[WORKERS_MAX]; /* the number of the start of each worker */
/* Milliseconds; 0: not yet. */
static struct {
    double begun, killed;
} lives[STARTS_MAX];
static struct {
    double from, to;
} outages[RESTARTS_MAX]; /* of Redis */
static int started, killed, restarted;
static int lost;     /* times that a worker has lost its leases */
static double began; /* when the workers were started; seconds */

static void begin(void)
{
    const char *text = getenv("FA_PROOF");
    if (text)
        cr_assert_eq(sscanf(text, "%d %d %d %d %d", &form.hosts, &form.files, &form.workers,
                            &form.kill_every, &form.restarts),
                     5);
    cr_assert(form.hosts >= PAUSING && form.workers <= WORKERS_MAX);
    cr_assert_leq(form.restarts, RESTARTS_MAX);
    fixture_begin();
    fa_redis_start(&redis, &scratch, NULL);
}

static void end(void)
{
    for (int i = 0; i < form.workers; ++i)
        fa_run_end(&workers[i]);
    fa_run_end(&run);
    fa_redis_stop(&redis);
    fixture_end();
}

TestSuite(queue_proof, .init = begin, .fini = end, .timeout = 14400.0);

static int entries_of_large(void)
{
    return form.hosts * form.files / LARGE_PART;
}

static int entries(void)
{
    return form.hosts * form.files + entries_of_large();
}

/* Hosts count from 1, and 0 is the large one. */
static const char *host_name(int host)
{
    static char name[32];
    snprintf(name, sizeof(name), "127.%d.%d.%d", host > 0, host / 250, host % 250 + 1);
    return name;
}

static int host_number(const char *name)
{
    int others, high, low;
    cr_assert_eq(sscanf(name, "127.%d.%d.%d", &others, &high, &low), 3, "%s", name);
    return others ? high * 250 + low - 1 : 0;
}

static bool host_pauses(int host)
{
    return host > 0 && host % (form.hosts / PAUSING) == 0;
}

static void add_entry(int host, int file)
{
    if (host_pauses(host) && file == form.files / 2)
        fa_lines_add(&list, "http://%s:%d/retryafter/1/%d/503/h%d-f%d", host_name(host),
                     server.port, PAUSE_MS / 1000, host, file);
    else
        fa_lines_add(&list, "http://%s:%d/ok/500/h%d-f%d", host_name(host), server.port, host,
                     file);
}

static const char *make_list(void)
{
    for (int file = 0; file < form.files; ++file)
        for (int host = 1; host <= form.hosts; ++host)
            add_entry(host, file);
    for (int file = 0; file < entries_of_large(); ++file)
        add_entry(0, file);
    return fa_scratch_write(&scratch, "list", list.text);
}

/* Each start of a worker has a directory of its own, so that files downloaded twice can be counted,
 * and a user agent of its own, which the server's log has. */
static const char *start_dir(int number)
{
    return fa_scratch_path(&scratch, "w%d", number);
}

static void start_worker(int who)
{
    char agent[16];
    fa_run_end(&workers[who]);
    cr_assert_lt(started, STARTS_MAX);
    starts[who] = started++;
    lives[starts[who]].begun = fa_now() * 1000;
    snprintf(agent, sizeof(agent), "start/%d", starts[who]);
    fa_run_start(&workers[who], NULL, "work", "--queue", redis.url, "-d", start_dir(starts[who]),
                 "-A", agent, "--per-host", "2", "--progress", "none", "--retry-wait", "0.1",
                 "--hash", "none", NULL);
}

/* It says so itself; another worker has taken its entries only if it was silent for longer. */
static void count_lost(int who)
{
    const char *at = fa_run_err(&workers[who]);
    while ((at = strstr(at, "the lease of entries has ended"))) {
        ++lost;
        ++at;
    }
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

/* Without a process for each question. */
static long long entries_done(void)
{
    return fa_redis_number(&redis, "HGET {fetchall:default}:stat ok\r\n") +
           fa_redis_number(&redis, "HGET {fetchall:default}:stat exists\r\n") +
           fa_redis_number(&redis, "HGET {fetchall:default}:stat failed\r\n");
}

struct due {
    long long done; /* entries */
    double at;
};

static bool is_due(void *arg)
{
    const struct due *due = arg;
    return fa_now() >= due->at || entries_done() >= due->done;
}

/* When the next one of so many events comes, if they are spread over all entries. */
static long long milestone(int event, int of)
{
    return event < of ? (long long)entries() * (event + 1) / (of + 1) : entries();
}

static void log_event(const char *what)
{
    cr_log_info("%7.2f s: %s", fa_now() - began, what);
}

static void kill_one(void)
{
    int who = killed % form.workers;
    ++killed;
    lives[starts[who]].killed = fa_now() * 1000;
    fa_run_kill_group(&workers[who], SIGKILL);
    log_event("a worker is killed");
    fa_run_wait(&workers[who], 20);
    count_lost(who);
    start_worker(who);
}

static void restart_redis(void)
{
    outages[restarted].from = fa_now() * 1000;
    fa_redis_stop(&redis);
    log_event("Redis is killed");
    fa_redis_restart(&redis);
    log_event("Redis answers again");
    outages[restarted++].to = fa_now() * 1000;
}

static void let_them_work(void)
{
    double kill_at = fa_now() + form.kill_every;
    for (;;) {
        long long restart = milestone(restarted, form.restarts);
        long long kill = form.kill_every ? entries() : milestone(killed, KILLS);
        struct due due = {restart < kill ? restart : kill, form.kill_every ? kill_at : INFINITY};
        cr_assert(fa_wait_until(is_due, &due, 3600));
        long long done = entries_done();
        if (done >= entries())
            return;
        if (done >= restart) {
            restart_redis();
        } else {
            kill_one();
            kill_at = fa_now() + form.kill_every;
        }
    }
}

/* Each file, in whichever directory; the name of an entry is that of one URL.  What a killed worker
 * has downloaded and not reported is downloaded again: at most 1 % in the longer form, whose kills
 * are not as dense. */
static void expect_files(void)
{
    bool *seen = calloc((size_t)entries(), sizeof(*seen));
    int found = 0, twice = 0;
    for (int number = 0; number < started; ++number) {
        DIR *folder = opendir(start_dir(number));
        for (struct dirent *entry; folder && (entry = readdir(folder));) {
            int host, file;
            if (sscanf(entry->d_name, "h%d-f%d", &host, &file) != 2)
                continue;
            int at = host > 0 ? entries_of_large() + file * form.hosts + host - 1 : file;
            cr_assert(at >= 0 && at < entries(), "%s", entry->d_name);
            found += !seen[at];
            twice += seen[at];
            seen[at] = true;
        }
        if (folder)
            closedir(folder);
    }
    free(seen);
    cr_expect_eq(found, entries());
    cr_log_info(
        "%d entries, %d workers, %d killed; Redis killed %d times; leases lost %d times; lost %d; "
        "downloaded twice %d (%.2f %%)",
        entries(), form.workers, killed, restarted, lost, entries() - found, twice,
        100.0 * twice / entries());
    cr_expect(form.kill_every == 0 || twice <= entries() / 100);
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

static int asked_by(const json_t *request)
{
    int start;
    const char *agent = fa_report_str(json_object_get(request, "headers"), "User-Agent");
    cr_assert_eq(sscanf(agent, "start/%d", &start), 1, "%s", agent);
    return start;
}

static bool is_unread(int start, double ms)
{
    double at = lives[start].killed;
    return at > 0 && at <= ms + UNREAD_MS;
}

struct pauses {
    double *from; /* of each host; milliseconds, 0: none that a worker has read */
    int *asked;   /* the start that was asked first; -1: none yet */
    int read;
};

/* Who knew what, and when; milliseconds since the pause began. */
static void explain_early(const json_t *request, int asked, double from)
{
    int by = asked_by(request);
    cr_log_info("asked start %d (killed %.0f); comes from start %d (begun %.0f)", asked,
                lives[asked].killed > 0 ? lives[asked].killed - from : INFINITY, by,
                lives[by].begun - from);
    for (int i = 0; i < restarted; ++i)
        if (outages[i].to > from - PAUSE_MS && outages[i].from < from + PAUSE_MS)
            cr_log_info("Redis was away from %.0f to %.0f", outages[i].from - from,
                        outages[i].to - from);
}

/* No request to a host in its pause, which begins with the first request of its /retryafter. */
static void expect_pause(const json_t *request, struct pauses *pauses)
{
    const char *path = fa_report_str(request, "path");
    double ms = (double)fa_report_int(request, "ms");
    int host = host_number(fa_report_str(request, "host"));
    cr_assert(host >= 0 && host <= form.hosts);
    double from = pauses->from[host];
    bool early = from > 0 && ms > from + UNDER_WAY_MS && ms < from + PAUSE_MS;
    cr_expect(!early, "%s: %s comes %.0f ms after the server asked for %d", host_name(host), path,
              ms - from, PAUSE_MS);
    if (early)
        explain_early(request, pauses->asked[host], from);
    if (strncmp(path, "/retryafter/", 12) == 0 && pauses->asked[host] < 0) {
        pauses->asked[host] = asked_by(request);
        pauses->from[host] = is_unread(pauses->asked[host], ms) ? 0 : ms;
        pauses->read += pauses->from[host] > 0;
    }
}

static void expect_pauses(void)
{
    struct pauses pauses = {calloc((size_t)form.hosts + 1, sizeof(*pauses.from)),
                            calloc((size_t)form.hosts + 1, sizeof(*pauses.asked)), 0};
    for (int host = 0; host <= form.hosts; ++host)
        pauses.asked[host] = -1;
    char *log = fa_server_get(&server, "/_log"), *next = log, *line;
    while ((line = strsep(&next, "\n")) && *line) {
        json_t *request = json_loads(line, 0, NULL);
        expect_pause(request, &pauses);
        json_decref(request);
    }
    cr_expect_gt(pauses.read, 0);
    free(log);
    free(pauses.from);
    free(pauses.asked);
}

Test(queue_proof, nothing_is_lost_or_counted_twice_and_hosts_see_one_polite_client)
{
    double patience = 120 + entries() / 1000.0;
    fa_run_start(&run, NULL, "enqueue", "-q", "--queue", redis.url, "--lease", LEASE,
                 "--partitions", "32", make_list(), NULL);
    cr_assert_eq(fa_run_wait(&run, patience), 0, "%s", fa_run_err(&run));
    began = fa_now();
    for (int who = 0; who < form.workers; ++who)
        start_worker(who);
    let_them_work();
    for (int who = 0; who < form.workers; ++who)
        cr_expect_eq(fa_run_wait(&workers[who], patience), 0, "%s", fa_run_err(&workers[who]));
    for (int who = 0; who < form.workers; ++who)
        count_lost(who);
    cr_expect_eq(status_of("done"), entries());
    cr_expect_eq(status_of("failed"), 0);
    cr_expect_eq(status_of("entries"), entries());
    expect_files();
    expect_caps();
    expect_pauses();
    cr_log_info("requested twice: %lld, with those under way at a kill",
                fa_server_stat(&server, "requests") - entries() - PAUSING);
}
