#include "stage/digest.h"

#include "stage/running.h"

#include "support/pattern.h"
#include "support/run.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <xxhash.h>
#include <zlib.h>

#define ALL_HASHES ((1u << FA_HASHES) - 1)

static struct fa_scratch scratch;
static struct fa_digest_set *set;
static struct fa_digester *digester;

static void begin(void)
{
    fa_scratch_init(&scratch);
    set = fa_digest_set_new(NULL);
    digester = fa_digester_new(set, NULL);
    cr_assert(set && digester);
}

static void end(void)
{
    fa_digester_free(digester);
    fa_digest_set_free(set);
    fa_scratch_fini(&scratch);
}

TestSuite(digest, .init = begin, .fini = end, .timeout = 60.0);

static const char *hex(const struct fa_digest *digest)
{
    static char text[2 * FA_DIGEST_MAX + 1];
    for (size_t i = 0; i < fa_hash_size(digest->hash); ++i)
        sprintf(text + 2 * i, "%02x", digest->bytes[i]);
    return text;
}

/* One bit a step (RFC 3720, B.4). */
static unsigned long crc32c_bitwise(const unsigned char *data, size_t len)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < len; ++i) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

/* Digests printed by coreutils; those of xxHash and zlib are computed in one call. */
static void truth(enum fa_hash hash, const char *path, char ret[2 * FA_DIGEST_MAX + 1])
{
    static const char *const programs[FA_HASHES] = {"md5sum", "sha1sum", "sha256sum", "sha512sum",
                                                    "b2sum",  NULL,      "sha224sum", "sha384sum",
                                                    NULL,     NULL,      NULL};
    size_t at = 0;
    while (1u << at != (unsigned)hash)
        ++at;
    if (!programs[at]) {
        size_t len;
        char *data = fa_file_read(path, &len);
        if (hash == FA_HASH_ADLER32) {
            sprintf(ret, "%08lx", adler32(adler32(0, NULL, 0), (unsigned char *)data, (uInt)len));
            free(data);
            return;
        }
        if (hash == FA_HASH_CRC32 || hash == FA_HASH_CRC32C) {
            unsigned long sum = hash == FA_HASH_CRC32
                                    ? crc32(crc32(0, NULL, 0), (unsigned char *)data, (uInt)len)
                                    : crc32c_bitwise((unsigned char *)data, len);
            sprintf(ret, "%08lx", sum);
            free(data);
            return;
        }
        XXH128_hash_t value = XXH3_128bits(data, len);
        sprintf(ret, "%016llx%016llx", (unsigned long long)value.high64,
                (unsigned long long)value.low64);
        free(data);
        return;
    }
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = programs[at]}, path, NULL);
    cr_assert_eq(fa_run_wait(&run, 20), 0);
    snprintf(ret, 2 * FA_DIGEST_MAX + 1, "%.*s", (int)strcspn(fa_run_out(&run), " "),
             fa_run_out(&run));
    fa_run_end(&run);
}

static const char *file_of(size_t size)
{
    unsigned char *data = malloc(size + 1);
    fa_pattern_fill("digest", 0, data, size);
    const char *path = fa_scratch_write_bytes(&scratch, "file", data, size);
    free(data);
    return path;
}

