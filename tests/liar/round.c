#include "liar/round.h"

#include "support/process.h"
#include "support/run.h"
#include "support/truth.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS    3
#define ATTEMPT_S   8.0 /* --timeout */
#define START_S     20.0
#define END_S_MAX   40.0
#define INTERRUPT_S 8.0 /* the contract's five, and some for a loaded machine */
#define FEED_MS     150
#define FEED_S_MAX  2.0
#define ARGS        64

void liar_world_init(struct liar_world *world, const char *program, bool verbose, long rss_max)
{
    *world = (struct liar_world){.program = program, .verbose = verbose, .rss_max = rss_max};
    fa_scratch_init(&world->scratch);
    fa_ca_init(&world->ca, &world->scratch);
    struct fa_cert cert;
    fa_ca_issue(&world->ca, &world->scratch, "server", FA_CERT_GOOD,
                "127.0.0.1,127.0.0.2,127.0.0.3", &cert);
    world->tls = liar_server_tls(cert.cert, cert.key);
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = program}, "--help", NULL);
    fa_run_wait(&run, 20);
    world->host_wait = strstr(fa_run_out(&run), "--host-wait") != NULL;
    fa_run_end(&run);
}

void liar_world_fini(struct liar_world *world)
{
    SSL_CTX_free(world->tls);
    fa_ca_fini(&world->ca);
    fa_scratch_fini(&world->scratch);
}

unsigned liar_list_line(const struct liar_case *of, size_t index)
{
    unsigned line = 1;
    for (size_t i = 0; i < index; i++) {
        line += 1u + of->entries[i].checksum + of->entries[i].sized;
    }
    return line;
}

static void list_url(const struct liar_case *of, const struct liar_places *places, unsigned host,
                     const struct liar_entry *entry, struct liar_bytes *out)
{
    char path[LIAR_TRUTH_SIZE];
    liar_bytes_printf(out, "%s://127.0.0.%u:%u%s", entry->tls ? "https" : "http", host + 1,
                      places->ports[host][entry->tls], liar_truth(of, entry->id, path));
}

void liar_list_text(const struct liar_case *of, const struct liar_places *places, size_t from,
                    size_t to, struct liar_bytes *out)
{
    for (size_t i = from; i < to; i++) {
        const struct liar_entry *entry = &of->entries[i];
        list_url(of, places, entry->host - 1, entry, out);
        if (entry->mirrored) {
            liar_bytes_text(out, "\t");
            list_url(of, places, entry->host % LIAR_HOSTS, entry, out);
        }
        liar_bytes_text(out, "\n");
        if (entry->checksum) {
            char key[LIAR_TRUTH_SIZE];
            char hex[FA_SHA256_HEX];
            fa_truth_sha256_pattern(liar_truth(of, entry->id, key), entry->size, hex);
            liar_bytes_printf(out, " checksum=sha256=%s\n", hex);
        }
        if (entry->sized) {
            liar_bytes_printf(out, " size=%llu\n", (unsigned long long)entry->size);
        }
    }
}

struct round {
    struct liar_world *world;
    const struct liar_case *of;
    struct liar_server *server;
    struct liar_fault *fault;
    char dir[PATH_MAX + 32];
    char report[PATH_MAX + 32];
    struct fa_run run;
    unsigned long requests; /* at the end of the last rest */
    bool killed;
};

static void round_start(struct round *round)
{
    static const char *const modes[] = {"async", "async", "thread", "process"};
    const struct liar_case *of = round->of;
    char jobs[16];
    char proxy[48] = "";
    snprintf(jobs, sizeof(jobs), "%u", of->jobs);
    if (of->proxy) {
        snprintf(proxy, sizeof(proxy), "http://127.0.0.%d:%u", LIAR_HOSTS + 1,
                 liar_server_proxy(round->server));
    }
    const char *args[ARGS] = {
        "-m",
        modes[of->mode],
        "-j",
        jobs,
        "-d",
        round->dir,
        "--report",
        round->report,
        "--retries",
        "2",
        "--retry-wait",
        "0.05",
        "--stall-timeout",
        "1",
        "--connect-timeout",
        "3",
        "--timeout",
        "8",
        "--progress",
        "none",
        "--hash-jobs",
        "1",
        "--cacert",
        round->world->ca.file,
        "--proxy",
        proxy,
        "--http",
        of->http2 ? "2" : "1.1",
        "--loops",
        of->mode == LIAR_ASYNC_3 ? "3" : "1",
    };
    size_t count = 0;
    while (args[count]) {
        count++;
    }
    if (round->world->host_wait) {
        args[count++] = "--host-wait";
        args[count++] = "2";
    }
    args[count] = "-";
    fa_run_start_argv(
        &round->run, &(struct fa_run_options){.program = round->world->program, .stdin_open = true},
        args);
}

/* Reads what the program writes until SECONDS have gone by, or its end. */
static void round_pump(struct round *round, double seconds)
{
    double until = fa_now() + seconds;
    while (!round->run.ended && fa_now() < until) {
        double left = (until - fa_now()) * 1000;
        fa_run_pump(&round->run, left > 100 ? 100 : left > 1 ? (int)left : 1);
    }
}

