#include "transfer/judge.h"
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
        {"HTTP/1.1 200 OK|Content-Length: 9, 9||", FA_VERDICT_FILE, 200, 9},
        {"HTTP/1.1 200 OK|Content-Length:||", FA_VERDICT_ERROR, 200, 0},
        {"HTTP/1.1 200 OK|Content-Length: 9223372036854775807||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 99999999999999999999||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Transfer-Encoding: Identity, chunked||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 200 OK|Transfer-Encoding: x-gzip|Transfer-Encoding: chunked||", FA_VERDICT_ERROR,
         200, -1},
        {"HTTP/1.1 200 OK|Content-Length: x|Transfer-Encoding: chunked||", FA_VERDICT_FILE, 200,
         -1},
        {"HTTP/1.1 206 x||", FA_VERDICT_ERROR, 206, -1},
        /* Nobody asked for a range, and it is the whole file. */
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/5|Content-Length: 5||", FA_VERDICT_FILE, 206, 5},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/5||", FA_VERDICT_FILE, 206, -1},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-3/5||", FA_VERDICT_ERROR, 206, -1},
        {"HTTP/1.1 206 x|Content-Range: bytes 1-4/5||", FA_VERDICT_ERROR, 206, -1},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/*||", FA_VERDICT_ERROR, 206, -1},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/5|Content-Length: 6||", FA_VERDICT_ERROR, 206, 6},
        {"http/1.1 200 ok||", FA_VERDICT_FILE, 200, -1},
        {"HTTP/1.1 200 OK|Content-Length: 5, 5||", FA_VERDICT_FILE, 200, 5},
        {"HTTP/1.1 200 OK|Content-Length: 5 ,5|Content-Length: 5||", FA_VERDICT_FILE, 200, 5},
        {"HTTP/1.1 200 OK|Content-Length: 5, 6||", FA_VERDICT_ERROR, 200, 6},
        {"HTTP/1.1 200 OK|Content-Length: 5,||", FA_VERDICT_ERROR, 200, 0},
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
        {"HTTP/1.1 OK||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1 2x0 OK||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1 20||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1 2000 OK||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1 099 OK||", FA_VERDICT_ERROR, 0, -1},
        {"ICY 200 OK||", FA_VERDICT_ERROR, 0, -1},
        {"HTTP/1.1 101 Switching Protocols||", FA_VERDICT_ERROR, 101, -1},
        /* Only the first line of a head is a status line, and only the first head after interim
         * ones counts. */
        {"HTTP/1.1 200 OK|Content-Length: 5|HTTP/1.1 200 OK: x||", FA_VERDICT_FILE, 200, 5},
        {"HTTP/1.1 404 x|Content-Length: 5|HTTP/1.1 200 OK: x||", FA_VERDICT_ERROR, 404, 5},
        {"HTTP/1.1 404 x||HTTP/1.1 200 OK||", FA_VERDICT_ERROR, 404, -1},
        {"HTTP/1.1 200 OK|Content-Length: 5||HTTP/1.1 200 OK||", FA_VERDICT_FILE, 200, 5},
        /* A folded field that frames the body. */
        {"HTTP/1.1 200 OK| f: x|Content-Length: 5||", FA_VERDICT_FILE, 200, 5},
        {"HTTP/1.1 200 OK|X: y| Content-Length: 9|Content-Length: 5||", FA_VERDICT_FILE, 200, 5},
        {"HTTP/1.1 200 OK|Content-Length: 5|\t0||", FA_VERDICT_ERROR, 200, 5},
        {"HTTP/1.1 200 OK|Transfer-Encoding:| chunked||", FA_VERDICT_ERROR, 200, -1},
        {"HTTP/1.1 302 x|Location:| /b||", FA_VERDICT_ERROR, 302, -1},
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
        /* By the clock of the server, if it says what that has. */
        {"HTTP/1.1 503 x|Retry-After: Sun, 09 Sep 2001 02:47:43 GMT|"
         "Date: Sun, 09 Sep 2001 02:47:40 GMT||",
         NULL, 3},
        {"HTTP/1.1 403 x|Date: Sun, 09 Sep 2001 00:46:40 GMT|X-RateLimit-Remaining: 0|"
         "X-RateLimit-Reset: 2001-09-09T00:46:43Z||",
         NULL, 3},
        {"HTTP/1.1 403 x|X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1000003603|"
         "Date: Sun, 09 Sep 2001 02:46:40 GMT||",
         NULL, 3},
        {"HTTP/1.1 503 x|Date: Sun, 09 Sep 2001 02:47:40 GMT|Retry-After: 17||", NULL, 17},
        {"HTTP/1.1 100 x|Retry-After: 17||HTTP/1.1 503 x||", NULL, -1},
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

