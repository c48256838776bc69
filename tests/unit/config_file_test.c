/* The file of --config. */

#include "cli/config_block.h"
#include "cli/parser.h"
#include "cli/show_config.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

static struct fa_scratch scratch;
static struct fa_options options;
static struct fa_error err;

static void begin(void)
{
    fa_scratch_init(&scratch);
    unsetenv("FETCHALL_CONFIG");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", scratch.path, 1);
    fa_options_init(&options);
}

static void end(void)
{
    fa_options_fini(&options);
    fa_scratch_fini(&scratch);
}

TestSuite(config_file, .init = begin, .fini = end);

static int parse(const char *const *args)
{
    char *argv[16] = {(char *)"fetchall"};
    int argc = 1;
    for (; args[argc - 1]; ++argc)
        argv[argc] = (char *)args[argc - 1];
    fa_options_fini(&options);
    fa_options_init(&options);
    err = (struct fa_error){0};
    return fa_parser_run(&options, argc, argv, &err);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static const char *config(const char *text, mode_t mode)
{
    const char *path = fa_scratch_write(&scratch, ".config/fetchall/config", text);
    cr_assert_eq(chmod(path, mode), 0);
    return path;
}

Test(config_file, options_are_read_and_the_command_line_rules)
{
    config("# mine\r\njobs = 33\n--retries=2\nnetrc\n\nper-host = auto:5\n", 0644);
    cr_assert_eq(PARSE("x", "-j", "4"), 0, "%s", err.msg);
    cr_expect_eq(options.config.jobs, 4);
    cr_expect_eq(options.config.retries, 2);
    cr_expect(options.config.netrc && options.config.per_host_auto);
    cr_expect_eq(options.config.per_host, 5);
    cr_assert_eq(PARSE("--no-config", "x"), 0);
    cr_expect_not(options.config.netrc);
}

Test(config_file, headers_are_added_to_those_of_the_command_line)
{
    config("header = X-One: 1\n", 0600);
    cr_assert_eq(PARSE("-H", "X-Two: 2", "x"), 0, "%s", err.msg);
    cr_assert_eq(options.config.n_headers, 2);
    cr_expect_str_eq(options.config.headers[0], "X-One: 1");
    cr_expect_str_eq(options.config.headers[1], "X-Two: 2");
}

Test(config_file, each_command_takes_what_it_accepts)
{
    config("jobs = 7\nsample = 9\nfailed\n", 0644);
    cr_assert_eq(PARSE("compare", "x"), 0, "%s", err.msg);
    cr_expect_eq(options.compare.sample, 9);
    cr_assert_eq(PARSE("status"), 0, "%s", err.msg);
    cr_expect(options.failed);
    cr_assert_eq(PARSE("x"), 0, "%s", err.msg);
    cr_expect_eq(options.config.jobs, 7);
}

Test(config_file, places_have_an_order)
{
    config("jobs = 1\n", 0644);
    const char *named = fa_scratch_write(&scratch, "named", "jobs = 2\n");
    const char *given = fa_scratch_write(&scratch, "given", "jobs = 3\n");
    fa_scratch_write(&scratch, "xdg/fetchall/config", "jobs = 4\n");
    cr_expect(PARSE("x") == 0 && options.config.jobs == 1);
    setenv("XDG_CONFIG_HOME", fa_scratch_path(&scratch, "xdg"), 1);
    cr_expect(PARSE("x") == 0 && options.config.jobs == 4);
    setenv("FETCHALL_CONFIG", named, 1);
    cr_expect(PARSE("x") == 0 && options.config.jobs == 2);
    cr_expect(PARSE("--config", given, "x") == 0 && options.config.jobs == 3);
    setenv("FETCHALL_CONFIG", "", 1);
    cr_expect(PARSE("x") == 0 && options.config.jobs == 4);
}

Test(config_file, only_the_default_place_may_be_empty)
{
    cr_expect_eq(PARSE("x"), 0, "%s", err.msg);
    cr_expect_eq(PARSE("--config", "/nonexistent/c", "x"), -1);
    cr_expect_not_null(strstr(err.msg, "--config: cannot read '/nonexistent/c': No such file"));
    setenv("FETCHALL_CONFIG", "/nonexistent/d", 1);
    cr_expect_eq(PARSE("x"), -1);
    cr_expect_not_null(strstr(err.msg, "FETCHALL_CONFIG: cannot read '/nonexistent/d'"));
    cr_expect_eq(PARSE("--help"), 0, "help needs no config file: %s", err.msg);
}

/* That of another user, say, whose HOME has been kept. */
Test(config_file, default_one_that_cannot_be_read_is_named_with_what_helps)
{
    fa_scratch_mkdir(&scratch, "loop");
    fa_scratch_mkdir(&scratch, "loop/fetchall");
    cr_assert_eq(symlink("config", fa_scratch_path(&scratch, "loop/fetchall/config")), 0);
    setenv("XDG_CONFIG_HOME", fa_scratch_path(&scratch, "loop"), 1);
    cr_expect_eq(PARSE("x"), -1);
    cr_expect_not_null(strstr(err.msg, "(use --no-config to run without it)"), "%s", err.msg);
    cr_expect_eq(PARSE("--no-config", "x"), 0, "%s", err.msg);
}

Test(config_file, malformed_lines_are_named)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"\njobs = x", "line 2 of"},
        {"jobs = x", "--jobs requires a number"},
        {"jobs", "--jobs requires a value (N)"},
        {"netrc = yes", "--netrc does not accept a value"},
        {"job = 3", "unknown option --job; did you mean --jobs?"},
        {"help", "--help is for the command line only"},
        {"config = x", "--config is for the command line only"},
        {"Authorization: Bearer s3cret", "not an option, such as 'jobs = 64'"},
        {"= s3cret", "not an option"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        const char *path = config(rows[i].text, 0600);
        cr_expect_eq(PARSE("x"), -1, "%s", rows[i].text);
        cr_expect_not_null(strstr(err.msg, rows[i].says), "%s: %s", rows[i].text, err.msg);
        cr_expect_not_null(strstr(err.msg, path), "%s", err.msg);
        cr_expect_null(strstr(err.msg, "s3cret"), "%s", err.msg);
    }
}

