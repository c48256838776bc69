/* Lists in every form, and what is reported about their entries. */

#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <zlib.h>

static struct fa_scratch scratch;
static struct fa_server server;
static struct fa_fetch fetch;
static char base[64]; /* of the server's URLs */

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, (const char *[]){"--listen", "0.0.0.0", NULL});
    snprintf(base, sizeof(base), "%s", fa_server_url(&server, ""));
}

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(lists, .init = begin, .fini = end, .timeout = 60.0);

/* The text with each '@' replaced by the server's base; free() it. */
static char *at_server(const char *text)
{
    char *out = NULL;
    size_t len;
    FILE *to = open_memstream(&out, &len);
    for (; *text; text++) {
        if (*text == '@') {
            fputs(base, to);
        } else {
            fputc(*text, to);
        }
    }
    fclose(to);
    return out;
}

/* Downloads the list of these bytes. */
static void fetch_bytes(const void *bytes, size_t len, int status)
{
    const char *list = fa_scratch_write_bytes(&scratch, "list", bytes, len);
    fetch.mode = "async";
    fetch.dir = fa_scratch_path(&scratch, "out");
    fetch.report = fa_scratch_path(&scratch, "report");
    fa_run_start(&fetch.run, NULL, "-d", fetch.dir, "--report", fetch.report, "--retries", "0",
                 "--progress", "none", list, NULL);
    fa_fetch_expect(&fetch, 20, status);
}

static void fetch_text(const char *text, int status)
{
    char *list = at_server(text);
    fetch_bytes(list, strlen(list), status);
    free(list);
}

Test(lists, bom_crlf_spaces_comments_and_a_missing_last_newline_are_accepted)
{
    fetch_text("\xef\xbb\xbf@/ok/1/a\r\n\r\n# comment\r\n#@/ok/1/no\n\n@/ok/2/b \t\r\n"
               "@/ok/3/c\n out=d\r\n@/ok/4/e",
               0);
    static const struct fa_truth files[] = {
        {"a", "/ok/1/a", 1}, {"b", "/ok/2/b", 2}, {"d", "/ok/3/c", 3}, {"e", "/ok/4/e", 4}};
    fa_expect_files(fetch.dir, files, 4);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 6, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 7, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 9, "ok", NULL);
}

Test(lists, options_of_an_entry_are_kept)
{
    char sum[FA_SHA256_HEX];
    char text[1024];
    fa_truth_sha256_pattern("/ok/1000/b", 1000, sum);
    snprintf(text, sizeof(text),
             "@/ok/1000/a\n out=sub/x\n size=1000\n"
             "@/ok/1000/b\n dir=deep/er\n checksum=sha-256=%s\n"
             "@/ae/c\n header=X-One: 1\n header=X-Two: 2\n\tout=c\n nonsense=1\n",
             sum);
    fetch_text(text, 0);
    fa_expect_file(fetch.dir, "sub/x", "/ok/1000/a", 1000);
    fa_expect_file(fetch.dir, "deep/er/b", "/ok/1000/b", 1000);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/c", fetch.dir);
    char *head = fa_file_read(path, NULL);
    cr_expect_not_null(strstr(head, "X-One: 1\n"));
    cr_expect_not_null(strstr(head, "X-Two: 2\n"));
    free(head);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "nonsense"), "a warning");
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), ":7:"), "%s", fa_run_err(&fetch.run));
}