Test(response, only_a_coding_list_that_ends_in_chunked_frames_the_body)
{
    static const struct {
        const char *head;
        bool chunked;
        int64_t total; /* -2: it is refused */
    } rows[] = {
        {"Transfer-Encoding: chunked||", true, -1},
        {"Transfer-Encoding: chunked|Content-Length: 5||", true, -1},
        {"Transfer-Encoding: identity, chunked||", true, -1},
        {"Transfer-Encoding: identity|Transfer-Encoding: chunked||", true, -1},
        {"Transfer-Encoding: identity||", false, -1},
        {"Transfer-Encoding:||", false, -1},
        {"Transfer-Encoding: ,||", false, -1},
        {"Transfer-Encoding: identity|Content-Length: 5||", false, 5},
        {"Transfer-Encoding: chunked, chunked||", true, -2},
        {"Transfer-Encoding: chunked, gzip||", true, -2},
        {"Transfer-Encoding: chunked, identity||", true, -2},
        {"Transfer-Encoding: chunked|Transfer-Encoding: identity||", true, -2},
        {"Transfer-Encoding: chunked,||", true, -1},
        {"Transfer-Encoding: gzip||", false, -2},
        {"Transfer-Encoding: \"chunked\"||", false, -2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        fa_response_init(&response, NULL);
        feed(&response, "HTTP/1.1 200 OK|");
        feed(&response, rows[i].head);
        cr_expect_eq(response.chunked, rows[i].chunked, "%s", rows[i].head);
        bool refused = response.verdict == FA_VERDICT_ERROR;
        cr_expect_eq(refused, rows[i].total == -2, "%s", rows[i].head);
        cr_expect(refused || response.head.rep.total == rows[i].total, "%s", rows[i].head);
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

/* The tests below have 10 of 20 bytes from an earlier attempt. */
#define TAG     "ETag: \"a\"|"
#define SINCE   "Last-Modified: Sun, 09 Sep 2001 01:40:00 GMT|"
#define PARTIAL "HTTP/1.1 206 x|"
#define REST    "Content-Range: bytes 10-19/20|"

#define VALIDATOR                                              \
    {                                                          \
        .etag = "\"a\"", .modified = 999999600, .strong = true \
    }
#define BY_DATE                               \
    {                                         \
        .modified = 999999600, .strong = true \
    }

static const struct fa_representation had = {.validator = VALIDATOR, .total = 20};
static const struct fa_representation had_no_total = {.validator = VALIDATOR, .total = -1};
static const struct fa_representation had_date = {.validator = BY_DATE, .total = -1};
static const struct fa_representation had_date_total = {.validator = BY_DATE, .total = 20};
static const struct fa_representation had_gzip = {
    .validator = VALIDATOR, .coding = "gzip", .total = 20};
static const struct fa_representation had_weak = {.validator = {.etag = "W/\"a\"", .modified = -1},
                                                  .total = 20};

struct range_row {
    const char *head;
    enum fa_verdict verdict;
    enum fa_restart restart;
    uint64_t kept;
    int64_t total; /* that of the head */
};

static void expect_range(const struct range_row *row, const struct fa_asked *asked)
{
    struct fa_response response;
    struct fa_outcome outcome = {0};
    fa_response_init(&response, asked);
    feed(&response, row->head);
    cr_assert_eq(response.verdict, row->verdict, "%s", row->head);
    cr_assert_eq(response.restart, row->restart, "%s", row->head);
    cr_assert_eq(response.head.kept, row->kept, "%s", row->head);
    cr_assert_eq(response.head.rep.total, row->total, "%s", row->head);
    if (row->verdict == FA_VERDICT_ERROR && row->restart != FA_RESTART_NONE) {
        fa_judge_explain(&response, &outcome);
        bool changed = row->restart == FA_RESTART_CHANGED || row->restart == FA_RESTART_DISPUTED;
        cr_assert_eq(outcome.error.class, changed ? FA_CLASS_CHANGED : FA_CLASS_PROTOCOL);
        cr_assert_eq(outcome.retryable, FA_RETRYABLE_NOW);
        cr_assert_eq(outcome.restart, row->restart);
    }
    fa_response_fini(&response);
}

Test(response, only_the_rest_that_was_asked_for_is_taken)
{
    static const struct range_row good[] = {
        {PARTIAL REST TAG "|", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL REST TAG SINCE "|", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL REST TAG "Content-Length: 10||", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL REST TAG "Transfer-Encoding: chunked||", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL REST TAG "Content-Encoding: Identity||", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL REST TAG "Content-Type: multipart/mixed||", FA_VERDICT_FILE, FA_RESTART_NONE, 10,
         20},
        {"HTTP/1.1 100 x|Content-Range: bytes 0-1/2||" PARTIAL REST TAG "|", FA_VERDICT_FILE,
         FA_RESTART_NONE, 10, 20},
    };
    static const char *const refused[] = {
        PARTIAL "|",
        PARTIAL TAG "|",
        PARTIAL REST REST TAG "|",
        PARTIAL REST "Content-Range: bytes 11-19/20||",
        PARTIAL "Content-Range: bytes 11-19/20||",
        PARTIAL "Content-Range: bytes 9-19/20||",
        PARTIAL "Content-Range: bytes 0-19/20||",
        PARTIAL "Content-Range: bytes 10-18/20||",
        PARTIAL "Content-Range: bytes 10-19/*||",
        PARTIAL "Content-Range: bytes */20||",
        PARTIAL "Content-Range: 10-19/20||",
        PARTIAL "Content-Range:||",
        PARTIAL REST "Content-Encoding: gzip||",
        PARTIAL REST "Content-Encoding: identity|Content-Encoding: br||",
        PARTIAL REST "Content-Type: Multipart/ByteRanges; boundary=x||",
        PARTIAL REST "Content-Length: 9||",
        PARTIAL REST "Content-Length: 20||",
        PARTIAL REST "Content-Length: x||",
        PARTIAL REST "Content-Length: 10|Content-Length: 11||",
    };
    static const char *const changed[] = {
        PARTIAL REST "ETag: \"b\"||",
        PARTIAL REST "ETag: W/\"a\"||",
        PARTIAL REST "ETag: a||",
        PARTIAL REST TAG "ETag: \"b\"||",
        PARTIAL REST TAG "Last-Modified: Sun, 09 Sep 2001 01:40:01 GMT||",
        PARTIAL TAG "Content-Range: bytes 10-20/21||",
        PARTIAL TAG "Content-Range: bytes */21||",
        PARTIAL "Content-Range: bytes */10||",
    };
    struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = &had};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); ++i)
        expect_range(&good[i], &asked);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); ++i) {
        struct range_row row = {refused[i], FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1};
        expect_range(&row, &asked);
    }
    for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); ++i) {
        struct range_row row = {changed[i], FA_VERDICT_ERROR, FA_RESTART_CHANGED, 0, -1};
        expect_range(&row, &asked);
    }
    static const struct range_row untagged = {PARTIAL REST "|", FA_VERDICT_ERROR,
                                              FA_RESTART_UNPROVEN, 0, -1};
    expect_range(&untagged, &asked);
}

