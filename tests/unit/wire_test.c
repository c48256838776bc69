#include "transfer/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const headers[] = {"A: 1", "", "B: \xff"};

static const struct fa_attempt attempts[] = {
    {.url = "http://a/", .host_port = "a:80", .size = -1, .fd = -1},
    {.url = "", .host_port = "", .addresses = "", .size = 0, .fd = -1},
    {.url = "https://a/b?c",
     .host_port = "a:443",
     .addresses = "1.2.3.4,::1",
     .types = "image/*",
     .respect = "noai",
     .cookies = "a\tFALSE\t/\tFALSE\t0\tb\tc\n",
     .headers = headers,
     .n_headers = 3,
     .size = INT64_MAX,
     .max_size = UINT64_MAX,
     .min_size = 7,
     .named = true,
     .rate = 1234567,
     .netrc = FA_NETRC_NAMED,
     .digest = true,
     .http1 = true,
     .offset = UINT64_MAX,
     .conditional = true,
     .durable = true,
     .whole = true,
     .rep = {.validator = {.etag = "\"abc\"", .modified = 784111777, .strong = true},
             .coding = "gzip,br",
             .total = INT64_MAX,
             .digest = {FA_HASH_CRC32C, {1, 2, 3, 4}}},
     .fd = -1},
};

static bool same_validator(const struct fa_validator *a, const struct fa_validator *b)
{
    return strcmp(a->etag, b->etag) == 0 && a->modified == b->modified && a->strong == b->strong;
}

static bool same_rep(const struct fa_representation *a, const struct fa_representation *b)
{
    return same_validator(&a->validator, &b->validator) && strcmp(a->coding, b->coding) == 0 &&
           a->total == b->total && a->digest.hash == b->digest.hash &&
           memcmp(a->digest.bytes, b->digest.bytes, FA_DIGEST_MAX) == 0;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

Test(wire, attempts_come_back_as_they_were)
{
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); ++i) {
        const struct fa_attempt *a = &attempts[i];
        struct fa_attempt b;
        struct fa_buf buf;
        const char **list;
        fa_buf_init(&buf);
        fa_wire_put_attempt(&buf, a);
        cr_assert_eq(fa_wire_get_attempt(&b, &list, buf.data, buf.len), 0);
        cr_assert(same(a->url, b.url) && same(a->host_port, b.host_port));
        cr_assert(same(a->addresses, b.addresses) && same(a->cookies, b.cookies) &&
                  same(a->types, b.types) && same(a->respect, b.respect));
        cr_assert_eq(a->n_headers, b.n_headers);
        for (size_t j = 0; j < a->n_headers; ++j)
            cr_assert_str_eq(a->headers[j], b.headers[j]);
        cr_assert(a->size == b.size && a->max_size == b.max_size && a->min_size == b.min_size &&
                  a->rate == b.rate);
        cr_assert(a->netrc == b.netrc && a->http1 == b.http1 && a->digest == b.digest &&
                  a->named == b.named);
        cr_assert(a->offset == b.offset && a->whole == b.whole);
        cr_assert(a->conditional == b.conditional && a->durable == b.durable);
        cr_assert(same_rep(&a->rep, &b.rep));
        cr_assert_eq(b.fd, -1);
        free(list);
        fa_buf_fini(&buf);
    }
}

/* Bytes in memory of exactly their size, so that a sanitizer detects reads past the end. */
static void *exact(const void *data, size_t len)
{
    void *copy = malloc(len ? len : 1);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

Test(wire, every_truncated_attempt_is_refused)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_wire_put_attempt(&buf, &attempts[2]);
    for (size_t len = 0; len < buf.len; ++len) {
        struct fa_attempt attempt;
        const char **list;
        void *bytes = exact(buf.data, len);
        cr_assert_eq(fa_wire_get_attempt(&attempt, &list, bytes, len), -1, "%zu bytes", len);
        free(bytes);
    }
    fa_buf_put_u8(&buf, 0);
    struct fa_attempt attempt;
    const char **list;
    cr_assert_eq(fa_wire_get_attempt(&attempt, &list, buf.data, buf.len), -1, "a byte too many");
    fa_buf_fini(&buf);
}