Test(digest, all_algorithms_agree_with_coreutils)
{
    static const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 9000001};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i) {
        const char *path = file_of(sizes[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct fa_digest digests[FA_HASHES];
        cr_assert_eq(
            fa_digester_read(digester, fd, sizes[i], ALL_HASHES, NULL, NULL, digests, NULL),
            FA_HASHES);
        cr_assert_eq(lseek(fd, 0, SEEK_CUR), 0);
        close(fd);
        for (size_t j = 0; j < FA_HASHES; ++j) {
            char want[2 * FA_DIGEST_MAX + 1];
            cr_assert_eq(digests[j].hash, (enum fa_hash)(1u << j));
            truth(digests[j].hash, path, want);
            cr_assert_str_eq(hex(&digests[j]), want, "%s of %zu bytes",
                             fa_hash_name(digests[j].hash), sizes[i]);
        }
    }
}

Test(digest, a_file_is_read_to_its_end_whatever_its_expected_size)
{
    static const size_t sizes[] = {0, 1000, 65536, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i) {
        const char *path = file_of(sizes[i]);
        const uint64_t expected[] = {0, 1, sizes[i] / 2, sizes[i], sizes[i] + 1, 65536, UINT64_MAX};
        char want[2 * FA_DIGEST_MAX + 1];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        truth(FA_HASH_SHA256, path, want);
        for (size_t j = 0; j < sizeof(expected) / sizeof(*expected); ++j) {
            struct fa_digest digest;
            cr_assert_eq(fa_digester_read(digester, fd, expected[j], FA_HASH_SHA256, NULL, NULL,
                                          &digest, NULL),
                         1);
            cr_assert_str_eq(hex(&digest), want);
        }
        close(fd);
    }
}

/* Bytes as they are in a file, compressed, from an offset on. */
static const char *deflated_of(const unsigned char *data, size_t size)
{
    static const char before[] = "something else";
    unsigned char *packed = malloc(size + 1000);
    z_stream z = {.next_in = (Bytef *)(size_t)data,
                  .avail_in = (uInt)size,
                  .next_out = packed + sizeof(before),
                  .avail_out = (uInt)(size + 900)};
    memcpy(packed, before, sizeof(before));
    cr_assert_eq(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    const char *path =
        fa_scratch_write_bytes(&scratch, "deflated", packed, sizeof(before) + z.total_out);
    deflateEnd(&z);
    free(packed);
    return path;
}

/* Whether the digest of a member is that of a file. */
static bool member_is(const char *path, const struct fa_digest_range *range, const char *want)
{
    struct fa_digest digest;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_eq(
        fa_digester_read_member(digester, fd, range, FA_HASH_SHA256, NULL, NULL, &digest, NULL), 1);
    close(fd);
    return strcmp(hex(&digest), want) == 0;
}

Test(digest, compressed_member_is_read_as_what_was_compressed)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i) {
        char want[2 * FA_DIGEST_MAX + 1];
        unsigned char *data = malloc(sizes[i] + 1);
        truth(FA_HASH_SHA256, file_of(sizes[i]), want);
        fa_pattern_fill("digest", 0, data, sizes[i]);
        const char *path = deflated_of(data, sizes[i]);
        struct fa_digest_range range = {.from = 15, .size = sizes[i], .deflated = true};
        cr_expect(member_is(path, &range, want), "%zu bytes", sizes[i]);
        range.size = sizes[i] + 1; /* it ends earlier */
        cr_expect(member_is(path, &range, want), "%zu bytes", sizes[i]);
        cr_assert_eq(truncate(path, 16), 0);
        range.size = sizes[i];
        cr_expect(sizes[i] == 0 || !member_is(path, &range, want), "%zu bytes", sizes[i]);
        free(data);
    }
}

Test(digest, only_what_is_asked_for_is_computed)
{
    int fd = open(file_of(100), O_RDONLY | O_CLOEXEC);
    for (unsigned hashes = 0; hashes <= ALL_HASHES; ++hashes) {
        struct fa_digest digests[FA_HASHES];
        int n = fa_digester_read(digester, fd, 100, hashes, NULL, NULL, digests, NULL);
        cr_assert_eq(n, __builtin_popcount(hashes));
        unsigned seen = 0;
        for (int i = 0; i < n; ++i)
            seen |= digests[i].hash;
        cr_assert_eq(seen, hashes);
    }
    close(fd);
}

/* What is written, in order or not. */
static struct fa_running_digest *running;

static void put(uint64_t offset, const char *text)
{
    fa_running_digest_put(running, text, strlen(text), offset);
}

static void expect_running(uint64_t size, const char *text)
{
    struct fa_digest got[FA_HASHES], want[FA_HASHES];
    unsigned hashes = ALL_HASHES;
    cr_assert_eq(fa_digester_begin(digester, hashes, NULL), 0);
    cr_assert_eq(fa_digester_update(digester, text, strlen(text), NULL), 0);
    cr_assert_eq(fa_digester_end(digester, want, NULL), FA_HASHES);
    cr_assert_eq(fa_running_digest_end(running, size, hashes, got), FA_HASHES, "%s", text);
    for (int i = 0; i < FA_HASHES; ++i)
        cr_assert(got[i].hash == want[i].hash &&
                  memcmp(got[i].bytes, want[i].bytes, fa_hash_size(got[i].hash)) == 0);
}

Test(digest, running_one_is_that_of_what_was_written_from_start_to_end)
{
    running = fa_running_digest_new(set);
    for (int again = 0; again < 2; ++again) {
        fa_running_digest_begin(running, ALL_HASHES, false);
        put(0, "abc");
        put(3, "");
        put(3, "def");
        expect_running(6, "abcdef");
    }
    fa_running_digest_begin(running, ALL_HASHES, false);
    put(0, "");
    expect_running(0, "");
    fa_running_digest_begin(running, ALL_HASHES, false);
    put(0, "a page for a login");
    put(0, "abc");
    expect_running(3, "abc");
    fa_running_digest_begin(running, ALL_HASHES, false);
    put(0, "all of it was truncated");
    put(0, "");
    expect_running(0, "");
    fa_running_digest_free(running);
}

