#include "list/source.h"

#include "list/list.h"
#include "support/transcript.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

TestSuite(source, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

/* A compressed copy; the caller frees. */
static unsigned char *gzip(const void *data, size_t len, size_t *ret_len)
{
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, len);
    unsigned char *out = malloc(room);
    z.next_in = (Bytef *)data;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *ret_len = z.total_out;
    deflateEnd(&z);
    return out;
}

static unsigned char *xz(const void *data, size_t len, size_t *ret_len)
{
    size_t room = lzma_stream_buffer_bound(len);
    unsigned char *out = malloc(room);
    *ret_len = 0;
    cr_assert_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, data, len, out, ret_len, room),
                 LZMA_OK);
    return out;
}

static unsigned char *zstd(const void *data, size_t len, size_t *ret_len)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(len) + 64;
    unsigned char *out = malloc(room);
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
    *ret_len = ZSTD_compress2(ctx, out, room, data, len);
    cr_assert_not(ZSTD_isError(*ret_len));
    ZSTD_freeCCtx(ctx);
    return out;
}

static const struct {
    const char *name;
    unsigned char *(*pack)(const void *data, size_t len, size_t *ret_len);
    size_t
        padding; /* Zeros that may follow a file: their number is a multiple of it; 0: none may. */
} methods[] = {{"gzip", gzip, 1}, {"xz", xz, 4}, {"zstd", zstd, 0}};

#define METHODS (sizeof(methods) / sizeof(*methods))

static void read_two_packed(size_t method, const struct fa_transcript_row *row, size_t half)
{
    unsigned char all[4096] = "";
    size_t len, more;
    unsigned char *one = methods[method].pack(row->text, half, &len);
    unsigned char *two = methods[method].pack(row->text + half, row->len - half, &more);
    size_t padding = half % 3 * methods[method].padding;
    memcpy(all, one, len);
    memcpy(all + len + padding, two, more);
    struct fa_transcript *transcript = fa_transcript_read_bytes(all, len + more + 2 * padding);
    fa_transcript_check(transcript, row, methods[method].name);
    free(transcript);
    free(one);
    free(two);
}

Test(source, reads_compressed_files_of_one_or_more_parts)
{
    for (size_t method = 0; method < METHODS; ++method)
        for (size_t i = 0; i < fa_transcript_row_count; ++i)
            for (size_t half = 0; half <= fa_transcript_rows[i].len; ++half)
                read_two_packed(method, &fa_transcript_rows[i], half);
}

/* Write one half of the data, let the list read, then the other half. */
static void feed_in_halves(const struct fa_transcript_row *row, const void *data, size_t len,
                           size_t half, size_t step)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    char name[32];
    snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open(name, NULL);
    cr_assert_not_null(list);
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    double now = 100;
    for (size_t at = 0; at < len; now += 0.5) {
        size_t n = at < half ? half - at : len - at;
        n = step && step < n ? step : n;
        cr_assert_eq(write(fds[1], (const char *)data + at, n), (ssize_t)n);
        at += n;
        cr_assert_eq(fa_transcript_drain(transcript, list, now), FA_LIST_AGAIN);
        cr_assert_geq(fa_list_fd(list), 0);
    }
    close(fds[1]);
    cr_assert_eq(fa_transcript_drain(transcript, list, now), FA_LIST_END);
    fa_transcript_check(transcript, row, "in halves");
    fa_list_free(list);
    free(transcript);
    close(fds[0]);
}

Test(source, reads_pipes_fed_in_chunks_split_at_every_byte)
{
    for (size_t i = 0; i < fa_transcript_row_count; ++i) {
        for (size_t half = 0; half <= fa_transcript_rows[i].len; ++half)
            feed_in_halves(&fa_transcript_rows[i], fa_transcript_rows[i].text,
                           fa_transcript_rows[i].len, half, 0);
        feed_in_halves(&fa_transcript_rows[i], fa_transcript_rows[i].text,
                       fa_transcript_rows[i].len, 0, 1);
    }
}

