/* The test support tested by itself, with curl as the client. */

#include "support/ca.h"
#include "support/nginx.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/run.h"
#include "support/scratch.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef FAKE_DNS
#define FAKE_DNS "fake_dns.so"
#endif

static struct fa_scratch scratch;
static struct fa_server server;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
}

static void end(void)
{
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(support, .init = begin, .fini = end, .timeout = 60.0);

static struct fa_run_options curl(void)
{
    return (struct fa_run_options){.program = "curl", .cwd = scratch.path};
}

/* Runs curl quietly and returns its status. */
static int fetch(const char *out, const char *url, const char *option, const char *value)
{
    struct fa_run run;
    struct fa_run_options options = curl();
    fa_run_start(&run, &options, "-s", "-m", "20", "-o", out, url, option, value, NULL);
    int status = fa_run_wait(&run, 30);
    fa_run_end(&run);
    return status;
}

Test(support, pattern_is_the_same_from_any_offset)
{
    unsigned char whole[100];
    unsigned char part[100];
    fa_pattern_fill("seed", 0, whole, sizeof(whole));
    for (size_t at = 0; at < sizeof(whole); at++) {
        fa_pattern_fill("seed", at, part, sizeof(whole) - at);
        cr_assert_arr_eq(part, whole + at, sizeof(whole) - at);
    }
    fa_pattern_fill("seeds", 0, part, sizeof(part));
    cr_assert_neq(memcmp(part, whole, sizeof(part)), 0);
}

Test(support, file_of_the_server_is_the_pattern_of_its_path)
{
    cr_assert_eq(fetch("a", fa_server_url(&server, "/ok/100001/a?b"), NULL, NULL), 0);
    fa_expect_file(scratch.path, "a", "/ok/100001/a?b", 100001);
    fa_expect_no_file(scratch.path, "b");
    struct fa_truth files[] = {{"a", "/ok/100001/a?b", 100001}};
    fa_expect_files(scratch.path, files, 1);
    char file[FA_SHA256_HEX];
    char pattern[FA_SHA256_HEX];
    fa_truth_sha256_file(fa_scratch_path(&scratch, "a"), file);
    fa_truth_sha256_pattern("/ok/100001/a?b", 100001, pattern);
    cr_assert_str_eq(file, pattern);
}

Test(support, cut_transfer_can_be_resumed)
{
    const char *url = fa_server_url(&server, "/truncate/700/2000/a");
    cr_assert_eq(fetch("a", url, NULL, NULL), 18);
    cr_assert_eq(fetch("a", url, "-C", "-"), 18);
    cr_assert_eq(fetch("a", url, "-C", "-"), 0);
    fa_expect_file(scratch.path, "a", "/truncate/700/2000/a", 2000);
    cr_assert_eq(fa_server_requests(&server, "/truncate/700/2000/a"), 3);
    cr_assert_eq(fa_server_stat(&server, "peak_active"), 1);
}

Test(support, reset_comes_after_all_that_was_sent)
{
    cr_assert_eq(fetch("a", fa_server_url(&server, "/reset/1500000/2000000/a"), NULL, NULL), 56);
    fa_expect_file(scratch.path, "a", "/reset/1500000/2000000/a", 1500000);
}

Test(support, gzip_body_is_the_one_that_the_tests_compute)
{
    size_t want_len;
    size_t len;
    unsigned char *want = fa_pattern_gzip("/gzip/a", FA_PATTERN_SMALL, &want_len);
    char *got = fa_http_get(server.port, "/gzip/a", &len);
    cr_assert_eq(len, want_len);
    cr_assert_eq(memcmp(got, want, len), 0);
    free(want);
    free(got);
}

Test(support, held_answer_waits_for_its_release)
{
    struct fa_run run;
    struct fa_run_options options = curl();
    fa_run_start(&run, &options, "-s", "-o", "a", fa_server_url(&server, "/hold/a"), NULL);
    fa_server_until(&server, "held", 1, 10);
    cr_assert_eq(fa_server_stat(&server, "active"), 1);
    fa_server_release(&server, "b");
    cr_assert_eq(fa_server_stat(&server, "held"), 1);
    fa_server_release(&server, "a");
    cr_assert_eq(fa_run_wait(&run, 10), 0);
    fa_run_end(&run);
    fa_expect_file(scratch.path, "a", "/hold/a", FA_PATTERN_SMALL);
    fa_server_reset(&server);
    cr_assert_eq(fa_server_stat(&server, "requests"), 0);
}

Test(support, gate_opens_when_enough_have_come)
{
    struct fa_run runs[3];
    struct fa_run_options options = curl();
    for (size_t i = 0; i < 3; i++) {
        fa_run_start(&runs[i], &options, "-s", "-o", fa_scratch_path(&scratch, "%zu", i),
                     fa_server_url(&server, "/gate/3/a"), NULL);
    }
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(fa_run_wait(&runs[i], 10), 0);
        fa_run_end(&runs[i]);
    }
    cr_assert_eq(fa_server_stat(&server, "peak_active"), 3);
}

