#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/place.h"
#include "cli/summary.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct fa_summary summary;

static void fail(enum fa_class class, const char *origin, unsigned line, const char *msg)
{
    struct fa_result result = {.list = "urls.txt",
                               .line = line,
                               .url = "http://h/x",
                               .origin = origin,
                               .status = FA_STATUS_FAILED};
    fa_error_set(&result.error, FA_DOMAIN_FETCHALL, 0, class, "%s", msg);
    fa_summary_count(&summary, &result);
}

static void count(enum fa_status status, uint64_t bytes, unsigned times)
{
    struct fa_result result = {.status = status, .bytes = bytes};
    for (unsigned i = 0; i < times; ++i)
        fa_summary_count(&summary, &result);
}

/* The summary as it would be printed; freed with the process. */
static char *text_of(double seconds, bool plan, bool all)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fa_summary_print(&summary, seconds, plan, all, out);
    fclose(out);
    return text;
}

static const struct fa_hint_given nothing;

Test(summary, counts_what_ended_how)
{
    count(FA_STATUS_OK, 1 << 20, 10);
    count(FA_STATUS_EXISTS, 0, 5);
    count(FA_STATUS_DUPLICATE, 0, 1);
    cr_assert_str_eq(text_of(2, false, false),
                     "fetchall: 10 ok, 5 there already, 1 duplicate, 0 failed; "
                     "10.0 MiB in 2.0 s (5.0 MiB/s)\n");
    cr_assert_not(fa_summary_failed(&summary));
}

Test(summary, existing_files_that_nothing_vouches_for_are_counted_apart)
{
    struct fa_result result = {.status = FA_STATUS_EXISTS, .unverified = true};
    count(FA_STATUS_EXISTS, 0, 2);
    fa_summary_count(&summary, &result);
    cr_assert_str_eq(text_of(1, false, false),
                     "fetchall: 0 ok, 2 there already, 0 failed; 0 B in 1.0 s (0 B/s)\n"
                     "fetchall: 1 exists, not verified: --sync or verify\n");
    fa_summary_count(&summary, &result);
    fa_summary_count(&summary, &result);
    cr_assert_not_null(
        strstr(text_of(1, false, false), "\nfetchall: 3 exist, not verified: --sync or verify\n"));
}

Test(summary, a_plan_says_what_would_be_done)
{
    count(FA_STATUS_PLANNED, 0, 10);
    count(FA_STATUS_EXISTS, 0, 5);
    fail(FA_CLASS_BAD_URL, NULL, 3, "no scheme");
    cr_assert_str_eq(text_of(2, true, false),
                     "fetchall: plan: 5 there already, 10 to fetch, 1 bad\n"
                     "       1  bad_url      (no host)\n"
                     "          urls.txt:3: http://h/x: no scheme\n");
}

Test(summary, groups_failures_by_class_and_origin_largest_first)
{
    fail(FA_CLASS_DNS, "http://a:80", 1, "first");
    fail(FA_CLASS_TOO_LARGE, "http://a:80", 2, "big");
    fail(FA_CLASS_DNS, "http://b:80", 3, "second");
    fail(FA_CLASS_DNS, "http://b:80", 4, "third");
    char *text = text_of(1, false, false);
    cr_assert(fa_summary_failed(&summary));
    const char *b = strstr(text, "       2  dns          http://b:80\n"
                                 "          urls.txt:3: http://h/x: second\n");
    const char *a = strstr(text, "       1  dns          http://a:80\n"
                                 "          urls.txt:1: http://h/x: first\n");
    cr_assert(a && b && b < a, "%s", text);
    cr_assert_not_null(strstr(text, "use --max-size to allow larger files"));
    /* A hint is printed once. */
    const char *hint = strstr(text, "check the host name");
    cr_assert(hint && !strstr(hint + 1, "check the host name"), "%s", text);
}

Test(summary, memory_is_bounded_and_nothing_goes_uncounted)
{
    for (unsigned i = 0; i < FA_FAILURES_GROUPS + 50; ++i) {
        char origin[40];
        snprintf(origin, sizeof(origin), "http://h%u:80", i);
        fail(FA_CLASS_CONNECT, origin, i, "refused");
        fa_pauses_add(&summary.pauses, origin, 0, 1);
    }
    cr_assert_eq(summary.failures.n_groups, FA_FAILURES_GROUPS);
    cr_assert_eq(summary.failures.others, 50);
    cr_assert_eq(summary.pauses.n_rows, FA_PAUSES_ORIGINS);
    char *text = text_of(1, false, false);
    cr_assert_not_null(strstr(text, "     240  more, of other kinds"), "%s", text);
    text = text_of(1, false, true);
    cr_assert_not_null(strstr(text, "      50  more, of other kinds"), "%s", text);
    fa_summary_fini(&summary);
}

