/*
 * fetchall: download many files at once.
 *
 * The map of the source tree.  The test source.map compares it with the files: each layer below
 * names all of its file pairs.  Includes point down only; the test source.layers fails on any other
 * edge.
 *
 *    src/cli            the program; it also has src/queue
 *       │ public headers only (and a few leaves of base)
 *    include/fetchall   the library's interface
 *       │ implemented by
 *    src/engine         what happens when: the session and its policies
 *       ├─────────────────┬──────────────┬────────────┐
 *    src/strategy      src/stage      src/list     src/state, src/archive
 *       │ threads,        │ digests      │ input      │ SQLite
 *       │ processes,      │
 *       │ event loops  src/confine, src/pool
 *       │                 sandbox; worker threads and processes
 *    src/transfer         one HTTP attempt (transfer and pool do not know each other)
 *       │
 *    src/base           leaves: no policy, no other layer
 *
 * The way of one URL:
 *
 *    list ──entry──▶ engine ──attempt──▶ strategy ──▶ transfer ──bytes──▶ part file
 *                     │  ▲                                 │
 *                     │  └───────────outcome───────────────┘
 *                     ├─ retry? not before a time, or never (pure policy)
 *                     ├─ state: what is done and what can be resumed, recorded after the fact
 *                     ├─ downloaded ──▶ stage (pool: hash) ──digest──▶ verified and renamed
 *                     └─ events ──▶ observer
 *
 * src/cli: parse the command line, run, report
 *    main, parser, option, value, request_options, host_file, texts: the command line
 *    options, option_rows, subcommands: the tables of options and commands
 *    options_concurrency, options_connection, options_lists, options_queue: those of sections
 *    options_output: the others
 *    rules, compare_rules: options that contradict each other
 *    config_file, config_block, environment: options in files and variables
 *    option_line, show_config, shown: options as text
 *    help, man, manual, completion, completion_zsh, completion_fish: printed from the option table
 *    observer, display, progress, term, pauses, place, units: what the terminal shows
 *    report, events, manifest, metrics, json, digest_hex, run_id: what is written to files
 *    output, outputs, whole: output files, which never overwrite each other
 *    tally, failures, summary, exit, bags: the results at the end
 *    shards: --shard
 *    signals: SIGINT, SIGTERM and SIGHUP end a run
 *    notify: messages to the service manager (systemd)
 *    status, verify_command, merge_command, explain, joined: the commands besides downloading
 *    doctor, doctor_host, doctor_lists, findings: fetchall doctor
 *    enqueue_command, work_command, queue_status, queue_setup: a queue
 *
 * src/cli/compare: fetchall compare
 *    compare, command, picks, plan, choice, contestant, listing: what to compare
 *    program, program_files, lineup: other programs
 *    inventory: whether their files are the same
 *    race, entrants, tune, race_file, race_show, tuned: --tune
 *    workspace, parts, fresh, rounds, run, child, meter, machine, stage_files, warmup: running it
 *    trial, result, harvest, measure, statistics, sequence: what it measures
 *    verdict, reason, limit, caches: what that means
 *    stored, review, condition, export: results of earlier comparisons, and for other tools
 *    announce, answer, view, grid, cell, table, sheet, markup, svg: printing it
 *    chart, chart_bars, chart_lines, chart_race, chart_sweep, chart_parts, plot: plots
 *    page, page_plots, page_style, page_tables: the HTML page
 *
 * src/queue: a queue for many workers (Redis; public headers only, like the program)
 *    queue, redis: the verbs of a queue, and what implements them
 *    address, channel, requests, script: the server; queue.lua: what it executes
 *    feeder, hold, leases, takes, results, notes, origins: a worker's use of the verbs
 *    client: that of other commands
 *
 * src/engine: sessions (only the turn knows the parts; a part knows no other part)
 *    session, opening, env, config, limits, rights, worker: a session and its surroundings
 *    turn, engine, admit, apply, settling, finishing, ending, snapshot: the turn
 *    hedging, hooking, naming, refreshing, obeying, packing, repeats, recheck, spill: what it uses
 *    added, attach: entries that a program adds, and its events on the loop
 *    entries: the entries of lists, for a program
 *    shard, merge: the parts of a list for several machines
 *    intake, claims, scheduler, flights, settle, finish: the parts, in the order of an entry's way
 *    hooks, refresh, robots, pack, ledger, pause: further parts
 *    flights_start, flights_hedge, flights_segment: of the flights
 *    recall: of the ledger, for admission
 *    job, compose, hedge, emit, counts: what the parts share
 *    commands: what is the same for the commands of users
 *    host_rules, gate: the options of hosts, and logins
 *    queues, health, mirrors, extra: of the scheduler
 *    hosts, breaker, outage, retry, scope, concurrency, learned: what it knows of hosts
 *    bucket, slots, spacing, shares, timers, backlog: what else it is made of
 *    stragglers: which transfers are far slower than their kind
 *    unknown: notices about options without effect
 *    redirect, secrecy: redirects, and what of the user's secrets is sent after one
 *    name, name_part, name_template, names, identity, kept: names
 *    folder, parents, store, store_part, store_publish, unnamed, lock, mount: files
 *    volumes, volume_writer, volume_format, volume_tar, volume_warc, volume_records: archives
 *    payloads: what is in them already
 *    objects: files by digest
 *    split, segments, growth, extents, part_map, repair: ranges of one file fetched at once
 *    resolve, lookup: addresses of hosts
 *    statuses: the table of entry statuses
 *    inspect, failed: reading a state without a run
 *    verify, verify_bag, checker, walk: reading a folder without a run
 *    sample, quota: a sample of a list
 *
 * src/strategy: how attempts are executed
 *    strategy: the interface
 *    async, multi, outbox, scout, watch: event loops
 *    blocking, sandbox: threads and processes
 *
 * src/stage: the CPU stage
 *    stage, digest, digest_task, running, crc32c, inflated: digests of downloaded files
 *
 * src/archive: formats of archives
 *    sink, tar, metadata, warc, masking: --output
 *
 * src/list: input
 *    list, source, unpack, utf16, lines: streams and lines
 *    text, aria2, entry, sum, pieces, relative: entries
 *    format, format_text, format_packed, format_binary, packed: the formats of lists
 *    format_sums, format_jsonl, format_csv, format_curl, format_metalink: those of other programs
 *    curl_option: of the format of curl
 *    format_bagit, bag, tag_file: BagIt
 *    columns, record: what those with columns share
 *    template: names from columns
 *
 * src/state: what is known across runs
 *    state, changes, ahead, row, database, schema, files, failure: the SQLite database
 *
 * src/confine: the sandbox
 *    confine, landlock, seccomp, capabilities: what a process gives up
 *
 * src/pool: workers
 *    pool, backend, task, threads, processes: tasks and their workers
 *    nursery, nursery_process, worker_process, launch: worker processes
 *    frame, received: their messages
 *    keeper, keeping: the process that runs commands of users
 *
 * src/transfer: one attempt
 *    transfer, exchange, handle, capture: what libcurl is asked for, and what it sees
 *    attempt, outcome, settings, setup, wire: an attempt and its result
 *    request, cookies, jar, response, judge, representation, validator: HTTP
 *    retry_after, rate_limit, cached, classify: what responses mean
 *    guard, http_digest, disposition: what they say about their file
 *    body, pace: bytes and speed
 *    driver, connections, tcp, models, watchdog, trust, library: libcurl and OpenSSL
 *    url, url_host, url_login, url_handle, component: URLs, by libcurl's parser
 *    plain_url, host, zone, percent, encode: URLs, without it
 *    proxy, login, redact, secret_key, secret_line, signature: secrets
 *
 * src/base: leaves
 *    buf, field, hash, hex, key, sized, slice, utf8: values and their bytes
 *    http_field, words, error: texts
 *    robots_txt, robots_tag: rules for crawlers
 *    host_pattern, media_type: which hosts, and types, an option is about
 *    clock, cores, disk, io, jitter, loop, netrc, owner, thread, which: the system
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fetchall/pool.h>
#include <fetchall/session.h>
#include <fetchall/version.h>

#include "base/clock.h"
#include "base/netrc.h"
#include "cli/bags.h"
#include "cli/compare/compare.h"
#include "cli/completion.h"
#include "cli/completion_fish.h"
#include "cli/completion_zsh.h"
#include "cli/doctor.h"
#include "cli/enqueue_command.h"
#include "cli/explain.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/merge_command.h"
#include "cli/observer.h"
#include "cli/parser.h"
#include "cli/queue_status.h"
#include "cli/show_config.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/term.h"
#include "cli/verify_command.h"
#include "cli/work_command.h"

/* Open /dev/null in the wrong mode on closed descriptors 0 to 2, so that I/O on them still fails,
 * and no file opened later becomes a standard stream. */