Test(lists, options_of_aria2_are_done_ignored_or_refused)
{
    fetch_text("@/ae/a\n out=a\n referer=http://r.test/?a=b\n user-agent=Other/1\n"
               " http-user=Aladdin\n http-passwd=open sesame\n split=5\n ftp-passwd=s3cret\n"
               "@/ae/b\n all-proxy=http://u:s3cret@127.0.0.1:1\n@/ae/c\n dry-run=true\n",
               1);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", fetch.dir);
    char *head = fa_file_read(path, NULL);
    cr_expect_not_null(strstr(head, "Referer: http://r.test/?a=b\n"), "%s", head);
    cr_expect_not_null(strstr(head, "User-Agent: Other/1\n"), "%s", head);
    cr_expect_not_null(strstr(head, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n"));
    free(head);
    const char *err = fa_run_err(&fetch.run);
    cr_expect_not_null(strstr(err, ":1: options of aria2c, ignored: 'split' (use --segments), "
                                   "'ftp-passwd'\n"),
                       "%s", err);
    cr_expect_not_null(strstr(err, "option 'all-proxy' of aria2c is not supported"), "%s", err);
    cr_expect_not_null(strstr(err, "option 'dry-run' of aria2c is not supported"), "%s", err);
    cr_expect_null(strstr(err, "s3cret"), "%s", err);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "bad_url"), 2);
}

Test(lists, gzip_is_read_as_it_is)
{
    char *text = at_server("@/ok/1/a\n@/ok/2/b\n");
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/plain.gz", scratch.path);
    gzFile gz = gzopen(path, "wb");
    gzwrite(gz, text, (unsigned)strlen(text));
    gzclose(gz);
    free(text);
    size_t len;
    char *bytes = fa_file_read(path, &len);
    fetch_bytes(bytes, len, 0);
    free(bytes);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"a", "/ok/1/a", 1}, {"b", "/ok/2/b", 2}}, 2);
}

/* Write the list through a program, and download what it makes of it. */
static void fetch_through(const char *command, const char *text, int status)
{
    char *list = at_server(text);
    char line[2 * PATH_MAX];
    const char *plain = fa_scratch_write(&scratch, "plain", list);
    snprintf(line, sizeof(line), "%s <'%s' >'%s/packed'", command, plain, scratch.path);
    cr_assert_eq(system(line), 0, "%s", line);
    size_t len;
    char *bytes = fa_file_read(fa_scratch_path(&scratch, "packed"), &len);
    fetch_bytes(bytes, len, status);
    free(bytes);
    free(list);
}

Test(lists, xz_zstd_and_utf16_are_read_as_they_are)
{
    static const char *const commands[] = {"xz", "zstd -q", "iconv -f UTF-8 -t UTF-16",
                                           "iconv -f UTF-8 -t UTF-16BE",
                                           "sh -c 'iconv -f UTF-8 -t UTF-16 | xz'"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); ++i) {
        fetch_through(commands[i], "\"@/ok/1/a\"\r\n@/ok/2/b\n out=\xc3\xa4\n", 0);
        static const struct fa_truth files[] = {{"a", "/ok/1/a", 1}, {"\xc3\xa4", "/ok/2/b", 2}};
        fa_expect_files(fetch.dir, files, 2);
        fa_fetch_end(&fetch);
    }
}

static size_t count_text(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        ++n;
    return n;
}

/* As aria2c --save-session writes it. */
static void fetch_session(const char *dir, int status)
{
    struct fa_lines list = {0};
    for (int i = 0; i < 50; ++i)
        fa_lines_add(&list,
                     "%s/ok/%d/f%d\t\n gid=%016d\n pause=true\n dir=%s\n out=o%d\n"
                     " max-connection-per-server=1",
                     base, i + 1, i, i, dir, i);
    fetch_bytes(list.text, strlen(list.text), status);
    fa_lines_fini(&list);
}

Test(lists, session_of_aria2_is_read_as_it_is)
{
    char dir[PATH_MAX + 16];
    snprintf(dir, sizeof(dir), "%s/out/deep", scratch.path);
    fetch_session(dir, 0);
    fa_expect_file(fetch.dir, "deep/o49", "/ok/50/f49", 50);
    const char *err = fa_run_err(&fetch.run);
    cr_expect_not_null(
        strstr(
            err,
            "list:1: options of aria2c, ignored: 'gid', 'pause', 'max-connection-per-server' (use "
            "--per-host)\n"),
        "%s", err);
    cr_expect_eq(count_text(err, "options of aria2c"), 1, "%s", err);
}