static void expect_digests(uint64_t size, unsigned hashes)
{
    struct fa_digest digests[FA_HASHES];
    int n = fa_running_digest_end(running, size, hashes, digests);
    cr_expect_eq(n, __builtin_popcount(hashes), "%d", n);
}

static void expect_none(uint64_t size, unsigned hashes)
{
    struct fa_digest digests[FA_HASHES];
    cr_expect_eq(fa_running_digest_end(running, size, hashes, digests), -1);
}

Test(digest, running_one_of_other_bytes_is_none)
{
    running = fa_running_digest_new(set);
    fa_running_digest_begin(running, FA_HASH_MD5, false);
    expect_none(0, FA_HASH_MD5); /* nothing was written */
    put(0, "abc");
    expect_none(4, FA_HASH_MD5);
    expect_none(3, FA_HASH_MD5 | FA_HASH_SHA1);
    put(4, "e");
    expect_none(4, FA_HASH_MD5);
    expect_none(3, FA_HASH_MD5);
    fa_running_digest_begin(running, FA_HASH_MD5, false);
    put(3, "resumed");
    expect_none(7, FA_HASH_MD5);
    expect_none(10, FA_HASH_MD5);
    fa_running_digest_begin(running, FA_HASH_MD5, false);
    put(0, "abcd");
    put(2, "cd");
    expect_none(4, FA_HASH_MD5);
    fa_running_digest_free(running);
}

/* The server declares a digest before the first byte, and maybe again for a second response. */
Test(digest, running_one_has_what_is_added_before_the_first_byte)
{
    running = fa_running_digest_new(set);
    fa_running_digest_begin(running, 0, true);
    put(0, "abc");
    expect_none(3, FA_HASH_MD5);
    fa_running_digest_begin(running, FA_HASH_SHA256, true);
    fa_running_digest_add(running, FA_HASH_MD5);
    put(0, "abc");
    fa_running_digest_add(running, FA_HASH_MD5);
    expect_digests(3, FA_HASH_MD5 | FA_HASH_SHA256);
    fa_running_digest_begin(running, 0, true);
    fa_running_digest_add(running, FA_HASH_CRC32C);
    put(0, "a page for a login");
    fa_running_digest_add(running, FA_HASH_MD5);
    put(0, "abc");
    expect_digests(3, FA_HASH_CRC32C | FA_HASH_MD5);
    fa_running_digest_free(running);
}

Test(digest, running_one_lacks_what_is_added_later_or_not_wanted)
{
    running = fa_running_digest_new(set);
    fa_running_digest_begin(running, FA_HASH_SHA256, true);
    put(0, "abc");
    fa_running_digest_add(running, FA_HASH_MD5);
    put(3, "def");
    expect_none(6, FA_HASH_MD5 | FA_HASH_SHA256);
    fa_running_digest_begin(running, FA_HASH_SHA256, false);
    fa_running_digest_add(running, FA_HASH_MD5);
    put(0, "abc");
    expect_digests(3, FA_HASH_SHA256);
    fa_running_digest_free(running);
}

static void on_tick(void *arg, uint64_t bytes)
{
    uint64_t *last = arg;
    cr_assert(bytes > *last);
    *last = bytes;
}

Test(digest, progress_is_reported)
{
    uint64_t last = 0;
    struct fa_digest digests[FA_HASHES];
    int fd = open(file_of(20000000), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(
        fa_digester_read(digester, fd, 20000000, FA_HASH_XXH128, on_tick, &last, digests, NULL), 1);
    cr_assert(last >= 16 * 1024 * 1024 && last <= 20000000);
    close(fd);
}

Test(digest, what_cannot_be_read_is_an_error)
{
    struct fa_digest digests[FA_HASHES];
    int fds[] = {open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                 open(file_of(10), O_WRONLY | O_CLOEXEC), -1};
    for (size_t i = 0; i < 3; ++i) {
        struct fa_error err = {0};
        cr_assert_eq(fa_digester_read(digester, fds[i], 10, FA_HASH_MD5, NULL, NULL, digests, &err),
                     -1);
        cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
        if (fds[i] >= 0)
            close(fds[i]);
    }
}