static void hold_standard_fds(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(FA_EXIT_LOCAL);
}

/* Raise the soft limit of open files, which is often far below the hard one. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Print a text instead of running. */
static int print(const struct fa_options *options)
{
    enum fa_action action = options->action;
    if (action == FA_ACTION_HELP)
        fa_help_print(stdout, options->command);
    else if (action == FA_ACTION_MAN)
        fa_man_print(stdout);
    else if (action == FA_ACTION_BASH)
        fa_completion_print(stdout);
    else if (action == FA_ACTION_ZSH)
        fa_completion_zsh_print(stdout);
    else if (action == FA_ACTION_FISH)
        fa_completion_fish_print(stdout);
    else if (action == FA_ACTION_SHOW_CONFIG)
        fa_show_config_print(stdout, options);
    else
        printf("%s\n", fa_version());
    struct fa_error err = {0};
    if (fa_term_flush(&err) == 0)
        return FA_EXIT_OK;
    fa_term_error(&err);
    return (int)fa_exit_of(&err);
}

/* A list that cannot be opened is reported, and the others continue; without any list, retry
 * the failed entries. */
static size_t add_lists(struct fa_session *session, const struct fa_texts *lists,
                        struct fa_observer *observer)
{
    size_t added = 0;
    struct fa_error none = {0};
    if (lists->count == 0) {
        if (fa_session_add_failed(session, &none) == 0)
            return 1;
        fa_observer_fail(observer, &none);
    }
    for (size_t i = 0; i < lists->count; ++i) {
        struct fa_error err = {0};
        if (fa_session_add_list(session, lists->items[i], &err) == 0) {
            ++added;
            continue;
        }
        /* Not a local I/O error: see the exit statuses. */
        err.class = FA_CLASS_NONE;
        fa_observer_fail(observer, &err);
    }
    return added;
}

