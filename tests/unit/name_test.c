#include "engine/name.h"

#include "base/key.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *build(const struct fa_name_source *src)
{
    struct fa_error err = {0};
    char *path = NULL;
    cr_assert_eq(fa_name_build(src, &path, &err), 0, "%s: %s", src->path, err.msg);
    cr_assert_not_null(path);
    return path;
}

/* One text n times. */
static char *times(const char *text, size_t n)
{
    size_t len = strlen(text);
    char *all = malloc(len * n + 1);
    for (size_t i = 0; i < n; ++i)
        memcpy(all + i * len, text, len);
    all[len * n] = '\0';
    return all;
}

static char *join(const char *a, const char *b, const char *c)
{
    char *all = malloc(strlen(a) + strlen(b) + strlen(c) + 1);
    strcpy(all, a);
    strcat(all, b);
    return strcat(all, c);
}

Test(name, is_the_last_segment_of_the_url_in_a_flat_layout)
{
    static const struct {
        const char *path;
        const char *name;
    } rows[] = {
        {"/a.iso", "a.iso"},
        {"/x/y/a.iso", "a.iso"},
        {"a.iso", "a.iso"},
        {"/x/a.tar.gz", "a.tar.gz"},
        {"/a%20b.txt", "a b.txt"},
        {"/%c3%a4.txt", "\xc3\xa4.txt"},
        {"/%C3%A4.txt", "\xc3\xa4.txt"},
        {"/\xc3\xa4.txt", "\xc3\xa4.txt"},
        {"/%e2%82%ac%F0%9F%98%80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"/a+b=c&d;e,f@g:h!i$j'k(l)m*n", "a+b=c&d;e,f@g:h!i$j'k(l)m*n"},
        {"/100%25", "100%"},
        {"/a%2520b", "a%20b"}, /* decoded once */
        {"/a%252fb", "a%2fb"},
        {"/%zz%4", "%zz%4"},
        {"/%", "%"},
        {"/%%41", "%A"},
        {"/%4%31", "%41"},
        /* no name */
        {"", "index.html"},
        {"/", "index.html"},
        {"//", "index.html"},
        {"/x/", "index.html"},
        {"/.", "index.html"},
        {"/..", "index.html"},
        {"/...", "index.html"},
        {"/%2e", "index.html"},
        {"/%2e%2e", "index.html"},
        {"/%2E.", "index.html"},
        {"/x/%20", "index.html"},
        {"/.%20.%20", "index.html"},
        /* slashes that would make folders */
        {"/..%2f..%2fetc%2fpasswd", "_._.._etc_passwd"},
        {"/%2e%2e%2f", "_._"},
        {"/%2e%2e%2fx", "_._x"},
        {"/..%5c..%5cx", "_._.._x"},
        {"/..\\..\\x", "_._.._x"},
        {"/%2fetc%2fpasswd", "_etc_passwd"},
        {"/%2f", "_"},
        {"/C:%5cWindows", "C:_Windows"},
        {"/a%2Fb", "a_b"},
        {"/a%5Cb", "a_b"},
        /* slashes that are none */
        {"/%c0%af%c0%ae", "____"},
        {"/%c1%9c", "__"},
        {"/%e0%80%af", "___"},
        {"/%f0%80%80%af", "____"},
        {"/a%EF%BC%8Fb", "a\xef\xbc\x8f"
                         "b"}, /* fullwidth: a character like any other */
        /* hidden names, options, homes, spaces */
        {"/.bashrc", "_bashrc"},
        {"/.wgetrc", "_wgetrc"},
        {"/.fetchall", "_fetchall"},
        {"/%2efetchall", "_fetchall"},
        {"/..a", "_.a"},
        {"/-rf", "_rf"},
        {"/--help", "_-help"},
        {"/-", "_"},
        {"/~", "_"},
        {"/~root", "_root"},
        {"/%20a", "_a"},
        {"/%20-rf", "_-rf"},
        {"/_", "_"},
        /* dots and spaces at the end */
        {"/a.", "a"},
        {"/a..%20.", "a"},
        {"/a%20", "a"},
        {"/a.txt.", "a.txt"},
        {"/-.", "_"},
        /* bytes that are not characters, and harmful characters */
        {"/%00", "_"},
        {"/a%00b", "a_b"},
        {"/a.php%00.jpg", "a.php_.jpg"},
        {"/%0a%0d%09", "___"},
        {"/\x01\x1f", "__"},
        {"/a%1b[31mb", "a_[31mb"},
        {"/a%7fb", "a_b"},
        {"/a%80b", "a_b"},
        {"/a%ffb%fe", "a_b_"},
        {"/a%c2%9bb", "a_b"}, /* C1: CSI */
        {"/a%c2%85b", "a_b"}, /* C1: NEL */
        {"/a%c2%a0b", "a\xc2\xa0"
                      "b"},
        {"/a%c3", "a_"}, /* cut */
        {"/a%e2%82", "a__"},
        {"/a%f0%9f%98", "a___"},
        {"/%c3%28", "_("},
        {"/a%ed%a0%80b", "a___b"},     /* a surrogate */
        {"/a%f4%90%80%80b", "a____b"}, /* beyond U+10FFFF */
        {"/a%f8%88%80%80%80b", "a_____b"},
        {"/exe%e2%80%aegpj.scr", "exe_gpj.scr"}, /* U+202E */
        {"/a%e2%80%aab%e2%80%8fc", "a_b_c"},
        {"/a%e2%81%a6b%e2%81%a9c", "a_b_c"}, /* U+2066, U+2069 */
        {"/a%d8%9cb", "a_b"},                /* U+061C */
        {"/a%e2%80%a8b%e2%80%a9c", "a_b_c"}, /* line and paragraph separators */
        {"/%ef%bb%bfa", "_a"},
        {"/%e2%80%ae", "_"},
        /* names reserved on other systems */
        {"/CON", "CON"},
        {"/a:b|c?d*e", "a:b|c?d*e"},
        {"/$(reboot)", "$(reboot)"},
        {"/;rm%20-rf%20%22*%22", ";rm -rf \"*\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {.layout = FA_LAYOUT_FLAT, .host = "h", .path = rows[i].path};
        char *path = build(&src);
        cr_assert_str_eq(path, rows[i].name, "%s: '%s', not '%s'", rows[i].path, path,
                         rows[i].name);
        free(path);
    }
}

Test(name, mirrors_the_url_in_a_tree_layout)
{
    static const struct {
        const char *host;
        const char *path;
        const char *name;
    } rows[] = {
        {"h", "/", "h/index.html"},
        {"h", "", "h/index.html"},
        {"h", "/a", "h/a"},
        {"h", "/a/b/c.iso", "h/a/b/c.iso"},
        {"h", "/a/b/", "h/a/b/index.html"},
        {"h", "//a///b//", "h/a/b/index.html"},
        {"h", "/a%2fb/c", "h/a_b/c"},
        {"h", "/%2e%2e/%2e/x", "h/_/_/x"},
        {"h", "/../../x", "h/_/_/x"},
        {"h", "/a/..", "h/a/index.html"},
        {"h", "/store.zarr/.zattrs", "h/store.zarr/.zattrs"},
        {"h", "/x/%2ezgroup", "h/x/.zgroup"},
        {"h", "/.zmetadata.", "h/.zmetadata"},
        {"h", "/.a/.b/c", "h/.a/.b/c"},
        {"h", "/..a/...b", "h/_.a/_..b"},
        {"h", "/.fetchall/state.db", "h/_fetchall/state.db"},
        {"h", "/a/.FetchAll/", "h/a/_FetchAll/index.html"},
        {"h", "/a/%2efetchall.", "h/a/_fetchall"},
        {"h", "/.fetchall2", "h/.fetchall2"},
        {".h", "/.a", "_h/.a"},
        {"h", "/%20/x", "h/_/x"},
        {"h", "/a./b.", "h/a/b"},
        {"h", "/-x/~y", "h/_x/_y"},
        {"h", "/%00/%ff", "h/_/_"},
        {"h", "/..%5c../x", "h/_._/x"},
        {"::1", "/a", "::1/a"},
        {"[::1]", "/a", "[::1]/a"},
        {"fe80::1%25ab0", "/a", "fe80::1%ab0/a"},
        {"", "/a", "_/a"},
        {"..", "/a", "_/a"},
        {".", "/a", "_/a"},
        {".fetchall", "/state.db", "_fetchall/state.db"},
        {"a/b", "/a", "a_b/a"},
        {"-h", "/a", "_h/a"},
        {"example.org.", "/a", "example.org/a"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {
            .layout = FA_LAYOUT_TREE, .host = rows[i].host, .path = rows[i].path};
        char *path = build(&src);
        cr_assert_str_eq(path, rows[i].name, "%s %s: '%s'", rows[i].host, rows[i].path, path);
        free(path);
    }
}

Test(name, is_what_the_user_says)
{
    static const struct {
        enum fa_layout layout;
        const char *out;
        const char *dir;
        const char *name;
    } rows[] = {
        {FA_LAYOUT_FLAT, "a", NULL, "a"},
        {FA_LAYOUT_TREE, "a", NULL, "a"},
        {FA_LAYOUT_FLAT, "a/b", NULL, "a/b"},
        {FA_LAYOUT_FLAT, "a//b", NULL, "a/b"},
        {FA_LAYOUT_FLAT, "./a", NULL, "a"},
        {FA_LAYOUT_FLAT, "././/a/./b", NULL, "a/b"},
        {FA_LAYOUT_FLAT, ".a", NULL, ".a"},
        {FA_LAYOUT_FLAT, "...", NULL, "..."},
        {FA_LAYOUT_FLAT, "-a", NULL, "-a"},
        {FA_LAYOUT_FLAT, "a%20b", NULL, "a%20b"},
        {FA_LAYOUT_FLAT, "a\\b", NULL, "a\\b"},
        {FA_LAYOUT_FLAT, "\xc3\xa4", NULL, "\xc3\xa4"},
        {FA_LAYOUT_FLAT, "a/.fetchall", NULL, "a/.fetchall"},
        {FA_LAYOUT_FLAT, ".fetchall2", NULL, ".fetchall2"},
        {FA_LAYOUT_FLAT, NULL, "d", "d/u.txt"},
        {FA_LAYOUT_TREE, NULL, "d", "d/h/p/u.txt"},
        {FA_LAYOUT_FLAT, NULL, "d/e/", "d/e/u.txt"},
        {FA_LAYOUT_FLAT, NULL, "", "u.txt"},
        {FA_LAYOUT_FLAT, NULL, ".", "u.txt"},
        {FA_LAYOUT_TREE, NULL, "./", "h/p/u.txt"},
        {FA_LAYOUT_FLAT, "o", "d", "d/o"},
        {FA_LAYOUT_TREE, "o", "d", "d/o"},
        {FA_LAYOUT_FLAT, "./o", "./d/.", "d/o"},
        {FA_LAYOUT_FLAT, ".fetchall", "d", "d/.fetchall"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {.layout = rows[i].layout,
                                     .host = "h",
                                     .path = "/p/u.txt",
                                     .out = rows[i].out,
                                     .dir = rows[i].dir};
        char *path = build(&src);
        cr_assert_str_eq(path, rows[i].name, "row %zu: '%s'", i, path);
        free(path);
    }
}

Test(name, keeps_a_dot_below_a_folder_that_the_user_names)
{
    static const struct {
        const char *dir;
        const char *path;
        const char *name;
    } rows[] = {
        {"a.zarr/0", "/.zarray", "a.zarr/0/.zarray"},
        {"d", "/.fetchall", "d/_fetchall"},
        {"d", "/-x", "d/_x"},
        {".", "/.zattrs", "_zattrs"},
        {"", "/.zattrs", "_zattrs"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {.host = "h", .path = rows[i].path, .dir = rows[i].dir};
        char *path = build(&src);
        cr_assert_str_eq(path, rows[i].name, "row %zu: '%s'", i, path);
        free(path);
    }
}

Test(name, may_have_an_absolute_folder_below_that_of_the_session)
{
    static const struct {
        const char *dir;
        const char *name; /* NULL: refused */
    } rows[] = {
        {"/data/x", "u"},         {"/data/x/", "u"},
        {"/data/x/a/b", "a/b/u"}, {"/data/x//a/", "a/u"},
        {"/link/x/a", "a/u"},     {"/data", NULL},
        {"/data/xy", NULL},       {"/", NULL},
        {"/data/x/../y", NULL},   {"/data/x/.fetchall", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {
            .host = "h", .path = "/u", .dir = rows[i].dir, .roots = {"/data/x", "/link/x/"}};
        struct fa_error err = {0};
        char *path = NULL;
        int rc = fa_name_build(&src, &path, &err);
        cr_assert_eq(rc, rows[i].name ? 0 : -1, "row %zu: %s", i, err.msg);
        if (rows[i].name)
            cr_assert_str_eq(path, rows[i].name, "row %zu: %s", i, path);
        else
            cr_assert_eq(err.class, FA_CLASS_REFUSED);
        free(path);
    }
    struct fa_name_source src = {.host = "h", .path = "/u", .dir = "/a", .roots = {"/", NULL}};
    char *path = build(&src);
    cr_assert_str_eq(path, "a/u");
    free(path);
}

Test(name, is_refused_where_the_user_may_not_write)
{
    static const struct {
        const char *out;
        const char *dir;
        const char *part; /* of the message */
    } rows[] = {
        {"/etc/passwd", NULL, "out '/etc/passwd' is refused: it is not relative"},
        {"/", NULL, "names no file"},
        {"..", NULL, "'..'"},
        {"../a", NULL, "'..'"},
        {"a/../b", NULL, "'..'"},
        {"a/..", NULL, "'..'"},
        {"./..", NULL, "'..'"},
        {"", NULL, "names no file"},
        {".", NULL, "names no file"},
        {"a/", NULL, "names no file"},
        {"a/.", NULL, "names no file"},
        {"./", NULL, "names no file"},
        {"a\nb", NULL, "control byte"},
        {"a\x1b[m", NULL, "control byte"},
        {"a\x7f", NULL, "control byte"},
        {"a\xff", NULL, "UTF-8"},
        {"a\xc0\xaf", NULL, "UTF-8"},
        {".fetchall", NULL, "state"},
        {".fetchall/state.db", NULL, "state"},
        {"./.fetchall/x", NULL, "state"},
        {".//.fetchall//x", NULL, "state"},
        {".FetchAll/x", NULL, "state"},
        {"x", ".fetchall", "dir '.fetchall'"},
        {".fetchall/x", ".", "state"},
        {".fetchall/x", "", "state"},
        {NULL, "/tmp", "not relative"},
        {NULL, "..", "'..'"},
        {NULL, "a/../..", "'..'"},
        {NULL, ".fetchall/parts", "state"},
        {NULL, "a\tb", "control byte"},
        {"x", "/tmp", "not relative"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_name_source src = {
            .host = "h", .path = "/u", .out = rows[i].out, .dir = rows[i].dir};
        struct fa_error err = {0};
        char *path = NULL;
        cr_assert_eq(fa_name_build(&src, &path, &err), -1, "row %zu: %s", i, path);
        cr_assert_null(path);
        cr_assert_eq(err.class, FA_CLASS_REFUSED);
        cr_assert_not_null(strstr(err.msg, rows[i].part), "row %zu: %s", i, err.msg);
    }
}

Test(name, keeps_a_short_extension_when_it_is_cut)
{
    static const struct {
        const char *before, *unit;
        size_t n;
        const char *behind;
        size_t len;
        const char *ends;
    } rows[] = {
        {"", "a", 255, "", 255, "aaa"},
        {"", "a", 256, "", 255, "aaa"},
        {"", "a", 5000, "", 255, "aaa"},
        {"", "a", 5000, ".iso", 255, "aa.iso"},
        {"", "a", 5000, ".tar.xz", 255, "aa.tar.xz"},
        {"", "a", 5000, ".tar.0123456789abcdef", 255, "aa.tar.0123456789abcdef"},
        {"", "a", 5000, ".0123456789abcdefg", 255, "aaa"},
        {"", "a", 5000, ".i o", 255, "aaa"},
        {"", "%c3%a4", 300, ".gz", 255, "\xc3\xa4.gz"},
        {"x", "%c3%a4", 300, ".gz", 254, "\xc3\xa4.gz"},
        {"", "%f0%9f%98%80", 300, ".jpeg", 253, "\x80.jpeg"},
        {"", "%f0%9f%98%80", 300, "", 252, "\xf0\x9f\x98\x80"},
        {"", ".", 5000, "", 10, "index.html"},
        {"", "a.", 5000, "", 255, "a.a"},
        {"aaa", "%20", 5000, "b", 3, "aaa"}, /* a name may end with spaces after the cut */
        {"", "%ff", 5000, "", 255, "___"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char *unit = times(rows[i].unit, rows[i].n);
        char *url = join(rows[i].before, unit, rows[i].behind);
        struct fa_name_source src = {.layout = FA_LAYOUT_FLAT, .host = "h", .path = url};
        char *path = build(&src);
        size_t len = strlen(path);
        cr_assert_eq(len, rows[i].len, "row %zu: %zu bytes", i, len);
        cr_assert_str_eq(path + len - strlen(rows[i].ends), rows[i].ends, "row %zu: %s", i, path);
        free(path);
        free(url);
        free(unit);
    }
}

Test(name, is_refused_when_the_path_is_too_long)
{
    char *deep = times("/aaaaaaa", 500);
    struct fa_name_source src = {.layout = FA_LAYOUT_TREE, .host = "h", .path = deep};
    char *path = build(&src);
    cr_assert_eq(strlen(path), 4001);
    char *other = NULL;
    cr_assert_eq(fa_name_alternative(path, 0, 0, &other), 0);
    cr_assert_lt(strlen(other), 4096);
    free(other);
    free(path);
    free(deep);

    deep = times("/aaaaaaa", 511);
    struct fa_error err = {0};
    src.path = deep;
    cr_assert_eq(fa_name_build(&src, &path, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    cr_assert_not_null(strstr(err.msg, "4089 bytes"), "%s", err.msg);
    free(deep);
}

Test(name, takes_the_longest_parts_of_the_user_and_no_longer)
{
    char *longest = times("a", 255);
    char *longer = times("a", 256);
    struct fa_name_source src = {.host = "h", .path = "/u", .out = longest, .dir = longest};
    char *path = build(&src);
    cr_assert_eq(strlen(path), 511);
    free(path);
    struct fa_error err = {0};
    src.out = longer;
    cr_assert_eq(fa_name_build(&src, &path, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    cr_assert_not_null(strstr(err.msg, "255"), "%s", err.msg);
    free(longest);
    free(longer);
}

Test(name, has_an_alternative)
{
    static const struct {
        const char *path;
        const char *other;
    } rows[] = {
        {"a", "a-0123abcd"},
        {"a.iso", "a-0123abcd.iso"},
        {"a.tar.gz", "a-0123abcd.tar.gz"},
        {"a.tar", "a-0123abcd.tar"},
        {"a.b.c", "a.b-0123abcd.c"},
        {".tar.gz", ".tar-0123abcd.gz"},
        {"d.e/a", "d.e/a-0123abcd"},
        {"d.e/a.iso", "d.e/a-0123abcd.iso"},
        {"d/.a", "d/.a-0123abcd"},
        {"a.0123456789abcdef", "a-0123abcd.0123456789abcdef"},
        {"a.0123456789abcdefg", "a.0123456789abcdefg-0123abcd"},
        {"Mr. Smith", "Mr. Smith-0123abcd"},
        {"a.\xc3\xa4", "a.\xc3\xa4-0123abcd"},
        {"a.c++", "a-0123abcd.c++"},
        {"...", "...-0123abcd"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char *other = NULL;
        cr_assert_eq(fa_name_alternative(rows[i].path, 0, 0x0123abcd, &other), 0);
        cr_assert_str_eq(other, rows[i].other, "%s: %s", rows[i].path, other);
        free(other);
    }
}

Test(name, has_an_alternative_that_is_no_longer_than_a_name_may_be)
{
    static const char *const units[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static const char *const extensions[] = {"", ".x", ".tar.0123456789abcdef"};
    for (size_t i = 0; i < 12; ++i) {
        const char *extension = extensions[i % 3];
        size_t n = (255 - strlen(extension)) / strlen(units[i / 3]);
        char *unit = times(units[i / 3], n);
        char *path = join("d/", unit, extension);
        char *other = NULL;
        cr_assert_eq(fa_name_alternative(path, 0, 0xffffffff, &other), 0);
        size_t len = strlen(other) - 2;
        cr_assert_leq(len, 255);
        cr_assert_gt(len, 255 - strlen(units[i / 3]));
        cr_assert_eq(other[2 + len - strlen(extension) - 9], '-');
        cr_assert_str_eq(other + 2 + len - strlen(extension), extension);
        free(other);
        free(path);
        free(unit);
    }
}

/* eCryptfs allows 143 bytes; a limit that leaves no place for an extension is not believed. */
Test(name, is_as_short_as_the_file_system_requires)
{
    static const struct {
        size_t max, len;
    } rows[] = {{0, 255}, {143, 143}, {255, 255}, {1530, 255}, {14, 32}};
    char *stem = times("a", 300);
    char *url = join("/", stem, ".tar.0123456789abcdef");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char *other = NULL;
        struct fa_name_source src = {.host = "h", .path = url, .part_max = rows[i].max};
        char *path = build(&src);
        cr_expect_eq(strlen(path), rows[i].len, "row %zu: %zu", i, strlen(path));
        cr_expect_str_eq(path + strlen(path) - 21, ".tar.0123456789abcdef");
        cr_assert_eq(fa_name_alternative(path, rows[i].max, 1, &other), 0);
        cr_expect_eq(strlen(other), rows[i].len, "row %zu: %zu", i, strlen(other));
        free(other);
        free(path);
    }
    struct fa_name_source src = {
        .layout = FA_LAYOUT_TREE, .host = stem, .path = url, .part_max = 143};
    char *path = build(&src);
    cr_expect_eq(strlen(path), 143 + 1 + 143);
    free(path);
    free(stem);
    free(url);
}

Test(name, of_the_user_is_refused_if_the_file_system_has_no_place_for_it)
{
    char *longest = times("a", 144);
    struct fa_name_source src = {
        .host = "h", .path = "/u", .out = longest + 1, .dir = longest + 1, .part_max = 143};
    char *path = build(&src);
    cr_expect_eq(strlen(path), 143 + 1 + 143);
    free(path);
    const char *const names[][2] = {{longest, NULL}, {NULL, longest}};
    for (size_t i = 0; i < 2; ++i) {
        struct fa_error err = {0};
        src.out = names[i][0];
        src.dir = names[i][1];
        cr_assert_eq(fa_name_build(&src, &path, &err), -1);
        cr_expect_eq(err.class, FA_CLASS_REFUSED);
        cr_expect_not_null(strstr(err.msg, "143 bytes, the limit of the file system"), "%s",
                           err.msg);
    }
    free(longest);
}

static const char *fan_out(const char *path, unsigned folders)
{
    static char text[4200];
    struct fa_error err;
    char *own = strdup(path);
    cr_assert_eq(fa_name_fan_out(&own, folders, &err), 0, "%s", err.msg);
    snprintf(text, sizeof(text), "%s", own);
    free(own);
    return text;
}

/* Stored folders depend on these values: they never change. */
Test(name, fan_out_is_a_folder_by_the_hash_of_the_path)
{
    cr_expect_str_eq(fan_out("x.jpg", 1), "0/x.jpg");
    char expected[64];
    snprintf(expected, sizeof(expected), "%02x/x.jpg", (unsigned)(fa_key_str("x.jpg") % 256));
    cr_expect_str_eq(fan_out("x.jpg", 256), expected);
    snprintf(expected, sizeof(expected), "a/b/%03x/x.jpg",
             (unsigned)(fa_key_str("a/b/x.jpg") % 257));
    cr_expect_str_eq(fan_out("a/b/x.jpg", 257), expected);
}

Test(name, fan_out_divides_names_evenly)
{
    unsigned counts[16] = {0};
    char name[32];
    for (int i = 0; i < 16000; ++i) {
        snprintf(name, sizeof(name), "file-%d", i);
        ++counts[strtoul(fan_out(name, 16), NULL, 16)];
    }
    for (int i = 0; i < 16; ++i)
        cr_expect(counts[i] > 850 && counts[i] < 1150, "%d: %u", i, counts[i]);
}

Test(name, fan_out_refuses_paths_that_get_too_long)
{
    struct fa_error err;
    char *path = times("a/", FA_NAME_PATH_MAX / 2), *before = path;
    path[strlen(path) - 1] = 'b';
    cr_expect_eq(fa_name_fan_out(&path, 256, &err), -1);
    cr_expect_eq(path, before);
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
    free(path);
}

Test(name, server_replaces_the_last_component)
{
    static const struct {
        const char *path, *name, *expected; /* NULL: nothing of the name can be used */
    } rows[] = {
        {"content", "data.csv", "data.csv"},
        {"host/records/1/content", "data.csv", "host/records/1/data.csv"},
        {"content", "50%25.txt", "50%25.txt"},
        {"content", ".bashrc", "_bashrc"},
        {"sub/content", ".htaccess", "sub/_htaccess"},
        {"content", ".fetchall", "_fetchall"},
        {"content", "-rf", "_rf"},
        {"content",
         "a\x1b[2J\xff\xe2\x80\xae"
         "b",
         "a_[2J__b"},
        {"content", "a/b\\c", "a_b_c"},
        {"content", "x. ", "x"},
        {"content", "..", NULL},
        {"content", ".", NULL},
        {"content", "", NULL},
        {"content", " . ", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_error err;
        char *path;
        cr_assert_eq(fa_name_serve(rows[i].path, rows[i].name, 0, 0, &path, &err), 0);
        cr_expect(rows[i].expected ? path && strcmp(path, rows[i].expected) == 0 : !path, "%s: %s",
                  rows[i].name, path ? path : "(none)");
        free(path);
    }
}

Test(name, of_a_server_is_cut_and_has_the_folder_of_its_own_hash)
{
    struct fa_error err;
    char *path, *name = times("x", 300), *deep = times("a/", FA_NAME_PATH_MAX / 2);
    memcpy(name + 296, ".bin", 4);
    cr_assert_eq(fa_name_serve("c", name, 0, 0, &path, &err), 0);
    cr_expect(strlen(path) == 255 && strcmp(path + 251, ".bin") == 0, "%s", path);
    free(path);
    char *fanned = strdup("sub/data.csv"), *content = strdup("sub/content");
    cr_assert_eq(fa_name_fan_out(&fanned, 256, &err), 0);
    cr_assert_eq(fa_name_fan_out(&content, 256, &err), 0);
    cr_assert_eq(fa_name_serve(content, "data.csv", 0, 256, &path, &err), 0);
    cr_expect_str_eq(path, fanned);
    free(path);
    cr_assert_eq(fa_name_serve(deep, "too long", 0, 0, &path, &err), 0);
    cr_expect_null(path);
    free(fanned);
    free(content);
    free(deep);
    free(name);
}

Test(name, key_folds_the_case_of_ascii_letters_where_the_folder_does)
{
    cr_expect_eq(fa_name_key("Dir/A.Bin", false), fa_key_str("Dir/A.Bin"));
    cr_expect_eq(fa_name_key("Dir/A.Bin", true), fa_key_str("dir/a.bin"));
    cr_expect_eq(fa_name_key("@[`{", true), fa_key_str("@[`{"));
    cr_expect_eq(fa_name_key("\xc3\x84", true), fa_key_str("\xc3\x84"));
}

Test(name, key_of_a_path_that_is_too_long_is_that_of_its_bytes)
{
    char *path = times("A", 5000);
    cr_expect_eq(fa_name_key(path, true), fa_key_str(path));
    free(path);
}