Test(source, reads_compressed_pipes_fed_in_chunks_split_at_every_byte)
{
    for (size_t method = 0; method < METHODS; ++method) {
        for (size_t i = 0; i < fa_transcript_row_count; ++i) {
            const struct fa_transcript_row *row = &fa_transcript_rows[i];
            size_t len;
            unsigned char *data = methods[method].pack(row->text, row->len, &len);
            for (size_t half = 0; half <= len; ++half)
                feed_in_halves(row, data, len, half, 0);
            feed_in_halves(row, data, len, 0, 1);
            free(data);
        }
    }
}

/* ASCII as UTF-16, with a byte order mark unless told otherwise. */
static size_t utf16(const char *text, bool big, bool mark, unsigned char *to)
{
    size_t len = 0;
    if (mark) {
        to[len++] = big ? 0xfe : 0xff;
        to[len++] = big ? 0xff : 0xfe;
    }
    for (; *text; ++text, len += 2) {
        to[len + !big] = 0;
        to[len + big] = (unsigned char)*text;
    }
    return len;
}

Test(source, reads_utf16_in_both_orders_in_chunks_of_any_size)
{
    static const struct fa_transcript_row row = {"http://h/a\r\n out=b\r\n#c\nhttp://h/d", 36,
                                                 "1:http://h/a\n out=b|4:http://h/d|.", 34};
    for (unsigned i = 0; i < 4; ++i) {
        unsigned char data[256];
        size_t len = utf16(row.text, i & 1, i & 2, data);
        for (size_t half = 0; half <= len; ++half)
            feed_in_halves(&row, data, len, half, 0);
        feed_in_halves(&row, data, len, 0, 1);
    }
}

Test(source, reads_a_long_list_in_utf16_and_compressed)
{
    enum { LINES = 40000, LINE = 16 };
    char *text = malloc(LINES * LINE + 1);
    for (int i = 0; i < LINES; ++i)
        sprintf(text + i * LINE, "http://h/%06d\n", i);
    unsigned char *data = malloc(2 * LINES * LINE + 2);
    size_t len = utf16(text, false, true, data), packed_len;
    unsigned char *packed = xz(data, len, &packed_len);
    fa_transcript_put(packed, packed_len);
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    for (int i = 0; i < LINES; ++i) {
        struct fa_entry *entry;
        enum fa_list_what what;
        do {
            what = fa_list_next(list, 1, &entry, NULL);
        } while (what == FA_LIST_AGAIN);
        cr_assert_eq(what, FA_LIST_ENTRY, "%d", i);
        cr_assert_eq(strncmp(entry->urls[0], text + i * LINE, LINE - 1), 0, "%s", entry->urls[0]);
        cr_assert_eq(entry->line, (uint64_t)i + 1);
        fa_entry_free(entry);
    }
    fa_list_free(list);
    free(packed);
    free(data);
    free(text);
}

Test(source, reports_utf16_that_is_cut_or_not_text)
{
    unsigned char data[64];
    size_t len = utf16("http://h/a\n\nx", true, true, data);
    struct fa_transcript *transcript = fa_transcript_read_bytes(data, len - 1);
    cr_expect_str_eq(transcript->text, "1:http://h/a|E.");
    cr_expect_not_null(strstr(transcript->why, "the UTF-16 data is truncated"), "%s",
                       transcript->why);
    free(transcript);
    /* A surrogate without its other half spoils its line only. */
    memcpy(data + len - 4, "\xd8\x3d", 2);
    transcript = fa_transcript_read_bytes(data, len);
    cr_expect_not_null(strstr(transcript->text, "1:http://h/a|2!:"), "%s", transcript->text);
    cr_expect_str_eq(transcript->why, "the line is not valid UTF-8: byte 0xed");
    free(transcript);
}

