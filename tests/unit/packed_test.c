/* A packed entry contains everything that an entry can contain. */
#include "list/packed.h"

#include "list/text.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static void expect_str(const char *a, const char *b)
{
    cr_expect_eq(!a, !b);
    if (a && b)
        cr_expect_str_eq(a, b);
}

/* Field by field: a field that struct fa_entry gets belongs here. */
static void expect_same(const struct fa_entry *a, const struct fa_entry *b)
{
    cr_assert_eq(a->error.class, FA_CLASS_NONE, "%s", a->error.msg);
    cr_assert_eq(b->error.class, FA_CLASS_NONE, "%s", b->error.msg);
    cr_expect_str_eq(a->list, b->list);
    cr_expect_eq(a->line, b->line);
    cr_assert_eq(a->n_urls, b->n_urls);
    for (size_t i = 0; i < a->n_urls; ++i)
        cr_expect_str_eq(a->urls[i], b->urls[i]);
    expect_str(a->out, b->out);
    expect_str(a->dir, b->dir);
    cr_assert_eq(a->n_headers, b->n_headers);
    for (size_t i = 0; i < a->n_headers; ++i)
        cr_expect_str_eq(a->headers[i], b->headers[i]);
    cr_expect_eq(a->hash, b->hash);
    cr_expect_arr_eq(a->hash_bytes, b->hash_bytes, fa_hash_size(a->hash));
    cr_expect_eq(a->size, b->size);
    cr_assert_eq(a->n_unknown, b->n_unknown);
    for (size_t i = 0; i < a->n_unknown; ++i) {
        cr_expect_str_eq(a->unknown[i].name, b->unknown[i].name);
        expect_str(a->unknown[i].value, b->unknown[i].value);
    }
    cr_assert_eq(a->n_columns, b->n_columns);
    for (size_t i = 0; i < a->n_columns; ++i) {
        cr_expect_str_eq(a->columns[i].name, b->columns[i].name);
        cr_expect_str_eq(a->columns[i].value, b->columns[i].value);
    }
}

static void pack(const struct fa_entry *entry, const char *out, struct fa_buf *buf)
{
    fa_buf_init(buf);
    fa_entry_pack(entry, out, buf);
    cr_assert_not(buf->failed);
    cr_expect_null(memchr(buf->data, '\n', buf->len), "it is one line");
    cr_expect_null(memchr(buf->data, '\r', buf->len));
}

static struct fa_entry *unpack(const struct fa_buf *buf)
{
    struct fa_entry *entry = fa_entry_unpack("list", 7, (const char *)buf->data, buf->len, NULL);
    cr_assert_not_null(entry);
    return entry;
}

/* The entry is freed. */
static void expect_round_trip(struct fa_entry *entry)
{
    struct fa_buf buf, again;
    pack(entry, NULL, &buf);
    struct fa_entry *copy = unpack(&buf);
    expect_same(entry, copy);
    pack(copy, NULL, &again);
    cr_expect(buf.len == again.len && memcmp(buf.data, again.data, buf.len) == 0);
    fa_buf_fini(&again);
    fa_buf_fini(&buf);
    fa_entry_free(copy);
    fa_entry_free(entry);
}

Test(packed, entries_of_text_come_back_as_they_were)
{
    static const char *const texts[] = {
        "http://h/a",
        "http://h/a\thttp://i/\\b\thttps://u:p@j/c?d=e&f#g",
        "http://h/a\n out=x",
        "http://h/a\n out= x y\\z\n dir=",
        "http://h/a\n dir=sub/dir\n size=0",
        "http://h/a\n size=9223372036854775807",
        "http://h/a\n header=A: b\n header=A: b\n header=C:\td\\te",
        "http://h/a\n checksum=xxh128=00112233445566778899aabbccddeeff",
        "http://h/a\n url=http://other/\n split=5\n lonely\n =\n =x\n out\n a\tb=c",
        "http://h/\xc3\xa4\n out=\xe6\x96\x87",
        ("http://h/a\thttp://i/a\n out=o\n dir=d\n size=1\n header=H: v\n x=y\n "
         "checksum=sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i)
        expect_round_trip(fa_text_parse("list", 7, texts[i], strlen(texts[i]), NULL));
}

/* Values that other formats allow, but text does not. */
Test(packed, values_that_text_cannot_hold_come_back_as_they_were)
{
    static const char *const options[] = {"out=x ", "dir=\td\t", "out=\\n\\t\\\\", " x = y "};
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); ++i) {
        struct fa_entry_need need = {.urls = 1, .options = 1, .bytes = 64};
        char *room;
        struct fa_entry *entry = fa_entry_new("list", 7, &need, &room, NULL);
        strcpy(room, "http://h/");
        fa_entry_add_url(entry, room, strlen(room));
        strcpy(room + 32, options[i]);
        fa_entry_add_option(entry, room + 32, strlen(options[i]));
        fa_entry_finish(entry, "", 0);
        expect_round_trip(entry);
    }
}

