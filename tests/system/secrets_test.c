/* Redirects, TLS, proxies, and secrets that must not reach another origin. */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct fa_scratch scratch;
static struct fa_server server; /* plain */
static struct fa_server other;  /* plain, another port */
static struct fa_server tls;
static struct fa_ca ca;
static struct fa_lines list;
static struct fa_fetch fetch;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_ca_init(&ca, &scratch);
    struct fa_cert cert;
    fa_ca_issue(&ca, &scratch, "good", FA_CERT_GOOD, "a.test,b.test,127.0.0.1", &cert);
    const char *const all[] = {"--listen", "0.0.0.0", NULL};
    fa_server_start(&server, all);
    fa_server_start(&other, all);
    fa_server_start(&tls, (const char *[]){"--tls", cert.cert, cert.key, NULL});
}

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_server_stop(&server);
    fa_server_stop(&other);
    fa_server_stop(&tls);
    fa_ca_fini(&ca);
    fa_scratch_fini(&scratch);
}

TestSuite(secrets, .init = begin, .fini = end, .timeout = 90.0);

/* Writes /redir/302/<target>, the target with its slashes hidden, so that it can be such a path
 * itself. */
static void redirect_to(char *path, size_t room, const char *target, const char *name)
{
    size_t len = (size_t)snprintf(path, room, "/redir/302/");
    for (; *target && len + 4 < room; target++) {
        const char *format = *target == '/' ? "%%2f" : *target == '%' ? "%%25" : "%c";
        len += (size_t)snprintf(path + len, room - len, format, *target);
    }
    snprintf(path + len, room - len, "/%s", name);
}

/* Adds a URL that leads through the others to the last one; ends with NULL. */
static void add_chain(const char *name, const char *const *urls)
{
    char whole[4096];
    size_t n = 0;
    while (urls[n])
        n++;
    snprintf(whole, sizeof(whole), "%s", urls[--n]);
    while (n-- > 0) {
        char path[4096];
        redirect_to(path, sizeof(path), whole, name);
        cr_assert_lt((size_t)snprintf(whole, sizeof(whole), "%s%s", urls[n], path), sizeof(whole));
    }
    fa_lines_add(&list, "%s", whole);
}

/* The start of a URL: "http://" or "https://", a user, and a host of a server. */
static const char *at(const struct fa_server *to, const char *scheme, const char *host)
{
    static char texts[16][128];
    static unsigned next;
    char *text = texts[next++ % 16];
    snprintf(text, sizeof(texts[0]), "%s%s:%d", scheme, host, to->port);
    return text;
}

static const char *file_at(const char *host)
{
    static char texts[8][160];
    static unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof(texts[0]), "%s/ok/10/f", at(&server, "http://", host));
    return text;
}

/* Adds a URL at HOST of the plain server, with USER before it, that leads to TARGET. */
static void add_redirect(const char *user, const char *host, const char *target, const char *name)
{
    char path[512];
    redirect_to(path, sizeof(path), target, name);
    fa_lines_add(&list, "http://%s%s:%d%s", user, host, server.port, path);
}

/* How many requests of the log have TEXT in a header. */
static size_t leaks(const struct fa_server *from, const char *host, const char *text)
{
    size_t count = 0;
    json_t *log = fa_server_log(from);
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        const char *to = fa_report_str(request, "host");
        if (strncmp(to, host, strlen(host)) == 0) {
            char *dump = json_dumps(json_object_get(request, "headers"), 0);
            count += strstr(dump, text) != NULL;
            free(dump);
        }
    }
    json_decref(log);
    return count;
}

FA_TEST_MODES(secrets, headers_with_secrets_stay_at_the_origin_of_the_list)
{
    char target[256];
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&server, "127.0.0.3", "/ok/10/host"));
    add_redirect("", "127.0.0.2", target, "a");
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&other, "127.0.0.2", "/ok/10/port"));
    add_redirect("", "127.0.0.2", target, "b");
    add_redirect("", "127.0.0.2", "//127.0.0.3:1/refused", "c");
    add_redirect("", "127.0.0.2", "/ok/10/same", "d");
    fa_lines_add(&list, " header=X-Entry: s3cret-entry");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-H", "X-Token: s3cret", "-H",
                   "Authorization: Bearer s3cret", "-H", "Cookie: s3cret", NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_count(&fetch, "ok", 3);
    cr_expect_eq(leaks(&server, "127.0.0.2", "X-Token"), 6, "%s: all to the first", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "s3cret-entry"), 2, "%s: the entry's own", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "s3cret"), 0, "%s: another host", mode);
    cr_expect_eq(leaks(&other, "127.0.0.2", "s3cret"), 0, "%s: another port", mode);
    cr_expect_eq(fa_server_stat(&other, "requests"), 1);
}

FA_TEST_MODES(secrets, secrets_are_sent_to_the_listed_origin_when_it_is_asked_again)
{
    const char *a = at(&server, "http://", "127.0.0.2"), *b = at(&server, "http://", "127.0.0.3");
    const char *login = at(&server, "http://user:pass@", "127.0.0.2");
    char end[256];
    add_chain("a", (const char *[]){a, b, file_at("127.0.0.2"), NULL});
    fa_lines_add(&list, " header=X-Entry: s3cret-entry");
    fa_lines_add(&list, " out=a");
    snprintf(end, sizeof(end), "%s/auth/b", a);
    add_chain("b", (const char *[]){login, b, end, NULL});
    fa_lines_add(&list, " out=b");
    snprintf(end, sizeof(end), "%s/auth/c", at(&server, "http://evil:pw@", "127.0.0.2"));
    add_chain("c", (const char *[]){login, b, end, NULL});
    fa_lines_add(&list, " out=c");
    add_chain("d", (const char *[]){login, end, NULL});
    fa_lines_add(&list, " out=d");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-H", "X-Token: s3cret", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 4);
    cr_expect_eq(leaks(&server, "127.0.0.2", "X-Token"), 8, "%s: each time", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "s3cret-entry"), 2, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic dXNlcjpwYXNz"), 6, "%s: the listed one", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "s3cret"), 0, "%s: another host", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Authorization"), 0, "%s: another host", mode);
}