Test(source, waits_for_a_fifo_that_has_no_writer_yet)
{
    cr_assert_eq(mkfifo(fa_transcript_path(), 0600), 0);
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    struct fa_entry *entry;
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_AGAIN);
    int fd = open(fa_transcript_path(), O_WRONLY);
    cr_assert_eq(write(fd, "a", 1), 1);
    cr_assert_eq(fa_list_next(list, 2, &entry, NULL), FA_LIST_AGAIN);
    close(fd);
    cr_assert_eq(fa_list_next(list, 3, &entry, NULL), FA_LIST_ENTRY);
    fa_entry_free(entry);
    cr_assert_eq(fa_list_next(list, 3, &entry, NULL), FA_LIST_END);
    fa_list_free(list);
}

Test(source, reads_standard_input_and_leaves_it_open)
{
    fa_transcript_put("a\nb", 3);
    int fd = open(fa_transcript_path(), O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    struct fa_list *list = fa_list_open("-", NULL);
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    fa_transcript_drain(transcript, list, 1);
    cr_assert_str_eq(transcript->text, "1:a|2:b|.");
    cr_assert_str_eq(fa_list_name(list), "-");
    fa_list_free(list);
    cr_assert_geq(fcntl(STDIN_FILENO, F_GETFD), 0);
    free(transcript);
    close(fd);
}

Test(source, takes_a_url_for_a_list_of_one)
{
    static const char *const urls[] = {"http://h/a b", "HTTPS://h/#x", "Http://"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); ++i) {
        struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
        struct fa_list *list = fa_list_open(urls[i], NULL);
        char all[64];
        snprintf(all, sizeof(all), "1:%s|.", urls[i]);
        fa_transcript_drain(transcript, list, 1);
        cr_assert_str_eq(transcript->text, all);
        fa_list_free(list);
        free(transcript);
    }
}

Test(source, refuses_files_that_are_not_lists)
{
    struct fa_error err = {0};
    cr_assert_null(fa_list_open("/nonexistent/list", &err));
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_not_null(strstr(err.msg, "'/nonexistent/list': No such file"), "%s", err.msg);
    cr_assert_null(fa_list_open("/tmp", &err));
    cr_assert_not_null(strstr(err.msg, "Is a directory"), "%s", err.msg);
    cr_assert_null(fa_list_open("", &err));
    cr_assert_null(fa_list_open("http://h/\n out=x", &err));
    cr_assert_eq(err.class, FA_CLASS_BAD_URL);
    char *url = calloc(1, FA_LIST_LINE_MAX + 2);
    memset(url, 'x', FA_LIST_LINE_MAX + 1);
    memcpy(url, "http://", 7);
    cr_assert_null(fa_list_open(url, &err));
    free(url);
    fa_list_free(NULL);
}

Test(source, delivers_entries_before_truncated_data)
{
    static const char text[] = "http://h/a\nhttp://h/b\n out=c\nhttp://h/d\n";
    static const size_t magics[METHODS] = {2, 6, 4};
    static const size_t ends[METHODS] = {8, 12, 4}; /* What follows the data. */
    for (size_t method = 0; method < METHODS; ++method) {
        size_t len;
        char why[64];
        unsigned char *data = methods[method].pack(text, sizeof(text) - 1, &len);
        snprintf(why, sizeof(why), "the %s data is truncated", methods[method].name);
        for (size_t cut = magics[method]; cut < len; ++cut) {
            struct fa_transcript *transcript = fa_transcript_read_bytes(data, cut);
            cr_assert_not_null(strstr(transcript->text, "E."), "%zu: %s", cut, transcript->text);
            cr_assert_not_null(strstr(transcript->why, why), "%s", transcript->why);
            cr_assert_not_null(strstr(transcript->why, fa_transcript_path()), "%s",
                               transcript->why);
            cr_assert_null(strstr(transcript->text, ":http://h/|"), "half a line is no entry");
            free(transcript);
        }
        struct fa_transcript *transcript = fa_transcript_read_bytes(data, len - ends[method]);
        cr_assert_str_eq(transcript->text, "1:http://h/a|2:http://h/b\n out=c|4:http://h/d|E.");
        cr_assert_not_null(strstr(transcript->why, "line 4"), "%s", transcript->why);
        free(transcript);
        free(data);
    }
}