Test(config_file, secrets_have_to_be_private)
{
    config("jobs = 2\nheader = X: s3cret\n", 0644);
    cr_expect_eq(PARSE("x"), -1);
    cr_expect_not_null(strstr(err.msg, "--config: line 2 of"), "%s", err.msg);
    cr_expect_not_null(strstr(err.msg, "run chmod 600 on it"), "%s", err.msg);
    config("proxy = http://u:s3cret@proxy.test:1\n", 0640);
    cr_expect_eq(PARSE("x"), -1);
    config("proxy = http://proxy.test:1\n", 0644);
    cr_expect_eq(PARSE("x"), 0, "%s", err.msg);
}

static char *shown(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fa_show_config_print(out, &options);
    fclose(out);
    return text;
}

Test(config_file, show_config_says_where_each_value_is_from)
{
    config("jobs = 33\nretries = 2\nheader = X-One: s3cret\n", 0600);
    cr_assert_eq(PARSE("--show-config", "-j", "4", "-H", "X-Two: s3cret"), 0, "%s", err.msg);
    cr_assert_eq(options.action, FA_ACTION_SHOW_CONFIG);
    char *text = shown();
    static const char *const lines[] = {
        "mode             async                        default\n",
        "jobs             4                            command line\n",
        "retries          2                            config file, line 2\n",
        "header           X-One: ***                   config file, line 3\n",
        "header           X-Two: ***                   command line\n",
        "sync             no                           default\n",
    };
    cr_expect(strncmp(text, "config file: /", 14) == 0, "%s", text);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); ++i)
        cr_expect_not_null(strstr(text, lines[i]), "%s in:\n%s", lines[i], text);
    cr_expect_null(strstr(text, "s3cret"), "%s", text);
    cr_expect_null(strstr(text, "--help"), "%s", text);
    free(text);
}

static char *contents(const char *path)
{
    static char text[2000];
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    return text;
}

