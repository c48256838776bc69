#include "base/buf.h"

#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

Test(buf, returns_what_was_put)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put_u8(&buf, 0xfe);
    fa_buf_put_u32(&buf, 0xfedcba98);
    fa_buf_put_u64(&buf, 0xfedcba9876543210);
    fa_buf_put_f64(&buf, -1.5);
    fa_buf_put_str(&buf, "text");
    fa_buf_put_str(&buf, "");
    fa_buf_put_str(&buf, NULL);
    fa_buf_put(&buf, "abc", 3);
    fa_buf_put(&buf, NULL, 0);
    cr_assert_not(buf.failed);

    struct fa_reader reader;
    fa_reader_init(&reader, buf.data, buf.len);
    cr_assert_eq(fa_reader_u8(&reader), 0xfe);
    cr_assert_eq(fa_reader_u32(&reader), 0xfedcba98);
    cr_assert_eq(fa_reader_u64(&reader), 0xfedcba9876543210);
    cr_assert_eq(fa_reader_f64(&reader), -1.5);
    cr_assert_str_eq(fa_reader_str(&reader), "text");
    cr_assert_str_eq(fa_reader_str(&reader), "");
    cr_assert_null(fa_reader_str(&reader));
    cr_assert_not(reader.failed, "a NULL string is no failure");
    cr_assert_not(fa_reader_ok(&reader), "three bytes are left");
    cr_assert_arr_eq(fa_reader_get(&reader, 3), "abc", 3);
    cr_assert(fa_reader_ok(&reader));
    fa_buf_fini(&buf);
}

Test(buf, writes_integers_little_endian)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put_u32(&buf, 0x04030201);
    fa_buf_put_u64(&buf, 0x0807060504030201);
    cr_assert_eq(buf.len, 12);
    cr_assert_arr_eq(buf.data, "\1\2\3\4\1\2\3\4\5\6\7\10", 12);
    fa_buf_fini(&buf);
}

Test(buf, grows_over_many_puts_and_keeps_its_memory_on_reset)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    for (unsigned i = 0; i < 100000; ++i)
        fa_buf_put_u32(&buf, i);
    cr_assert_eq(buf.len, 400000);
    struct fa_reader reader;
    fa_reader_init(&reader, buf.data, buf.len);
    for (unsigned i = 0; i < 100000; ++i)
        cr_assert_eq(fa_reader_u32(&reader), i);
    cr_assert(fa_reader_ok(&reader));

    size_t room = buf.room;
    fa_buf_reset(&buf);
    cr_assert_eq(buf.len, 0);
    cr_assert_eq(buf.room, room);
    fa_buf_fini(&buf);
    cr_assert_null(buf.data);
    cr_assert_eq(buf.room, 0);
    fa_buf_fini(&buf);
}

Test(buf, remembers_that_memory_ran_out)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put(&buf, "x", 1);
    fa_buf_put(&buf, "x", SIZE_MAX - 10);
    cr_assert(buf.failed);
    fa_buf_put(&buf, "y", 1);
    cr_assert_eq(buf.len, 1, "nothing is appended behind a hole");
    fa_buf_reset(&buf);
    cr_assert_not(buf.failed);
    fa_buf_put(&buf, "z", 1);
    cr_assert_eq(buf.len, 1);
    fa_buf_fini(&buf);
}

Test(reader, never_passes_the_end)
{
    static const unsigned char data[] = {1, 2, 3, 4, 5, 6, 7};
    for (size_t len = 0; len < sizeof(data); ++len) {
        struct fa_reader reader;
        fa_reader_init(&reader, data, len);
        cr_assert_eq(fa_reader_u64(&reader), 0);
        cr_assert(reader.failed);
        cr_assert_eq(fa_reader_u8(&reader), 0, "a failure stays");
        cr_assert_null(fa_reader_get(&reader, 0));
        cr_assert_not(fa_reader_ok(&reader));
    }
}

Test(reader, takes_nothing_for_an_empty_run)
{
    struct fa_reader reader;
    fa_reader_init(&reader, NULL, 0);
    cr_assert(fa_reader_ok(&reader));
    cr_assert_eq(fa_reader_f64(&reader), 0);
    cr_assert_not(fa_reader_ok(&reader));
}

Test(reader, refuses_strings_with_a_wrong_length)
{
    static const struct {
        const char *name;
        char data[9];
        size_t len;
    } rows[] = {
        {"longer than the data", {5, 0, 0, 0, 'a', 'b', 0}, 7},
        {"almost without end", {-2, -1, -1, -1, 'a', 'b', 0}, 7},
        {"without its zero", {2, 0, 0, 0, 'a', 'b', 'c'}, 7},
        {"cut before its zero", {2, 0, 0, 0, 'a', 'b'}, 6},
        {"with a zero inside", {3, 0, 0, 0, 'a', 0, 'b', 0}, 8},
        {"with half a length", {3, 0}, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_reader reader;
        fa_reader_init(&reader, rows[i].data, rows[i].len);
        cr_assert_null(fa_reader_str(&reader), "a string %s", rows[i].name);
        cr_assert(reader.failed, "a string %s", rows[i].name);
    }
}

Test(reader, returns_odd_numbers_as_they_are)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put_f64(&buf, (double)INFINITY);
    fa_buf_put_f64(&buf, (double)NAN);
    fa_buf_put_f64(&buf, 5e-324);
    struct fa_reader reader;
    fa_reader_init(&reader, buf.data, buf.len);
    cr_assert(isinf(fa_reader_f64(&reader)));
    cr_assert(isnan(fa_reader_f64(&reader)));
    cr_assert_eq(fa_reader_f64(&reader), 5e-324);
    cr_assert(fa_reader_ok(&reader));
    fa_buf_fini(&buf);
}