/*
 * Between two portions: until something has been asked for, and then for as long as it takes that
 * connections lie idle, so that what was not asked for comes in between.
 */
static void round_rest(struct round *round, double until)
{
    double latest = fa_now() + FEED_S_MAX;
    latest = latest < until ? latest : until;
    while (!round->run.ended && fa_now() < latest &&
           liar_server_requests(round->server) == round->requests) {
        round_pump(round, 0.01);
    }
    round_pump(round, FEED_MS / 1e3);
    round->requests = liar_server_requests(round->server);
}

/* Gives it the list in portions. Nothing is said after the last for as long as SECONDS allow. */
static void round_feed(struct round *round, double seconds)
{
    double until = fa_now() + seconds;
    size_t count = round->of->count;
    unsigned feed = round->of->feed ? round->of->feed : 1;
    for (unsigned i = 0; i < feed && fa_now() < until; i++) {
        struct liar_bytes text = {0};
        liar_list_text(round->of, liar_server_places(round->server), count * i / feed,
                       count * (i + 1) / feed, &text);
        if (i > 0) {
            round_rest(round, until);
        }
        fa_run_feed(&round->run, text.at ? text.at : "");
        liar_bytes_fini(&text);
    }
    fa_run_feed_end(&round->run);
    round_pump(round, until - fa_now());
}

static double round_longest(const struct liar_case *of)
{
    double waves = 1.0 + (double)of->count / of->jobs;
    double longest = START_S + waves * ATTEMPTS * ATTEMPT_S;
    return fa_timeout(longest < END_S_MAX ? longest : END_S_MAX);
}

static void round_look(struct round *round, const char *report)
{
    const struct liar_seen seen = {.of = round->of,
                                   .server = round->server,
                                   .dir = round->dir,
                                   .beside = round->world->scratch.path,
                                   .report = report,
                                   .interrupted = round->killed,
                                   .status = round->run.status};
    liar_check_errors(fa_run_err(&round->run), round->fault);
    liar_check(&seen, round->fault);
}

/* A first run that is killed or interrupted. */
static void round_kill(struct round *round)
{
    const struct liar_case *of = round->of;
    round_start(round);
    round_feed(round, of->kill_ms / 1e3);
    bool before = round->run.ended;
    round->killed = true;
    if (of->kill_signal == SIGKILL) {
        fa_run_kill_group(&round->run, SIGKILL);
        round_pump(round, 10);
    } else if (!before) {
        fa_run_kill(&round->run, of->kill_signal);
        round_pump(round, fa_timeout(INTERRUPT_S));
        if (!round->run.ended) {
            liar_fault_set(round->fault, "interrupt", "it did not end by signal %d",
                           of->kill_signal);
        } else if (round->run.signaled && round->run.signal != of->kill_signal) {
            liar_fault_set(round->fault, "crash", "it ended by signal %d", round->run.signal);
        }
    }
    round_look(round, NULL);
    round->killed = false;
    fa_run_end(&round->run);
}

static void round_run(struct round *round)
{
    struct liar_fault *fault = round->fault;
    round_start(round);
    round_feed(round, round_longest(round->of));
    if (!round->run.ended) {
        liar_fault_set(fault, "hang", "it did not end within %.0f s", round_longest(round->of));
        fa_run_kill_group(&round->run, SIGKILL);
        round_pump(round, 10);
    }
    liar_check_errors(fa_run_err(&round->run), fault);
    if (round->run.signaled) {
        liar_fault_set(fault, "crash", "it ended by signal %d", round->run.signal);
    } else if (round->run.status > 5) {
        liar_fault_set(fault, "crash", "exit status %d: %.2000s", round->run.status,
                       fa_run_err(&round->run));
    }
    if (round->world->rss_max && round->run.peak_rss > round->world->rss_max) {
        liar_fault_set(fault, "memory", "it took %ld KiB", round->run.peak_rss);
    }
    char *report = access(round->report, R_OK) == 0 ? fa_file_read(round->report, NULL) : NULL;
    round_look(round, report ? report : "");
    if (round->world->verbose) {
        fprintf(stderr, "%s%s", report ? report : "", fa_run_err(&round->run));
    }
    free(report);
    fa_run_end(&round->run);
}

void liar_round(struct liar_world *world, const struct liar_case *of, struct liar_fault *fault)
{
    struct round round = {.world = world, .of = of, .fault = fault};
    *fault = (struct liar_fault){0};
    snprintf(round.dir, sizeof(round.dir), "%s/out-%u", world->scratch.path, world->rounds);
    snprintf(round.report, sizeof(round.report), "%s/report-%u", world->scratch.path,
             world->rounds++);
    round.server = liar_server_new(of, world->tls, world->verbose);
    if (of->kill_signal) {
        round_kill(&round);
    }
    if (!fault->kind[0]) {
        round_run(&round);
    }
    liar_server_free(round.server);
    if (access(round.dir, F_OK) == 0) {
        fa_file_remove(round.dir);
    }
    unlink(round.report);
}