static struct fa_capture *capture_full(void)
{
    struct fa_capture *capture = fa_capture_new();
    cr_assert(capture);
    fa_capture_sent(capture, "CONNECT\r\n\r\n", 11, 1);
    fa_capture_sent(capture, "GET /", 5, 17);
    fa_capture_sent(capture, "\r\n\r\n", 4, 18);
    fa_capture_line(capture, "100\r\n", 5, true);
    fa_capture_line(capture, "302\r\n", 5, true);
    fa_capture_line(capture, "\r\n", 2, false);
    fa_buf_put(&capture->body, "a\0b", 3);
    capture->chunked = capture->cut = true;
    strcpy(capture->ip, "::1");
    return capture;
}

static struct fa_outcome outcome_full(void)
{
    struct fa_outcome outcome = {
        .error = {FA_DOMAIN_HTTP, 503, FA_CLASS_HTTP, "503 \x1b[31m"},
        .retryable = FA_RETRYABLE_NOW,
        .location = strdup("http://b/"),
        .name = strdup("a b.csv"),
        .cookies = strdup("a\tFALSE\t/\tFALSE\t0\tb\tc\n"),
        .retry_after = 1.5,
        .http = 503,
        .received = UINT64_MAX,
        .size = 17,
        .time = {.dns = 0.1, .connect = 0.2, .tls = 0.3, .ttfb = 0.4, .total = 0.5},
        .ip = "0123:4567:89ab:cdef:0123:4567:89ab:cdef",
        .version = "1.1",
        .head = {.rep = {.validator = {.etag = "W/\"abc\"", .modified = -1},
                         .coding = "br",
                         .total = 20},
                 .kept = 20},
        .unchanged = true,
        .doubtful = true,
        .restart = FA_RESTART_REFUSED,
        .login = FA_LOGIN_NETRC,
        .digest = true,
        .cached = {FA_CACHE_HIT, 77},
        .tcp = {0.25, 3, 4},
        .capture = capture_full(),
    };
    return outcome;
}

static void expect_capture(const struct fa_capture *capture)
{
    cr_assert(capture);
    cr_assert_eq(capture->request.len, 9);
    cr_assert_eq(memcmp(capture->request.data, "GET /\r\n\r\n", 9), 0);
    cr_assert_eq(capture->head.len, 7);
    cr_assert_eq(memcmp(capture->head.data, "302\r\n\r\n", 7), 0);
    cr_assert_eq(capture->body.len, 3);
    cr_assert_eq(memcmp(capture->body.data, "a\0b", 3), 0);
    cr_assert(capture->chunked && capture->cut && capture->began == 17);
    cr_assert_str_eq(capture->ip, "::1");
}

static void expect_same(const struct fa_outcome *a, const struct fa_outcome *b)
{
    cr_assert(a->error.domain == b->error.domain && a->error.code == b->error.code);
    cr_assert(a->error.class == b->error.class && a->retryable == b->retryable);
    cr_assert_str_eq(a->error.msg, b->error.msg);
    cr_assert(same(a->location, b->location) && same(a->cookies, b->cookies) &&
              same(a->name, b->name));
    cr_assert(a->retry_after == b->retry_after && a->http == b->http);
    cr_assert(a->received == b->received && a->size == b->size);
    cr_assert(a->time.dns == b->time.dns && a->time.connect == b->time.connect);
    cr_assert(a->time.tls == b->time.tls && a->time.ttfb == b->time.ttfb);
    cr_assert_eq(a->time.total, b->time.total);
    cr_assert_str_eq(a->ip, b->ip);
    cr_assert_str_eq(a->version, b->version);
    cr_assert(same_rep(&a->head.rep, &b->head.rep) && a->head.kept == b->head.kept);
    cr_assert(a->unchanged == b->unchanged && a->restart == b->restart);
    cr_assert(a->doubtful == b->doubtful && a->login == b->login);
    cr_assert_eq(a->digest, b->digest);
    cr_assert(a->cached.cache == b->cached.cache && a->cached.age == b->cached.age);
    cr_assert(a->tcp.rtt == b->tcp.rtt && a->tcp.retransmits == b->tcp.retransmits);
    cr_assert_eq(a->tcp.reordered, b->tcp.reordered);
    cr_assert_eq(a->capture == NULL, b->capture == NULL);
    if (b->capture)
        expect_capture(b->capture);
}

