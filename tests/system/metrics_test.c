/* What monitoring sees of a run: the file of --metrics, and the messages to systemd. */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/prometheus.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int manager = -1; /* the socket of the service manager */
static char notified[65536];

static void end(void)
{
    if (manager >= 0)
        close(manager);
    fixture_end();
}

TestSuite(metrics, .init = fixture_begin, .fini = end, .timeout = 90.0);

static bool has_file(void *arg)
{
    char path[PATH_MAX];
    (void)arg;
    fa_run_pump(&fetch.run, 0);
    snprintf(path, sizeof(path), "%s/a", fetch.dir);
    return access(path, F_OK) == 0;
}

Test(metrics, are_replaced_during_a_run_and_complete_at_its_end)
{
    add_path("/ok/1000/a");
    add_path("/status/404/b");
    add_path("/mute/c");
    for (int mode = 0; mode < FA_FETCH_MODES; ++mode) {
        const char *file = fa_scratch_path(&scratch, "%d.prom", mode);
        fa_fetch_start(&fetch, &scratch, fa_modes[mode], list.text, "--metrics", file,
                       "--stall-timeout", "60", NULL);
        char *text = NULL;
        do {
            fa_run_pump(&fetch.run, 20);
            free(text);
            text = access(file, F_OK) == 0 ? fa_file_read(file, NULL) : strdup("");
            cr_assert(!fetch.run.ended, "%s", fa_run_err(&fetch.run));
        } while (!strstr(text, "\n"));
        fa_prometheus_check(text);
        cr_expect_eq(fa_prometheus_value(text, "fetchall_running", ""), 1);
        free(text);
        fa_run_until_stderr_has(&fetch.run, "404", 20);
        cr_assert(fa_wait_until(has_file, NULL, 20), "%s", fa_run_err(&fetch.run));
        fa_run_kill(&fetch.run, SIGTERM);
        fa_run_wait(&fetch.run, 20);
        text = fa_file_read(file, NULL);
        fa_prometheus_check(text);
        cr_expect_eq(fa_prometheus_value(text, "fetchall_running", ""), 0);
        cr_expect_eq(fa_prometheus_value(text, "fetchall_entries_ended_total", "\"failed\""), 2);
        cr_expect_eq(fa_prometheus_value(text, "fetchall_entries_ended_total", "\"ok\""), 1);
        cr_expect_eq(fa_prometheus_value(text, "fetchall_received_bytes_total", "") >= 1000, true);
        if (fa_modes[mode] == fa_modes[0])
            cr_expect(fa_prometheus_value(text, "fetchall_loop_delay_seconds_count", "") > 0);
        free(text);
        fa_fetch_end(&fetch);
    }
}

Test(metrics, of_a_shard_have_a_file_of_their_own)
{
    add_path("/ok/1000/a");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--shard", "0/1", "--metrics",
                   fa_scratch_path(&scratch, "m.prom"), NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 20), 0, "%s", fa_run_err(&fetch.run));
    char *text = fa_file_read(fa_scratch_path(&scratch, "m.0-of-1.prom"), NULL);
    cr_expect_eq(fa_prometheus_value(text, "fetchall_running", "shard=\"0/1\""), 0);
    free(text);
}

Test(metrics, must_have_a_file_of_their_own)
{
    add_path("/ok/1000/a");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--metrics", "-", NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 20), 2);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "--metrics requires the name of a file"));
}

static const char *manager_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = fa_scratch_path(&scratch, "notify");
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert(bind(manager, (const struct sockaddr *)&address, sizeof(address)) == 0);
    return path;
}

/* Receive until a text has come. */
static void expect_message(const char *what)
{
    size_t len = strlen(notified);
    for (double until = fa_now() + fa_timeout(20); !strstr(notified, what);) {
        fa_run_pump(&fetch.run, 20);
        ssize_t got = recv(manager, notified + len, sizeof(notified) - len - 1, 0);
        len += got > 0 ? (size_t)got : 0;
        notified[len] = '\0';
        cr_assert(fa_now() < until, "no %s in: %s", what, notified);
    }
}

Test(metrics, systemd_is_told_of_readiness_life_and_end)
{
    char socket_name[300];
    snprintf(socket_name, sizeof(socket_name), "NOTIFY_SOCKET=%s", manager_open());
    const char *env[] = {socket_name, "WATCHDOG_USEC=200000", NULL};
    const struct fa_run_options options = {.env = env};
    add_path("/ok/1000/a");
    add_path("/mute/b");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "process", list.text, "--stall-timeout",
                        "60", NULL);
    expect_message("READY=1\n");
    expect_message("WATCHDOG=1\n");
    expect_message("STATUS=1 of 2 ");
    notified[0] = '\0';
    expect_message("WATCHDOG=1\n");
    fa_run_kill(&fetch.run, SIGTERM);
    expect_message("STOPPING=1\n");
    cr_expect_eq(fa_run_wait(&fetch.run, 20), 128 + SIGTERM);
    cr_expect_null(strstr(notified, "READY=1"), "%s", notified);
}

Test(metrics, a_manager_that_is_gone_disturbs_nothing)
{
    const char *env[] = {"NOTIFY_SOCKET=@fetchall-test-nobody", "WATCHDOG_USEC=1", NULL};
    const struct fa_run_options options = {.env = env};
    add_path("/ok/1000/a");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "notify"), "%s", fa_run_err(&fetch.run));
}