Test(lists, session_of_aria2_for_another_folder_is_refused_with_one_message)
{
    fetch_session("/elsewhere", 1);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "refused"), 50);
    const char *err = fa_run_err(&fetch.run);
    const char *summary = strstr(err, "0 ok");
    cr_assert_not_null(summary, "%s", err);
    char *before = strndup(err, (size_t)(summary - err));
    cr_expect_eq(count_text(before, "an absolute dir= is refused: it is not below"), 1, "%s", err);
    free(before);
}

Test(lists, sha384_of_a_list_is_checked)
{
    char text[512], sum[97];
    fa_fetch_start(&fetch, &scratch, "async", fa_server_url(&server, "/ok/1000/a"), "--hash",
                   "sha384", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    snprintf(sum, sizeof(sum), "%s",
             fa_report_str(fa_report_by_line(fetch.entries, 1), "digest.sha384"));
    cr_assert_eq(strlen(sum), 96);
    fa_fetch_end(&fetch);
    for (int wrong = 0; wrong < 2; ++wrong) {
        sum[0] = (char)(sum[0] ^ wrong);
        snprintf(text, sizeof(text), "@/ok/1000/a\n checksum=sha-384=%s\n out=%d\n", sum, wrong);
        fetch_text(text, wrong ? 3 : 0);
        if (!wrong)
            fa_fetch_end(&fetch);
    }
}

Test(lists, database_as_a_list_is_one_message_of_one_line)
{
    char *path = strdup(fa_scratch_path(&scratch, "db"));
    char command[PATH_MAX + 64];
    snprintf(command, sizeof(command), "sqlite3 '%s' 'create table t(a); insert into t values(1)'",
             path);
    cr_assert_eq(system(command), 0);
    fa_fetch_start_with(&fetch, &scratch, NULL, NULL, "async", "", path, NULL);
    fa_fetch_expect(&fetch, 10, 2);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "bad_url"), 1);
    const char *err = fa_run_err(&fetch.run);
    cr_expect_not_null(strstr(err, "it is not text but an SQLite database"), "%s", err);
    cr_expect_not_null(strstr(err, "0 ok, 1 failed"), "%s", err);
    cr_expect_lt(strlen(err), 1000, "%s", err);
    free(path);
}

Test(lists, first_transfer_starts_before_the_list_has_ended)
{
    struct fa_run_options options = {.stdin_open = true};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "async", "-", NULL);
    char *text = at_server("@/ok/1/a\n@/ok/2/b\n");
    fa_run_feed(&fetch.run, text);
    fa_server_until(&server, "requests", 2, 3);
    cr_expect_not(fetch.run.ended);
    free(text);
    text = at_server("@/ok/3/c\n@/ok/4/d");
    fa_run_feed(&fetch.run, text);
    fa_server_until(&server, "requests", 3, 3);
    sleep(2); /* a pause of whoever writes the list */
    fa_run_feed(&fetch.run, "d\n");
    fa_run_feed_end(&fetch.run);
    free(text);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 4);
}

Test(lists, bad_lines_fail_one_by_one_and_the_rest_continues)
{
    static const char *const lines[] = {
        "-oops",
        "h/x",
        "http:///x",
        "http://a\\b@c/",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/x",
        "http://[::1/x",
        "http://a b/",
        "http://127.0.0.1:x/",
        "javascript:1",
        "//127.0.0.1/x",
        "http://exa\x01mple/",
        "http://\xff\xfe/",
        "http://%00/",
    };
    size_t count = sizeof(lines) / sizeof(lines[0]);
    struct fa_lines text = {0};
    for (size_t i = 0; i < count; i++) {
        fa_lines_add(&text, "%s", lines[i]);
    }
    fa_lines_add(&text, "@/ok/5/good");
    fetch_text(text.text, 1);
    fa_lines_fini(&text);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = fa_report_by_line(fetch.entries, (long long)i + 1);
        const char *class = fa_report_str(entry, "class");
        cr_expect(class && strcmp(class, "bad_url") == 0, "%s: %s", lines[i], class);
    }
    fa_fetch_expect_entry(&fetch, (long long)count + 1, "ok", NULL);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "list:1:"), "%s", fa_run_err(&fetch.run));
}