FA_TEST_MODES(secrets, trusted_host_gets_headers_and_login_and_no_other_does)
{
    const char *a = at(&tls, "https://user:pass@", "a.test");
    char end[256], port[64], any[2][64];
    snprintf(end, sizeof(end), "%s/auth/b", at(&tls, "https://", "b.test"));
    add_chain("a", (const char *[]){a, end, NULL});
    fa_lines_add(&list, " out=a");
    snprintf(end, sizeof(end), "%s/ok/10/c", at(&tls, "https://", "evil-b.test"));
    add_chain("b", (const char *[]){a, end, NULL});
    fa_lines_add(&list, " out=b");
    snprintf(end, sizeof(end), "%s/ok/10/d", at(&server, "http://", "b.test"));
    add_chain("c", (const char *[]){a, end, NULL});
    fa_lines_add(&list, " out=c");
    snprintf(port, sizeof(port), "B.test.:%d", tls.port);
    snprintf(any[0], sizeof(any[0]), "*:%d:127.0.0.1", tls.port);
    snprintf(any[1], sizeof(any[1]), "*:%d:127.0.0.1", server.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--insecure", "--resolve", any[0],
                   "--resolve", any[1], "--trust-host", port, "--trust-host", "*.b.test",
                   "--allow-downgrade", "-H", "X-Token: s3cret", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 3);
    cr_expect_eq(leaks(&tls, "a.test", "s3cret"), 3, "%s", mode);
    cr_expect_eq(leaks(&tls, "b.test", "s3cret"), 1, "%s: trusted", mode);
    cr_expect_eq(leaks(&tls, "b.test", "Basic"), 1, "%s: trusted", mode);
    cr_expect_eq(leaks(&tls, "evil-b.test", "s3cret"), 0, "%s: another name", mode);
    cr_expect_eq(leaks(&tls, "evil-b.test", "Authorization"), 0, "%s: another name", mode);
    cr_expect_eq(leaks(&server, "b.test", "s3cret"), 0, "%s: no TLS", mode);
    cr_expect_eq(leaks(&server, "b.test", "Authorization"), 0, "%s: no TLS", mode);
}

FA_TEST_MODES(secrets, trusted_host_that_is_not_one_is_refused)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--trust-host", "*", NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 2, "%s", mode);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "'*' is not a host"), "%s",
                       fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

FA_TEST_MODES(secrets, proxy_that_cannot_be_read_is_refused_and_its_password_not_printed)
{
    static const char *const proxies[] = {
        "http_proxy=http://user:s3cret@127.0.0.1:99999",
        "https_proxy=http://user:s3cret%00@127.0.0.1:1",
        "ALL_PROXY=user:s3cret @127.0.0.1",
        "all_proxy=ftp://user:s3cret@127.0.0.1",
    };
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/a"));
    for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++) {
        const char *const env[] = {proxies[i], NULL};
        struct fa_run_options options = {.env = env};
        fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
        cr_expect_eq(fa_run_wait(&fetch.run, 10), 2, "%s: %s", mode, proxies[i]);
        const char *told = fa_run_err(&fetch.run);
        cr_expect(strstr(told, "proxy") || strstr(told, "PROXY"), "%s: %s", mode, told);
        cr_expect_null(strstr(told, "s3cret"), "%s: %s", mode, told);
        fa_fetch_end(&fetch);
    }
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

FA_TEST_MODES(secrets, user_and_password_of_a_url_stay_there_and_are_not_printed)
{
    char target[256];
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&server, "127.0.0.3", "/ok/10/host"));
    add_redirect("user:s3cret@", "127.0.0.2", target, "a");
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&other, "127.0.0.2", "/ok/10/port"));
    add_redirect("user:s3cret@", "127.0.0.2", target, "b");
    fa_lines_add(&list, "http://user:pass@127.0.0.2:%d/auth/c", server.port);
    fa_lines_add(&list, "http://user:s3cret@127.0.0.2:%d/status/404/d\thttp://127.0.0.3:%d/ok/10/d",
                 server.port, server.port);
    fa_lines_add(&list, "http://user:s3cret@127.0.0.2:%d/status/404/e", server.port);
    fa_lines_add(&list, "http://user:s3cret@[nonsense/f");
    const char *events = fa_scratch_path(&scratch, "events");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-v", "--events", events, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "ok", 4);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic"), 5, "%s: to the first", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Authorization"), 0, "%s: another host", mode);
    cr_expect_eq(leaks(&other, "127.0.0.2", "Authorization"), 0, "%s: another port", mode);
    char *report = fa_file_read(fetch.report, NULL);
    char *told = fa_file_read(events, NULL);
    cr_expect_null(strstr(report, "s3cret"), "%s", report);
    cr_expect_null(strstr(told, "s3cret"), "%s", told);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    cr_expect_not_null(strstr(report, "user:***@"), "%s", report);
    free(report);
    free(told);
}