#define SPAN "Content-Range: bytes 10-14/20|"

/* One range of several: nothing else is of use, a whole file neither. */
Test(response, only_the_segment_that_was_asked_for_is_taken)
{
    static const struct {
        const char *head;
        enum fa_restart restart; /* NONE: it is taken */
    } rows[] = {
        {PARTIAL SPAN TAG "|", FA_RESTART_NONE},
        {PARTIAL SPAN TAG "Content-Length: 5||", FA_RESTART_NONE},
        {PARTIAL SPAN TAG "Content-Length: 10||", FA_RESTART_REFUSED},
        {PARTIAL SPAN "|", FA_RESTART_UNPROVEN},
        {PARTIAL REST TAG "|", FA_RESTART_REFUSED},
        {PARTIAL TAG "Content-Range: bytes 10-13/20||", FA_RESTART_REFUSED},
        {PARTIAL TAG "Content-Range: bytes 11-14/20||", FA_RESTART_REFUSED},
        {PARTIAL TAG "Content-Range: bytes 10-14/*||", FA_RESTART_REFUSED},
        {PARTIAL TAG "Content-Range: bytes 10-14/21||", FA_RESTART_CHANGED},
        {PARTIAL TAG "Content-Range: bytes 0-19/20||", FA_RESTART_REFUSED},
        {PARTIAL SPAN TAG "Content-Encoding: gzip||", FA_RESTART_REFUSED},
        {PARTIAL SPAN TAG "Content-Type: multipart/byteranges; boundary=x||", FA_RESTART_REFUSED},
        {PARTIAL SPAN "ETag: \"b\"||", FA_RESTART_CHANGED},
        {"HTTP/1.1 200 OK|" TAG "Content-Length: 20||", FA_RESTART_IGNORED},
        {"HTTP/1.1 200 OK|" TAG "Content-Length: 5||", FA_RESTART_IGNORED},
        {"HTTP/1.1 200 OK|ETag: \"b\"|Content-Length: 20||", FA_RESTART_CHANGED},
        {"HTTP/1.1 416 x|" TAG "Content-Range: bytes */20||", FA_RESTART_REFUSED},
        {"HTTP/1.1 416 x|Content-Range: bytes */9||", FA_RESTART_CHANGED},
    };
    struct fa_asked asked = {.offset = 10, .end = 15, .part_bytes = 10, .rep = &had};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        bool taken = rows[i].restart == FA_RESTART_NONE;
        struct range_row row = {rows[i].head, taken ? FA_VERDICT_FILE : FA_VERDICT_ERROR,
                                rows[i].restart, taken ? 10 : 0, taken ? 20 : -1};
        expect_range(&row, &asked);
    }
    /* The first one begins at 0. */
    asked.offset = asked.part_bytes = 0;
    struct range_row first = {PARTIAL TAG "Content-Range: bytes 0-14/20||", FA_VERDICT_FILE,
                              FA_RESTART_NONE, 0, 20};
    expect_range(&first, &asked);
    struct range_row all = {PARTIAL TAG "Content-Range: bytes 0-19/20||", FA_VERDICT_ERROR,
                            FA_RESTART_REFUSED, 0, -1};
    expect_range(&all, &asked);
}

Test(response, a_total_that_was_not_known_is_learned)
{
    static const struct range_row rows[] = {
        {PARTIAL "Content-Range: bytes 10-20/21|" SINCE "|", FA_VERDICT_FILE, FA_RESTART_NONE, 10,
         21},
        {PARTIAL REST "ETag: \"new\"|" SINCE "|", FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20},
        {PARTIAL "Content-Range: bytes 10-19/*||", FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1},
    };
    struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = &had_date};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_range(&rows[i], &asked);
}

