#include "archive/warc.h"

#include "archive/masking.h"
#include "archive/sink.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(struct fa_buf *buf, const char *text)
{
    fa_buf_put_u8(buf, 0);
    cr_assert(!buf->failed);
    cr_expect_str_eq((const char *)buf->data, text);
    fa_buf_fini(buf);
}

Test(warc, header_has_what_is_known)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_warc_put_header(&buf, &(struct fa_warc_record){.type = "response",
                                                      .id = "urn:uuid:1",
                                                      .date = 1000000000,
                                                      .content_type = "a/b",
                                                      .length = 12345678901,
                                                      .url = "http://h/",
                                                      .ip = "::1",
                                                      .concurrent = "urn:uuid:2",
                                                      .filename = "f",
                                                      .block_digest = "sha256:b",
                                                      .payload_digest = "sha256:p",
                                                      .protocol = "h2",
                                                      .truncated = "length"});
    expect_text(&buf, "WARC/1.1\r\n"
                      "WARC-Type: response\r\n"
                      "WARC-Record-ID: <urn:uuid:1>\r\n"
                      "WARC-Date: 2001-09-09T01:46:40Z\r\n"
                      "WARC-Target-URI: http://h/\r\n"
                      "WARC-IP-Address: ::1\r\n"
                      "WARC-Concurrent-To: <urn:uuid:2>\r\n"
                      "WARC-Filename: f\r\n"
                      "WARC-Block-Digest: sha256:b\r\n"
                      "WARC-Payload-Digest: sha256:p\r\n"
                      "WARC-Protocol: h2\r\n"
                      "WARC-Truncated: length\r\n"
                      "Content-Type: a/b\r\n"
                      "Content-Length: 12345678901\r\n\r\n");
    fa_buf_init(&buf);
    fa_warc_put_header(&buf, &(struct fa_warc_record){.type = "warcinfo", .ip = "1\r\nX: y"});
    expect_text(&buf, "WARC/1.1\r\n"
                      "WARC-Type: warcinfo\r\n"
                      "WARC-Date: 1970-01-01T00:00:00Z\r\n"
                      "Content-Length: 0\r\n\r\n");
}

Test(warc, revisit_refers_to_the_record_with_its_payload)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_warc_put_header(&buf, &(struct fa_warc_record){.type = "revisit",
                                                      .profile = "http://p/",
                                                      .refers_to = "urn:uuid:3",
                                                      .refers_to_url = "http://h/a",
                                                      .refers_to_date = 1000000000});
    expect_text(&buf, "WARC/1.1\r\n"
                      "WARC-Type: revisit\r\n"
                      "WARC-Date: 1970-01-01T00:00:00Z\r\n"
                      "WARC-Profile: http://p/\r\n"
                      "WARC-Refers-To: <urn:uuid:3>\r\n"
                      "WARC-Refers-To-Target-URI: http://h/a\r\n"
                      "WARC-Refers-To-Date: 2001-09-09T01:46:40Z\r\n"
                      "Content-Length: 0\r\n\r\n");
}

Test(warc, ids_are_random_uuids)
{
    char one[FA_WARC_ID], other[FA_WARC_ID];
    cr_assert_eq(fa_warc_id(one), 0);
    cr_assert_eq(fa_warc_id(other), 0);
    cr_expect_str_neq(one, other);
    cr_expect_eq(strlen(one), FA_WARC_ID - 1);
    cr_expect_eq(strncmp(one, "urn:uuid:", 9), 0);
    cr_expect_eq(one[9 + 14], '4');
    cr_expect(strchr("89ab", one[9 + 19]));
}

Test(warc, digests_are_of_the_block_and_of_its_payload)
{
    struct fa_warc_hash hash = {0};
    char block[FA_WARC_DIGEST], payload[FA_WARC_DIGEST];
    for (int i = 0; i < 2; ++i) {
        fa_warc_hash_begin(&hash);
        fa_warc_hash_put(&hash, "a", 1, false);
        fa_warc_hash_put(&hash, "bc", 2, true);
        cr_assert_eq(fa_warc_hash_end(&hash, block, payload), 0);
        cr_expect_str_eq(block,
                         "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        cr_expect_str_eq(payload,
                         "sha256:1e0bbd6c686ba050b8eb03ffeedc64fdc9d80947fce821abbe5d6dc8d252c5ac");
    }
    fa_warc_hash_fini(&hash);
}

#define PAYLOAD 300000

