/* fetchall doctor, without --host (system.secrets has that). */

#include "support/fixture.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fa_run run;

static void end(void)
{
    fa_run_end(&run);
    fixture_end();
}

TestSuite(doctor, .init = fixture_begin, .fini = end, .timeout = 60.0);

static const char *doctor(const char *const *env, int expected, const char *const *args)
{
    const char *argv[16] = {"doctor"};
    for (size_t i = 0; args[i]; ++i)
        argv[i + 1] = args[i];
    fa_run_end(&run);
    fa_run_start_argv(&run, &(struct fa_run_options){.cwd = scratch.path, .env = env}, argv);
    int rc = fa_run_wait(&run, 20);
    cr_assert_eq(rc, expected, "%d: %s%s", rc, fa_run_out(&run), fa_run_err(&run));
    return fa_run_out(&run);
}

#define DOCTOR(env, expected, ...) doctor(env, expected, (const char *const[]){__VA_ARGS__, NULL})

static void expect_line(const char *out, const char *state, const char *name, const char *text)
{
    char line[512];
    snprintf(line, sizeof(line), "%-4s  %-13s %s", state, name, text);
    cr_expect_not_null(strstr(out, line), "%s\nis not in\n%s", line, out);
}

Test(doctor, a_machine_is_checked)
{
    const char *out = DOCTOR(NULL, 0, "-d", "not/made/yet");
    expect_line(out, "ok", "version", "fetchall 0.1.0, libcurl ");
    expect_line(out, "ok", "certificates", "/etc/ssl/certs/ca-certificates.crt, from the system");
    expect_line(out, "ok", "disk", ".: ");
}

Test(doctor, what_is_wrong_is_named_with_what_to_do)
{
    static const char *const env[] = {"SSL_CERT_FILE=/nonexistent/ca", "HTTP_PROXY=x",
                                      "https_proxy=http://joe:passw0rd@proxy.test:1",
                                      "all_proxy=gopher://h", NULL};
    const char *out = DOCTOR(env, 1, "-d", "/dev/null/x");
    expect_line(out, "bad", "certificates",
                "/nonexistent/ca, from SSL_CERT_FILE: No such file or directory\n");
    cr_expect_not_null(strstr(out, "-> apt-get install ca-certificates, or --cacert FILE\n"));
    expect_line(out, "ok", "proxy", "https_proxy=http://joe:***@proxy.test:1");
    expect_line(out, "bad", "proxy", "all_proxy=gopher://h: ");
    expect_line(out, "note", "proxy", "HTTP_PROXY is ignored\n");
    expect_line(out, "bad", "folder", "/dev/null/x: Not a directory\n");
    cr_expect_null(strstr(out, "passw0rd"), "%s", out);
}

Test(doctor, hosts_of_a_list_are_connected_to)
{
    char good[64];
    snprintf(good, sizeof(good), "http://127.0.0.1:%d: 127.0.0.1, connected in ", server.port);
    add_path("/ok/9/a");
    add_path("/ok/9/b");
    fa_lines_add(&list, "http://127.0.0.1:1/x");
    fa_lines_add(&list, "http://nosuch.invalid/x");
    fa_lines_add(&list, "bogus");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    const char *out = DOCTOR(NULL, 1, file);
    expect_line(out, "bad", "list", "line 5: not a URL");
    expect_line(out, "note", "list", "5 entries, 1 invalid\n");
    expect_line(out, "ok", "host", good);
    expect_line(out, "bad", "host", "http://127.0.0.1:1: 127.0.0.1: Connection refused\n");
    expect_line(out, "bad", "host", "http://nosuch.invalid:80: ");
    cr_expect_eq(fa_server_stat(&server, "requests"), 0, "nothing is requested");
}
