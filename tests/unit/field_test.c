/* A struct goes through its table of fields and comes back. */
#include "base/field.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN, BLUE, COLORS };

struct thing {
    bool is_open;
    enum color color;
    int code;
    uint64_t count;
    int64_t offset;
    int64_t size;
    double seconds;
    const char *note;
    const char *name;
    char text[8];
};

struct source {
    const char *name;
    uint64_t count;
    char text[8];
};

static const struct fa_field fields[] = {
    FA_FIELD(BOOL, bool, struct thing, is_open),
    FA_FIELD_ENUM(enum color, COLORS, struct thing, color),
    FA_FIELD(INT, int, struct thing, code),
    FA_FIELD(U64, uint64_t, struct thing, count),
    FA_FIELD(I64, int64_t, struct thing, offset),
    FA_FIELD(KNOWN, int64_t, struct thing, size),
    FA_FIELD(F64, double, struct thing, seconds),
    FA_FIELD(STR, const char *, struct thing, note),
    FA_FIELD(NAME, const char *, struct thing, name),
    FA_FIELD_TEXT(struct thing, text),
};

static const struct thing things[] = {
    {.name = "", .size = -1},
    {true, BLUE, -5, UINT64_MAX, INT64_MIN, INT64_MAX, -0.25, "a\nb", "c", "1234567"},
    {false, GREEN, INT32_MAX, 1, -1, 0, 1e300, "", "d", "x"},
};

static int get(struct thing *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    memset(ret, 0, sizeof(*ret));
    fa_reader_init(&reader, data, len);
    fa_fields_get(fields, FA_FIELD_COUNT(fields), ret, &reader);
    return fa_reader_ok(&reader) ? 0 : -1;
}

static void expect_str(const char *a, const char *b)
{
    cr_expect(a == b || (a && b && strcmp(a, b) == 0), "%s", a);
}

Test(field, every_type_comes_back_as_it_was)
{
    for (size_t i = 0; i < sizeof(things) / sizeof(*things); ++i) {
        const struct thing *a = &things[i];
        struct thing b;
        struct fa_buf buf;
        fa_buf_init(&buf);
        fa_fields_put(fields, FA_FIELD_COUNT(fields), a, &buf);
        cr_assert_eq(get(&b, buf.data, buf.len), 0);
        cr_expect(a->is_open == b.is_open && a->color == b.color && a->code == b.code);
        cr_expect(a->count == b.count && a->offset == b.offset && a->size == b.size);
        cr_expect(memcmp(&a->seconds, &b.seconds, sizeof(double)) == 0);
        expect_str(a->note, b.note);
        expect_str(a->name, b.name);
        expect_str(a->text, b.text);
        for (size_t len = 0; len < buf.len; ++len) {
            void *bytes = malloc(len + 1);
            memcpy(bytes, buf.data, len);
            cr_assert_eq(get(&b, bytes, len), -1, "%zu bytes", len);
            free(bytes);
        }
        fa_buf_fini(&buf);
    }
}

Test(field, values_that_do_not_fit_are_refused)
{
    static const struct {
        struct fa_field field;
        unsigned char bytes[16];
        size_t len;
        bool good;
    } rows[] = {
        {FA_FIELD(BOOL, bool, struct thing, is_open), "\1", 1, true},
        {FA_FIELD(BOOL, bool, struct thing, is_open), "\2", 1, false},
        {FA_FIELD_ENUM(enum color, COLORS, struct thing, color), "\2", 1, true},
        {FA_FIELD_ENUM(enum color, COLORS, struct thing, color), "\3", 1, false},
        {FA_FIELD(KNOWN, int64_t, struct thing, size), "\377\377\377\377\377\377\377\377", 8, true},
        {FA_FIELD(KNOWN, int64_t, struct thing, size), "\376\377\377\377\377\377\377\377", 8,
         false},
        {FA_FIELD(STR, const char *, struct thing, note), "\377\377\377\377", 4, true},
        {FA_FIELD(NAME, const char *, struct thing, name), "\377\377\377\377", 4, false},
        {FA_FIELD_TEXT(struct thing, text), "\7\0\0\0001234567", 12, true},
        {FA_FIELD_TEXT(struct thing, text), "\10\0\0\00012345678", 13, false},
        {FA_FIELD_TEXT(struct thing, text), "\377\377\377\377", 4, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct thing thing = {0};
        struct fa_reader reader;
        fa_reader_init(&reader, rows[i].bytes, rows[i].len);
        fa_fields_get(&rows[i].field, 1, &thing, &reader);
        cr_expect_eq(fa_reader_ok(&reader), rows[i].good, "row %zu", i);
    }
}

Test(field, fields_are_copied_from_another_struct)
{
    static const struct fa_field some[] = {
        {.type = FA_FIELD_NAME,
         .offset = offsetof(struct thing, name),
         .source = offsetof(struct source, name)},
        {.type = FA_FIELD_U64,
         .offset = offsetof(struct thing, count),
         .source = offsetof(struct source, count)},
        {.type = FA_FIELD_TEXT,
         .limit = 8,
         .offset = offsetof(struct thing, text),
         .source = offsetof(struct source, text)},
    };
    struct source source = {"name", 77, "text"};
    struct thing thing = {.code = 5, .size = 6};
    fa_fields_copy(some, FA_FIELD_COUNT(some), &thing, &source);
    cr_expect_eq(thing.name, source.name);
    cr_expect_eq(thing.count, 77);
    cr_expect_str_eq(thing.text, "text");
    cr_expect(thing.code == 5 && thing.size == 6);
}