/* @return the whole output of a record with a payload, and where that is in it */
static struct fa_buf pack(struct fa_warc_packer *packer, const unsigned char *payload,
                          size_t *ret_at)
{
    struct fa_buf out;
    cr_assert_eq(fa_warc_packer_begin(packer), 0);
    fa_warc_packer_put(packer, "header", 6);
    fa_warc_packer_mark(packer);
    *ret_at = packer->out.len;
    for (size_t at = 0; at < PAYLOAD; at += 50000)
        fa_warc_packer_put_payload(packer, payload + at, 50000);
    fa_warc_packer_end(packer);
    cr_assert(!packer->out.failed);
    out = packer->out;
    fa_buf_init(&packer->out);
    return out;
}

static void expect_inflated(const struct fa_buf *buf, size_t from, int bits, const void *bytes,
                            size_t len)
{
    unsigned char *out = malloc(PAYLOAD + 100);
    z_stream z = {.next_in = buf->data + from,
                  .avail_in = (uInt)(buf->len - from),
                  .next_out = out,
                  .avail_out = PAYLOAD + 100};
    cr_assert_eq(inflateInit2(&z, bits), Z_OK);
    cr_assert_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    cr_expect_eq(z.total_out, len);
    cr_expect_eq(memcmp(out, bytes, len), 0);
    inflateEnd(&z);
    free(out);
}

/* The payload can be read from its mark, whether it becomes smaller or not. */
Test(warc, record_is_a_member_that_can_be_read_from_its_payload)
{
    static const unsigned char header[] = {'h', 'e', 'a', 'd', 'e', 'r'};
    static const unsigned char end[] = {'\r', '\n', '\r', '\n'};
    static unsigned char whole[6 + PAYLOAD + 4];
    struct fa_warc_packer packer = {.gzip = true};
    unsigned random = 1;
    for (int round = 0; round < 4; ++round) {
        size_t at;
        memcpy(whole, header, 6);
        for (size_t i = 0; i < PAYLOAD; ++i) {
            random = random * 1103515245 + 12345;
            whole[6 + i] = (unsigned char)(round % 2 ? random >> 16 : i / 1000);
        }
        memcpy(whole + 6 + PAYLOAD, end, 4);
        struct fa_buf out = pack(&packer, whole + 6, &at);
        cr_expect(round % 2 ? out.len > PAYLOAD : out.len < PAYLOAD / 50, "%zu", out.len);
        cr_expect_lt(out.len, PAYLOAD + 1000);
        expect_inflated(&out, 0, 15 + 16, whole, sizeof(whole));
        /* Without the checks at its end, which are those of the whole member. */
        expect_inflated(&out, at, -15, whole + 6, PAYLOAD + 4);
        fa_buf_fini(&out);
    }
    fa_warc_packer_fini(&packer);
}

Test(warc, plain_record_is_copied)
{
    struct fa_warc_packer packer = {0};
    cr_assert_eq(fa_warc_packer_begin(&packer), 0);
    fa_warc_packer_put(&packer, "header", 6);
    fa_warc_packer_mark(&packer);
    fa_warc_packer_put_payload(&packer, "payload", 7);
    fa_warc_packer_end(&packer);
    cr_expect_eq(packer.out.len, 17);
    cr_expect_eq(memcmp(packer.out.data, "headerpayload\r\n\r\n", 17), 0);
    fa_warc_packer_fini(&packer);
}

Test(warc, secrets_of_requests_are_masked)
{
    static const char header[] = "GET /a?token=geheim&b=1 HTTP/1.1\r\n"
                                 "Host: h\r\n"
                                 "cookie: a=geheim\r\n"
                                 " geheim\r\n"
                                 "Accept: a\r\n"
                                 " b\r\n"
                                 "Authorization:geheim\r\n"
                                 "X-Key: geheim\r\n"
                                 "X-Empty:\r\n"
                                 "Referer: http://u:geheim@h/?sig=geheim\r\n"
                                 "\r\n";
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_masking_put_request(&buf, header, strlen(header), NULL);
    expect_text(&buf, "GET /a?token=***&b=1 HTTP/1.1\r\n"
                      "Host: h\r\n"
                      "cookie: ***\r\n"
                      "Accept: a\r\n"
                      " b\r\n"
                      "Authorization: ***\r\n"
                      "X-Key: ***\r\n"
                      "X-Empty: ***\r\n"
                      "Referer: http://u:***@h/?sig=***\r\n"
                      "\r\n");
    fa_buf_init(&buf);
    fa_masking_put_request(&buf, "GET h:443/ HTTP/1.1\r\n\r\n", 24, "mine");
    expect_text(&buf, "GET *** HTTP/1.1\r\n\r\n");
    fa_buf_init(&buf);
    static const char odd[] = "GET /\x01:/@[ ://x? b HTTP/1.1\n";
    fa_masking_put_request(&buf, odd, strlen(odd), NULL);
    cr_expect(buf.len > 15 && memcmp(buf.data, "GET ", 4) == 0);
    fa_buf_fini(&buf);
    fa_buf_init(&buf);
    fa_masking_put_request(&buf, "odd", 3, NULL);
    expect_text(&buf, "odd");
}