Test(response, a_whole_file_for_a_range_says_why)
{
    static const struct range_row rows[] = {
        {"HTTP/1.1 200 x|" TAG "Content-Length: 20||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20},
        {"HTTP/1.1 200 x|" SINCE "|", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20},
        {"HTTP/1.1 200 x|ETag: \"b\"|Content-Length: 10||", FA_VERDICT_FILE, FA_RESTART_CHANGED, 0,
         10},
        {"HTTP/1.1 203 x|Content-Length: 20||", FA_VERDICT_FILE, FA_RESTART_CHANGED, 0, 20},
        {"HTTP/1.1 200 x|" TAG "Content-Length: x||", FA_VERDICT_ERROR, FA_RESTART_NONE, 0, -1},
        {"HTTP/1.1 404 x|" TAG REST "|", FA_VERDICT_ERROR, FA_RESTART_NONE, 0, -1},
        {"HTTP/1.1 304 x|" TAG "|", FA_VERDICT_ERROR, FA_RESTART_NONE, 0, -1},
    };
    struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = &had};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_range(&rows[i], &asked);
}

Test(response, nothing_after_a_part_of_the_declared_length_means_complete)
{
    static const struct range_row whole[] = {
        {"HTTP/1.1 416 x|Content-Range: bytes */20||", FA_VERDICT_COMPLETE, FA_RESTART_NONE, 20,
         20},
        {"HTTP/1.1 416 x|Content-Range: bytes */20|" TAG SINCE "|", FA_VERDICT_COMPLETE,
         FA_RESTART_NONE, 20, 20},
        {"HTTP/1.1 416 x|Content-Range: bytes */20|ETag: \"b\"||", FA_VERDICT_ERROR,
         FA_RESTART_CHANGED, 0, -1},
    };
    static const struct range_row unknown[] = {
        {"HTTP/1.1 416 x|Content-Range: bytes */20||", FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1},
    };
    struct fa_asked asked = {.offset = 20, .part_bytes = 20, .rep = &had};
    for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); ++i)
        expect_range(&whole[i], &asked);
    asked.rep = &had_no_total;
    expect_range(&unknown[0], &asked);
}

#define OK "HTTP/1.1 200 x|"