/* The second of two files is cut. */
Test(source, reports_that_a_later_part_is_truncated)
{
    for (size_t method = 0; method < METHODS; ++method) {
        unsigned char all[512];
        size_t len;
        unsigned char *data = methods[method].pack("http://h/a\n", 11, &len);
        memcpy(all, data, len);
        memcpy(all + len, data, len);
        for (size_t cut = len + 1; cut < 2 * len; ++cut) {
            struct fa_transcript *transcript = fa_transcript_read_bytes(all, cut);
            cr_assert_not_null(strstr(transcript->text, "1:http://h/a|"));
            cr_assert_not_null(strstr(transcript->text, "E."), "%s %zu: %s", methods[method].name,
                               cut, transcript->text);
            free(transcript);
        }
        free(data);
    }
}

Test(source, refuses_a_dictionary_that_is_too_large)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    unsigned char out[256];
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 28);
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
    ZSTD_inBuffer in = {"http://h/a\n", 11, 0};
    ZSTD_outBuffer to = {out, sizeof(out), 0};
    cr_assert_not(ZSTD_isError(ZSTD_compressStream2(ctx, &to, &in, ZSTD_e_flush)));
    in = (ZSTD_inBuffer){NULL, 0, 0};
    cr_assert_eq(ZSTD_compressStream2(ctx, &to, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(ctx);
    struct fa_transcript *transcript = fa_transcript_read_bytes(out, to.pos);
    cr_expect_str_eq(transcript->text, "E.");
    cr_expect_not_null(strstr(transcript->why, "the zstd data requires too much memory"), "%s",
                       transcript->why);
    free(transcript);
}

Test(source, does_not_deliver_an_entry_whose_options_are_cut)
{
    /* Stored, not deflated, so that a cut has its place. */
    z_stream z = {0};
    unsigned char data[256];
    deflateInit2(&z, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)"a\nb\n checksum=md5=00";
    z.avail_in = 20;
    z.next_out = data;
    z.avail_out = sizeof(data);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = z.total_out;
    deflateEnd(&z);
    struct fa_transcript *transcript = fa_transcript_read_bytes(data, len - 8 - 3);
    cr_assert_str_eq(transcript->text, "1:a|2!:b|E.", "%s", transcript->text);
    free(transcript);
}

Test(source, delivers_entries_before_corrupt_gzip)
{
    char text[4000];
    for (size_t i = 0; i < sizeof(text); i += 8)
        memcpy(text + i, "http://\n", 8);
    size_t len;
    unsigned char *data = gzip(text, sizeof(text), &len);
    data[len - 5] ^= 1; /* its CRC */
    struct fa_transcript *transcript = fa_transcript_read_bytes(data, len);
    cr_assert_not_null(strstr(transcript->text, "|500:http://|E."), "%s", transcript->text);
    cr_assert_not_null(strstr(transcript->why, "corrupt"), "%s", transcript->why);
    free(transcript);

    /* After a member comes another member, or zeros. */
    data[len - 5] ^= 1;
    unsigned char more[4096];
    memcpy(more, data, len);
    memcpy(more + len, "tail", 4);
    transcript = fa_transcript_read_bytes(more, len + 4);
    cr_assert_not_null(strstr(transcript->text, "|500:http://|E."));
    free(transcript);
    free(data);
}

Test(source, reports_a_read_that_fails)
{
    struct fa_list *list = fa_list_open("/proc/self/mem", NULL);
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    fa_transcript_drain(transcript, list, 1);
    cr_assert_str_eq(transcript->text, "E.");
    cr_assert_not_null(strstr(transcript->why, "'/proc/self/mem': Input/output"), "%s",
                       transcript->why);
    fa_list_free(list);
    free(transcript);
}