Test(summary, text_from_servers_is_escaped)
{
    fail(FA_CLASS_HTTP, "http://\x1b[31m:80", 1, "404 \x1b]0;owned\a");
    char *text = text_of(1, false, false);
    cr_assert_null(strpbrk(text, "\x1b\a"));
    cr_assert_not_null(strstr(text, "404 \\x1b]0;owned\\x07"));
}

Test(summary, says_when_another_run_may_help)
{
    struct fa_result result = {.status = FA_STATUS_FAILED, .transient = true};
    result.error.class = FA_CLASS_TIMEOUT;
    fa_summary_count(&summary, &result);
    cr_assert_not_null(strstr(text_of(1, false, false), "1 of the failures is transient"));
    fa_summary_count(&summary, &result);
    cr_assert_not_null(strstr(text_of(1, false, false), "2 of the failures are transient"));
}

Test(summary, pauses_that_overlap_count_once)
{
    static const struct {
        double now, wait, seconds;
    } steps[] = {{0, 10, 10}, {5, 10, 15}, {6, 1, 15}, {20, 5, 20}};
    for (size_t i = 0; i < COUNT(steps); ++i) {
        fa_pauses_add(&summary.pauses, "http://a:80", steps[i].now, steps[i].wait);
        double seconds = summary.pauses.rows[0].seconds;
        cr_assert(seconds > steps[i].seconds - 1e-9 && seconds < steps[i].seconds + 1e-9,
                  "step %zu: %f", i, seconds);
    }
    cr_assert_not_null(strstr(text_of(1, false, false),
                              "fetchall: http://a:80 requested 4 pauses, 20 s in total\n"));
}