Test(wire, outcomes_come_back_as_they_were)
{
    struct fa_outcome rows[] = {
        {.retry_after = -1},
        outcome_full(),
        {.error = {FA_DOMAIN_SYSTEM, -1, FA_CLASS_LOCAL_IO, ""}, .location = strdup("")},
    };
    memset(rows[2].error.msg, 'x', FA_MESSAGE_MAX - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_outcome back;
        struct fa_buf buf;
        fa_buf_init(&buf);
        fa_wire_put_outcome(&buf, &rows[i]);
        cr_assert_eq(fa_wire_get_outcome(&back, buf.data, buf.len), 0);
        expect_same(&rows[i], &back);
        fa_outcome_fini(&back);
        fa_outcome_fini(&rows[i]);
        fa_buf_fini(&buf);
    }
}

Test(wire, every_truncated_outcome_is_refused)
{
    struct fa_outcome outcome = outcome_full(), back;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_wire_put_outcome(&buf, &outcome);
    for (size_t len = 0; len < buf.len; ++len) {
        void *bytes = exact(buf.data, len);
        cr_assert_eq(fa_wire_get_outcome(&back, bytes, len), -1, "%zu bytes", len);
        free(bytes);
    }
    fa_outcome_fini(&outcome);
    fa_buf_fini(&buf);
}

Test(wire, undefined_values_are_refused)
{
    static const struct {
        const char *name;
        size_t at;
        unsigned char value;
    } rows[] = {
        {"domain", 0, FA_DOMAIN_FETCHALL + 1},
        {"class", 5, FA_CLASSES},
        {"class 255", 5, 255},
        {"retryable", 11, FA_RETRYABILITIES},
        {"unchanged", 90, 2},
        {"doubtful", 91, 2},
        {"restart", 92, FA_RESTARTS},
        {"login", 93, FA_LOGIN_SOURCES},
        {"digest", 94, 2},
        {"limited", 95, 2},
        {"cache", 97, FA_CACHES},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_outcome outcome = {.retry_after = -1}, back;
        struct fa_buf buf;
        fa_buf_init(&buf);
        fa_wire_put_outcome(&buf, &outcome);
        cr_assert_eq(buf.data[rows[i].at], 0);
        buf.data[rows[i].at] = rows[i].value;
        cr_assert_eq(fa_wire_get_outcome(&back, buf.data, buf.len), -1, "%s", rows[i].name);
        fa_buf_fini(&buf);
    }
}

Test(wire, capture_is_there_or_not)
{
    struct fa_outcome outcome = {.retry_after = -1}, back;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_wire_put_outcome(&buf, &outcome);
    buf.data[buf.len - 1] = 2;
    cr_assert_eq(fa_wire_get_outcome(&back, buf.data, buf.len), -1);
    fa_buf_fini(&buf);
}

Test(wire, cookies_that_are_commands_are_refused)
{
    static const char *const rows[] = {"ALL\n", "Set-Cookie: a=b\n", "x"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_outcome outcome = {.retry_after = -1, .cookies = strdup(rows[i])}, back;
        struct fa_buf buf;
        fa_buf_init(&buf);
        fa_wire_put_outcome(&buf, &outcome);
        cr_assert_eq(fa_wire_get_outcome(&back, buf.data, buf.len), -1, "%s", rows[i]);
        fa_outcome_fini(&outcome);
        fa_buf_fini(&buf);
    }
}