Test(support, log_has_headers_and_can_be_read)
{
    cr_assert_eq(fetch("a", fa_server_url(&server, "/status/404/a"), "-H", "X-Token: t"), 0);
    json_t *log = fa_server_log(&server);
    cr_assert_eq(json_array_size(log), 1);
    cr_assert_str_eq(fa_report_str(json_array_get(log, 0), "headers.X-Token"), "t");
    json_decref(log);
}

Test(support, report_objects_are_found)
{
    const char *path = fa_scratch_write(
        &scratch, "sub/report",
        "{\"line\":1,\"url\":\"u\",\"status\":\"ok\",\"error\":null,\"time\":{\"dns\":0.5}}\n"
        "{\"line\":2,\"url\":\"v\",\"status\":\"failed\",\"http\":404}\n");
    json_t *report = fa_report_read(path);
    json_t *first = fa_report_by_url(report, "u");
    cr_assert(fa_report_is_null(first, "error"));
    cr_assert_null(fa_report_str(first, "error"));
    cr_assert_float_eq(fa_report_real(first, "time.dns"), 0.5, 1e-9);
    cr_assert_eq(fa_report_int(fa_report_by_line(report, 2), "http"), 404);
    cr_assert_eq(fa_report_count(report, "status", "ok"), 1);
    json_decref(report);
}

Test(support, run_has_a_clean_environment_and_its_options)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    const char *env[] = {"A=b c", "LC_ALL=de_DE.UTF-8", NULL};
    struct fa_run_options options = {
        .program = "sh",
        .cwd = scratch.path,
        .env = env,
        .stdin_text = "fed",
        .nofile = 40,
        .has_umask = true,
        .umask = 077,
    };
    struct fa_run run;
    fa_run_start(&run, &options, "-c",
                 "cat; echo $http_proxy$HOME,$A,$LC_ALL,$(ulimit -n); >made; exit 7", NULL);
    cr_assert_eq(fa_run_wait(&run, 10), 7);
    cr_assert_str_eq(fa_run_out(&run), "fed,b c,de_DE.UTF-8,40\n");
    cr_assert(!run.signaled && run.peak_rss > 0);
    fa_run_end(&run);
    struct stat st;
    cr_assert_eq(stat(fa_scratch_path(&scratch, "made"), &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
}

Test(support, run_takes_and_gives_more_than_a_pipe_holds)
{
    size_t size = 3000000;
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    text[size] = '\0';
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "cat", .stdin_text = text}, NULL);
    cr_assert_eq(fa_run_wait(&run, 10), 0);
    cr_assert_eq(run.stdout_text.len, size);
    cr_assert_eq(memcmp(fa_run_out(&run), text, size), 0);
    fa_run_end(&run);
    free(text);
}

Test(support, run_can_be_fed_while_it_runs)
{
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "cat", .stdin_open = true}, NULL);
    fa_run_feed(&run, "one\n");
    fa_run_until_stdout_has(&run, "one", 10);
    fa_run_feed(&run, "two\n");
    fa_run_until_stdout_has(&run, "two", 10);
    cr_assert(fa_process_alive(run.pid));
    fa_run_feed_end(&run);
    cr_assert_eq(fa_run_wait(&run, 10), 0);
    fa_run_end(&run);
}

static bool has_two_children(void *arg)
{
    return fa_process_descendants(*(pid_t *)arg, NULL, 0) == 2;
}

static bool is_gone(void *arg)
{
    return !fa_process_alive(*(pid_t *)arg);
}

Test(support, signals_and_children_are_seen)
{
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "sh"}, "-c",
                 "sleep 60 & sleep 60 & echo up >&2; wait", NULL);
    fa_run_until_stderr_has(&run, "up", 10);
    cr_assert(fa_wait_until(has_two_children, &run.pid, 10));
    cr_assert(fa_process_fds(run.pid) >= 3);
    cr_assert_eq(fa_process_threads(run.pid), 1);
    cr_assert(fa_process_peak_rss(run.pid) > 0);
    pid_t children[2];
    fa_process_descendants(run.pid, children, 2);
    fa_run_kill(&run, SIGTERM);
    cr_assert_eq(fa_run_wait(&run, 10), 128 + SIGTERM);
    cr_assert(run.signaled && run.signal == SIGTERM);
    fa_run_end(&run);
    cr_assert(fa_wait_until(is_gone, &children[0], 10));
    cr_assert(fa_wait_until(is_gone, &children[1], 10));
}