FA_TEST_MODES(secrets, netrc_gives_its_passwords_to_their_own_host_only)
{
    char home[PATH_MAX + 8];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    const char *const env[] = {home, NULL};
    struct fa_run_options options = {.env = env};
    fa_scratch_write(&scratch, ".netrc", "machine 127.0.0.2 login user password pass\n");
    char target[256];
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&server, "127.0.0.3", "/ok/10/host"));
    add_redirect("", "127.0.0.2", target, "a");
    snprintf(target, sizeof(target), "%s", fa_server_url_at(&other, "127.0.0.2", "/ok/10/port"));
    add_redirect("", "127.0.0.2", target, "b");
    fa_lines_add(&list, "http://127.0.0.2:%d/auth/c", server.port);
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--netrc", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic"), 3, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Authorization"), 0, "%s: another host", mode);
    cr_expect_eq(leaks(&other, "127.0.0.2", "Authorization"), 0, "%s: another port", mode);
}

/* Writes a ~/.netrc, and runs the program with it. */
static void start_netrc(const char *mode, const char *text, const char *option, const char *value)
{
    char home[PATH_MAX + 8];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    const char *const env[] = {home, NULL};
    struct fa_run_options options = {.env = env};
    fa_scratch_write(&scratch, ".netrc", text);
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--netrc", option, value,
                        NULL);
}

FA_TEST_MODES(secrets, netrc_is_looked_up_for_every_host_of_a_chain)
{
    char end[256];
    snprintf(end, sizeof(end), "%s/auth/f", at(&server, "http://", "127.0.0.2"));
    add_chain("a", (const char *[]){at(&server, "http://", "127.0.0.2"),
                                    at(&server, "http://", "127.0.0.3"),
                                    at(&other, "http://", "127.0.0.4"),
                                    at(&server, "http://", "127.0.0.5"), end, NULL});
    fa_lines_add(&list, " out=a");
    snprintf(end, sizeof(end), "%s/ok/10/f", at(&server, "http://x@", "127.0.0.3"));
    add_chain("b", (const char *[]){at(&server, "http://", "127.0.0.5"), end, NULL});
    fa_lines_add(&list, " out=b");
    start_netrc(mode,
                "machine 127.0.0.3 login x password s3cret3\n"
                "machine 127.0.0.2 login user password pass\n"
                "machine 127.0.0.4 login x password s3cret4\ndefault login d password e\n",
                "-A", "test");
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic dXNlcjpwYXNz"), 2, "%s: at home", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Basic eDpzM2NyZXQz"), 1,
                 "%s: not the user that a redirect names", mode);
    cr_expect_eq(leaks(&other, "127.0.0.4", "Basic eDpzM2NyZXQ0"), 1, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.5", "Basic ZDpl"), 1, "%s: only if listed", mode);
    cr_expect_eq(leaks(&server, "127.0.0.5", "Authorization"), 1, "%s: only if listed", mode);
}

FA_TEST_MODES(secrets, denial_names_the_host_that_asked_and_what_was_not_sent)
{
    char end[256], message[512];
    snprintf(end, sizeof(end), "%s/auth/f", at(&server, "http://", "127.0.0.3"));
    add_chain("a", (const char *[]){at(&server, "http://", "127.0.0.2"), end, NULL});
    fa_lines_add(&list, " header=X-Token: s3cret");
    start_netrc(mode, "machine 127.0.0.2 login user password pass", "-A", "test");
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "http");
    snprintf(message, sizeof(message),
             "401 Unauthorized: 127.0.0.3 requires a password, and ~/.netrc has none for it; the "
             "headers for 127.0.0.2 were not sent to it, because a redirect led there (see "
             "--trust-host)");
    cr_expect_str_eq(fa_report_str(entry, "error"), message, "%s", mode);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "add the host to ~/.netrc"), "%s: %s", mode,
                       fa_run_err(&fetch.run));
    cr_expect_null(strstr(fa_run_err(&fetch.run), "with --netrc"), "%s: %s", mode,
                   fa_run_err(&fetch.run));
}

/* As NASA Earthdata: the data host sends its clients to the login host, which asks for a password
 * and sends them back; cookies show the data host that they have been there. */
FA_TEST_MODES(secrets, login_host_of_a_chain_gets_its_password_and_cookies_lead_back)
{
    for (int i = 0; i < 6; i++)
        fa_lines_add(&list, "http://127.0.0.2:%d/oauth/127.0.0.3:%d/f%d", server.port, other.port,
                     i);
    start_netrc(mode, "machine 127.0.0.3 login user password pass", "-j", "2");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 6);
    cr_expect_eq(fa_server_stat(&server, "requests"), 18, "%s: each chain logs in", mode);
    cr_expect_eq(fa_server_stat(&other, "requests"), 6, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "session=granted"), 6, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "state="), 12, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "s3cret"), 0, "%s: of the login host", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Authorization"), 0, "%s", mode);
    cr_expect_eq(leaks(&other, "127.0.0.3", "Cookie"), 0, "%s: of the data host", mode);
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_lines_add(&list, "http://127.0.0.2:%d/oauth/127.0.0.3:%d/f", server.port, other.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "http");
    cr_expect_str_eq(fa_report_str(entry, "error"),
                     "401 Unauthorized: 127.0.0.3 requires a user name and password", "%s", mode);
}

/* A redirect of a host that sets cookies. */
static void add_cookie(const char *scheme, const char *host, const char *cookies,
                       const char *target)
{
    char path[1024];
    size_t len = (size_t)snprintf(path, sizeof(path), "/cookie/%s/", cookies);
    for (; *target && len + 4 < sizeof(path); target++)
        len += (size_t)snprintf(path + len, sizeof(path) - len, *target == '/' ? "%%2f" : "%c",
                                *target);
    const struct fa_server *to = strcmp(scheme, "https://") == 0 ? &tls : &server;
    fa_lines_add(&list, "%s%s:%d%s/f", scheme, host, to->port, path);
}