Test(config_file, written_lines_are_replaced_and_foreign_ones_stay)
{
    const char *path = config("# mine\njobs = 3", 0640);
    struct stat st;
    cr_assert_eq(fa_config_block_write(path, "per-host = 8\n", &err), 0, "%s", err.msg);
    cr_assert_eq(fa_config_block_write(path, "per-host = 9\nmode = thread\n", &err), 0);
    char *text = contents(path);
    cr_expect_eq(strncmp(text, "# mine\njobs = 3\n# begin", 23), 0, "%s", text);
    cr_expect_null(strstr(text, "per-host = 8"), "%s", text);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0640);
    cr_assert_eq(PARSE("x"), 0, "%s", err.msg);
    cr_expect(options.config.jobs == 3 && options.config.per_host == 9);
    cr_expect_eq(options.config.mode, FA_MODE_THREAD);
    FILE *out = fopen(path, "a");
    fputs("retries = 2\n", out);
    fclose(out);
    cr_assert_eq(fa_config_block_write(path, "per-host = 7\n", &err), 0);
    text = contents(path);
    cr_expect(strstr(text, "per-host = 7") < strstr(text, "retries = 2"), "%s", text);
    cr_assert_eq(fa_config_block_write(path, "", &err), 0);
    cr_expect_str_eq(contents(path), "# mine\njobs = 3\nretries = 2\n");
}

Test(config_file, lines_after_a_first_comment_without_the_last_one_are_kept)
{
    static const char text[] = "# begin: written by fetchall compare --tune --write\n"
                               "per-host = 8\nnetrc\n";
    const char *path = config(text, 0600);
    cr_expect_eq(fa_config_block_check(path, &err), -1);
    cr_expect_eq(fa_config_block_write(path, "per-host = 9\n", &err), -1);
    cr_expect_not_null(strstr(err.msg, "# end: written by"), "%s", err.msg);
    cr_expect_str_eq(contents(path), text);
}

Test(config_file, a_check_changes_nothing)
{
    const char *path = config("jobs = 3\n", 0600);
    cr_assert_eq(fa_config_block_write(path, "per-host = 8\n", &err), 0, "%s", err.msg);
    char *before = strdup(contents(path));
    cr_expect_eq(fa_config_block_check(path, &err), 0, "%s", err.msg);
    cr_expect_str_eq(contents(path), before);
    free(before);
    cr_expect_eq(fa_config_block_check("/dev/null", &err), -1);
}

Test(config_file, a_missing_file_is_created_for_its_user_alone)
{
    struct stat st;
    const char *path = fa_scratch_path(&scratch, "new/folder/config");
    cr_assert_eq(fa_config_block_write(path, "jobs = 5\n", &err), 0, "%s", err.msg);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(PARSE("--config", path, "x"), 0, "%s", err.msg);
    cr_expect_eq(options.config.jobs, 5);
    cr_expect_eq(fa_config_block_write("/dev/null", "jobs = 5\n", &err), -1);
    cr_expect_eq(fa_config_block_write(path, "", &err), 0);
    cr_expect_str_eq(contents(path), "");
}

Test(config_file, a_race_ignores_what_an_earlier_one_wrote)
{
    const char *path = config("jobs = 3\n", 0600);
    cr_assert_eq(fa_config_block_write(path, "per-host = 8\n", &err), 0, "%s", err.msg);
    cr_assert_eq(PARSE("compare", "x"), 0, "%s", err.msg);
    cr_expect_eq(options.compare.per_host.count, 1);
    cr_assert_eq(PARSE("compare", "--tune", "x"), 0, "%s", err.msg);
    cr_expect_eq(options.compare.per_host.count, 0);
    cr_expect_eq(options.compare.jobs.count, 1);
    cr_expect_eq(options.compare.rounds, FA_PICKS_ROUNDS_TUNED);
    cr_assert_eq(PARSE("compare", "--tune", "--rounds", "3", "x"), 0, "%s", err.msg);
    cr_expect_eq(options.compare.rounds, 3);
    cr_expect_eq(PARSE("compare", "--write", "x"), -1);
    cr_expect_eq(PARSE("compare", "--tune", "--write", "--no-config", "x"), -1);
    cr_expect_eq(PARSE("compare", "--tune", "--stage", "x"), -1);
}
