/*
 * Servers that get ranges wrong: /range206/<kind>/<size>/<name>.
 *
 * The first request of a path gets `first`: mostly a 200 for <size> bytes with a strong ETag that
 * closes after half of them, so that a client has something to resume. A later request with a
 * Range gets `ranged`, one without gets `whole`. What a client must end with is the pattern of
 * the path (old), or of "path#1" (new: the file changed between the two).
 *
 *   kind          a Range is answered by                               ends as
 *   unasked       -; the first answer is a 206 for all of it           old
 *   unaskedpart   -; the first answer is a 206 for half of it          old
 *   wrongstart    206 for one byte later than asked                    old
 *   wrongtotal    206 with another total                               old
 *   nocr          206 without Content-Range                            old
 *   startotal     206 with Content-Range: bytes * /<size>              old
 *   unknowntotal  206 with Content-Range: bytes a-b/ *, which is good  old
 *   short         206 for half of what was asked, which is good        old
 *   multipart     206 as multipart/byteranges                          old
 *   gzip          206 with Content-Encoding: gzip                      old
 *   cutclose      206 without Content-Length that ends halfway         old
 *   overclose     206 without Content-Length and with a byte too many  old
 *   ignore        200 with all of it                                   old
 *   sameoffset    200; the new file is as long as half of the old one  new, <size> / 2
 *   200rest       200 with the Content-Range of the rest, and no more   old
 *   200restclose  the same without Content-Length                      old
 *   first200      -; the first answer is a 200 with the Content-Range
 *                 of the first half, and no more                       old
 *   first200close the same without Content-Length                      old
 *   shorter       200 for half of it, with the same ETag               old
 *   longer        200 for a byte more, with the same ETag              old
 *   shorterdate   like shorter; Last-Modified is the only validator    old
 *   alwaysshorter like shorter, and so is the whole                    fails
 *   shrinks       200 for half of it, with the same ETag, as is the
 *                 whole; the first answer is not cut                 old
 *   shrinksopen   the same without Content-Length                      old
 *   nolength      200 without Content-Length that ends after 3/4; a
 *                 Range from there on is good                          old
 *   nolengthchunk the same, chunked                                    old
 *   gzipfirst     206, good; the first answer was gzip and chunked     old
 *   gzipboth      206 with gzip, good; so was the first answer         old
 *   gzipchunk     the same; the first answer was chunked               old
 *   400 403 500 503  that status                                       old
 *   outage500     206, good; but the second and third request get 500  old
 *   outage503     206, good; but the second to fourth request get 503  old
 *   416half       416 whose total is where the Range begins            old
 *   416chunk      the same; the first answer was chunked               old
 *   416same       416 with the real total, as has the whole (the first
 *                 promised a byte more than it sent)                   fails
 *   416other      416 with another total                               new
 *   416bare       416 without Content-Range                            old
 *   416etag       416 with the old total, of the new file              new
 *   etag          by RFC 9110, for the new file and ETag               new
 *   etaglie       206 of the new file with its ETag, If-Range or not   new
 *   weak          206 of the new file; the weak ETag is the same       new
 *   novalidator   206 of the new file; there is no ETag or date        new
 *   date          206, good; Last-Modified is the only validator       old
 */

#include "bad_paths.h"
#include "bad_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind;

/* What the functions below are given. */
struct asked {
    const struct kind *kind;
    const char *seed; /* of the file as it is now */
    char validators[128];
    uint64_t size;
    uint64_t at;   /* where the asked range begins */
    size_t before; /* requests for the path */
};

typedef void answer_fn(struct fa_bad_conn *conn, const struct asked *asked);

enum validator { STRONG, WEAK, DATE, NOTHING };

struct kind {
    const char *name;
    enum validator validator;
    bool changes; /* the file is a new one after the first request */
    answer_fn *first;
    answer_fn *ranged;
    answer_fn *whole;
};