FA_TEST_MODES(secrets, cookies_are_sent_to_the_hosts_that_they_are_for)
{
    char any[2][64], back[256];
    add_cookie(
        "http://", "a.x.test",
        "host=1;Path=%2f|dom=1;Path=%2f;Domain=x.test|up=1;Path=%2f;Domain=test|bad=1;Path=%2f;Domain=b.test",
        file_at("b.x.test"));
    fa_lines_add(&list, " out=a");
    add_cookie("http://", "a.co.uk", "super=1;Path=%2f;Domain=co.uk", file_at("b.co.uk"));
    fa_lines_add(&list, " out=b");
    add_cookie("http://", "a.test", "path=1;Path=%2fno|gone=1;Path=%2f;Max-Age=0|own=1;Path=%2f",
               file_at("a.test"));
    fa_lines_add(&list, " out=c");
    add_cookie("https://", "s.test", "sec=1;Path=%2f;Secure|plain=1;Path=%2f", file_at("s.test"));
    fa_lines_add(&list, " out=d");
    snprintf(back, sizeof(back), "%s/ok/10/f", at(&tls, "https://", "t.test"));
    add_cookie("https://", "t.test", "sec=2;Path=%2f;Secure", back);
    fa_lines_add(&list, " out=e");
    fa_lines_add(&list, " header=Cookie: mine=1");
    fa_lines_add(&list, "%s", file_at("a.test"));
    fa_lines_add(&list, " out=f");
    snprintf(any[0], sizeof(any[0]), "*:%d:127.0.0.1", tls.port);
    snprintf(any[1], sizeof(any[1]), "*:%d:127.0.0.1", server.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--insecure", "--resolve", any[0],
                   "--resolve", any[1], "--allow-downgrade", "-j", "1", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 6);
    cr_expect_eq(leaks(&server, "b.x.test", "\"dom=1\""), 1, "%s: only that of the domain", mode);
    cr_expect_eq(leaks(&server, "b.co.uk", "Cookie"), 0, "%s: a public suffix", mode);
    cr_expect_eq(leaks(&server, "a.test", "\"own=1\""), 1, "%s: once, and only that", mode);
    cr_expect_eq(leaks(&server, "s.test", "Cookie"), 0, "%s: without TLS", mode);
    cr_expect_eq(leaks(&tls, "t.test", "\"sec=2; mine=1\""), 1, "%s: one field for all", mode);
}

FA_TEST_MODES(secrets, challenge_for_digest_is_answered)
{
    static const char *const kinds[] = {"MD5", "SHA-256", "both", "stale"};
    char end[256];
    for (size_t i = 0; i < 4; i++)
        fa_lines_add(&list, "http://127.0.0.2:%d/digest/%s/f%zu?q=1", server.port, kinds[i], i);
    fa_lines_add(&list, "http://user:pass@127.0.0.3:%d/digest/MD5/u", other.port);
    fa_lines_add(&list, "http://user:wr0ng@127.0.0.4:%d/digest/MD5/w", other.port);
    fa_lines_add(&list, "http://127.0.0.5:%d/digest/MD5/n", other.port);
    snprintf(end, sizeof(end), "%s/digest/SHA-256/c", at(&server, "http://", "127.0.0.2"));
    add_chain("c", (const char *[]){at(&other, "http://", "127.0.0.6"), end, NULL});
    start_netrc(mode, "machine 127.0.0.2 login user password pass", "--retries", "0");
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "ok", 6);
    for (int line = 1; line <= 8; line++)
        cr_expect_eq(fa_report_int(fa_report_by_line(fetch.entries, line), "attempts"), 1,
                     "%s: line %d", mode, line);
    const json_t *wrong = fa_fetch_expect_entry(&fetch, 6, "failed", "http");
    cr_expect_str_eq(fa_report_str(wrong, "error"),
                     "401 Unauthorized: 127.0.0.4 rejected the user and password of the URL");
    fa_fetch_expect_entry(&fetch, 7, "failed", "http");
    cr_expect_eq(leaks(&server, "127.0.0.2", "Digest username=\\\"user\\\""), 6, "%s", mode);
    cr_expect_eq(leaks(&other, "127.0.0.4", "Digest"), 1, "%s: once", mode);
    cr_expect_eq(leaks(&other, "127.0.0.4", "Authorization"), 2, "%s: and as Basic", mode);
    cr_expect_eq(leaks(&other, "127.0.0.5", "Authorization"), 0, "%s: no password", mode);
    cr_expect_eq(leaks(&other, "127.0.0.6", "Authorization"), 0, "%s: no password", mode);
}

/* Digest has the user name in the field as it is, so that one with line breaks would be
 * requests. */
FA_TEST_MODES(secrets, redirect_cannot_put_a_request_into_a_user_name)
{
    char end[256], listed[256];
    const char *target = at(&server, "http://x%0D%0AEvil%3A%20yes%0D%0A:z@", "127.0.0.2");
    snprintf(end, sizeof(end), "%s/digest/MD5/c", target);
    add_chain("c", (const char *[]){at(&other, "http://", "127.0.0.6"), end, NULL});
    snprintf(listed, sizeof(listed), "%s/digest/MD5/d", target);
    fa_lines_add(&list, "%s", listed);
    fa_lines_add(&list, "http://127.0.0.2:%d/digest/MD5/e", server.port);
    start_netrc(mode, "machine 127.0.0.2 login \"x\\r\\nEvil: yes\" password p", "--retries", "0");
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "redirect");
    cr_expect(strstr(fa_report_str(entry, "error"), "control character"), "%s: %s", mode,
              fa_report_str(entry, "error"));
    fa_fetch_expect_entry(&fetch, 2, "failed", "bad_url");
    fa_fetch_expect_entry(&fetch, 3, "failed", "http");
    cr_expect_eq(fa_server_stat(&server, "requests"), 1, "%s: without a login", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Authorization"), 0, "%s", mode);
}

/* The first request to an origin brings the challenge; later ones do not send the password, and
 * cookies of the challenge come back. */
