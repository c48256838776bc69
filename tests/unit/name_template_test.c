/* Names that a template makes: whatever the values are, they stay inside the folder. */

#include "engine/name.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct fa_entry *entry;
static struct fa_error err;

static void begin(void)
{
    entry = calloc(1, sizeof(*entry));
    entry->columns = calloc(2, sizeof(*entry->columns));
    entry->line = 17;
}

static void end(void)
{
    free(entry->columns);
    free(entry);
}

TestSuite(name_template, .init = begin, .fini = end);

static void set_column(const char *name, const char *value)
{
    entry->columns[0] = (struct fa_list_column){name, value};
    entry->n_columns = 1;
}

static char *build(const char *template, const char *whole, const char *out)
{
    const char *path = strchr(strstr(whole, "//") + 2, '/');
    char *cut = strndup(path, strcspn(path, "?"));
    struct fa_name_source src = {
        .host = "h.example",
        .path = cut,
        .out = out,
        .name = template,
        .whole = whole,
        .hash = 0x0123abcd,
        .entry = entry,
    };
    char *name = NULL;
    fa_name_build(&src, &name, &err);
    free(cut);
    return name;
}

static void expect(const char *template, const char *whole, const char *expected)
{
    char *name = build(template, whole, NULL);
    cr_expect_str_eq(name ? name : err.msg, expected, "%s of %s", template, whole);
    free(name);
}

Test(name_template, words_are_parts_of_the_url)
{
    static const char url[] = "http://h.example/a%20b/c/x.tar.gz?q=1&r=%2F..";
    expect("{name}", url, "x.tar.gz");
    expect("{stem}_{line}.{ext}", url, "x_17.tar.gz");
    expect("{host}/{path}", url, "h.example/a b/c/x.tar.gz");
    expect("{host}-{path}", url, "h.example-a b/c/x.tar.gz");
    expect("{stem}-{query}", url, "x-q=1&r=_");
    expect("{hash8}.{ext}", url, "0123abcd.tar.gz");
    expect("a{{{line}}}", url, "a{17}");
}

Test(name_template, url_without_a_name_or_an_extension_has_one)
{
    expect("{stem}.{ext}", "http://h.example/", "index.html");
    expect("{host}/{path}", "http://h.example/", "h.example/index.html");
    expect("{path}", "http://h.example/a//b/", "a/b/index.html");
    expect("{stem}.{ext}", "http://h.example/README", "README");
    expect("{ext}/{name}", "http://h.example/README", "_/README");
    expect("{query}", "http://h.example/README", "_");
}

Test(name_template, values_make_no_folders_and_no_hostile_names)
{
    static const struct {
        const char *value, *template, *expected;
    } rows[] = {
        {"../../etc/passwd", "{id}", "_._.._etc_passwd"},
        {"..", "{id}", "_"},
        {"..", "{id}/x", "_/x"},
        {".", ".{id}/x", "_/x"},
        {".", "a/{id}./x", "a/_/x"},
        {"fetchall", ".{id}/x", "_fetchall/x"},
        {".FetchAll", "{id}", "_FetchAll"},
        {"-rf", "{id}", "_rf"},
        {"-rf", "a/{id}", "a/_rf"},
        {"-rf", "x{id}", "x-rf"},
        {"a\nb\tc\x7f", "{id}.jpg", "a_b_c_.jpg"},
        {"\xe2\x80\xae"
         "gpj",
         "{id}", "_gpj"},
        {"50%20", "{id}", "50%20"},
        {"a\\b", "{id}", "a_b"},
        {"x. ", "{id}", "x"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        set_column("id", rows[i].value);
        expect(rows[i].template, "http://h.example/u", rows[i].expected);
    }
    expect("{name}", "http://h.example/..%2f.fetchall", "_._.fetchall");
    expect("a/{name}", "http://h.example/.zattrs", "a/.zattrs");
    expect("{name}", "http://h.example/.zattrs", "_zattrs");
    expect(".{name}", "http://h.example/x", ".x");
}

Test(name_template, long_values_are_cut_before_the_extension)
{
    char value[5000];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    set_column("id", value);
    char *name = build("{id}.{ext}", "http://h.example/a.jpg", NULL);
    cr_assert_not_null(name);
    cr_expect_eq(strlen(name), 255);
    cr_expect_str_eq(name + 251, ".jpg");
    free(name);
}

Test(name_template, entry_without_the_column_is_refused)
{
    set_column("id", "7");
    cr_expect_null(build("{id}-{title}", "http://h.example/u", NULL));
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
    cr_expect(strstr(err.msg, "'title'"), "%s", err.msg);
}

Test(name_template, out_of_the_entry_wins)
{
    char *name = build("{title}", "http://h.example/u", "own");
    cr_expect_str_eq(name, "own");
    free(name);
}