/* A 200 that sends SENT of LENGTH bytes. */
static void send_200(struct fa_bad_conn *conn, const struct asked *asked, uint64_t length,
                     uint64_t sent)
{
    fa_bad_reply_head(conn, 200, "%sAccept-Ranges: bytes\r\nContent-Length: %" PRIu64 "\r\n",
                      asked->validators, length);
    fa_bad_conn_body(conn, asked->seed, 0, sent);
    if (sent < length) {
        conn->answer.then = FA_BAD_CLOSE;
    }
}

static void send_206(struct fa_bad_conn *conn, const struct asked *asked, uint64_t at, uint64_t end,
                     const char *content_range)
{
    fa_bad_reply_head(conn, 206, "%s%sContent-Length: %" PRIu64 "\r\n", asked->validators,
                      content_range, end - at);
    fa_bad_conn_body(conn, asked->seed, at, end);
}

/* A 206 with the right Content-Range. */
static void send_span(struct fa_bad_conn *conn, const struct asked *asked, uint64_t at,
                      uint64_t end, uint64_t total)
{
    char line[128];
    snprintf(line, sizeof(line), "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", at,
             end - 1, total);
    send_206(conn, asked, at, end, line);
}

static void send_416(struct fa_bad_conn *conn, const struct asked *asked, const char *content_range)
{
    fa_bad_reply_head(conn, 416, "%s%sContent-Length: 0\r\n", asked->validators, content_range);
}

static void first_half(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200(conn, asked, asked->size, asked->size / 2);
}

static void first_all_but_one(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200(conn, asked, asked->size + 1, asked->size);
}

static void first_unasked(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_span(conn, asked, 0, asked->size, asked->size);
}

static void first_unasked_part(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_span(conn, asked, 0, asked->size / 2, asked->size);
}

static void whole(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200(conn, asked, asked->size, asked->size);
}

static void whole_half(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200(conn, asked, asked->size / 2, asked->size / 2);
}