FA_TEST_MODES(secrets, origin_that_asks_for_digest_gets_basic_only_once)
{
    for (int i = 0; i < 10; i++)
        fa_lines_add(&list, "http://user:pass@127.0.0.2:%d/digest/MD5/f%d", server.port, i);
    fa_lines_add(&list, "http://user:pass@127.0.0.2:%d/auth/b", server.port);
    for (int i = 0; i < 10; i++)
        fa_lines_add(&list, "http://user:pass@127.0.0.3:%d/auth/b%d", server.port, i);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Digest username"), 10, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic"), 2, "%s: first, and asked for", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "asked=1"), 11, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Basic"), 10, "%s: at once", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Digest"), 0, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "Cookie"), 0, "%s", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 33, "%s: %lld", mode,
                 (long long)fa_server_stat(&server, "requests"));
}

FA_TEST_MODES(secrets, user_of_a_url_selects_its_password_in_the_netrc)
{
    fa_lines_add(&list, "http://user@127.0.0.2:%d/auth/a", server.port);
    fa_lines_add(&list, "http://u%%73er:pass@127.0.0.2:%d/auth/b", server.port);
    fa_lines_add(&list, "http://127.0.0.2:%d/auth/c", server.port);
    fa_lines_add(&list, " header=Authorization: Basic dXNlcjpwYXNz");
    start_netrc(mode, "machine 127.0.0.2 login x password y login user password pass", "-A",
                "test");
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Basic dXNlcjpwYXNz"), 3, "%s", mode);
}

FA_TEST_MODES(secrets, netrc_is_not_read_unasked)
{
    char home[PATH_MAX + 8];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    const char *const env[] = {home, NULL};
    struct fa_run_options options = {.env = env};
    fa_scratch_write(&scratch, ".netrc", "default login user password pass\n");
    fa_lines_add(&list, "http://127.0.0.2:%d/auth/c", server.port);
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_eq(leaks(&server, "127.0.0.2", "Authorization"), 0, "%s", mode);
}

/* The program with what it needs to trust the TLS server under two names. */
static void start_tls_with(const char *mode, const char *flag, const char *option,
                           const char *value)
{
    char a[64];
    char b[64];
    snprintf(a, sizeof(a), "a.test:%d:127.0.0.1", tls.port);
    snprintf(b, sizeof(b), "b.test:%d:127.0.0.1", tls.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--cacert", ca.file, "--resolve", a,
                   "--resolve", b, flag, option, value, NULL);
}

static void start_tls(const char *mode, const char *option, const char *value)
{
    start_tls_with(mode, "--disk-wait=60", option, value);
}

/* On a terminal, where OpenSSL would ask for it and wait. */
FA_TEST_MODES(secrets, pass_phrase_of_a_key_is_not_asked_for)
{
    struct fa_cert cert;
    struct fa_run run;
    struct fa_run_options terminal = {.program = "/usr/bin/script"};
    char command[4 * PATH_MAX];
    fa_ca_issue(&ca, &scratch, "client", FA_CERT_GOOD, "client.test", &cert);
    snprintf(command, sizeof(command),
             "openssl pkcs8 -topk8 -in '%s' -passout pass:s3cret -out '%s.enc'", cert.key,
             cert.key);
    cr_assert_eq(system(command), 0);
    snprintf(command, sizeof(command),
             "'%s' -m %s --retries 0 --cacert '%s' --cert '%s' --key '%s.enc' -d '%s' "
             "https://127.0.0.1:%d/ok/10/a",
             fa_run_program(), strcmp(mode, "loops") == 0 ? "async --loops 1" : mode, ca.file,
             cert.cert, cert.key, fa_scratch_path(&scratch, "keyed"), tls.port);
    fa_run_start(&run, &terminal, "-q", "-e", "-c", command, "/dev/null", NULL);
    cr_expect_eq(fa_run_wait(&run, 15), 1, "%s: %s", mode, fa_run_out(&run));
    cr_expect_not_null(strstr(fa_run_out(&run), "tls"), "%s: %s", mode, fa_run_out(&run));
    cr_expect_null(strstr(fa_run_out(&run), "phrase"), "%s: %s", mode, fa_run_out(&run));
    fa_run_end(&run);
}

FA_TEST_MODES(secrets, https_redirects_to_https_and_never_to_http)
{
    char path[512];
    char hop[600];
    redirect_to(path, sizeof(path), fa_server_url_at(&server, "127.0.0.1", "/ok/10/plain"), "a");
    fa_lines_add(&list, "https://a.test:%d%s", tls.port, path);
    snprintf(hop, sizeof(hop), "https://b.test:%d%s", tls.port, path);
    redirect_to(path, sizeof(path), hop, "b");
    fa_lines_add(&list, "https://a.test:%d%s", tls.port, path);
    redirect_to(path, sizeof(path), fa_server_url_at(&tls, "b.test", "/ok/10/c"), "c");
    fa_lines_add(&list, "https://a.test:%d%s", tls.port, path);
    fa_lines_add(&list, "http://127.0.0.1:%d%s", server.port, path);
    fa_lines_add(&list, " out=d");
    start_tls(mode, "-H", "X-Token: s3cret");
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "redirect");
    cr_expect_eq(fa_report_int(entry, "attempts"), 1);
    fa_fetch_expect_entry(&fetch, 2, "failed", "redirect");
    fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 4, "ok", NULL);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1, "%s: only its own", mode);
    cr_expect_eq(leaks(&tls, "b.test", "s3cret"), 0, "%s", mode);
    fa_expect_file(fetch.dir, "c", "/ok/10/c", 10);
    fa_expect_file(fetch.dir, "d", "/ok/10/c", 10);
}