Test(lists, nul_invalid_utf8_and_a_line_of_1_mb_fail_alone)
{
    size_t big = 1 << 20;
    char *good = at_server("@/ok/5/a\n");
    char *bytes = calloc(1, big + 4096);
    size_t len = (size_t)sprintf(bytes, "%s", good);
    memcpy(bytes + len, "http://127.0.0.1/\0x\n", 20);
    len += 20;
    len += (size_t)sprintf(bytes + len,
                           "%s/ok/6/\xff\xfe"
                           "b\n",
                           base);
    len += (size_t)sprintf(bytes + len, "http://127.0.0.1/");
    memset(bytes + len, 'x', big);
    len += big;
    len += (size_t)sprintf(bytes + len, "\n%s/ok/7/c", base);
    fetch_bytes(bytes, len, 1);
    free(bytes);
    free(good);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 2, "failed", "bad_url");
    cr_expect_not_null(fa_report_by_line(fetch.entries, 3));
    fa_fetch_expect_entry(&fetch, 4, "failed", "bad_url");
    fa_fetch_expect_entry(&fetch, 5, "ok", NULL);
}

Test(lists, missing_list_is_a_usage_error_and_an_empty_one_is_none)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "-d", scratch.path, "/nowhere/list", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "/nowhere/list"));
    fa_run_end(&run);
    struct fa_run_options shell = {.program = "/bin/sh"};
    fa_run_start(&run, &shell, "-c", "\"$0\" -d \"$1\" - <&-", fa_run_program(), scratch.path,
                 NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "cannot open the list '-'"));
    fa_run_end(&run);
    fetch_text("# nothing\n", 0);
}

/* An existing file of that name is a list; a misspelt command downloads nothing. */
Test(lists, a_name_similar_to_a_command_is_a_list_only_if_it_exists)
{
    struct fa_run run;
    const struct fa_run_options here = {.cwd = scratch.path};
    const char *list = fa_scratch_write(&scratch, "list", fa_server_url(&server, "/ok/10/a"));
    fa_run_start(&run, &here, "comprae", list, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "'comprae'; did you mean the command 'compare'?"),
                       "%s", fa_run_err(&run));
    fa_run_end(&run);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
    fa_scratch_write(&scratch, "comprae", fa_server_url(&server, "/ok/10/b"));
    fa_run_start(&run, &here, "comprae", list, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2);
}

Test(lists, quiet_prints_nothing_when_all_is_well)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "-q", "-d", scratch.path, fa_server_url(&server, "/ok/10/a"), NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0);
    cr_expect_str_empty(fa_run_err(&run));
    cr_expect_str_empty(fa_run_out(&run));
    fa_run_end(&run);
}

/* No byte that a terminal would take for more than text. */
static void expect_no_controls(const char *what, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        cr_assert(c == '\n' || (c >= 0x20 && c != 0x7f), "%s has byte %#x: %s", what, c, text);
    }
}

Test(lists, text_of_the_server_and_of_urls_cannot_reach_the_terminal)
{
    fetch_text("@/esc/a\n@/status/404/\x1b[2Jb\n@/status/404/%1b[2Jc\n@/cd/d\n"
               "http://127.0.0.1:1/\x1b]0;t\x07\xc2\x9b"
               "e\n@/ok/1/f\n out=\x1b[31mg\n"
               "@/redir/302/http:%2f%2fh%1b[2J%2f/h\n@/status/404/\xe2\x80\xaei\n",
               1);
    char *report = fa_file_read(fetch.report, NULL);
    expect_no_controls("the report", report);
    const char *told = fa_run_err(&fetch.run);
    expect_no_controls("stderr", told);
    cr_expect_null(strstr(told, "\xc2\x9b"), "a C1 control: %s", told);
    cr_expect_null(strstr(told, "\xe2\x80\xae"), "text turned around: %s", told);
    free(report);
    fa_expect_file(fetch.dir, "d", "/cd/d", FA_PATTERN_SMALL);
}