/* A 200 that says which part of the file it is. LENGTH: a Content-Length as well. */
static void send_200_span(struct fa_bad_conn *conn, const struct asked *asked, uint64_t at,
                          uint64_t end, bool length)
{
    char line[64];
    snprintf(line, sizeof(line),
             length ? "Content-Length: %" PRIu64 "\r\n" : "Connection: close\r\n", end - at);
    fa_bad_reply_head(conn, 200, "%s%sContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                      asked->validators, line, at, end - 1, asked->size);
    fa_bad_conn_body(conn, asked->seed, at, end);
    if (!length) {
        conn->answer.then = FA_BAD_CLOSE;
    }
}

static void first_200_span(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200_span(conn, asked, 0, asked->size / 2, true);
}

static void first_200_span_close(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200_span(conn, asked, 0, asked->size / 2, false);
}

static void ranged_200_rest(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200_span(conn, asked, asked->at, asked->size, true);
}

static void ranged_200_rest_close(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200_span(conn, asked, asked->at, asked->size, false);
}

static void whole_half_open(struct fa_bad_conn *conn, const struct asked *asked)
{
    fa_bad_reply_head(conn, 200, "%sConnection: close\r\n", asked->validators);
    fa_bad_conn_body(conn, asked->seed, 0, asked->size / 2);
    conn->answer.then = FA_BAD_CLOSE;
}

static void whole_longer(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_200(conn, asked, asked->size + 1, asked->size + 1);
}

/* A 200 of chunks that breaks off after SENT bytes, or (ENDS) ends there. */
static void send_chunked(struct fa_bad_conn *conn, const struct asked *asked, const char *coding,
                         uint64_t sent, bool ends)
{
    fa_bad_reply_head(conn, 200, "%s%sTransfer-Encoding: chunked\r\n", asked->validators, coding);
    fa_bad_conn_say(conn, "%" PRIx64 "\r\n", sent);
    fa_bad_conn_body(conn, asked->seed, 0, sent);
    conn->answer.tail = ends ? "\r\n0\r\n\r\n" : "\r\n";
    if (!ends) {
        conn->answer.then = FA_BAD_CLOSE;
    }
}

static void first_chunked(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_chunked(conn, asked, "", asked->size / 2, false);
}

#define GZIP "Content-Encoding: gzip\r\n"

/* Other bytes than those of the file. */
static void first_gzip_chunked(struct fa_bad_conn *conn, const struct asked *asked)
{
    struct asked other = *asked;
    other.seed = "gzip";
    send_chunked(conn, &other, GZIP, asked->size / 2, false);
}

static void first_same_gzip_chunked(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_chunked(conn, asked, "Content-Encoding: GZip\r\n", asked->size / 2, false);
}

static void first_gzip(struct fa_bad_conn *conn, const struct asked *asked)
{
    fa_bad_reply_head(conn, 200, "%s" GZIP "Content-Length: %" PRIu64 "\r\n", asked->validators,
                      asked->size);
    fa_bad_conn_body(conn, asked->seed, 0, asked->size / 2);
    conn->answer.then = FA_BAD_CLOSE;
}

static void ranged_good(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_span(conn, asked, asked->at, asked->size, asked->size);
}

static void ranged_wrong_start(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_span(conn, asked, asked->at + 1, asked->size, asked->size);
}

static void ranged_wrong_total(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_span(conn, asked, asked->at, asked->size, asked->size + 7);
}

static void ranged_bare(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_206(conn, asked, asked->at, asked->size, "");
}

static void ranged_star(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[64];
    snprintf(line, sizeof(line), "Content-Range: bytes */%" PRIu64 "\r\n", asked->size);
    send_206(conn, asked, asked->at, asked->size, line);
}

static void ranged_unknown_total(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[96];
    snprintf(line, sizeof(line), "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/*\r\n", asked->at,
             asked->size - 1);
    send_206(conn, asked, asked->at, asked->size, line);
}

static void ranged_short(struct fa_bad_conn *conn, const struct asked *asked)
{
    uint64_t len = (asked->size - asked->at + 1) / 2;
    send_span(conn, asked, asked->at, asked->at + len, asked->size);
}

static void ranged_multipart(struct fa_bad_conn *conn, const struct asked *asked)
{
    char part[192];
    int part_len = snprintf(part, sizeof(part),
                            "--PART\r\nContent-Type: application/octet-stream\r\n"
                            "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n\r\n",
                            asked->at, asked->size - 1, asked->size);
    static const char last[] = "\r\n--PART--\r\n";
    uint64_t length = (uint64_t)part_len + asked->size - asked->at + sizeof(last) - 1;
    fa_bad_reply_head(conn, 206,
                      "%sContent-Type: multipart/byteranges; boundary=PART\r\n"
                      "Content-Length: %" PRIu64 "\r\n",
                      asked->validators, length);
    fa_bad_conn_say(conn, "%s", part);
    fa_bad_conn_body(conn, asked->seed, asked->at, asked->size);
    conn->answer.tail = last;
}

static void ranged_gzip(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[160];
    snprintf(line, sizeof(line),
             "Content-Encoding: gzip\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
             "\r\n",
             asked->at, asked->size - 1, asked->size);
    send_206(conn, asked, asked->at, asked->size, line);
}

/* A 206 for all the rest, which sends it up to END and closes. */
static void send_unmeasured(struct fa_bad_conn *conn, const struct asked *asked, uint64_t end)
{
    fa_bad_reply_head(conn, 206,
                      "%sContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
                      "\r\nConnection: close\r\n",
                      asked->validators, asked->at, asked->size - 1, asked->size);
    fa_bad_conn_body(conn, asked->seed, asked->at, end);
    conn->answer.then = FA_BAD_CLOSE;
}

static void ranged_cut_close(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_unmeasured(conn, asked, asked->at + (asked->size - asked->at + 1) / 2);
}

static void ranged_over_close(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_unmeasured(conn, asked, asked->size + 1);
}

static void ranged_no_length(struct fa_bad_conn *conn, const struct asked *asked)
{
    if (asked->at > asked->size / 2) {
        ranged_good(conn, asked);
        return;
    }
    fa_bad_reply_head(conn, 200, "%sConnection: close\r\n", asked->validators);
    fa_bad_conn_body(conn, asked->seed, 0, asked->size / 4 * 3);
    conn->answer.then = FA_BAD_CLOSE;
}

static void ranged_no_length_chunked(struct fa_bad_conn *conn, const struct asked *asked)
{
    if (asked->at > asked->size / 2) {
        ranged_good(conn, asked);
    } else {
        send_chunked(conn, asked, "", asked->size / 4 * 3, true);
    }
}

static void ranged_status(struct fa_bad_conn *conn, const struct asked *asked)
{
    fa_bad_reply_status(conn, (unsigned)fa_bad_number(asked->kind->name), "");
}

static void ranged_after_500(struct fa_bad_conn *conn, const struct asked *asked)
{
    if (asked->before < 3) {
        fa_bad_reply_status(conn, 500, "");
    } else {
        ranged_good(conn, asked);
    }
}

static void ranged_after_503(struct fa_bad_conn *conn, const struct asked *asked)
{
    if (asked->before < 4) {
        fa_bad_reply_status(conn, 503, "");
    } else {
        ranged_good(conn, asked);
    }
}

static void ranged_416_half(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[64];
    snprintf(line, sizeof(line), "Content-Range: bytes */%" PRIu64 "\r\n", asked->at);
    send_416(conn, asked, line);
}

static void ranged_416_same(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[64];
    snprintf(line, sizeof(line), "Content-Range: bytes */%" PRIu64 "\r\n", asked->size);
    send_416(conn, asked, line);
}

static void ranged_416_other(struct fa_bad_conn *conn, const struct asked *asked)
{
    char line[64];
    snprintf(line, sizeof(line), "Content-Range: bytes */%" PRIu64 "\r\n", asked->size / 4);
    send_416(conn, asked, line);
}

static void ranged_416_bare(struct fa_bad_conn *conn, const struct asked *asked)
{
    send_416(conn, asked, "");
}

static void ranged_by_rfc(struct fa_bad_conn *conn, const struct asked *asked)
{
    fa_bad_reply_file(conn, asked->seed, asked->size);
}

static const struct kind kinds[] = {
    {"unasked", STRONG, false, first_unasked, ranged_good, whole},
    {"unaskedpart", STRONG, false, first_unasked_part, ranged_good, whole},
    {"wrongstart", STRONG, false, first_half, ranged_wrong_start, whole},
    {"wrongtotal", STRONG, false, first_half, ranged_wrong_total, whole},
    {"nocr", STRONG, false, first_half, ranged_bare, whole},
    {"startotal", STRONG, false, first_half, ranged_star, whole},
    {"unknowntotal", STRONG, false, first_half, ranged_unknown_total, whole},
    {"short", STRONG, false, first_half, ranged_short, whole},
    {"multipart", STRONG, false, first_half, ranged_multipart, whole},
    {"gzip", STRONG, false, first_half, ranged_gzip, whole},
    {"cutclose", STRONG, false, first_half, ranged_cut_close, whole},
    {"overclose", STRONG, false, first_half, ranged_over_close, whole},
    {"ignore", STRONG, false, first_half, whole, whole},
    {"sameoffset", STRONG, true, first_half, whole_half, whole_half},
    {"200rest", STRONG, false, first_half, ranged_200_rest, whole},
    {"200restclose", STRONG, false, first_half, ranged_200_rest_close, whole},
    {"first200", STRONG, false, first_200_span, ranged_good, whole},
    {"first200close", STRONG, false, first_200_span_close, ranged_good, whole},
    {"shorter", STRONG, false, first_half, whole_half, whole},
    {"longer", STRONG, false, first_half, whole_longer, whole},
    {"shorterdate", DATE, false, first_half, whole_half, whole},
    {"alwaysshorter", STRONG, false, first_half, whole_half, whole_half},
    {"shrinks", STRONG, false, whole, whole_half, whole_half},
    {"shrinksopen", STRONG, false, whole, whole_half_open, whole_half_open},
    {"nolength", STRONG, false, first_half, ranged_no_length, whole},
    {"nolengthchunk", STRONG, false, first_half, ranged_no_length_chunked, whole},
    {"gzipfirst", STRONG, false, first_gzip_chunked, ranged_good, whole},
    {"gzipboth", STRONG, false, first_gzip, ranged_gzip, whole},
    {"gzipchunk", STRONG, false, first_same_gzip_chunked, ranged_gzip, whole},
    {"400", STRONG, false, first_half, ranged_status, whole},
    {"403", STRONG, false, first_half, ranged_status, whole},
    {"500", STRONG, false, first_half, ranged_status, whole},
    {"503", STRONG, false, first_half, ranged_status, whole},
    {"outage500", STRONG, false, first_half, ranged_after_500, ranged_after_500},
    {"outage503", STRONG, false, first_half, ranged_after_503, ranged_after_503},
    {"416half", STRONG, false, first_half, ranged_416_half, whole},
    {"416chunk", STRONG, false, first_chunked, ranged_416_half, whole},
    {"416same", STRONG, false, first_all_but_one, ranged_416_same, whole},
    {"416other", STRONG, true, first_half, ranged_416_other, whole},
    {"416bare", STRONG, false, first_half, ranged_416_bare, whole},
    {"416etag", STRONG, true, first_all_but_one, ranged_416_same, whole},
    {"etag", STRONG, true, first_half, ranged_by_rfc, whole},
    {"etaglie", STRONG, true, first_half, ranged_good, whole},
    {"weak", WEAK, true, first_half, ranged_good, whole},
    {"novalidator", NOTHING, true, first_half, ranged_good, whole},
    {"date", DATE, false, first_half, ranged_good, whole},
};

static void write_validators(struct asked *asked)
{
    char etag[FA_BAD_ETAG];
    fa_bad_etag(asked->seed, asked->size, etag);
    char *out = asked->validators;
    size_t room = sizeof(asked->validators);
    switch (asked->kind->validator) {
    case STRONG:
        snprintf(out, room, "ETag: %s\r\nLast-Modified: %s\r\n", etag, FA_BAD_MODIFIED);
        break;
    case WEAK:
        snprintf(out, room, "ETag: W/\"same\"\r\n");
        break;
    case DATE:
        snprintf(out, room, "Last-Modified: %s\r\n", FA_BAD_MODIFIED);
        break;
    case NOTHING:
        *out = '\0';
        break;
    }
}

static void serve_kind(struct fa_bad_conn *conn, const struct kind *kind, uint64_t size)
{
    const char *path = conn->request->path;
    size_t before = fa_bad_log_count(&conn->server->log, path);
    bool first = before == 0;
    size_t room = strlen(path) + sizeof("#1");
    char *seed = malloc(room);
    if (!seed) {
        return;
    }
    snprintf(seed, room, "%s%s", path, kind->changes && !first ? "#1" : "");
    struct asked asked = {.kind = kind, .seed = seed, .size = size, .before = before};
    write_validators(&asked);
    struct fa_bad_span span;
    const char *range = fa_bad_request_header(conn->request, "Range");
    enum fa_bad_asked wants = fa_bad_span_read(range, size, &span);
    asked.at = span.at;
    if (first) {
        kind->first(conn, &asked);
    } else if (wants == FA_BAD_WHOLE) {
        kind->whole(conn, &asked);
    } else if (wants == FA_BAD_UNSATISFIABLE && kind->ranged != ranged_416_bare) {
        ranged_416_same(conn, &asked);
    } else {
        kind->ranged(conn, &asked);
    }
    free(seed);
}

static void serve_range(struct fa_bad_conn *conn, const char *const *arg)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, arg[0]) == 0) {
            serve_kind(conn, &kinds[i], fa_bad_number(arg[1]));
            return;
        }
    }
    fa_bad_reply_text(conn, 404, "", "fa_bad_server: no such kind of range\n");
}

const struct fa_bad_behaviour fa_bad_ranges[] = {
    {"range206", 2, serve_range},
    {NULL, 0, NULL},
};