FA_TEST_MODES(secrets, downgrade_that_is_allowed_gets_no_secrets)
{
    char path[512];
    char target[256];
    snprintf(target, sizeof(target), "http://user:pw@127.0.0.1:%d/ok/10/plain", server.port);
    redirect_to(path, sizeof(path), target, "a");
    fa_lines_add(&list, "https://user:s3cret@a.test:%d%s", tls.port, path);
    fa_lines_add(&list, " header=X-Token: s3cret");
    fa_lines_add(&list, " out=plain");
    start_tls_with(mode, "--allow-downgrade", "-H", "Cookie: s3cret");
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&server, "127.0.0.1", "Authorization"), 0, "%s: of the redirect", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.1", "s3cret"), 0, "%s", mode);
    fa_expect_file(fetch.dir, "plain", "/ok/10/plain", 10);
}

struct bad_cert {
    enum fa_cert_kind kind;
    const char *names;
    const char *more;
};

FA_TEST_MODES(secrets, certificate_that_cannot_be_trusted_fails_at_once)
{
    static const struct bad_cert bad[] = {
        {FA_CERT_EXPIRED, "127.0.0.1", NULL},     {FA_CERT_NOT_YET, "127.0.0.1", NULL},
        {FA_CERT_SELF_SIGNED, "127.0.0.1", NULL}, {FA_CERT_GOOD, "other.test", NULL},
        {FA_CERT_GOOD, "127.0.0.1", "--old-tls"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fa_cert cert;
        struct fa_server odd;
        fa_ca_issue(&ca, &scratch, "bad", bad[i].kind, bad[i].names, &cert);
        fa_server_start(&odd, (const char *[]){"--tls", cert.cert, cert.key, bad[i].more, NULL});
        fa_lines_add(&list, "%s", fa_server_url(&odd, "/ok/10/a"));
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--cacert", ca.file, NULL);
        fa_fetch_expect(&fetch, 10, 1);
        const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "tls");
        long long attempts = fa_report_int(entry, "attempts");
        cr_expect(attempts == 1 || bad[i].more, "%s: %zu: %lld tries", mode, i, attempts);
        cr_expect_eq(fa_server_stat(&odd, "requests"), 0, "%s: %zu", mode, i);
        cr_expect_eq(fa_truth_count_files(fetch.dir), 0);
        fa_fetch_end(&fetch);
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--insecure", NULL);
        fa_fetch_expect(&fetch, 10, bad[i].more ? 1 : 0);
        fa_fetch_end(&fetch);
        fa_lines_fini(&list);
        fa_server_stop(&odd);
    }
}

/* The server has TLS 1.0 only. */
FA_TEST_MODES(secrets, old_tls_is_used_if_it_is_allowed)
{
    static const struct {
        const char *tls_min, *said;
        bool warned;
    } rows[] = {
        {"1.0", NULL, true},
        {"1.1", "TLS 1.1 and later (see --tls-min)", true},
        {"1.2", "TLS 1.2 and later (see --tls-min)", false},
        {"1.3", "TLS 1.3 and later (see --tls-min)", false},
    };
    struct fa_cert cert;
    struct fa_server old;
    fa_ca_issue(&ca, &scratch, "old", FA_CERT_GOOD, "127.0.0.1", &cert);
    fa_server_start(&old, (const char *[]){"--tls", cert.cert, cert.key, "--old-tls", NULL});
    fa_lines_add(&list, "%s", fa_server_url(&old, "/ok/10/a"));
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/ok/10/new"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--cacert", ca.file, "--tls-min",
                       rows[i].tls_min, NULL);
        fa_fetch_expect(&fetch, 10, rows[i].said ? 1 : 0);
        const json_t *entry = fa_fetch_expect_entry(&fetch, 1, rows[i].said ? "failed" : "ok",
                                                    rows[i].said ? "tls" : NULL);
        cr_expect(!rows[i].said || strstr(fa_report_str(entry, "error"), rows[i].said), "%s: %s",
                  mode, fa_report_str(entry, "error"));
        fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
        cr_expect_eq(strstr(fa_run_err(&fetch.run), "TLS before 1.2 is insecure") != NULL,
                     rows[i].warned, "%s: %s", rows[i].tls_min, fa_run_err(&fetch.run));
        fa_fetch_end(&fetch);
    }
    fa_server_stop(&old);
}

FA_TEST_MODES(secrets, unknown_authority_is_refused)
{
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/ok/10/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "tls");
    cr_expect_eq(fa_server_stat(&tls, "requests"), 0);
}

FA_TEST_MODES(secrets, tls_that_ends_without_close_notify_before_the_length_is_truncated)
{
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/rudecut/400/1000/a"));
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/close/1000/b"));
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/ok/1000000/c"));
    start_tls(mode, "-j", "4");
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "truncated");
    static const struct fa_truth files[] = {{"b", "/close/1000/b", 1000},
                                            {"c", "/ok/1000000/c", 1000000}};
    fa_expect_files(fetch.dir, files, 2);
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 3), "http_version"), "1.1");
}

FA_TEST_MODES(secrets, tls_that_ends_without_length_and_close_notify_is_truncated)
{
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/rude/1000/a"));
    start_tls(mode, "-j", "4");
    fa_fetch_expect(&fetch, 10, -1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "truncated");
}

FA_TEST_MODES(secrets, proxy_is_used_and_its_password_is_not_printed)
{
    char proxy[128];
    snprintf(proxy, sizeof(proxy), "http://user:s3cret@127.0.0.1:%d", server.port);
    fa_lines_add(&list, "http://nowhere.test/ok/10/a");
    fa_lines_add(&list, "https://nowhere.test/ok/10/b");
    fa_lines_add(&list, "http://nowhere.test/status/404/c");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--proxy", proxy, "-v", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 2, "failed", "http");
    fa_expect_file(fetch.dir, "a", "/ok/10/a", 10);
    char *report = fa_file_read(fetch.report, NULL);
    cr_expect_null(strstr(report, "s3cret"), "%s", report);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    free(report);
}

