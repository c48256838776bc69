/* What is in the part file while a body arrives. */

#include "transfer/body.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 1000

static struct fa_attempt attempt;
static struct fa_body body;
static struct fa_outcome outcome;

static void begin(void)
{
    attempt = (struct fa_attempt){.fd = memfd_create("part", MFD_CLOEXEC), .size = -1};
    cr_assert_geq(attempt.fd, 0);
    body = (struct fa_body){0};
    fa_body_begin(&body, &attempt, 0);
}

static void end(void)
{
    fa_body_fini(&body);
    close(attempt.fd);
}

TestSuite(body, .init = begin, .fini = end);

static size_t written(void)
{
    struct stat st;
    cr_assert_eq(fstat(attempt.fd, &st), 0);
    return (size_t)st.st_size;
}

static unsigned char byte_at(size_t at)
{
    return (unsigned char)(at * 7 / 5);
}

/* One chunk after another, with a pause after each.  @return the most that was not written. */
static size_t put(size_t from, size_t to, double pause)
{
    size_t most = 0;
    for (size_t at = from; at < to;) {
        char data[CHUNK];
        size_t n = to - at < CHUNK ? to - at : CHUNK;
        for (size_t i = 0; i < n; ++i)
            data[i] = (char)byte_at(at + i);
        cr_assert_eq(fa_body_put(&body, data, n, (double)at / CHUNK * pause, &outcome), 0);
        at += n;
        most = at - written() > most ? at - written() : most;
    }
    return most;
}

static void expect_file(size_t size)
{
    cr_assert_eq(fa_body_close(&body, &outcome), 0);
    cr_assert_eq(written(), size);
    unsigned char *got = malloc(size);
    cr_assert_eq(pread(attempt.fd, got, size, 0), (ssize_t)size);
    for (size_t i = 0; i < size; ++i)
        cr_assert_eq(got[i], byte_at(i), "%zu", i);
    free(got);
}

static size_t reported;

static void on_written(void *arg, const void *data, size_t len, uint64_t offset)
{
    const unsigned char *bytes = data;
    cr_assert(arg == &reported && offset == reported);
    for (size_t i = 0; i < len; ++i)
        cr_assert_eq(bytes[i], byte_at(offset + i));
    reported += len;
    cr_assert_eq(written(), reported, "only what is in the file");
}

Test(body, what_was_written_is_reported)
{
    attempt.written = on_written;
    attempt.written_arg = &reported;
    put(0, 1000 * CHUNK, 0.0001);
    expect_file(1000 * CHUNK);
    cr_expect_eq(reported, 1000 * CHUNK);
}

Test(body, bytes_of_a_fast_transfer_are_written_many_at_once)
{
    size_t most = put(0, 1000 * CHUNK, 0.0001);
    cr_expect_geq(most, 200 * 1024, "%zu", most);
    cr_expect_leq(most, FA_PART_UNWRITTEN, "%zu", most);
    expect_file(1000 * CHUNK);
}

Test(body, bytes_of_a_slow_transfer_do_not_pile_up)
{
    size_t most = put(0, 100 * CHUNK, 1);
    cr_expect_leq(most, 1024, "%zu", most);
    expect_file(100 * CHUNK);
}

Test(body, buffer_grows_once_a_transfer_becomes_fast)
{
    put(0, 20 * CHUNK, 1);
    size_t most = put(20 * CHUNK, 1000 * CHUNK, 0);
    cr_expect_geq(most, 200 * 1024, "%zu", most);
    expect_file(1000 * CHUNK);
}

Test(body, small_file_is_written_at_its_end)
{
    cr_expect_eq(put(0, 2 * CHUNK, 0), 2 * CHUNK);
    cr_expect_eq(written(), 0);
    expect_file(2 * CHUNK);
}
