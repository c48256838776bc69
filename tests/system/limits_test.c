/* What is larger, longer or scarcer than usual: entries, backlogs, descriptors. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

TestSuite(limits, .init = fixture_begin, .fini = fixture_end, .timeout = 120.0);

static char *repeated(char byte, size_t len)
{
    char *text = malloc(len + 1);
    memset(text, byte, len);
    text[len] = '\0';
    return text;
}

/* Together they exceed what a message between processes can hold. */
FA_TEST_MODES(limits, entry_with_long_header_lines_is_fetched)
{
    char *value = repeated('v', 40000);
    fa_lines_add(&list, "%s\n  header=X-One: %s\n  header=X-Two: %s",
                 fa_server_url(&server, "/ok/100/a"), value, value);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/b"));
    free(value);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
    fa_expect_file(fetch.dir, "b", "/ok/100/b", 100);
}

FA_TEST_MODES(limits, entry_with_many_header_lines_is_fetched)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/a"));
    for (int i = 0; i < 3000; i++) {
        fa_lines_add(&list, "  header=X-%d: v", i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
}

FA_TEST_MODES(limits, run_with_a_long_user_agent_fetches)
{
    char *agent = repeated('a', 100000);
    fa_fetch_start(&fetch, &scratch, mode, fa_server_url(&server, "/ok/100/a"), "-A", agent, NULL);
    free(agent);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
}

/* Limit the open files of the run to those that it has now, or lift the limit. */
static void limit_files(bool few)
{
    struct rlimit limit;
    cr_assert_eq(prlimit(fetch.run.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = few ? (rlim_t)fa_process_fds(fetch.run.pid) : limit.rlim_max;
    cr_assert_eq(prlimit(fetch.run.pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static void feed(int from, int to)
{
    for (int i = from; i < to; i++) {
        char line[256], path[32];
        snprintf(path, sizeof(path), "/hold/f%d", i);
        snprintf(line, sizeof(line), "%s\n", fa_server_url(&server, path));
        fa_run_feed(&fetch.run, line);
    }
    fa_run_pump(&fetch.run, 0);
}

Test(limits, slots_lost_to_a_shortage_of_open_files_come_back)
{
    struct fa_run_options options = {.stdin_open = true};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "loops", "-", "-j", "16", "--per-host",
                        "100", "--hash", "none", "--retries", "100", "--retry-wait", "0.2",
                        "--stall-timeout", "100", "--progress", "plain", NULL);
    feed(0, 4);
    fa_server_until(&server, "held", 4, 10);
    limit_files(true);
    feed(4, 40);
    fa_run_until_stderr_has(&fetch.run, "out of open files", 10);
    limit_files(false);
    fa_server_until(&server, "held", 16, 60);
    fa_server_release(&server, NULL);
    fa_run_feed_end(&fetch.run);
    for (int i = 0; i < 1000 && !fetch.run.ended; i++) {
        fa_server_release(&server, NULL);
        fa_run_pump(&fetch.run, 10);
    }
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 40);
}

static void add_files(const char *behaviour, int count)
{
    for (int i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/%s/100/f%d", behaviour, i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
}

FA_TEST_MODES(limits, transfers_to_one_host_grow_while_that_is_faster)
{
    add_files("delay/100", 700);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 40, 0);
    fa_fetch_expect_count(&fetch, "ok", 700);
    cr_expect_geq(fa_server_stat(&server, "peak_active"), 48);
}

FA_TEST_MODES(limits, growth_ends_at_the_ceiling)
{
    add_files("delay/50", 200);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--per-host", "auto:14", NULL);
    fa_fetch_expect(&fetch, 40, 0);
    fa_fetch_expect_count(&fetch, "ok", 200);
    cr_expect_eq(fa_server_stat(&server, "peak_active"), 14);
}

FA_TEST_MODES(limits, host_that_refuses_more_at_once_gets_what_it_accepts)
{
    add_files("atmost/10/50", 400);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retry-wait", "0.1", "--retries", "20",
                   NULL);
    fa_fetch_expect(&fetch, 40, 0);
    fa_fetch_expect_count(&fetch, "ok", 400);
    cr_expect_leq(fa_server_stat(&server, "requests"), 440);
}