FA_TEST_MODES(secrets, proxy_that_is_dead_is_a_failure_to_connect)
{
    char proxy[128];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", fa_port_free());
    fa_lines_add(&list, "http://nowhere.test/ok/10/a");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--proxy", proxy, NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "connect");
}

/* The arguments of every process of the group, as others see them. */
FA_TEST_MODES(secrets, secrets_of_a_file_are_in_no_command_line)
{
    const char *headers = fa_scratch_write(&scratch, "headers", "X-Token: s3cret\n");
    char option[PATH_MAX + 1];
    snprintf(option, sizeof(option), "@%s", headers);
    fa_lines_add(&list, "http://user:s3cret@127.0.0.2:%d/hold/a", server.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-H", option, "--stall-timeout", "30", NULL);
    fa_server_until(&server, "held", 1, 10);
    pid_t pids[64] = {fetch.run.pid};
    size_t count = 1 + fa_process_descendants(fetch.run.pid, pids + 1, 63);
    for (size_t i = 0; i < count && i < 64; i++) {
        char path[64];
        size_t len;
        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pids[i]);
        char *line = fa_file_read(path, &len);
        cr_expect_null(memmem(line, len, "s3cret", 6), "%s", mode);
        free(line);
    }
    cr_expect_eq(leaks(&server, "127.0.0.2", "X-Token"), 1);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
}

/* Writes a file for --hosts. */
static const char *write_hosts(mode_t mode, const char *text)
{
    const char *path = fa_scratch_write(&scratch, "hosts", text);
    cr_assert_eq(chmod(path, mode), 0);
    return path;
}

/* The listed host has a rule, a host behind a redirect has one with and one without a port, and
 * others have none. */
FA_TEST_MODES(secrets, options_of_a_host_reach_that_host_only)
{
    char text[1024], any[2][64];
    snprintf(text, sizeof(text), "%s/ok/10/f", at(&other, "http://", "b.test"));
    add_chain("a",
              (const char *[]){at(&server, "http://", "a.test"), at(&server, "http://", "b.test"),
                               at(&other, "http://", "a.test"), at(&server, "http://", "c.test"),
                               text, NULL});
    fa_lines_add(&list, " out=a");
    snprintf(text, sizeof(text), "%s", fa_server_url_at(&server, "a.test", "/ok/10/e"));
    add_chain("b", (const char *[]){at(&tls, "https://", "a.test"), text, NULL});
    fa_lines_add(&list, " out=b");
    snprintf(text, sizeof(text),
             "[*.test:%d]\nheader = X-Token: s3cret-all\n"
             "[a.test:%d]\nheader = X-Token: s3cret-a\nuser-agent = own\n"
             "[b.test:%d]\nheader = X-Token: s3cret-b\n"
             "[b.test]\nheader = X-Token: s3cret-port\n"
             "[a.test:%d]\ninsecure\n",
             server.port, server.port, server.port, tls.port);
    const char *hosts = write_hosts(0600, text), *events = fa_scratch_path(&scratch, "events");
    snprintf(any[0], sizeof(any[0]), "*:%d:127.0.0.1", server.port);
    snprintf(any[1], sizeof(any[1]), "*:%d:127.0.0.1", tls.port);
    char third[64];
    snprintf(third, sizeof(third), "*:%d:127.0.0.1", other.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--hosts", hosts, "--resolve", any[0],
                   "--resolve", any[1], "--resolve", third, "--allow-downgrade", "-v", "--events",
                   events, "-H", "X-Token: general", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 2);
    cr_expect_eq(leaks(&server, "a.test", "s3cret-a\""), 1, "%s: listed, not downgraded", mode);
    cr_expect_eq(leaks(&server, "a.test", "own"), 2, "%s: is no secret", mode);
    cr_expect_eq(leaks(&server, "a.test", "X-Token"), 1, "%s: replaced", mode);
    cr_expect_eq(leaks(&server, "b.test", "s3cret-b\""), 1, "%s: named with its port", mode);
    cr_expect_eq(leaks(&server, "c.test", "s3cret-all"), 1, "%s: by the wildcard", mode);
    cr_expect_eq(leaks(&server, "c.test", "X-Token"), 1, "%s", mode);
    cr_expect_eq(leaks(&other, "", "X-Token"), 0, "%s: no TLS, and no port in the pattern", mode);
    cr_expect_eq(leaks(&tls, "", "s3cret"), 0, "%s: another port", mode);
    char *report = fa_file_read(fetch.report, NULL), *told = fa_file_read(events, NULL);
    cr_expect_null(strstr(report, "s3cret"), "%s", report);
    cr_expect_null(strstr(told, "s3cret"), "%s", told);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "certificates of a.test:"), "%s",
                       fa_run_err(&fetch.run));
    free(report);
    free(told);
}