Test(wire, heads_come_back_as_they_were_or_not_at_all)
{
    static const struct {
        struct fa_head head;
        bool good;
    } rows[] = {
        {{.rep = {.validator = {.modified = -1}, .total = -1}}, true},
        {{.rep = {.total = 0}}, true},
        {{.rep = {.validator = {.etag = "\"a\"", .modified = 7, .strong = true}, .total = 9},
          .kept = 9},
         true},
        {{.rep = {.validator = {.etag = "\"a\"", .modified = -1}, .total = 9}}, true},
        {{.rep = {.validator = {.modified = 7, .strong = true}, .total = -1}, .kept = UINT64_MAX},
         true},
        {{.rep = {.coding = "gzip,br", .total = 9}}, true},
        {{.rep = {.total = 9}, .kept = 10}, false},
        {{.rep = {.total = -2}}, false},
        {{.rep = {.coding = "GZIP"}}, false},
        {{.rep = {.coding = "gzip\r\nX: 1"}}, false},
        {{.rep = {.validator = {.modified = -2}}}, false},
        {{.rep = {.validator = {.etag = "a", .modified = -1}, .total = 9}}, true},
        {{.rep = {.validator = {.etag = "a", .strong = true}}}, false},
        {{.rep = {.validator = {.etag = "a b"}}}, false},
        {{.rep = {.validator = {.etag = "\"a\r\nX: 1\""}}}, false},
        {{.rep = {.validator = {.etag = "W/\"a\"", .modified = 7, .strong = true}}}, false},
        {{.rep = {.validator = {.modified = -1, .strong = true}}}, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_head back;
        struct fa_buf buf;
        fa_buf_init(&buf);
        fa_wire_put_head(&buf, &rows[i].head);
        cr_assert_eq(fa_wire_get_head(&back, buf.data, buf.len) == 0, rows[i].good, "%zu", i);
        if (rows[i].good)
            cr_assert(same_rep(&back.rep, &rows[i].head.rep) && back.kept == rows[i].head.kept);
        for (size_t len = 0; len < buf.len; ++len) {
            void *bytes = exact(buf.data, len);
            cr_assert_eq(fa_wire_get_head(&back, bytes, len), -1);
            free(bytes);
        }
        fa_buf_fini(&buf);
    }
}

Test(wire, an_entity_tag_without_space_is_refused)
{
    char etag[FA_ETAG_MAX + 1];
    struct fa_head head;
    struct fa_buf buf;
    memset(etag, 'x', FA_ETAG_MAX);
    etag[0] = etag[FA_ETAG_MAX - 1] = '"';
    etag[FA_ETAG_MAX] = '\0';
    fa_buf_init(&buf);
    fa_buf_put_str(&buf, etag);
    fa_buf_put_u64(&buf, 0);
    fa_buf_put_u8(&buf, 0);
    fa_buf_put_str(&buf, "");
    fa_buf_put_u64(&buf, 0);
    fa_buf_put_u64(&buf, 0);
    cr_assert_eq(fa_wire_get_head(&head, buf.data, buf.len), -1);
    fa_buf_fini(&buf);
}

Test(wire, a_number_of_headers_beyond_reason_is_refused)
{
    struct fa_attempt attempt = attempts[0];
    struct fa_buf buf;
    const char **list;
    fa_buf_init(&buf);
    fa_wire_put_attempt(&buf, &attempt);
    memset(buf.data + buf.len - 4, 0xff, 4);
    cr_assert_eq(fa_wire_get_attempt(&attempt, &list, buf.data, buf.len), -1);
    fa_buf_fini(&buf);
}