static int run_session(struct fa_session *session, const struct fa_options *options,
                       struct fa_observer *observer)
{
    struct fa_error err = {0};
    enum fa_end end = FA_END_COMPLETE;
    if (add_lists(session, &options->lists, observer) == 0)
        return FA_EXIT_USAGE;
    /* Empty the outputs only now: DIR exists and is ours, and there is a list. */
    if (fa_observer_open(observer, &err) != 0) {
        fa_term_error(&err);
        return FA_EXIT_LOCAL;
    }
    bool bar = observer->display.mode == FA_PROGRESS_BAR;
    fa_signals_arm(session, bar ? FA_DISPLAY_CLEAR : NULL);
    if (fa_session_run(session, &end, &err) != 0) {
        err.class = FA_CLASS_LOCAL_IO;
        fa_observer_stop(observer, &err, true);
    }
    fa_observer_finish(observer, end);
    fa_signals_disarm();
    enum fa_exit_status status = fa_exit_status(&observer->exit);
    return (int)(end == FA_END_COMPLETE ? fa_bags_check(options, status) : status);
}

static bool tls_is_insecure(enum fa_tls oldest)
{
    return oldest == FA_TLS_1_0 || oldest == FA_TLS_1_1;
}

static void warn_of_insecure_hosts(const struct fa_config *config)
{
    for (size_t i = 0; i < config->n_hosts; ++i)
        if (config->hosts[i]->insecure)
            fprintf(stderr, "fetchall: --hosts: certificates of %s are not verified\n",
                    config->hosts[i]->pattern);
}