Test(lists, plan_names_everything_and_fetches_nothing)
{
    char *text = at_server("@/ok/1/a\n@/ok/1/x/a\n@/ok/1/a\nnonsense\n");
    fa_fetch_start(&fetch, &scratch, "async", text, "--plan", NULL);
    free(text);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_eq(fa_server_stat(&server, "accepted"), 0);
    cr_expect_eq(json_array_size(fetch.entries), 4);
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 1), "path"), "a");
    const char *second = fa_report_str(fa_report_by_line(fetch.entries, 2), "path");
    cr_expect(strlen(second) == 10 && strncmp(second, "a-", 2) == 0, "%s", second);
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 3), "status"), "duplicate");
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "ls"}, "-A", fetch.dir, NULL);
    fa_run_wait(&run, 10);
    cr_expect_str_empty(fa_run_out(&run), "it made: %s", fa_run_out(&run));
    fa_run_end(&run);
}

Test(lists, plan_needs_no_folder)
{
    char *text = at_server("@/ok/1/a\n out=deep/er/a\n");
    const char *missing = fa_scratch_path(&scratch, "missing");
    fa_fetch_start_with(&fetch, &scratch, NULL, missing, "async", text, "--plan", NULL);
    free(text);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_neq(access(missing, F_OK), 0);
}

Test(lists, plan_ends_with_who_reads_it)
{
    struct fa_run shell;
    struct fa_run_options options = {.program = "/bin/bash"};
    struct fa_lines list = {0};
    for (int i = 0; i < 20000; i++) {
        fa_lines_add(&list, "http://127.0.0.1:1/file-%d", i);
    }
    const char *name = fa_scratch_write(&scratch, "list.txt", list.text);
    fa_run_start(&shell, &options, "-c",
                 "set -o pipefail; \"$0\" --plan -d \"$1\" \"$2\" | head -n 1", fa_run_program(),
                 fa_scratch_path(&scratch, "none"), name, NULL);
    cr_expect_eq(fa_run_wait(&shell, 20), 128 + SIGPIPE);
    cr_expect_str_eq(fa_run_err(&shell), "");
    fa_run_end(&shell);
    fa_lines_fini(&list);
}

Test(lists, report_has_all_fields_of_the_contract)
{
    fetch_text("@/ok/1000/a\n", 0);
    const json_t *entry = json_array_get(fetch.entries, 0);
    char sum[FA_SHA256_HEX];
    char url[128];
    fa_truth_sha256_pattern("/ok/1000/a", 1000, sum);
    snprintf(url, sizeof(url), "%s/ok/1000/a", base);
    cr_expect_eq(fa_report_int(entry, "line"), 1);
    cr_expect_str_eq(fa_report_str(entry, "url"), url);
    cr_expect_str_eq(fa_report_str(entry, "path"), "a");
    cr_expect_str_eq(fa_report_str(entry, "status"), "ok");
    cr_expect(fa_report_is_null(entry, "class") && fa_report_is_null(entry, "error"));
    cr_expect_eq(fa_report_int(entry, "http"), 200);
    cr_expect_eq(fa_report_int(entry, "bytes"), 1000);
    cr_expect_eq(fa_report_int(entry, "size"), 1000);
    cr_expect_eq(fa_report_int(entry, "resumed"), 0);
    cr_expect_eq(fa_report_int(entry, "attempts"), 1);
    cr_expect_str_eq(fa_report_str(entry, "digest.sha256"), sum);
    cr_expect_str_eq(fa_report_str(entry, "effective_url"), url);
    cr_expect_str_eq(fa_report_str(entry, "ip"), "127.0.0.1");
    cr_expect_str_eq(fa_report_str(entry, "mode"), "async");
    static const char *const times[] = {"time.queue", "time.dns",   "time.connect", "time.tls",
                                        "time.ttfb",  "time.total", "time.hash"};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        double seconds = fa_report_real(entry, times[i]);
        cr_expect(seconds >= 0 && seconds < fa_timeout(5), "%s: %g", times[i], seconds);
    }
}