/* Through a proxy of its own, which only that host uses. */
FA_TEST_MODES(secrets, host_can_have_a_proxy_of_its_own)
{
    char text[256];
    fa_lines_add(&list, "http://a.test/ok/10/a");
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/b"));
    snprintf(text, sizeof(text), "[a.test]\nproxy = http://127.0.0.1:%d\n", other.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--hosts", write_hosts(0644, text), NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(leaks(&other, "a.test", "Host"), 1, "%s", mode);
    cr_expect_eq(fa_server_stat(&other, "requests"), 1, "%s", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1, "%s", mode);
}

Test(secrets, hosts_file_that_others_can_read_is_refused)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/a"));
    const char *hosts = write_hosts(0644, "[a.test]\nheader = X-Token: s3cret\n");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--hosts", hosts, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 2);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "chmod 600"), "%s", fa_run_err(&fetch.run));
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

/* As NASA Earthdata with --cookies: the first file logs in, and the rest have its cookie. */
FA_TEST_MODES(secrets, one_login_is_enough_for_the_whole_list)
{
    for (int i = 0; i < 20; i++)
        fa_lines_add(&list, "http://127.0.0.2:%d/oauth/127.0.0.3:%d/f%d", server.port, other.port,
                     i);
    fa_lines_add(&list, "http://127.0.0.4:%d/ok/10/g", server.port);
    char home[PATH_MAX + 8];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    const char *const env[] = {home, NULL};
    struct fa_run_options options = {.env = env};
    fa_scratch_write(&scratch, ".netrc", "machine 127.0.0.3 login user password pass");
    const char *events = fa_scratch_path(&scratch, "events");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--netrc", "--cookies",
                        "/dev/null", "-v", "--events", events, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 21);
    cr_expect_eq(fa_server_stat(&other, "requests"), 1, "%s: one login", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "session=granted"), 20, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "s3cret"), 0, "%s: of the login host", mode);
    cr_expect_eq(leaks(&server, "127.0.0.4", "Cookie"), 0, "%s", mode);
    cr_expect_eq(leaks(&other, "127.0.0.3", "Cookie"), 0, "%s: of the data host", mode);
    char *report = fa_file_read(fetch.report, NULL), *told = fa_file_read(events, NULL);
    cr_expect_null(strstr(report, "=granted"), "%s", report);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    cr_expect_null(strstr(told, "s3cret"), "%s", told);
    free(report);
    free(told);
}

/* The session is in the file, so nobody logs in; the file is not written. */
FA_TEST_MODES(secrets, cookies_of_a_file_are_sent_where_they_belong)
{
    static const char text[] = "# Netscape HTTP Cookie File\n"
                               "127.0.0.2\tFALSE\t/\tFALSE\t0\tsession\tgranted\n"
                               "127.0.0.2\tFALSE\t/\tTRUE\t0\ttls\ts3cret\n"
                               "127.0.0.2\tFALSE\t/oauthx\tFALSE\t0\tpath\ts3cret\n"
                               "127.0.0.2\tFALSE\t/\tFALSE\t1000\told\ts3cret\n"
                               "127.0.0.3\tFALSE\t/\tFALSE\t0\tother\ts3cret3\n";
    const char *file = fa_scratch_write(&scratch, "cookies", text);
    for (int i = 0; i < 3; i++)
        fa_lines_add(&list, "http://127.0.0.2:%d/oauth/127.0.0.3:%d/f%d", server.port, other.port,
                     i);
    add_redirect("", "127.0.0.2", fa_server_url_at(&server, "127.0.0.3", "/ok/10/r"), "r");
    add_redirect("", "127.0.0.2", fa_server_url_at(&server, "127.0.0.4", "/ok/10/s"), "s");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--cookies", file, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 5);
    cr_expect_eq(fa_server_stat(&other, "requests"), 0, "%s", mode);
    cr_expect_geq(leaks(&server, "127.0.0.2", "\"session=granted\""), 5, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.2", "s3cret"), 0, "%s: no other", mode);
    cr_expect_eq(leaks(&server, "127.0.0.3", "\"other=s3cret3\""), 1, "%s", mode);
    cr_expect_eq(leaks(&server, "127.0.0.4", "Cookie"), 0, "%s", mode);
    char *after = fa_file_read(file, NULL);
    cr_expect_str_eq(after, text, "%s: read only", mode);
    free(after);
}

Test(secrets, malformed_file_of_cookies_is_refused)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/a"));
    const char *file = fa_scratch_write(&scratch, "cookies", "a.test FALSE / FALSE 0 n s3cret\n");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--cookies", file, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 2);
    const char *told = fa_run_err(&fetch.run);
    cr_expect(strstr(told, "line 1 of '") && strstr(told, "TABs"), "%s", told);
    cr_expect_null(strstr(told, "s3cret"), "%s", told);
}

/* Runs fetchall doctor, and expects lines of its output. */
static void expect_doctor(const char *host, const char *hosts, const char *const *lines)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "doctor", "--host", host, "--hosts", hosts, "-H", "X-Token: s3cret0",
                 "-H", "X-All: s3cret1", "--host-rate", "9", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
    for (; *lines; ++lines)
        cr_expect_not_null(strstr(fa_run_out(&run), *lines), "%s: %s", *lines, fa_run_out(&run));
    cr_expect_null(strstr(fa_run_out(&run), "s3cret"), "%s", fa_run_out(&run));
    fa_run_end(&run);
}

Test(secrets, doctor_shows_what_applies_to_a_host_without_secrets)
{
    const char *hosts = write_hosts(0600, "[*.example.org:443]\nheader = x-token: s3cret2\n"
                                          "proxy = http://u:s3cret3@p:1\nhost-rate = 2\nnetrc\n"
                                          "[::1]\nper-host = 3\n");
    expect_doctor("A.example.org", hosts,
                  (const char *const[]){"section      *.example.org:443\n", "host-rate    2\n",
                                        "header       x-token: ***\nheader       X-All: ***\n",
                                        "proxy        http://u:***@p:1", "netrc        yes\n",
                                        NULL});
    expect_doctor("a.example.org:8443", hosts,
                  (const char *const[]){"section      none\n", "host-rate    9\n",
                                        "header       X-Token: ***\n", "netrc        no\n",
                                        "proxy        environment\n", NULL});
    expect_doctor(
        "[::1]:80", hosts,
        (const char *const[]){"host         ::1\n", "port         80\n", "per-host     3\n", NULL});
}
