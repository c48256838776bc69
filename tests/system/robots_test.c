/* robots.txt (--robots obey) and X-Robots-Tag (--respect). */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(robots, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

static const char async[] = "async";

/* What the server has as /robots.txt on all of its addresses. */
static void set_robots(const char *text)
{
    char path[1000];
    size_t len = (size_t)snprintf(path, sizeof(path), "/_robots/");
    for (; *text; ++text)
        len += (size_t)snprintf(path + len, sizeof(path) - len, "%%%02X", (unsigned)*text);
    free(fa_server_get(&server, path));
}

static void run(const char *mode, int status)
{
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--robots", "obey", NULL);
    fa_fetch_expect(&fetch, 30, status);
}

static const char *error_of(long long line)
{
    return fa_report_str(fa_fetch_expect_entry(&fetch, line, "failed", "refused"), "error");
}

FA_TEST_MODES(robots, rules_are_obeyed_after_one_request_for_them)
{
    set_robots("User-agent:*\nDisallow: /ok/100/p*e$\nAllow: /ok/100/public");
    for (int i = 0; i < 20; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/100/f"), i);
    add_path("/ok/100/private");
    add_path("/ok/100/private?x");
    run(mode, 1);
    fa_fetch_expect_count(&fetch, "ok", 21);
    cr_expect(strstr(error_of(21), "line 2: Disallow: /ok/100/p*e$ (see --robots)"), "%s",
              error_of(21));
    cr_expect_eq(fa_report_int(fa_fetch_expect_entry(&fetch, 21, "failed", "refused"), "attempts"),
                 0);
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 1, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/ok/100/private"), 0);
    json_t *log = fa_server_log(&server);
    cr_expect_str_eq(fa_report_str(json_array_get(log, 0), "path"), "/robots.txt", "it is first");
    json_decref(log);
    fa_fetch_expect_no_parts(&fetch);
}

Test(robots, nothing_is_asked_by_default)
{
    set_robots("User-agent:*\nDisallow:/");
    add_path("/ok/100/a");
    fa_fetch_start(&fetch, &scratch, async, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 0);
}

Test(robots, everything_is_allowed_without_a_file)
{
    add_path("/ok/100/a");
    run(async, 0);
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 1);
}

FA_TEST_MODES(robots, nothing_is_allowed_if_it_cannot_be_fetched)
{
    set_robots("=503");
    add_path("/ok/100/a");
    add_path("/ok/100/b");
    run(mode, 5);
    cr_expect(strstr(error_of(2), "cannot be fetched, so nothing else may be"), "%s", error_of(2));
    cr_expect(strstr(error_of(2), "503 Service Unavailable"), "%s", error_of(2));
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 2, "%s: with a retry", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2);
}

/* A redirect to itself without end: after five, there is none. */
Test(robots, five_redirects_are_followed)
{
    set_robots("=301 /robots.txt");
    add_path("/ok/100/a");
    run(async, 0);
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 6);
}

Test(robots, rules_apply_behind_redirects_and_at_mirrors)
{
    set_robots("User-agent:fetchall\nDisallow:/ok/100/b");
    for (const char *name = "bc"; *name; ++name)
        fa_lines_add(&list, "%shttp%%3A%%2F%%2F127.0.0.2%%3A%d%%2Fok%%2F100%%2F%c/%c",
                     fa_server_url(&server, "/redir/302/"), server.port, *name, *name);
    char mirror[200];
    snprintf(mirror, sizeof(mirror), "%s", fa_server_url_at(&server, "127.0.0.2", "/ok/100/d"));
    fa_lines_add(&list, "%s\t%s", fa_server_url(&server, "/ok/100/b"), mirror);
    run(async, 1);
    cr_expect(strstr(error_of(1), "robots.txt of http://127.0.0.2:"), "%s", error_of(1));
    fa_fetch_expect_count(&fetch, "ok", 2);
    cr_expect_eq(fa_server_requests(&server, "/robots.txt"), 2, "once for each origin");
}

Test(robots, crawl_delay_is_kept)
{
    set_robots("User-agent:*\nCrawl-delay:0.3");
    for (int i = 0; i < 4; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/100/f"), i);
    run(async, 0);
    cr_expect(fetch.seconds >= 1.2, "%g", fetch.seconds);
    cr_expect(strstr(fa_run_err(&fetch.run), "a request every 0.3 s (Crawl-delay)"), "%s",
              fa_run_err(&fetch.run));
}

#define TAGGED(rule) "/fields/X-Robots-Tag:%20" rule "/100/"

FA_TEST_MODES(robots, files_whose_owner_opted_out_are_refused)
{
    add_path(TAGGED("noindex,noai") "a.jpg");
    add_path(TAGGED("other:noai") "b.jpg");
    add_path(TAGGED("fetchall:noai") "c.jpg");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--respect", "noai,noimageai", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_str_eq(error_of(1), "200: X-Robots-Tag: noai (see --respect)");
    fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 3, "failed", "refused");
    fa_fetch_expect_no_parts(&fetch);
}
