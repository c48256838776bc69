#include "archive/tar.h"

#include "archive/metadata.h"
#include "archive/sink.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file with the bytes of a buffer, which is freed. */
static int file_of(struct fa_buf *buf)
{
    int fd = memfd_create("tar", MFD_CLOEXEC);
    cr_assert(fd >= 0 && write(fd, buf->data, buf->len) == (ssize_t)buf->len);
    fa_buf_fini(buf);
    return fd;
}

static struct fa_buf headers(const char *name, uint64_t size)
{
    static const char zeros[FA_TAR_END];
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_tar_put_header(&buf, &(struct fa_tar_member){name, size, 1000000000});
    cr_assert_eq(buf.len % FA_TAR_BLOCK, 0);
    fa_buf_put(&buf, zeros, sizeof(zeros));
    return buf;
}

static void expect_read(const char *name, uint64_t size, uint64_t data)
{
    struct fa_tar_found found;
    struct fa_buf buf = headers(name, size);
    int fd = file_of(&buf);
    cr_assert_eq(fa_tar_read(fd, 0, &found), 1, "%s: %s", name, strerror(errno));
    cr_expect_str_eq(found.name, name);
    cr_expect_eq(found.size, size, "%s: %llu", name, (unsigned long long)found.size);
    cr_expect_eq(found.data, data, "%s: %llu", name, (unsigned long long)found.data);
    cr_expect_eq(found.next, data + (size + 511) / 512 * 512);
    free(found.name);
    cr_expect_eq(fa_tar_read(fd, data, &found), 0);
    close(fd);
}

Test(tar, header_is_that_of_posix)
{
    struct fa_buf buf = headers("a/b.jpg", 1234);
    const char *header = (const char *)buf.data;
    cr_expect_str_eq(header, "a/b.jpg");
    cr_expect_str_eq(header + 100, "0000644");
    cr_expect_str_eq(header + 124, "00000002322");
    cr_expect_str_eq(header + 136, "07346545000");
    cr_expect_eq(header[156], '0');
    cr_expect_eq(memcmp(header + 257, "ustar\00000", 8), 0);
    unsigned sum = 8 * ' ';
    for (int i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? 0 : (unsigned char)header[i];
    cr_expect_eq(strtoul(header + 148, NULL, 8), sum);
    fa_buf_fini(&buf);
}

Test(tar, what_was_written_is_read_again)
{
    char name[300];
    expect_read("a", 0, 512);
    expect_read("a", 077777777777ull, 512);
    expect_read("a", 0100000000000ull, 1536);
    expect_read("\xc3\xbc", 7, 1536);
    for (size_t len = 90; len < 290; ++len) {
        memset(name, 'x', len);
        name[len] = '\0';
        expect_read(name, 5, len <= 100 ? 512 : 1536);
        name[60] = '/';
        expect_read(name, 5, len <= 161 ? 512 : 1536);
    }
}

Test(tar, what_is_no_header_is_refused)
{
    struct fa_tar_found found;
    struct fa_buf buf = headers("\xc3\xbc", 7);
    buf.data[130] ^= 1;
    int fd = file_of(&buf);
    cr_expect_eq(fa_tar_read(fd, 0, &found), -1);
    cr_expect_eq(errno, EBADMSG);
    cr_expect_eq(fa_tar_read(fd, 100000, &found), -1);
    close(fd);
    buf = headers("\xc3\xbc", 7);
    memcpy(buf.data + 512, "99 path=", 8);
    fd = file_of(&buf);
    cr_expect_eq(fa_tar_read(fd, 0, &found), -1);
    close(fd);
}

Test(tar, padding_completes_a_block)
{
    cr_expect_eq(fa_tar_padding(0), 0);
    cr_expect_eq(fa_tar_padding(1), 511);
    cr_expect_eq(fa_tar_padding(512), 0);
    cr_expect_eq(fa_tar_padding(UINT64_MAX), 1);
}

Test(tar, metadata_is_one_line_of_json)
{
    struct fa_digest digest = {.hash = FA_HASH_MD5};
    struct fa_list_column column = {"by", "\xff\""};
    struct fa_metadata metadata = {.url = "http://h/a",
                                   .path = "a",
                                   .line = 3,
                                   .size = 9,
                                   .modified = 1000000000,
                                   .digests = &digest,
                                   .n_digests = 1,
                                   .columns = &column,
                                   .n_columns = 1};
    char *text = fa_metadata_text(&metadata);
    cr_expect_str_eq(text, "{\"url\":\"http://h/a\",\"path\":\"a\",\"line\":3,\"size\":9,"
                           "\"modified\":\"2001-09-09T01:46:40Z\",\"encoding\":null,"
                           "\"digest\":{\"md5\":\"00000000000000000000000000000000\"},"
                           "\"columns\":{\"by\":\"\\\\xff\\\"\"}}\n");
    free(text);
    metadata = (struct fa_metadata){.url = "u", .path = "p", .modified = -1};
    text = fa_metadata_text(&metadata);
    cr_expect(strstr(text, "\"modified\":null"), "%s", text);
    free(text);
}

Test(tar, output_is_a_kind_and_a_path_below_the_folder)
{
    static const char *const bad[] = {"tar:",     "tar:/x", "tar:../x", "tar:a//b", "tar:a/",
                                      "tar:a/.b", "x",      "tar",      "zip:x",    "tar:a\nb"};
    struct fa_sink sink;
    struct fa_error err;
    cr_expect_eq(fa_sink_parse(NULL, &sink, &err), 0);
    cr_expect_eq(sink.kind, FA_SINK_FILES);
    cr_expect_eq(fa_sink_parse("tar:a/b.c", &sink, &err), 0);
    cr_expect_eq(sink.kind, FA_SINK_TAR);
    cr_expect_str_eq(sink.name, "a/b.c");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_eq(fa_sink_parse(bad[i], &sink, &err), -1, "%s", bad[i]);
}