/* The server gets another request line than its proxy does, and fewer fields. */
Test(warc, request_to_a_proxy_is_written_as_that_to_the_server)
{
    static const char header[] = "GET http://h:8/?mine=geheim HTTP/1.1\r\n"
                                 "Host: h:8\r\n"
                                 "Proxy-Authorization: geheim\r\n"
                                 " geheim\r\n"
                                 "proxy-connection: Keep-Alive\r\n"
                                 "Accept: */*\r\n"
                                 "\r\n";
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_masking_put_request(&buf, header, strlen(header), "mine");
    expect_text(&buf, "GET /?mine=*** HTTP/1.1\r\nHost: h:8\r\nAccept: */*\r\n\r\n");
}

Test(warc, responses_are_copied_but_for_cookies_and_signed_urls)
{
    static const char header[] = "HTTP/1.1 302 Found: x\r\n"
                                 "X-Any:  thing \r\n"
                                 "Set-Cookie: sid=geheim\r\n"
                                 "Location: http://h/?X-Amz-Signature=geheim&a=b\r\n"
                                 "Folded: a\r\n"
                                 "\tb\n"
                                 "\r\n";
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_masking_put_response(&buf, header, strlen(header), NULL);
    expect_text(&buf, "HTTP/1.1 302 Found: x\r\n"
                      "X-Any:  thing \r\n"
                      "Set-Cookie: ***\r\n"
                      "Location: http://h/?X-Amz-Signature=***&a=b\r\n"
                      "Folded: a\r\n"
                      "\tb\n"
                      "\r\n");
}

Test(warc, http2_is_written_as_http1)
{
    static const char request[] = "GET /HTTP/2 HTTP/2\r\nHost: h\r\n\r\n";
    static const char response[] = "HTTP/2 200 \r\nserver: HTTP/2 x\r\n\r\n";
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_masking_put_request(&buf, request, strlen(request), NULL);
    expect_text(&buf, "GET /HTTP/2 HTTP/1.1\r\nHost: h\r\n\r\n");
    fa_buf_init(&buf);
    fa_masking_put_response(&buf, response, strlen(response), NULL);
    expect_text(&buf, "HTTP/1.1 200 \r\nserver: HTTP/2 x\r\n\r\n");
    cr_expect(fa_masking_is_http2(response, strlen(response)));
    cr_expect_not(fa_masking_is_http2("HTTP/2.1 200 OK", 15));
    cr_expect_not(fa_masking_is_http2("HTTP/1.1 200 OK", 15));
    cr_expect_not(fa_masking_is_http2(NULL, 0));
}

Test(warc, urls_have_no_login_and_no_signature)
{
    static const char *const rows[][2] = {
        {"http://h/a@b", "http://h/a@b"},
        {"http://u:p@h/", "http://h/"},
        {"http://u@h:1/?a=b@c", "http://h:1/?a=b@c"},
        {"https://h/?sig=x&b", "https://h/?sig=***&b"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char *url = fa_masking_url(rows[i][0], NULL);
        cr_expect_str_eq(url, rows[i][1]);
        free(url);
    }
}

Test(warc, output_names_a_file_that_ends_as_such)
{
    static const char *const bad[] = {"warc:",          "warc:x",          "warc:x.gz",
                                      "warc:.warc",     "warc:a/.warc.gz", "warc:x.warc.gzip",
                                      "warc:../x.warc", "warc:warc.gz"};
    struct fa_error err;
    struct fa_sink sink;
    cr_expect_eq(fa_sink_parse("warc:a/x.warc", &sink, &err), 0);
    cr_expect_eq(sink.kind, FA_SINK_WARC);
    cr_expect_str_eq(sink.name, "a/x.warc");
    cr_expect_eq(fa_sink_parse("warc:x.warc.gz", &sink, &err), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_eq(fa_sink_parse(bad[i], &sink, &err), -1, "%s", bad[i]);
    cr_expect_eq(fa_sink_kind(NULL), FA_SINK_FILES);
    cr_expect_eq(fa_sink_kind("zip:x"), FA_SINK_FILES);
    cr_expect_eq(fa_sink_kind("cas:x"), FA_SINK_CAS);
}
