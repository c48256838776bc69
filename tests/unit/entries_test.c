/* fa_entries_read(): what a program learns about each entry of a list. */

#include <fetchall/entries.h>
#include <fetchall/session.h>

#include "base/key.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(entries, .init = begin, .fini = end, .timeout = 30.0);

struct seen {
    unsigned n, most;
    uint64_t origins[8], urls[8], lines[8];
    char paths[8][FA_LISTED_NAMES][64];
    char packed[8][256];
    enum fa_class classes[8];
};

static bool on_listed(void *ctx, const struct fa_listed *listed)
{
    struct seen *seen = ctx;
    unsigned i = seen->n++;
    cr_assert_lt(i, 8);
    seen->origins[i] = listed->origin_key;
    seen->urls[i] = listed->url_key;
    seen->lines[i] = listed->line;
    seen->classes[i] = listed->error.class;
    snprintf(seen->packed[i], sizeof(seen->packed[i]), "%s", listed->packed);
    for (unsigned name = 0; name < FA_LISTED_NAMES; ++name)
        snprintf(seen->paths[i][name], sizeof(seen->paths[i][name]), "%s",
                 listed->paths[name] ? listed->paths[name] : "");
    cr_expect_null(strstr(listed->url, "secret"), "%s", listed->url);
    return seen->n != seen->most;
}

static unsigned folders; /* of --fan-out */

static int read_text(struct seen *seen, const char *text, struct fa_error *err)
{
    struct fa_config config;
    const char *lists[] = {fa_scratch_write(&scratch, "list", text)};
    fa_config_init(&config);
    config.fan_out = folders;
    return fa_entries_read(&config, lists, 1, on_listed, seen, err);
}

Test(entries, origin_names_and_line_are_those_of_a_session)
{
    struct seen seen = {0};
    struct fa_error err;
    cr_assert_eq(read_text(&seen,
                           "https://u:secret@Example.org/a/x.tar.gz\n"
                           "https://example.org/b/x.tar.gz\n"
                           " checksum=md5=00000000000000000000000000000000\n"
                           "http://example.org/y\n out=z\n",
                           &err),
                 0, "%s", err.msg);
    cr_assert_eq(seen.n, 3);
    cr_expect_eq(seen.origins[0], fa_key_str("https://example.org:443"));
    cr_expect_eq(seen.origins[1], fa_origin_key("https://example.org:443"));
    cr_expect_eq(seen.lines[1], 2);
    cr_expect_neq(seen.urls[0], seen.urls[1]);
    cr_expect_str_eq(seen.paths[0][0], "x.tar.gz");
    char second[64];
    snprintf(second, sizeof(second), "x-%08x.tar.gz", (unsigned)(uint32_t)seen.urls[1]);
    cr_expect_str_eq(seen.paths[1][1], second);
    cr_expect_str_eq(seen.paths[2][0], "z");
    cr_expect_not_null(strstr(seen.packed[0], "secret"));
    cr_expect_not_null(strstr(seen.packed[1], "md5"), "%s", seen.packed[1]);
}

Test(entries, invalid_line_is_an_entry_with_an_error_and_others_follow)
{
    struct seen seen = {0};
    struct fa_error err;
    cr_assert_eq(read_text(&seen, "gopher://x/\nhttp://example.org/y\n", &err), 0);
    cr_assert_eq(seen.n, 2);
    cr_expect_eq(seen.classes[0], FA_CLASS_BAD_URL);
    cr_expect_str_eq(seen.paths[0][0], "");
    cr_expect_eq(seen.classes[1], FA_CLASS_NONE);
}

Test(entries, handler_ends_the_reading_and_a_missing_list_is_an_error)
{
    struct seen seen = {.most = 1};
    struct fa_error err;
    struct fa_config config;
    const char *lists[] = {"/nonexistent/list"};
    cr_assert_eq(read_text(&seen, "http://a.example/\nhttp://b.example/\n", &err), 0);
    cr_expect_eq(seen.n, 1);
    fa_config_init(&config);
    cr_expect_eq(fa_entries_read(&config, lists, 1, on_listed, &seen, &err), -1);
    cr_expect_eq(err.class, FA_CLASS_BAD_URL);
}

Test(entries, names_are_those_of_a_template)
{
    struct seen seen = {0};
    struct fa_error err;
    struct fa_config config;
    const char *lists[] = {
        fa_scratch_write(&scratch, "list.csv", "url,id,x\nhttp://a/1.jpg,7,y\nhttp://a/2.jpg,,\n")};
    fa_config_init(&config);
    config.name = "{id}.{ext}";
    cr_assert_eq(fa_entries_read(&config, lists, 1, on_listed, &seen, &err), 0, "%s", err.msg);
    cr_assert_eq(seen.n, 2);
    cr_expect_str_eq(seen.paths[0][0], "7.jpg");
    cr_expect_str_eq(seen.packed[0], "\thttp://a/1.jpg\t\tx\t\tid\t7");
    cr_expect_eq(seen.classes[1], FA_CLASS_REFUSED);
    config.name = "{id";
    cr_expect_eq(fa_entries_read(&config, lists, 1, on_listed, &seen, &err), -1);
    cr_expect(strstr(err.msg, "position 1"), "%s", err.msg);
}

Test(entries, names_are_in_one_folder_by_their_hash)
{
    struct seen seen = {0};
    struct fa_error err;
    folders = 1;
    cr_assert_eq(read_text(&seen, "http://a/x\nhttp://a/y\n out=z\n", &err), 0, "%s", err.msg);
    cr_expect_str_eq(seen.paths[0][0], "0/x");
    cr_expect_str_eq(seen.paths[1][0], "z");
}