Test(support, certificates_are_what_they_are_called)
{
    static const struct {
        const char *file;
        enum fa_cert_kind kind;
        const char *names;
        int status; /* curl's: 60 is a certificate that it does not accept */
    } rows[] = {
        {"good", FA_CERT_GOOD, "localhost,127.0.0.1", 0},
        {"expired", FA_CERT_EXPIRED, "127.0.0.1", 60},
        {"future", FA_CERT_NOT_YET, "127.0.0.1", 60},
        {"self", FA_CERT_SELF_SIGNED, "127.0.0.1", 60},
        {"wrong", FA_CERT_GOOD, "wrong.test", 60},
    };
    struct fa_ca ca;
    fa_ca_init(&ca, &scratch);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fa_cert cert;
        fa_ca_issue(&ca, &scratch, rows[i].file, rows[i].kind, rows[i].names, &cert);
        struct fa_server tls;
        fa_server_start(&tls, (const char *[]){"--tls", cert.cert, cert.key, NULL});
        cr_assert_eq(fetch("a", fa_server_url(&tls, "/ok/10/a"), "--cacert", ca.file),
                     rows[i].status, "%s", rows[i].file);
        cr_assert_eq(fa_server_stat(&tls, "accepted"), 1);
        fa_server_stop(&tls);
    }
    fa_ca_fini(&ca);
}

Test(support, nginx_serves_a_folder_on_every_loopback_address)
{
    fa_scratch_write(&scratch, "www/a", "hello");
    struct fa_ca ca;
    struct fa_cert cert;
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "nginx", FA_CERT_GOOD, "127.0.0.9", &cert);
    struct fa_nginx plain;
    struct fa_nginx tls;
    struct fa_nginx_options options = {
        .root = fa_scratch_path(&scratch, "www"), .listen = "0.0.0.0", .access_log = true};
    fa_nginx_start(&plain, &scratch, &options);
    char *body = fa_http_get(plain.port, "/a", NULL);
    cr_assert_str_eq(body, "hello");
    free(body);
    fa_nginx_stop(&plain);
    cr_assert(!fa_port_accepts(plain.port));
    options.cert = cert.cert;
    options.key = cert.key;
    options.http2 = true;
    options.workers = 2;
    fa_nginx_start(&tls, &scratch, &options);
    char address[64];
    snprintf(address, sizeof(address), "https://127.0.0.9:%d/a", tls.port);
    cr_assert_eq(fetch("a", address, "--cacert", ca.file), 0);
    fa_nginx_stop(&tls);
    char *got = fa_file_read(fa_scratch_path(&scratch, "a"), NULL);
    cr_assert_str_eq(got, "hello");
    free(got);
    char *log = fa_file_read(tls.access_log, NULL);
    cr_assert_not_null(strstr(log, "HTTP/2"));
    free(log);
    fa_ca_fini(&ca);
}

Test(support, fake_dns_answers_by_the_name)
{
    static const struct {
        const char *host;
        int status; /* curl's: 6 is a name that does not resolve */
    } rows[] = {
        {"nx-a.test", 6},   {"fail-a.test", 6}, {"slow30-a.test", 0},
        {"many-a.test", 0}, {"a.test", 0},
    };
    const char *log = fa_scratch_path(&scratch, "dns.log");
    char log_env[PATH_MAX + 32];
    snprintf(log_env, sizeof(log_env), "FAKE_DNS_LOG=%s", log);
    const char *env[] = {"LD_PRELOAD=" FAKE_DNS, log_env, NULL};
    struct fa_run_options options = curl();
    options.env = env;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fa_run run;
        fa_run_start(&run, &options, "-sS4", "-o", "a",
                     fa_server_url_at(&server, rows[i].host, "/ok/5/a"), NULL);
        cr_assert_eq(fa_run_wait(&run, 20), rows[i].status, "%s: %s", rows[i].host,
                     fa_run_err(&run));
        fa_run_end(&run);
    }
    char *text = fa_file_read(log, NULL);
    cr_assert_not_null(strstr(text, "slow30-a.test 1\n"));
    free(text);
}