static void warn_of_netrc(const struct fa_config *config)
{
    char *path = config->netrc ? fa_netrc_path() : NULL;
    if (path && access(path, R_OK) != 0)
        fprintf(stderr, "fetchall: --netrc: cannot read %s: %s\n", path, strerror(errno));
    free(path);
}

static int run(const struct fa_options *options)
{
    struct fa_error err = {0};
    struct fa_observer observer;
    int status = FA_EXIT_LOCAL;
    if (options->config.insecure && !options->quiet)
        fputs("fetchall: --insecure: certificates are not verified\n", stderr);
    if (tls_is_insecure(options->config.tls_min) && !options->quiet)
        fputs("fetchall: --tls-min: TLS before 1.2 is insecure\n", stderr);
    if (!options->quiet) {
        warn_of_insecure_hosts(&options->config);
        warn_of_netrc(&options->config);
    }
    /* A plan is read like any listing, and ends with its reader by SIGPIPE. */
    if (!options->config.plan)
        fa_signals_ignore();
    fa_observer_init(&observer, options);
    struct fa_session *session =
        fa_session_new(&options->config, fa_observer_handle, &observer, &err);
    if (session) {
        status = run_session(session, options, &observer);
    } else {
        fa_observer_stop(&observer, &err, false);
        status = (int)fa_exit_of(&err);
    }
    fa_session_free(session);
    fa_observer_fini(&observer);
    return status;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, NULL);
    hold_standard_fds();
    raise_file_limit();
    /* Text is always UTF-8, so its width on the terminal must be computed as such. */
    setlocale(LC_CTYPE, "C.UTF-8");

    struct fa_error err = {0};
    struct fa_options options;
    int status = FA_EXIT_USAGE;
    fa_options_init(&options);
    if (fa_parser_run(&options, argc, argv, &err) != 0) {
        fa_term_error(&err);
        fprintf(stderr, "Try '%s --help'.\n", fa_parser_program(options.command));
    } else if (options.action != FA_ACTION_RUN) {
        status = print(&options);
    } else if (options.command == FA_COMMAND_ENQUEUE) {
        status = (int)fa_enqueue_command(&options);
    } else if (options.command == FA_COMMAND_STATUS && options.queue.url) {
        status = (int)fa_queue_status(&options);
    } else if (options.command == FA_COMMAND_WORK) {
        options.config.began = fa_clock_read(CLOCK_REALTIME);
        status = fa_work_command(&options);
    } else if (options.command == FA_COMMAND_STATUS) {
        status = (int)fa_status_show(&options);
    } else if (options.command == FA_COMMAND_VERIFY) {
        status = (int)fa_verify_command(&options);
    } else if (options.command == FA_COMMAND_DOCTOR) {
        status = (int)fa_doctor_command(&options);
    } else if (options.command == FA_COMMAND_EXPLAIN) {
        status = (int)fa_explain_command(&options);
    } else if (options.command == FA_COMMAND_MERGE) {
        status = (int)fa_merge_command(&options);
    } else if (options.command == FA_COMMAND_COMPARE) {
        status = (int)fa_compare_show(&options);
    } else {
        options.config.began = fa_clock_read(CLOCK_REALTIME);
        status = run(&options);
    }
    fa_options_fini(&options);

    /* Let the parent process see that a signal ended the program. */
    if (fa_signals_caught())
        fa_signals_die(fa_signals_caught());
    return status;
}