/* The part is thrown away, or was. */
Test(response, whole_file_is_not_another_length_of_the_same_version)
{
    static const struct {
        const struct fa_representation *had;
        struct range_row row; /* for a range */
    } rows[] = {
        {&had, {OK TAG "Content-Length: 20||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20}},
        {&had, {OK TAG "Content-Length: 19||", FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had, {OK TAG "Content-Length: 21||", FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had, {OK TAG "Content-Length: 0||", FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had, {OK SINCE "Content-Length: 19||", FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had,
         {OK TAG "Last-Modified: Sun, 09 Sep 2001 01:40:01 GMT|Content-Length: 19||",
          FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had, {OK TAG "|", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20}},
        {&had, {OK TAG "Transfer-Encoding: chunked||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20}},
        {&had, {OK "Content-Length: 19||", FA_VERDICT_FILE, FA_RESTART_CHANGED, 0, 19}},
        {&had,
         {OK "ETag: \"b\"|" SINCE "Content-Length: 19||", FA_VERDICT_FILE, FA_RESTART_CHANGED, 0,
          19}},
        {&had, {OK "ETag: \"b\"||", FA_VERDICT_FILE, FA_RESTART_CHANGED, 0, -1}},
        {&had,
         {OK TAG "Content-Encoding: gzip|Content-Length: 19||", FA_VERDICT_FILE, FA_RESTART_IGNORED,
          0, 19}},
        {&had, {OK TAG "Content-Encoding: gzip||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, -1}},
        {&had_gzip,
         {OK TAG "Content-Encoding: gzip|Content-Length: 19||", FA_VERDICT_ERROR,
          FA_RESTART_DISPUTED, 0, -1}},
        {&had_gzip, {OK TAG "Content-Length: 30||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 30}},
        {&had_no_total, {OK TAG "Content-Length: 5||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 5}},
        {&had_date_total,
         {OK SINCE "Content-Length: 19||", FA_VERDICT_ERROR, FA_RESTART_DISPUTED, 0, -1}},
        {&had_date_total, {OK SINCE "|", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 20}},
        {&had_weak,
         {OK "ETag: W/\"a\"|Content-Length: 19||", FA_VERDICT_FILE, FA_RESTART_IGNORED, 0, 19}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct range_row row = rows[i].row;
        bool taken = row.verdict == FA_VERDICT_FILE;
        struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = rows[i].had};
        expect_range(&row, &asked);
        asked.offset = 0;
        row.restart = taken ? FA_RESTART_DENIED : row.restart;
        expect_range(&row, &asked);
        asked.part_bytes = 0;
        row.restart = taken ? FA_RESTART_NONE : row.restart;
        expect_range(&row, &asked);
    }
}

Test(response, whole_file_does_not_say_that_it_is_a_part)
{
    static const struct {
        const char *head;
        int64_t total; /* -1: it is not taken */
    } rows[] = {
        {OK TAG "Content-Range: bytes 0-19/20|Content-Length: 20||", 20},
        {OK TAG "Content-Range: bytes 0-19/20||", 20},
        {OK TAG "Content-Range: bytes 0-19/20|Transfer-Encoding: chunked||", 20},
        {"HTTP/1.1 203 x|" TAG "Content-Range: bytes 0-19/20|Content-Length: 20||", 20},
        {OK TAG "Content-Range: items 0-9/100|Content-Length: 20||", 20},
        {OK TAG "Content-Range: 0-9/100|Content-Length: 20||", 20},
        {OK TAG "Content-Range: bytes 0-19/20|Content-Length: 10||", -1},
        {OK TAG "Content-Range: bytes 0-9/20|Content-Length: 10||", -1},
        {OK TAG "Content-Range: bytes 10-19/20|Content-Length: 10||", -1},
        {OK TAG "Content-Range: bytes 10-19/20||", -1},
        {OK TAG "content-range: BYTES 0-9/20|Content-Length: 20||", -1},
        {OK TAG "Content-Range: bytes 0-19/*|Content-Length: 20||", -1},
        {OK TAG "Content-Range: bytes */20|Content-Length: 20||", -1},
        {OK TAG "Content-Range: bytes=0-19/20|Content-Length: 20||", -1},
        {OK TAG "Content-Range: bytes 0-19/20|Content-Range: bytes 0-9/20||", -1},
        {OK TAG "Content-Range: bytes 0-19/20|Content-Range: items 1-2/3||", -1},
        {"HTTP/1.1 203 x|" TAG "Content-Range: bytes 0-9/20|Content-Length: 10||", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        bool taken = rows[i].total >= 0;
        struct range_row row = {rows[i].head, taken ? FA_VERDICT_FILE : FA_VERDICT_ERROR,
                                FA_RESTART_NONE, 0, rows[i].total};
        struct fa_asked asked = {.rep = &fa_representation_none};
        expect_range(&row, &asked);
        /* The answer to a range request may be the range, whatever it declares. */
        if (strcasestr(rows[i].head, "range: bytes"))
            row = (struct range_row){rows[i].head, FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1};
        else
            row.restart = FA_RESTART_IGNORED;
        asked = (struct fa_asked){.offset = 10, .part_bytes = 10, .rep = &had};
        expect_range(&row, &asked);
    }
}

static void expect_slice(const char *range, const char *head, int64_t total)
{
    struct fa_asked asked = {.rep = &fa_representation_none};
    struct fa_error err;
    cr_assert_eq(fa_slice_parse(range, strlen(range), &asked.slice, &err), 0);
    struct fa_response response;
    struct fa_outcome outcome = {0};
    fa_response_init(&response, &asked);
    feed(&response, head);
    if (total >= 0) {
        cr_expect_eq(response.verdict, FA_VERDICT_FILE, "%s: %s", range, head);
        cr_expect_eq(response.head.rep.total, total, "%s: %s", range, head);
        cr_expect(response.head.kept == 0 && !response.head.rep.validator.strong);
    } else {
        cr_expect_eq(response.verdict, FA_VERDICT_ERROR, "%s: %s", range, head);
        fa_judge_explain(&response, &outcome);
        cr_expect_eq(outcome.error.class, FA_CLASS_PROTOCOL, "%s: %s", range, head);
        cr_expect_eq(outcome.restart, FA_RESTART_NONE);
    }
    fa_response_fini(&response);
}

Test(response, a_slice_is_taken_only_if_it_is_the_one_that_was_asked_for)
{
    static const struct {
        const char *range, *head;
        int64_t total;
    } rows[] = {
        {"10-19", PARTIAL TAG "Content-Range: bytes 10-19/100|Content-Length: 10||", 10},
        {"10-19", PARTIAL "Content-Range: bytes 10-19/*||", 10},
        {"10-19", PARTIAL "Content-Range: bytes 10-14/15||", 5},
        {"10-19", PARTIAL "Content-Range: bytes 10-18/100||", -1},
        {"10-19", PARTIAL "Content-Range: bytes 9-19/100||", -1},
        {"10-19", PARTIAL "Content-Range: bytes 10-19/100|Content-Length: 11||", -1},
        {"10-19", PARTIAL "Content-Range: bytes 10-19/100|Content-Range: bytes 10-19/100||", -1},
        {"10-19", PARTIAL "Content-Range: bytes */100||", -1},
        {"10-19", PARTIAL TAG "|", -1},
        {"10-19",
         PARTIAL "Content-Type: multipart/byteranges; boundary=x|"
                 "Content-Range: bytes 10-19/100||",
         -1},
        {"10-", PARTIAL "Content-Range: bytes 10-99/100||", 90},
        {"-7", PARTIAL "Content-Range: bytes 93-99/100||", 7},
        {"-7", PARTIAL "Content-Range: bytes 0-6/100||", -1},
        {"10-19", OK "Content-Length: 100||", -1},
        {"10-19", OK "Content-Length: 10||", -1},
        {"10-19", OK "|", -1},
        {"0-99", OK TAG "Content-Length: 100||", 100},
        {"0-199", OK "Content-Length: 100||", 100},
        {"0-98", OK "Content-Length: 100||", -1},
        {"0-99", OK "Transfer-Encoding: chunked||", -1},
        {"0-", OK "Content-Length: 100||", 100},
        {"-100", OK "Content-Length: 100||", 100},
        {"-99", OK "Content-Length: 100||", -1},
        {"0-9", OK "Content-Length: 0||", -1},
        {"0-9", OK "Content-Length: 10|Content-Range: bytes 0-9/100||", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_slice(rows[i].range, rows[i].head, rows[i].total);
}

Test(response, range_continues_in_the_same_coding)
{
    static const struct {
        const struct fa_representation *had;
        const char *fields;
        bool good;
    } rows[] = {
        {&had_gzip, "Content-Encoding: gzip|", true},
        {&had_gzip, "Content-Encoding: GZip|", true},
        {&had_gzip, "Content-Encoding: identity, gzip|", true},
        {&had_gzip, "", false},
        {&had_gzip, "Content-Encoding: identity|", false},
        {&had_gzip, "Content-Encoding: br|", false},
        {&had_gzip, "Content-Encoding: gzip, gzip|", false},
        {&had_gzip, "Content-Encoding: gzip|Content-Encoding: gzip|", false},
        {&had, "Content-Encoding: gzip|", false},
        {&had, "Content-Encoding: gzip gzip|", false},
        {&had, "Content-Encoding: a-coding-with-a-name-that-is-longer-than-any|", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char head[200];
        snprintf(head, sizeof(head), PARTIAL REST TAG "%s|", rows[i].fields);
        struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = rows[i].had};
        struct range_row row = {head, FA_VERDICT_FILE, FA_RESTART_NONE, 10, 20};
        if (!rows[i].good)
            row = (struct range_row){head, FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1};
        expect_range(&row, &asked);
    }
}

Test(response, file_comes_with_its_coding)
{
    static const struct {
        const char *fields, *coding;
        bool strong;
    } rows[] = {
        {"", "", true},
        {"Content-Encoding:|", "", true},
        {"Content-Encoding: identity|", "", true},
        {"Content-Encoding: x-GZIP|", "x-gzip", true},
        {"Content-Encoding: gzip , br|content-encoding: zstd|", "gzip,br,zstd", true},
        {"Content-Encoding: gzip gzip|", NULL, false},
        {"Content-Encoding: a-coding-with-a-name-that-is-longer-than-any|", NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char head[200];
        snprintf(head, sizeof(head), OK TAG "%s|", rows[i].fields);
        struct fa_response response;
        fa_response_init(&response, NULL);
        feed(&response, head);
        cr_assert_eq(response.verdict, FA_VERDICT_FILE, "%s", head);
        const struct fa_representation *rep = &response.head.rep;
        cr_assert_eq(rep->validator.strong, rows[i].strong, "%s", head);
        cr_assert(!rows[i].coding || strcmp(rep->coding, rows[i].coding) == 0, "%s: %s", head,
                  rep->coding);
        fa_response_fini(&response);
    }
}

Test(response, nothing_after_a_shorter_part_means_another_file)
{
    static const struct range_row rows[] = {
        {"HTTP/1.1 416 x|Content-Range: bytes */10||", FA_VERDICT_ERROR, FA_RESTART_CHANGED, 0, -1},
        {"HTTP/1.1 416 x|Content-Range: bytes */10|" TAG SINCE "|", FA_VERDICT_ERROR,
         FA_RESTART_CHANGED, 0, -1},
        {"HTTP/1.1 416 x|Content-Range: bytes */5||", FA_VERDICT_ERROR, FA_RESTART_CHANGED, 0, -1},
        {"HTTP/1.1 416 x|Content-Range: bytes */20||", FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1},
        {"HTTP/1.1 416 x|Content-Range: bytes 0-9/10||", FA_VERDICT_ERROR, FA_RESTART_CHANGED, 0,
         -1},
        {"HTTP/1.1 416 x|Content-Range: bytes 0-9/20||", FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0,
         -1},
        {"HTTP/1.1 416 x|Content-Range: bytes */10|Content-Range: bytes */10||", FA_VERDICT_ERROR,
         FA_RESTART_REFUSED, 0, -1},
        {"HTTP/1.1 416 x||", FA_VERDICT_ERROR, FA_RESTART_REFUSED, 0, -1},
    };
    struct fa_asked asked = {.offset = 10, .part_bytes = 10, .rep = &had};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_range(&rows[i], &asked);
}

Test(response, what_is_unchanged_keeps_its_validator)
{
    static const struct {
        const char *head;
        const struct fa_representation *asked;
        const char *etag;
        int64_t modified;
        bool strong;
    } rows[] = {
        {"HTTP/1.1 304 x||", &had, "\"a\"", 999999600, true},
        {"HTTP/1.1 304 x|ETag: \"b\"||", &had, "\"b\"", 999999600, true},
        {"HTTP/1.1 304 x|ETag: W/\"a\"||", &had, "W/\"a\"", 999999600, false},
        {"HTTP/1.1 304 x|ETag: nonsense||", &had, "\"a\"", 999999600, true},
        {"HTTP/1.1 304 x|Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT||", &had, "\"a\"", 1000000000,
         true},
        {"HTTP/1.1 304 x||", &had_date, "", 999999600, true},
        {"HTTP/1.1 304 x|ETag: nonsense||", &had_date, "", 999999600, true},
        {"HTTP/1.1 304 x|Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT||", &had_date, "", 1000000000,
         false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_asked asked = {.rep = rows[i].asked, .conditional = true};
        struct fa_response response;
        fa_response_init(&response, &asked);
        feed(&response, rows[i].head);
        const struct fa_validator *validator = &response.head.rep.validator;
        cr_assert_eq(response.verdict, FA_VERDICT_UNCHANGED, "%zu", i);
        cr_assert_str_eq(validator->etag, rows[i].etag, "%zu: %s", i, validator->etag);
        cr_assert_eq(validator->modified, rows[i].modified, "%zu", i);
        cr_assert_eq(validator->strong, rows[i].strong, "%zu", i);
        fa_response_fini(&response);
    }
}

Test(response, a_file_comes_with_its_validator)
{
    static const struct {
        const char *head, *etag;
        int64_t modified;
        bool strong;
    } rows[] = {
        {"HTTP/1.1 200 x|" TAG SINCE "|", "\"a\"", 999999600, true},
        {"HTTP/1.1 200 x|" TAG TAG "|", "\"a\"", -1, true},
        {"HTTP/1.1 200 x|" TAG "etag: \"b\"||", "\"a\"", -1, false},
        {"HTTP/1.1 200 x|ETag: W/\"a\"|" SINCE "Date: Sun, 09 Sep 2001 01:46:40 GMT||", "W/\"a\"",
         999999600, false},
        {"HTTP/1.1 200 x|" SINCE "Date: Sun, 09 Sep 2001 01:41:00 GMT||", "", 999999600, true},
        {"HTTP/1.1 200 x|" SINCE "Date: Sun, 09 Sep 2001 01:40:59 GMT||", "", 999999600, false},
        {"HTTP/1.1 200 x|ETag: a|" SINCE "Date: Sun, 09 Sep 2001 01:41:00 GMT||", "a", 999999600,
         false},
        {"HTTP/1.1 200 x|" SINCE "|", "", 999999600, false},
        {"HTTP/1.1 200 x|ETag: \"\"||", "", -1, false},
        {"HTTP/1.1 200 x|ETag: W/\"\"|" SINCE "Date: Sun, 09 Sep 2001 01:41:00 GMT||", "",
         999999600, true},
        {"HTTP/1.1 200 x|Last-Modified: Sunday, 09-Sep-01 01:40:00 GMT|Date: Sun, 09 Sep 2001 "
         "01:46:40 GMT||",
         "", 999999600, false},
        {"HTTP/1.1 200 x||", "", -1, false},
        {"HTTP/1.1 103 x|" TAG "|HTTP/1.1 200 x||", "", -1, false},
        {"HTTP/1.1 404 x|" TAG "|", "", -1, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        fa_response_init(&response, NULL);
        feed(&response, rows[i].head);
        const struct fa_validator *validator = &response.head.rep.validator;
        cr_assert_str_eq(validator->etag, rows[i].etag, "%s", rows[i].head);
        cr_assert_eq(validator->modified, rows[i].modified, "%s", rows[i].head);
        cr_assert_eq(validator->strong, rows[i].strong, "%s", rows[i].head);
        fa_response_fini(&response);
    }
}

Test(response, web_page_is_an_error_where_it_is_guarded_against)
{
    static const struct {
        const char *head;
        bool guarded;
    } rows[] = {
        {"HTTP/1.1 200 OK|Content-Type: text/html||", true},
        {"HTTP/1.1 203 x|content-type: TEXT/HTML; charset=x||", true},
        {"HTTP/1.1 206 x|Content-Type: text/html|Content-Range: bytes 0-4/5||", true},
        {"HTTP/1.1 200 OK|Content-Type: text/plain||", false},
        {"HTTP/1.1 200 OK||", false},
        {"HTTP/1.1 404 OK|Content-Type: text/html||", false},
        {"HTTP/1.1 302 OK|Location: /x|Content-Type: text/html||", false},
        {"HTTP/1.1 103 x|Content-Type: text/html||HTTP/1.1 200 OK||", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_asked asked = {.rep = &fa_representation_none, .guard = true};
        struct fa_outcome outcome = {0};
        struct fa_response response;
        fa_response_init(&response, &asked);
        feed(&response, rows[i].head);
        fa_judge_explain(&response, &outcome);
        cr_expect_eq(outcome.error.class == FA_CLASS_CONTENT, rows[i].guarded, "%s", rows[i].head);
        cr_expect(!rows[i].guarded || response.verdict == FA_VERDICT_ERROR, "%s", rows[i].head);
        fa_response_fini(&response);
    }
}

Test(response, errors_are_explained)
{
    static const struct {
        const char *head;
        enum fa_class class;
        enum fa_retryability retryable;
        const char *text;
    } rows[] = {
        {"HTTP/1.1 206 x||", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, "206"},
        {"HTTP/1.1 200 x|Content-Length: x||", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE,
         "Content-Length"},
        {"HTTP/1.1 200 x|Content-Range: bytes 0-9/20||", FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE,
         "only part of"},
        {"HTTP/1.1 302 x||", FA_CLASS_REDIRECT, FA_RETRYABLE_NEVER, "without a Location"},
        {"HTTP/1.1 302 x|Location:||", FA_CLASS_REDIRECT, FA_RETRYABLE_NEVER, "an empty Location"},
        {"HTTP/1.1 404 Gone fishing||", FA_CLASS_HTTP, FA_RETRYABLE_NEVER, "404 Not Found"},
        {"HTTP/1.1 503 x||", FA_CLASS_HTTP, FA_RETRYABLE_NOW, "503"},
        {"HTTP/1.1 204 x||", FA_CLASS_HTTP, FA_RETRYABLE_NEVER, "204"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        struct fa_outcome outcome = {0};
        fa_response_init(&response, NULL);
        feed(&response, rows[i].head);
        cr_assert_eq(response.verdict, FA_VERDICT_ERROR);
        fa_judge_explain(&response, &outcome);
        cr_assert_eq(outcome.error.class, rows[i].class, "%s", rows[i].head);
        cr_assert_eq(outcome.error.domain, FA_DOMAIN_HTTP);
        cr_assert_eq(outcome.retryable, rows[i].retryable, "%s", rows[i].head);
        cr_assert(strstr(outcome.error.msg, rows[i].text), "%s", outcome.error.msg);
        fa_response_fini(&response);
    }
}

/* What the first answer says of the whole file counts for the bytes that a later one continues. */
Test(response, digest_of_the_file_is_kept_over_ranges)
{
    static const char first[] = "HTTP/1.1 200 OK|ETag: \"x\"|Content-Length: 10|"
                                "Content-MD5: sZRqySSS0jR8YjW00mERhA==|"
                                "Digest: adler32=084b021f||";
    static const char range[] = "HTTP/1.1 206 x|ETag: \"x\"|Content-Range: bytes 4-9/10|"
                                "Content-MD5: AZRqySSS0jR8YjW00mERhA==|%s|";
    char text[512];
    struct fa_response response;
    fa_response_init(&response, NULL);
    feed(&response, first);
    cr_assert_eq(response.verdict, FA_VERDICT_FILE);
    struct fa_representation rep = response.head.rep;
    cr_expect_eq(rep.digest.hash, FA_HASH_MD5);
    fa_response_fini(&response);
    for (int with = 0; with < 2; ++with) {
        const struct fa_asked asked = {.rep = &rep, .offset = 4, .part_bytes = 4};
        snprintf(text, sizeof(text), range, with ? "x-amz-checksum-crc32c: NT3Yvg==|" : "");
        fa_response_init(&response, &asked);
        feed(&response, text);
        cr_assert_eq(response.verdict, FA_VERDICT_FILE);
        cr_expect_eq(response.head.rep.digest.hash, with ? FA_HASH_CRC32C : FA_HASH_MD5);
        cr_expect_eq(response.head.rep.digest.bytes[0], with ? 0x35 : 0xb1);
        fa_response_fini(&response);
    }
}

Test(response, other_types_are_refused)
{
    static const struct {
        const char *head;
        bool refused;
    } rows[] = {
        {"HTTP/1.1 200 x|Content-Type: image/png||", false},
        {"HTTP/1.1 200 x|Content-Type: text/plain||", true},
        {"HTTP/1.1 200 x|Content-Type: image/png|Content-Type: text/plain||", true},
        {"HTTP/1.1 200 x||", true},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/5||", false},
        {"HTTP/1.1 206 x|Content-Range: bytes 0-4/5|Content-Type: text/plain||", true},
    };
    const struct fa_asked asked = {.rep = &fa_representation_none, .types = "image/*"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        struct fa_outcome outcome = {0};
        fa_response_init(&response, &asked);
        feed(&response, rows[i].head);
        cr_expect_eq(response.verdict, rows[i].refused ? FA_VERDICT_ERROR : FA_VERDICT_FILE, "%s",
                     rows[i].head);
        fa_judge_explain(&response, &outcome);
        cr_expect(!rows[i].refused || outcome.error.class == FA_CLASS_CONTENT, "%s", rows[i].head);
        fa_response_fini(&response);
    }
}

Test(response, opted_out_files_are_refused)
{
    static const struct {
        const char *head;
        bool refused;
    } rows[] = {
        {"HTTP/1.1 200 x|X-Robots-Tag: noindex||", false},
        {"HTTP/1.1 200 x|X-Robots-Tag: noindex|X-Robots-Tag: noai||", true},
        {"HTTP/1.1 200 x|x-robots-tag: fetchall: noai|X-Robots-Tag: noindex||", true},
        {"HTTP/1.1 200 x|X-Robots-Tag: other: noai||", false},
        {"HTTP/1.1 404 x|X-Robots-Tag: noai||", false},
    };
    const struct fa_asked asked = {.rep = &fa_representation_none, .respect = "noai"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_response response;
        struct fa_outcome outcome = {0};
        fa_response_init(&response, &asked);
        feed(&response, rows[i].head);
        fa_judge_explain(&response, &outcome);
        cr_expect_eq(response.declined, rows[i].refused, "%s", rows[i].head);
        cr_expect(!rows[i].refused || outcome.error.class == FA_CLASS_REFUSED, "%s", rows[i].head);
        fa_response_fini(&response);
    }
}

/* Also of a range; and a field that is folded is no error, as it does not matter. */
Test(response, name_of_the_server_is_that_of_its_own_head)
{
    static const char first[] = "HTTP/1.1 302 x|Location: /y|Content-Disposition: x; filename=a||";
    static const char second[] = "HTTP/1.1 200 OK|Content-Disposition: x; filename=b||";
    struct fa_asked asked = {.rep = &fa_representation_none, .named = true};
    for (int named = 0; named < 2; ++named) {
        struct fa_response response;
        asked.named = named;
        fa_response_init(&response, &asked);
        feed(&response, "HTTP/1.1 100 x|Content-Disposition: x; filename=0||");
        feed(&response, second);
        cr_expect(named ? response.name && strcmp(response.name, "b") == 0 : !response.name);
        fa_response_fini(&response);
        fa_response_init(&response, &asked);
        feed(&response, first);
        cr_expect_eq(response.verdict, FA_VERDICT_REDIRECT);
        fa_response_fini(&response);
        fa_response_init(&response, &asked);
        feed(&response, "HTTP/1.1 200 OK|Content-Disposition: attachment;| filename=c||");
        cr_expect(response.verdict == FA_VERDICT_FILE && !response.name);
        fa_response_fini(&response);
    }
}
