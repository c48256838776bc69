#include "transfer/response.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW 1000000000 /* Sun, 09 Sep 2001 01:46:40 GMT */

/* Feeds a head, line by line as libcurl does; "|" ends a line. */
static void feed(struct fa_response *response, const char *head)
{
    for (const char *line = head; *line;) {
        size_t len = strcspn(line, "|");
        char copy[512];
        cr_assert(len + 3 < sizeof(copy));
        memcpy(copy, line, len);
        memcpy(copy + len, "\r\n", 3);
        fa_response_line(response, copy, len + 2, NOW);
        line += len + (line[len] == '|');
    }
}

Test(response, verdicts_follow_the_head)
{
    static const struct {
        const char *head;
        enum fa_verdict verdict;
        int status;
        int64_t length;
    } rows[] = {
        {"HTTP/1.1 200 OK|", FA_VERDICT_NONE, 200, -1},
        {"HTTP/1.1 200 OK||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 200||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.0 200 Fine|content-LENGTH:7||", FA_VERDICT_FILE, 200, 7},
        {"HTTP/2 200 |content-length: 7 ||", FA_VERDICT_FILE, 200, 7},
        {"HTTP/1.1 203 x||", FA_VERDICT_FILE, 203, -1},
        {"HTTP/1.1 200 OK|Content-Length: 0||", FA_VERDICT_FILE, 200, 0},
        {"HTTP/1.1 200 OK|Content-Length: 9|Content-Length: 9||", FA_VERDICT_FILE, 200, 9},
        {"HTTP/1.1 200 OK|Content-Length: 9|Content-Length: 8||", FA_VERDICT_ERROR, 200, 8},
        {"HTTP/1.1 200 OK|Content-Length: -9||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: +9||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 9x||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 0x9||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 9, 9||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length:||", FA_VERDICT_ERROR, 200, 0},
        {"HTTP/1.1 200 OK|Content-Length: 9223372036854775807||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 99999999999999999999||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: x|Transfer-Encoding: chunked||", FA_VERDICT_FILE, 200,
         -1},
        {"HTTP/1.1 206 x||", FA_VERDICT_ERROR, 206, -1},
        {"HTTP/1.1 204 x||", FA_VERDICT_ERROR, 204, -1},
        {"HTTP/1.1 304 x||", FA_VERDICT_ERROR, 304, -1},
        {"HTTP/1.1 404 x|Content-Length: 5||", FA_VERDICT_ERROR, 404, 5},
        {"HTTP/1.1 302 x||", FA_VERDICT_ERROR, 302, -1},
        {"HTTP/1.1 302 x|Location:||", FA_VERDICT_ERROR, 302, -1},
        {"HTTP/1.1 302 x|Location: /b||", FA_VERDICT_REDIRECT, 302, -1},
        {"HTTP/1.1 300 x|Location: /b||", FA_VERDICT_ERROR, 300, -1},
        {"HTTP/1.1 200 x|Location: /b||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 100 Continue||HTTP/1.1 200 OK||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 103 Hints|Content-Length: 5||HTTP/1.1 200 OK||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 100 Continue||", FA_VERDICT_NONE, 100, -1},
        {"HTTP/1.1 200 OK||X-Trailer: 1|Content-Length: 5||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 OK||", FA_VERDICT_NONE, 0, -1},
        {"HTTP/1.1 2x0 OK||", FA_VERDICT_NONE, 0, -1},
        {"HTTP/1.1||", FA_VERDICT_NONE, 0, -1},
        {"HTTP/1.1 20||", FA_VERDICT_NONE, 0, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        fa_response_init(&response, NULL);
        feed(&response, rows[i].head);
        cr_assert_eq(response.verdict, rows[i].verdict, "%s", rows[i].head);
        cr_assert_eq(response.status, rows[i].status, "%s", rows[i].head);
        cr_assert_eq(response.length, rows[i].length, "%s", rows[i].head);
        fa_response_fini(&response);
    }
}

Test(response, location_and_retry_after_are_read)
{
    static const struct {
        const char *head, *location;
        double retry_after;
    } rows[] = {
        {"HTTP/1.1 302 x|Location:  \t/b c \t||", "/b c", -1},
        {"HTTP/1.1 302 x|LOCATION: /b|location: /c||", "/b", -1},
        {"HTTP/1.1 503 x|Retry-After: 17||", NULL, 17},
        {"HTTP/1.1 503 x|Retry-After: soon||", NULL, -1},
        {"HTTP/1.1 503 x|Retry-After: Sun, 09 Sep 2001 01:47:40 GMT||", NULL, 60},
        {"HTTP/1.1 503 x|Retry-After: 17||HTTP/1.1 503 x||", NULL, -1},
        {"HTTP/1.1 503 x|Retry-After||", NULL, -1},
        {"HTTP/1.1 503 x|X-Retry-After: 17||", NULL, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        fa_response_init(&response, NULL);
        feed(&response, rows[i].head);
        cr_assert_eq(response.retry_after, rows[i].retry_after, "%s", rows[i].head);
        cr_assert_eq(!response.location, !rows[i].location, "%s", rows[i].head);
        if (rows[i].location)
            cr_assert_str_eq(response.location, rows[i].location);
        fa_response_fini(&response);
    }
}

Test(response, a_location_beyond_all_measure_is_left_out)
{
    static char line[40000];
    struct fa_response response;
    fa_response_init(&response, NULL);
    feed(&response, "HTTP/1.1 302 x|");
    int len = snprintf(line, sizeof(line), "Location: /%020000d\r\n", 1);
    fa_response_line(&response, line, (size_t)len, NOW);
    fa_response_line(&response, "\r\n", 2, NOW);
    cr_assert_eq(response.verdict, FA_VERDICT_ERROR);
    fa_response_fini(&response);
}

Test(response, errors_are_explained)
{
    static const struct {
        const char *head;
        enum fa_class class;
        enum fa_hope hope;
        const char *text;
    } rows[] = {
        {"HTTP/1.1 206 x||", FA_CLASS_PROTOCOL, FA_HOPE_ONCE, "206"},
        {"HTTP/1.1 200 x|Content-Length: x||", FA_CLASS_PROTOCOL, FA_HOPE_ONCE, "Content-Length"},
        {"HTTP/1.1 302 x||", FA_CLASS_REDIRECT, FA_HOPE_NONE, "Location"},
        {"HTTP/1.1 404 Gone fishing||", FA_CLASS_HTTP, FA_HOPE_NONE, "404 Not Found"},
        {"HTTP/1.1 503 x||", FA_CLASS_HTTP, FA_HOPE_AGAIN, "503"},
        {"HTTP/1.1 204 x||", FA_CLASS_HTTP, FA_HOPE_NONE, "204"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        struct fa_outcome outcome = {0};
        fa_response_init(&response, NULL);
        feed(&response, rows[i].head);
        cr_assert_eq(response.verdict, FA_VERDICT_ERROR);
        fa_response_explain(&response, &outcome);
        cr_assert_eq(outcome.error.class, rows[i].class, "%s", rows[i].head);
        cr_assert_eq(outcome.error.domain, FA_DOMAIN_HTTP);
        cr_assert_eq(outcome.hope, rows[i].hope, "%s", rows[i].head);
        cr_assert(strstr(outcome.error.msg, rows[i].text), "%s", outcome.error.msg);
        fa_response_fini(&response);
    }
}