/* An entry with or without an option before its columns. */
static void expect_columns(bool option)
{
    struct fa_entry_need need = {.urls = 1, .options = 1, .columns = 2, .bytes = 256};
    char *room;
    struct fa_entry *entry = fa_entry_new("list", 7, &need, &room, NULL);
    strcpy(room, "http://h/");
    fa_entry_add_url(entry, room, strlen(room));
    strcpy(room + 32, "size=3");
    if (option)
        fa_entry_add_option(entry, room + 32, 6);
    strcpy(room + 64, "a=b \\t");
    strcpy(room + 96, "\tx\n\\y=z ");
    fa_entry_add_column(entry, room + 64, strlen(room + 64), room + 96, strlen(room + 96));
    strcpy(room + 128, "id");
    strcpy(room + 160, "");
    fa_entry_add_column(entry, room + 128, 2, room + 160, 0);
    fa_entry_finish(entry, "", 0);
    expect_round_trip(entry);
}

Test(packed, columns_come_back_as_they_were)
{
    expect_columns(false);
    expect_columns(true);
}

Test(packed, column_without_a_value_is_dropped)
{
    static const char text[] = "\thttp://h/\t\t\tid\t7\tname";
    struct fa_entry *entry = fa_entry_unpack("list", 7, text, strlen(text), NULL);
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_eq(entry->n_columns, 1);
    cr_expect_str_eq(fa_entry_column(entry, "id", 2), "7");
    fa_entry_free(entry);
}

Test(packed, another_name_replaces_out_and_dir)
{
    struct fa_buf buf;
    const char text[] = "http://h/a\n dir=d\n out=o\n size=3";
    struct fa_entry *entry = fa_text_parse("list", 7, text, strlen(text), NULL);
    pack(entry, "d/new", &buf);
    struct fa_entry *copy = unpack(&buf);
    cr_expect_str_eq(copy->out, "d/new");
    cr_expect_null(copy->dir);
    cr_expect_eq(copy->size, 3);
    fa_entry_free(copy);
    fa_entry_free(entry);
    fa_buf_fini(&buf);
}

Test(packed, the_text_of_older_states_is_understood)
{
    const char text[] = "http://h/a\thttp://i/a\n out=o";
    struct fa_entry *entry = fa_entry_unpack("list", 7, text, strlen(text), NULL);
    cr_expect_eq(entry->n_urls, 2);
    cr_expect_str_eq(entry->out, "o");
    fa_entry_free(entry);
}

Test(packed, what_is_malformed_is_a_bad_entry)
{
    static const char *const rows[] = {
        "\t",
        "\t\t",
        "\t\tout=x",
        "\thttp://h/a http://h/b",
        "\thttp://h/\\t",
        "\thttp://h/\\n",
        "\thttp://h/\t\theader=A: b\\r\\nC: d",
        "\thttp://h/\t\tsize=x",
        "\thttp://h/\t\tchecksum=md5=00",
        "\thttp://h/\xff",
        "\thttp://h/\t\tout=\x01",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_entry *entry = fa_entry_unpack("list", 7, rows[i], strlen(rows[i]), NULL);
        cr_assert_not_null(entry);
        cr_expect_eq(entry->error.class, FA_CLASS_BAD_URL, "row %zu", i);
        cr_expect_eq(entry->n_urls, 1);
        fa_entry_free(entry);
    }
}
