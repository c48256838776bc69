/*
 * fetchall: download many files at once.
 *
 * The map of the house.  Includes point down only; a test fails on any other edge.
 *
 *    src/cli            main: parse, build, run, report
 *       │                 parser ─▶ options (the table) ◀─ help, man, completion
 *       │                 observer ─▶ display ─▶ progress        what stands on the terminal
 *       │                          ─▶ report, events, manifest   what is written to files
 *       │                          ─▶ summary, exit              what is told at the end
 *       │                 status, verify                         the commands besides fetching
 *       │                 compare/: plan ─▶ rounds ─▶ run ─▶ child, meter   runs that are compared
 *       │                           harvest ─▶ trial ─▶ verdict ─▶ table, page, sheet
 *       │                           warmup; measure, statistics, choice, reason   of a verdict
 *       │                 whole                                  a file that appears whole
 *       │                 outputs                                none of them overwrites another
 *       │ public headers only (and base/clock, hex, netrc, utf8: leaves)
 *    include/fetchall   config error event session state verify sample redact pool version
 *       │ implemented by
 *    src/engine         session, turn ─▶ admit dispatch settle staging tell   what a turn does
 *       │                 job hosts breaker outage retry resolve timers slots  the nouns and policies
 *       │                 name names kept backlog folder store                 names and files
 *       │                 record room                     what is remembered; a full disk
 *       │                 rights                          what the process gives up
 *       │                 inspect verify walk             looking only
 *       │                 sample quota                    a part of a list, for a comparison
 *       ├─────────────────┬──────────────┬────────────┐
 *    src/strategy      src/stage      src/list     src/state
 *       │  async, scout    stage         list entry   schema files
 *       │  blocking, rights │ digest     sum          (SQLite)
 *       │     │   └────────┐│
 *       │     │            ▼▼
 *       │     │        src/confine       Landlock, seccomp, rlimits
 *       │     └─────▶ src/pool           transfer and pool never see each other
 *    src/transfer         (fork, IPC)
 *       │   transfer: request, response ─▶ representation; body; pace   one attempt
 *       │   driver, connections ─▶ watchdog, trust                      what it is driven by
 *       │   url, url_handle ─▶ plain_url; redact, secret_key; library: faults of libcurl
 *       └────────┬────────┘
 *    src/base           error buf hash key clock loop cores owner hex io netrc sized utf8
 *
 * The way of one URL:
 *
 *    list ──entry──▶ engine ──attempt──▶ strategy ──▶ transfer ──bytes──▶ part file
 *                     │  ▲                                 │
 *                     │  └───────────outcome───────────────┘
 *                     ├─ retry? not before T, or never (pure policy)
 *                     ├─ state: what is done, and what may be resumed, told after the fact
 *                     ├─ fetched ──▶ stage (pool: hash) ──digest──▶ checked, and given its name
 *                     └─ events ──▶ observer
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fetchall/pool.h>
#include <fetchall/session.h>
#include <fetchall/version.h>

#include "cli/compare/compare.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/observer.h"
#include "cli/parser.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/term.h"
#include "cli/verify.h"

/* Nothing that is opened later may end up as standard input, output or error.  One that is closed
 * is held by what cannot be used, so that using it still fails. */
static void hold_standard_fds(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(FA_EXIT_LOCAL);
}

/* As many files as we may have open: a soft limit is often far below the hard one. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Print what was asked for, instead of a run. */
static int print(enum fa_action action, enum fa_command command)
{
    if (action == FA_ACTION_HELP)
        fa_help_print(stdout, command);
    else if (action == FA_ACTION_MAN)
        fa_man_print(stdout);
    else if (action == FA_ACTION_BASH)
        fa_completion_print(stdout);
    else
        printf("%s\n", fa_version());
    if (fflush(stdout) == 0 && !ferror(stdout))
        return FA_EXIT_OK;
    fprintf(stderr, "fetchall: cannot write to standard output: %s\n", strerror(errno));
    return FA_EXIT_LOCAL;
}

/* Lists that cannot be opened are told, and the others go on; without any, what failed before is
 * the list (--retry-failed).  Returns how many there are. */
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
        /* A list that is missing is no disk that is full: see the exit statuses. */
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
    /* Now that DIR is there, and ours, and there is a list: a program that does nothing empties no
     * report of another. */
    if (fa_observer_open(observer, &err) != 0) {
        fa_term_error(&err);
        return FA_EXIT_LOCAL;
    }
    bool bar = observer->display.mode == FA_PROGRESS_BAR;
    fa_signals_arm(session, bar ? FA_DISPLAY_CLEAR : NULL);
    if (fa_session_run(session, &end, &err) != 0) {
        err.class = FA_CLASS_LOCAL_IO;
        fa_observer_fail(observer, &err);
    }
    fa_observer_finish(observer, end);
    fa_signals_disarm();
    return (int)fa_exit_status(&observer->exit);
}

static int run(const struct fa_options *options)
{
    struct fa_error err = {0};
    struct fa_observer observer;
    int status = FA_EXIT_LOCAL;
    if (options->config.insecure && !options->quiet)
        fputs("fetchall: --insecure: certificates are not checked\n", stderr);
    /* A plan is read like any listing, and ends with its reader: by SIGPIPE. */
    if (!options->config.plan)
        fa_signals_ignore();
    fa_observer_init(&observer, options);
    struct fa_session *session =
        fa_session_new(&options->config, fa_observer_handle, &observer, &err);
    if (session) {
        status = run_session(session, options, &observer);
    } else {
        fa_term_error(&err);
        status = err.class == FA_CLASS_LOCAL_IO ? FA_EXIT_LOCAL : FA_EXIT_USAGE;
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
    /* Text is UTF-8 everywhere, and so its width on the terminal must be. */
    setlocale(LC_CTYPE, "C.UTF-8");

    struct fa_error err = {0};
    struct fa_options options;
    int status = FA_EXIT_USAGE;
    fa_options_init(&options);
    if (fa_parser_run(&options, argc, argv, &err) != 0) {
        fa_term_error(&err);
        fprintf(stderr, "Try '%s --help'.\n", fa_parser_program(options.command));
    } else if (options.action != FA_ACTION_RUN) {
        status = print(options.action, options.command);
    } else if (options.command == FA_COMMAND_STATUS) {
        status = (int)fa_status_show(&options);
    } else if (options.command == FA_COMMAND_VERIFY) {
        status = (int)fa_verify_show(&options);
    } else if (options.command == FA_COMMAND_COMPARE) {
        status = (int)fa_compare_show(&options);
    } else {
        status = run(&options);
    }
    fa_options_fini(&options);

    /* Whoever waits for the program sees that a signal ended it. */
    if (fa_signals_caught())
        fa_signals_die(fa_signals_caught());
    return status;
}