Test(summary, hints_depend_on_the_status)
{
    static const struct {
        enum fa_domain domain;
        int code;
        enum fa_class class;
        const char *hint;
    } cases[] = {
        {FA_DOMAIN_HTTP, 401, FA_CLASS_HTTP, "--netrc"},
        {FA_DOMAIN_HTTP, 404, FA_CLASS_HTTP, "check the URL"},
        {FA_DOMAIN_HTTP, 403, FA_CLASS_HTTP, "--user-agent"},
        {FA_DOMAIN_HTTP, 418, FA_CLASS_HTTP, NULL},
        {FA_DOMAIN_HTTP, 429, FA_CLASS_HTTP, "--per-host"},
        {FA_DOMAIN_CURL, 28, FA_CLASS_TIMEOUT, "--timeout"},
        {FA_DOMAIN_CURL, 28, FA_CLASS_STALLED, "--stall-timeout"},
        {FA_DOMAIN_CURL, 60, FA_CLASS_TLS, "--cacert"},
        {FA_DOMAIN_CURL, 35, FA_CLASS_TLS, "--tls-min"},
        {FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, NULL},
        {FA_DOMAIN_SYSTEM, ENOSPC, FA_CLASS_LOCAL_IO, "df -i"},
        {FA_DOMAIN_SYSTEM, EDQUOT, FA_CLASS_LOCAL_IO, "quota -s"},
        {FA_DOMAIN_SYSTEM, EROFS, FA_CLASS_LOCAL_IO, "remount"},
        {FA_DOMAIN_SYSTEM, ENAMETOOLONG, FA_CLASS_LOCAL_IO, "out=NAME"},
        {FA_DOMAIN_SYSTEM, EFBIG, FA_CLASS_LOCAL_IO, "ulimit -f"},
        {FA_DOMAIN_SYSTEM, EFBIG, FA_CLASS_TOO_LARGE, "--dir"},
        {FA_DOMAIN_SYSTEM, EACCES, FA_CLASS_LOCAL_IO, "ls -ld"},
        {FA_DOMAIN_SYSTEM, EIO, FA_CLASS_LOCAL_IO, "dmesg"},
        {FA_DOMAIN_SYSTEM, EMFILE, FA_CLASS_LOCAL_IO, "ulimit -n"},
        {FA_DOMAIN_SYSTEM, ENOMEM, FA_CLASS_LOCAL_IO, "--jobs"},
        {FA_DOMAIN_SYSTEM, EAGAIN, FA_CLASS_WORKER_CRASHED, "ulimit -u"},
        {FA_DOMAIN_SYSTEM, ENOTDIR, FA_CLASS_LOCAL_IO, "permissions"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_error error = {cases[i].domain, cases[i].code, cases[i].class, ""};
        const char *hint = fa_failures_hint(&error, &nothing);
        cr_assert(cases[i].hint ? hint && strstr(hint, cases[i].hint) : !hint, "case %zu: %s", i,
                  hint ? hint : "none");
    }
}

/* The command was asked already: neither a login nor another URL in the list is what is missing. */
Test(summary, hints_about_expired_urls_name_the_command_that_renews_them)
{
    static const struct fa_hint_given given = {.netrc = true, .refresh = true};
    static const int asked[] = {401, 403, 410}, others[] = {404, 407, 429, 503};
    for (size_t i = 0; i < COUNT(asked); ++i) {
        struct fa_error error = {FA_DOMAIN_HTTP, asked[i], FA_CLASS_HTTP, ""};
        const char *hint = fa_failures_hint(&error, &given);
        cr_expect_not_null(strstr(hint, "command of --refresh"), "%d: %s", asked[i], hint);
    }
    for (size_t i = 0; i < COUNT(others); ++i) {
        struct fa_error error = {FA_DOMAIN_HTTP, others[i], FA_CLASS_HTTP, ""};
        cr_expect_eq(fa_failures_hint(&error, &given), fa_failures_hint(&error, &nothing), "%d",
                     others[i]);
    }
}

Test(summary, hints_about_connections_depend_on_proxy_and_family)
{
    struct fa_error error = {FA_DOMAIN_CURL, 7, FA_CLASS_CONNECT, "Couldn't connect to server"};
    struct fa_hint_given given = {.family = FA_FAMILY_V6};
    cr_expect_not_null(strstr(fa_failures_hint(&error, &given), "-6"));
    given.family = FA_FAMILY_V4;
    cr_expect_not_null(strstr(fa_failures_hint(&error, &given), "-4"));
    cr_expect_null(strstr(fa_failures_hint(&error, &nothing), "-4"));
    strcpy(error.msg, "the proxy: Failed to connect to p.example port 3128");
    cr_expect_not_null(strstr(fa_failures_hint(&error, &given), "http_proxy"));
    error.code = 52;
    error.class = FA_CLASS_PROTOCOL;
    cr_expect_not_null(strstr(fa_failures_hint(&error, &nothing), "https"));
}

Test(summary, hints_of_tls_depend_on_the_cause)
{
    static const struct {
        int code;
        const char *msg, *hint;
    } cases[] = {
        {60, "SSL certificate problem: certificate has expired", "check the clock"},
        {60, "SSL certificate problem: certificate is not yet valid", "check the clock"},
        {60, "SSL: no alternative certificate subject name matches target host name 'a.test'",
         "for another one"},
        {60, "SSL certificate problem: unable to get local issuer certificate", "--cacert"},
        {60, "SSL certificate problem: self-signed certificate in certificate chain", "--cacert"},
        {35, "error:0A00010B:SSL routines::wrong version number", "does not speak TLS"},
        {56, "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required",
         "--cert FILE"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_error error = {FA_DOMAIN_CURL, cases[i].code, FA_CLASS_TLS, ""};
        strcpy(error.msg, cases[i].msg);
        const char *hint = fa_failures_hint(&error, &nothing);
        cr_expect(hint && strstr(hint, cases[i].hint), "%s: %s", error.msg, hint);
    }
}

Test(summary, hint_that_was_printed_with_the_end_of_the_run_is_not_repeated)
{
    struct fa_result result = {.url = "http://h/x", .status = FA_STATUS_FAILED};
    fa_error_system(&result.error, FA_CLASS_LOCAL_IO, ENOSPC, "cannot write");
    fa_summary_count(&summary, &result);
    cr_assert_not_null(strstr(text_of(1, false, false), "df -i"));
    summary.failures.shown = fa_failures_disk_hint(&result.error, true);
    cr_assert_null(strstr(text_of(1, false, false), "df -i"));
    result.error.code = EACCES;
    cr_assert_null(fa_failures_disk_hint(&result.error, true), "it may be that of a certificate");
}

Test(summary, waiting_is_not_proposed_for_what_prevents_a_run)
{
    for (int code = ENOSPC; code; code = code == ENOSPC ? EDQUOT : 0) {
        struct fa_error error = {FA_DOMAIN_SYSTEM, code, FA_CLASS_LOCAL_IO, ""};
        cr_assert_not_null(strstr(fa_failures_disk_hint(&error, true), "--disk-wait"));
        cr_assert_null(strstr(fa_failures_disk_hint(&error, false), "--disk-wait"));
        cr_assert_not_null(strstr(fa_failures_disk_hint(&error, false), "remove files"));
    }
}

Test(summary, an_option_that_was_given_is_not_proposed)
{
    for (int code = 401; code <= 403; code += 2) {
        struct fa_error error = {FA_DOMAIN_HTTP, code, FA_CLASS_HTTP, ""};
        const char *hint = fa_failures_hint(&error, &(struct fa_hint_given){.netrc = true});
        cr_assert_null(strstr(hint, "--netrc"), "%s", hint);
        cr_assert_not_null(strstr(hint, "~/.netrc"), "%s", hint);
    }
}

Test(summary, places_are_named_and_urls_are_not_repeated)
{
    static const struct {
        const char *list, *shown;
    } cases[] = {{"urls.txt", "urls.txt:7: "},
                 {"-", "-:7: "},
                 {"https://u:p@h/a", ""},
                 {"HTTP://h/a", ""},
                 {NULL, ""},
                 {"a\x1b"
                  "b",
                  "a\\x1b"
                  "b:7: "}};
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        fa_place_put(out, cases[i].list, 7);
        fclose(out);
        cr_assert_str_eq(text, cases[i].shown, "case %zu", i);
        free(text);
    }
}