Test(lists, output_or_state_that_is_the_list_is_refused_and_the_list_left_alone)
{
    static const char *const options[] = {"--report", "--events", "--manifest", "--state"};
    char *text = at_server("@/ok/1/a\n");
    const char *list = fa_scratch_write(&scratch, "list", text);
    const char *dir = fa_scratch_path(&scratch, "out");
    const char *other = fa_scratch_path(&scratch, "other-name");
    cr_assert_eq(symlink("list", other), 0);
    for (size_t i = 0; i < 8; i++) {
        struct fa_run run;
        fa_run_start(&run, NULL, "-d", dir, options[i / 2], i % 2 ? other : list, list, NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 2, "%s: %d", options[i / 2], run.status);
        cr_expect_not_null(strstr(fa_run_err(&run), options[i / 2]), "%s", fa_run_err(&run));
        fa_run_end(&run);
        char *is = fa_file_read(list, NULL);
        cr_expect_str_eq(is, text, "%s", options[i / 2]);
        free(is);
    }
    free(text);
    fa_expect_no_file(scratch.path, "out");
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

Test(lists, gzip_list_that_is_cut_is_not_a_local_error)
{
    size_t len;
    char *text = at_server("@/ok/1/a\n@/ok/2/b\n@/ok/3/c\n");
    char *path = strdup(fa_scratch_path(&scratch, "cut.gz"));
    gzFile gz = gzopen(path, "wb");
    gzwrite(gz, text, (unsigned)strlen(text));
    gzclose(gz);
    free(text);
    free(fa_file_read(path, &len));
    cr_assert_eq(truncate(path, (off_t)len - 9), 0);
    fa_fetch_start_with(&fetch, &scratch, NULL, NULL, "async", "", path, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "bad_url"), 1);
    free(path);
}

Test(lists, indented_url_is_an_entry)
{
    fetch_text("@/ok/1/a\n  @/ok/2/b \n\tout=c\n\t@/ok/3/d\n@/ok/4/e\n", 0);
    const struct fa_truth files[] = {
        {"a", "/ok/1/a", 1}, {"c", "/ok/2/b", 2}, {"d", "/ok/3/d", 3}, {"e", "/ok/4/e", 4}};
    fa_expect_files(fetch.dir, files, 4);
    fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
}

/* Run again: the files are found; and failed entries are retried under their names. */
FA_TEST_MODES(lists, columns_of_a_list_name_its_files)
{
    char *text = at_server("id,url,title,size,link\n"
                           "7,@/ok/1/a.jpg,\"..\\/Sun, \"\"set\"\"\",1,http://h/?token=pw\n"
                           ",@/ok/2/b.jpg,x,2,\n"
                           "8,@/status/404/c.jpg,y,,\n"
                           "7,@/ok/4/d.jpg,\"..\\/Sun, \"\"set\"\"\",4,\n");
    static const char *const name = "{id}/{title} {line}.{ext}";
    fa_fetch_start(&fetch, &scratch, mode, text, "--name", name, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *first = fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
    cr_expect_str_eq(fa_report_str(first, "path"), "7/_.__Sun, \"set\" 2.jpg");
    cr_expect_str_eq(fa_report_str(first, "columns.id"), "7");
    cr_expect_null(strstr(fa_report_str(first, "columns.link"), "pw"));
    cr_expect_null(json_object_get(json_object_get(first, "columns"), "size"));
    fa_fetch_expect_entry(&fetch, 3, "failed", "refused");
    fa_fetch_expect_entry(&fetch, 4, "failed", "http");
    fa_expect_file(fetch.dir, "7/_.__Sun, \"set\" 5.jpg", "/ok/4/d.jpg", 4);
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, text, "--name", name, "--retries", "0",
                        NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "exists", 2);
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, "", "--retry-failed", NULL);
    fa_fetch_expect(&fetch, 10, -1);
    free(text);
}
