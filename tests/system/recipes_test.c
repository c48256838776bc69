/* The examples that have to do with servers, databases and scripts, as their users run them. */

#include "support/fail.h"
#include "support/fetch.h"
#include "support/process.h"
#include "support/server.h"
#include "support/truth.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPTS FA_SOURCE_DIR "/examples/"

static struct fa_scratch scratch;
static struct fa_run serve;
static int port;
static struct fa_run run;
static const char *program; /* the fetchall of scripts */

static void begin(void)
{
    fa_scratch_init(&scratch);
    program = fa_run_program();
    const struct fa_run_options options = {.program = FA_SERVE};
    fa_run_start(&serve, &options, fa_scratch_mkdir(&scratch, "www"), NULL);
    fa_run_until_stdout_has(&serve, "\n", 10);
    cr_assert_eq(sscanf(fa_run_out(&serve), "PORT %d", &port), 1);
}

/* The server ends as it is asked to: with a sanitizer, without a leak. */
static void end(void)
{
    fa_run_end(&run);
    fa_run_kill(&serve, SIGTERM);
    cr_expect_eq(fa_run_wait(&serve, 10), 0, "%s", fa_run_err(&serve));
    fa_run_end(&serve);
    fa_scratch_fini(&scratch);
}

TestSuite(recipes, .init = begin, .fini = end, .timeout = 120.0);

static void start(struct fa_run *it, const char *file, const char *const *args)
{
    const char *fetchall = fa_scratch_path(&scratch, "/FETCHALL=%s", program);
    const char *env[] = {strstr(fetchall, "FETCHALL="), "RETRY_WAIT=0", "RETRY_ROUNDS=4", NULL};
    const struct fa_run_options options = {.program = file, .cwd = scratch.path, .env = env};
    fa_run_start_argv(it, &options, args);
}

/* Runs a program or script in the scratch's folder; it must end with this status. */
static void expect_run(const char *file, int expected, const char *const *args)
{
    fa_run_end(&run);
    start(&run, file, args);
    cr_assert_eq(fa_run_wait(&run, 60), expected, "%d: %s%s", run.status, fa_run_out(&run),
                 fa_run_err(&run));
}

#define ARGS(...)                ((const char *const[]){__VA_ARGS__, NULL})
#define RUN(file, expected, ...) expect_run(file, expected, ARGS(__VA_ARGS__))

#define SAYS(text) \
    cr_assert(strstr(fa_run_out(&run), text), "%s%s", fa_run_out(&run), fa_run_err(&run))

/* The server's URL of a path. */
static const char *url(const char *path)
{
    return strstr(fa_scratch_path(&scratch, "http://127.0.0.1:%d%s", port, path), "http:");
}

/* Writes a list of paths. */
static const char *write_list(const char *const *paths)
{
    char text[4096] = "";
    for (; *paths; paths++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "%s\n", url(*paths));
    }
    return fa_scratch_write(&scratch, "list", text);
}

static void expect_text(const char *name, const char *text)
{
    char *got = fa_file_read(fa_scratch_path(&scratch, "%s", name), NULL);
    cr_expect_str_eq(got, text, "%s", name);
    free(got);
}

static void sum_of(const char *name, char hex[FA_SHA256_HEX])
{
    fa_truth_sha256_file(fa_scratch_path(&scratch, "www/%s", name), hex);
}

/* serve */

Test(recipes, serve_sends_bodies_whole_slow_chunked_and_after_failures)
{
    const char *list = write_list(
        ARGS("/bytes/0/empty", "/bytes/65537/a", "/bytes/3000000/b", "/chunked/200000/c",
             "/slow/200/1000/d", "/flaky/1/503/40000/e", "/flaky/2/0/50000/f", "/status/404/g"));
    RUN(fa_run_program(), 1, "-q", "-d", "dir", "--retry-wait", "0.05", list);
    const char *dir = fa_scratch_path(&scratch, "dir");
    const struct fa_truth files[] = {
        {"empty", "/bytes/0/empty", 0},     {"a", "/bytes/65537/a", 65537},
        {"b", "/bytes/3000000/b", 3000000}, {"c", "/chunked/200000/c", 200000},
        {"d", "/slow/200/1000/d", 1000},    {"e", "/flaky/1/503/40000/e", 40000},
        {"f", "/flaky/2/0/50000/f", 50000},
    };
    fa_expect_files(dir, files, sizeof(files) / sizeof(files[0]));
}

Test(recipes, serve_answers_many_requests_on_one_connection)
{
    RUN("/usr/bin/curl", 0, "-s", "-w", "%{num_connects} %{http_code}\n", "-o", "1", "-o", "2",
        "-o", "3", "-o", "4", url("/bytes/10"), url("/bytes/100000"), url("/status/404"),
        url("/chunked/10"));
    cr_assert_str_eq(fa_run_out(&run), "1 200\n0 200\n0 404\n0 200\n");
}

Test(recipes, serve_answers_head_and_conditions)
{
    fa_scratch_write(&scratch, "www/a b", "text");
    RUN("/usr/bin/curl", 0, "-sI", url("/bytes/100000"), url("/a%20b"));
    SAYS("Content-Length: 100000\r\n");
    SAYS("Content-Length: 4\r\n");
    RUN(fa_run_program(), 0, "-d", "dir", "--report", "-", "-q", url("/a%20b"));
    SAYS("\"status\": \"ok\"");
    RUN(fa_run_program(), 0, "-d", "dir", "--report", "-", "-q", "--sync", url("/a%20b"));
    SAYS("\"status\": \"unchanged\"");
}

Test(recipes, serve_stays_in_its_folder)
{
    fa_scratch_write(&scratch, "secret", "s");
    fa_scratch_write(&scratch, "www/..name", "n");
    RUN("/usr/bin/curl", 0, "-s", "--path-as-is", url("/../secret"), url("/%2e%2e/secret"),
        url("/x/..%2f..%2fsecret"), url("//..//secret"), url("/"), url("/..name"));
    cr_assert_str_eq(fa_run_out(&run), "404\n404\n404\n404\n404\nn");
}

/* Asks for a path and goes away without having read the answer. */
static void ask_and_leave(const char *path)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte;
    cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    cr_assert_eq(read(fd, &byte, 1), 1);
    close(fd);
}

static bool has_few_fds(void *arg)
{
    return fa_process_fds(serve.pid) <= *(int *)arg;
}

Test(recipes, serve_forgets_clients_that_leave)
{
    free(fa_http_get(port, "/bytes/1", NULL));
    int few = fa_process_fds(serve.pid);
    for (int i = 0; i < 20; i++) {
        ask_and_leave("/slow/60000/1000000");
        ask_and_leave("/bytes/1000000000");
        ask_and_leave("/chunked/1000000000");
    }
    cr_assert(fa_wait_until(has_few_fds, &few, 10));
    free(fa_http_get(port, "/bytes/1", NULL));
}

Test(recipes, serve_ends_with_transfers_under_way)
{
    struct fa_run client;
    const struct fa_run_options options = {.program = "/usr/bin/curl"};
    fa_run_start(&client, &options, "-sN", url("/slow/100000/1000000"), url("/bytes/9"), NULL);
    fa_run_start(&run, &options, "-sN", "-o", "/dev/null", "-D", "-", "--limit-rate", "1k",
                 url("/bytes/1000000000"), NULL);
    fa_run_until_stdout_has(&run, "200 OK", 10);
    fa_run_kill(&serve, SIGTERM);
    cr_assert_eq(fa_run_wait(&serve, 10), 0, "%s", fa_run_err(&serve));
    fa_run_end(&client);
}

/* Programs. */

Test(recipes, records_adds_up_with_one_thread_and_with_many)
{
    RUN(FA_RECORDS, 0, "6", "60");
    SAYS("records: 1 thread, ");
    SAYS("records: 6 threads, ");
    const char *first = strstr(fa_run_out(&run), "all 1000 sums are right\n");
    cr_assert(first && strstr(first + 1, "all 1000 sums are right\n"));
}

Test(recipes, simulation_is_the_same_with_any_number_of_workers)
{
    RUN(FA_SIMULATION, 0, "3", "10", "2000");
    SAYS("simulation: 20000 paths: ");
    SAYS(": right\n");
    SAYS("3 workers");
    SAYS("the same to the last bit\n");
}

/* Scripts. */

Test(recipes, mirror_brings_a_folder_up_to_date_and_refuses_damage)
{
    char sums[3][FA_SHA256_HEX];
    fa_scratch_write(&scratch, "www/a.txt", "a\n");
    fa_scratch_write(&scratch, "www/sub/b c%.txt", "b\n");
    sum_of("a.txt", sums[0]);
    sum_of("sub/b c%.txt", sums[1]);
    char text[512];
    snprintf(text, sizeof(text), "%s  a.txt\n%s *./sub/b c%%.txt\n", sums[0], sums[1]);
    fa_scratch_write(&scratch, "www/SHA256SUMS", text);
    RUN(SCRIPTS "mirror.sh", 0, url("/"), "copy");
    SAYS("mirror: 2 files in copy are as ");
    expect_text("copy/sub/b c%.txt", "b\n");

    fa_scratch_write(&scratch, "www/a.txt", "longer\n");
    RUN(SCRIPTS "mirror.sh", 3, url(""), "copy");
    expect_text("copy/a.txt", "a\n");

    sum_of("a.txt", sums[2]);
    snprintf(text, sizeof(text), "%s  a.txt\n", sums[2]);
    fa_scratch_write(&scratch, "www/SHA256SUMS", text);
    RUN(SCRIPTS "mirror.sh", 0, url(""), "copy");
    expect_text("copy/a.txt", "longer\n");
    expect_text("copy/SHA256SUMS", text);

    fa_scratch_write(&scratch, "www/SHA256SUMS", "hello\n");
    RUN(SCRIPTS "mirror.sh", 1, url(""), "copy");
    expect_text("copy/SHA256SUMS", text);
}

Test(recipes, nightly_says_nothing_while_nobody_is_needed)
{
    const char *list = write_list(ARGS("/a", "/bytes/10/b"));
    fa_scratch_write(&scratch, "www/a", "old");
    RUN(SCRIPTS "nightly.sh", 0, list, "copy", "logs");
    fa_scratch_write(&scratch, "www/a", "newer");
    RUN(SCRIPTS "nightly.sh", 0, list, "copy", "logs");
    cr_expect_str_empty(fa_run_out(&run));
    cr_expect_str_empty(fa_run_err(&run));
    expect_text("copy/a", "newer");
    cr_expect_eq(fa_truth_count_files(fa_scratch_path(&scratch, "logs")), 4);
}

Test(recipes, nightly_reports_permanent_failures_at_once_and_transient_ones_the_third_time)
{
    /* The port was free just now, so nothing listens there. */
    char text[256];
    snprintf(text, sizeof(text), "http://127.0.0.1:%d/a\n", fa_port_free());
    const char *list = fa_scratch_write(&scratch, "away", text);
    snprintf(text, sizeof(text),
             "#!/bin/sh\n"
             "[ \"$1\" = status ] || set -- --retries 0 --host-wait 0 \"$@\"\n"
             "exec '%s' \"$@\"\n",
             program);
    program = fa_scratch_write(&scratch, "impatient", text);
    cr_assert_eq(chmod(program, 0700), 0);
    for (int night = 1; night <= 3; night++) {
        RUN(SCRIPTS "nightly.sh", 5, list, "copy", "logs");
        cr_expect_eq(strstr(fa_run_out(&run), "not complete for 3 nights") != NULL, night == 3);
        cr_expect_eq(run.stdout_text.len > 0, night == 3);
    }
    list = write_list(ARGS("/status/404/gone"));
    RUN(SCRIPTS "nightly.sh", 1, list, "copy", "logs");
    SAYS("some entries failed permanently");
    SAYS(url("/status/404/gone"));
}

Test(recipes, nightly_does_not_run_twice_at_once)
{
    const char *list = write_list(ARGS("/slow/60000/1000/a"));
    struct fa_run first;
    int few = fa_process_fds(serve.pid);
    start(&first, SCRIPTS "nightly.sh", ARGS(list, "copy", "logs"));
    while (has_few_fds(&few)) {
        fa_run_pump(&first, 10);
        cr_assert(!first.ended);
    }
    RUN(SCRIPTS "nightly.sh", 75, list, "copy", "logs");
    SAYS("still running");
    fa_run_end(&first);
}

Test(recipes, retry_continues_while_a_failure_is_transient)
{
    const char *list =
        write_list(ARGS("/flaky/1/503/10/a", "/flaky/3/0/20/b", "/bytes/30/c", "/status/404/d"));
    RUN(SCRIPTS "retry.sh", 1, list, "copy", "--retries", "0", "--host-wait", "0", "-q");
    SAYS("retry: 2 of the failures are transient");
    SAYS("retry: 1 of the failures are transient");
    SAYS("retry: ended with status 1; see copy.failed for the failed entries");
    const struct fa_truth files[] = {
        {"a", "/flaky/1/503/10/a", 10}, {"b", "/flaky/3/0/20/b", 20}, {"c", "/bytes/30/c", 30}};
    fa_expect_files(fa_scratch_path(&scratch, "copy"), files, 3);
    char *failed = fa_file_read(fa_scratch_path(&scratch, "copy.failed"), NULL);
    cr_expect(strstr(failed, url("/status/404/d")) && !strstr(failed, "flaky"), "%s", failed);
    free(failed);
}

Test(recipes, retry_gives_up_and_ends_well_where_all_came)
{
    const char *list = write_list(ARGS("/status/503/a"));
    RUN(SCRIPTS "retry.sh", 5, list, "copy", "--retries", "0", "--host-wait", "0", "-q");
    SAYS("retry: ended with status 5");
    list = write_list(ARGS("/bytes/10/a"));
    RUN(SCRIPTS "retry.sh", 0, list, "copy", "-q");
    SAYS("retry: complete\n");
    fa_expect_no_file(scratch.path, "copy.failed");
}

Test(recipes, a_database_gives_the_list_and_takes_the_results)
{
    char *sql = NULL;
    char zeros[FA_SHA256_HEX] = "";
    memset(zeros, '0', FA_SHA256_HEX - 1);
    cr_assert(asprintf(&sql,
                       "CREATE TABLE download (url TEXT PRIMARY KEY, name TEXT, sha256 TEXT,"
                       " status TEXT, path TEXT, size INTEGER, class TEXT, error TEXT,"
                       " fetched TEXT);"
                       "INSERT INTO download (url, name, sha256) VALUES"
                       " ('%s', NULL, NULL), ('%s', 'in/b', NULL), ('%s', 'c', '%s'),"
                       " ('%s', 'it''s d', NULL), ('x' || char(10) || 'y', NULL, NULL);",
                       url("/bytes/10/a"), url("/bytes/20/x"), url("/bytes/30/c"), zeros,
                       url("/status/404/d")) > 0);
    RUN("/usr/bin/sqlite3", 0, "files.db", sql);
    free(sql);
    RUN(SCRIPTS "from_database.sh", 3, "files.db", "copy");
    cr_expect_str_eq(fa_run_out(&run), "from_database: 3 failed\nfrom_database: 2 ok\n");
    cr_expect_str_eq(strstr(fa_run_err(&run), "from_database: "),
                     "from_database: 1 rows cannot be entries of a list\n");
    fa_expect_file(fa_scratch_path(&scratch, "copy"), "in/b", "/bytes/20/x", 20);
    RUN("/usr/bin/sqlite3", 0, "files.db",
        "SELECT path, size, class, length(sha256) FROM download ORDER BY url");
    cr_expect_str_eq(fa_run_out(&run), "a|10||64\nin/b|20||64\nc||integrity|64\n"
                                       "it's d||http|\n||bad_url|\n");
    RUN("/usr/bin/sqlite3", 0, "files.db", "UPDATE download SET sha256 = NULL WHERE path = 'c'");
    RUN(SCRIPTS "from_database.sh", 1, "files.db", "copy");
    SAYS("from_database: 2 failed\nfrom_database: 3 ok\n");
}

/* The first is a good row, without a name or checksum, and the last one too: none of the others,
 * each of which would become an option or a second entry in the list, reaches them. */
Test(recipes, rows_of_a_database_do_not_reach_each_other)
{
    static const char *const urls[] = {
        "'#x'",
        "' out=evil'",
        "char(9) || 'out=evil'",
        "char(13) || '%s'",
        "'%s' || char(10) || '%s'",
        "'%s' || char(9) || '%s'",
        "'%s' || char(13)",
        "'%s '",
        "' %s'",
        "'%s' || char(0) || 'x'",
        "CAST('%s' AS BLOB)",
        "'-'",
        "''",
        "NULL",
        "'x' || char(10) || '#'",
        "char(27) || '[2J'",
        "'\xef\xbb\xbf#'",
    };
    static const char *const names[] = {
        "'evil' || char(10) || ' checksum=sha256=0'",
        "'x' || char(13)",
        "' x'",
        "'x '",
        "char(9)",
        "char(10) || '%s'",
        "'x' || char(0)",
    };
    const char *good = url("/bytes/10/good");
    size_t bad = sizeof(urls) / sizeof(*urls) + sizeof(names) / sizeof(*names);
    struct fa_lines sql = {0};
    char zeros[FA_SHA256_HEX] = "";
    memset(zeros, '0', FA_SHA256_HEX - 1);
    fa_lines_add(&sql,
                 "CREATE TABLE download (url TEXT PRIMARY KEY, name TEXT, sha256 TEXT, status TEXT,"
                 " path TEXT, size INTEGER, class TEXT, error TEXT, fetched TEXT);"
                 "INSERT INTO download (url) VALUES ('%s');",
                 good);
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof(text), urls[i], good, url("/bytes/10/evil"));
#pragma GCC diagnostic pop
        fa_lines_add(&sql, "INSERT INTO download (url, name, sha256) VALUES (%s, 'evil', '%s');",
                     text, zeros);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        fa_lines_add(&sql, "INSERT INTO download (url, name) VALUES ('%s', %s);",
                     url(fa_scratch_path(&scratch, "/bytes/10/%zu", i) + strlen(scratch.path)),
                     names[i]);
    fa_lines_add(&sql, "INSERT INTO download (url, status) VALUES ('%s', NULL), ('z', char(27));",
                 url("/bytes/20/last"));
    RUN("/usr/bin/sqlite3", 0, "files.db", sql.text);
    fa_lines_fini(&sql);
    RUN(SCRIPTS "from_database.sh", 1, "files.db", "copy");
    char expected[128];
    snprintf(expected, sizeof(expected),
             "from_database: %zu failed\nfrom_database: 2 ok\n"
             "from_database: 1 other\n",
             bad);
    cr_expect_str_eq(fa_run_out(&run), expected);
    const struct fa_truth files[] = {{"good", "/bytes/10/good", 10},
                                     {"last", "/bytes/20/last", 20}};
    fa_expect_files(fa_scratch_path(&scratch, "copy"), files, 2);
    RUN("/usr/bin/sqlite3", 0, "files.db",
        "SELECT path, size, class FROM download WHERE status = 'ok' ORDER BY rowid;"
        "SELECT DISTINCT class, error FROM download WHERE status = 'failed'");
    cr_expect_str_eq(fa_run_out(&run),
                     "good|10|\nlast|20|\nbad_url|cannot be an entry of a list\n");
}

/* Not even one that is printed without its password. */
Test(recipes, rows_of_a_database_are_found_by_their_line)
{
    char *sql = NULL;
    cr_assert(asprintf(&sql,
                       "CREATE TABLE download (url TEXT PRIMARY KEY, name TEXT, sha256 TEXT,"
                       " status TEXT, path TEXT, size INTEGER, class TEXT, error TEXT,"
                       " fetched TEXT);"
                       "INSERT INTO download (url, name) VALUES"
                       " ('http://u:***@127.0.0.1:%d/bytes/10/a', 'a'),"
                       " ('http://u:secret@127.0.0.1:%d/bytes/10/a', 'b');",
                       port, port) > 0);
    RUN("/usr/bin/sqlite3", 0, "files.db", sql);
    free(sql);
    RUN(SCRIPTS "from_database.sh", 0, "files.db", "copy");
    RUN("/usr/bin/sqlite3", 0, "files.db",
        "SELECT url LIKE '%secret%', status, path FROM download ORDER BY rowid");
    cr_expect_str_eq(fa_run_out(&run), "0|ok|a\n1|ok|b\n");
}

Test(recipes, mirror_refuses_names_that_would_be_read_as_something_else)
{
    static const char *const names[] = {
        "a\tb",    " a", "a ",     "a\r", "-", "SHA256SUMS", ".SHA256SUMS.new/x",
        "\x1b[2J", "./", "\tout=x"};
    char sum[FA_SHA256_HEX], text[256];
    fa_scratch_write(&scratch, "www/a", "a\n");
    sum_of("a", sum);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(text, sizeof(text), "%s  a\n%s  %s\n", sum, sum, names[i]);
        fa_scratch_write(&scratch, "www/SHA256SUMS", text);
        RUN(SCRIPTS "mirror.sh", 1, url(""), "copy");
        cr_expect_not_null(strstr(fa_run_err(&run), "line 2, is not understood"), "%s",
                           fa_run_err(&run));
        fa_expect_no_file(scratch.path, "copy");
    }
    snprintf(text, sizeof(text), "%s  a\n%s  ../b\n", sum, sum);
    fa_scratch_write(&scratch, "www/SHA256SUMS", text);
    RUN(SCRIPTS "mirror.sh", 1, url(""), "copy");
    fa_expect_no_file(scratch.path, "b");
}

Test(recipes, scripts_take_no_number_and_no_link_that_others_have_left)
{
    const char *list = write_list(ARGS("/status/503/a"));
    fa_scratch_write(&scratch, "logs/nights", "a[$(touch pwned)]\n");
    fa_scratch_write(&scratch, "victim", "precious");
    cr_assert_eq(symlink("victim", fa_scratch_path(&scratch, "copy.failed")), 0);
    RUN(SCRIPTS "retry.sh", 5, list, "copy", "--retries", "0", "--host-wait", "0", "-q");
    expect_text("victim", "precious");
    char *failed = fa_file_read(fa_scratch_path(&scratch, "copy.failed"), NULL);
    cr_expect_not_null(strstr(failed, "/status/503/a"));
    free(failed);
    char text[512];
    snprintf(
        text, sizeof(text),
        "#!/bin/sh\n[ \"$1\" = status ] || set -- --retries 0 --host-wait 0 \"$@\"\nexec '%s' \"$@\"\n",
        program);
    program = fa_scratch_write(&scratch, "impatient", text);
    snprintf(text, sizeof(text), "http://127.0.0.1:%d/a\n", fa_port_free());
    list = fa_scratch_write(&scratch, "-away", text);
    cr_assert_eq(chmod(program, 0700), 0);
    RUN(SCRIPTS "retry.sh", 5, "-away", "other", "-q");
    RUN("bash", 5, SCRIPTS "nightly.sh", list, "copy", "logs");
    expect_text("logs/nights", "1\n");
    fa_expect_no_file(scratch.path, "pwned");
}

/* shards/ */

/* Shards by origin: all of the list is in one of them. */
static const char *write_hosts_list(void)
{
    char text[4096] = "";
    for (int i = 1; i <= 12; ++i) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "http://127.0.0.1:%d/bytes/%d/f%d\n", port,
                 100 + i, i);
    }
    return fa_scratch_write(&scratch, "list", text);
}

static void expect_twelve_files(const char *dir)
{
    for (int i = 1; i <= 12; ++i) {
        struct stat st;
        cr_assert_eq(stat(fa_scratch_path(&scratch, "%s/f%d", dir, i), &st), 0, "f%d", i);
        cr_expect_eq(st.st_size, 100 + i);
    }
}

Test(recipes, slurm_array_downloads_each_entry_once)
{
    const char *list = write_hosts_list();
    for (int task = 2; task < 5; ++task) {
        const char *env[] = {
            strstr(fa_scratch_path(&scratch, "/FETCHALL=%s", program), "FETCHALL="),
            strstr(fa_scratch_path(&scratch, "/LIST=%s", list), "LIST="),
            strstr(fa_scratch_path(&scratch, "/DIR=%s/out", scratch.path), "DIR="),
            strstr(fa_scratch_path(&scratch, "/SLURM_ARRAY_TASK_ID=%d", task), "SLURM"),
            "SLURM_ARRAY_TASK_MIN=2",
            "SLURM_ARRAY_TASK_MAX=4",
            "SLURM_ARRAY_TASK_COUNT=3",
            NULL};
        const struct fa_run_options options = {
            .program = SCRIPTS "shards/slurm.sh", .cwd = scratch.path, .env = env};
        fa_run_end(&run);
        fa_run_start(&run, &options, NULL);
        cr_assert_eq(fa_run_wait(&run, 60), 0, "%s", fa_run_err(&run));
    }
    expect_twelve_files("out");
    RUN(fa_run_program(), 0, "merge", "-d", "out", "--report", "out.jsonl");
    cr_expect(strstr(fa_run_err(&run), "12 files of 3 states"), "%s", fa_run_err(&run));
}

/* Slurm itself: its daemons, of this user, on ports of their own. */
Test(recipes, slurm_runs_the_array)
{
    const char *list = write_hosts_list();
    const char *env[] = {strstr(fa_scratch_path(&scratch, "/FETCHALL=%s", program), "FETCHALL="),
                         strstr(fa_scratch_path(&scratch, "/LIST=%s", list), "LIST="),
                         strstr(fa_scratch_path(&scratch, "/DIR=%s/out", scratch.path), "DIR="),
                         NULL};
    char controller[16], node[16];
    snprintf(controller, sizeof(controller), "%d", fa_port_free());
    snprintf(node, sizeof(node), "%d", fa_port_free());
    const struct fa_run_options options = {
        .program = FA_SOURCE_DIR "/tests/support/slurm", .cwd = scratch.path, .env = env};
    fa_run_start(&run, &options, fa_scratch_path(&scratch, "slurm"), controller, node, "sbatch",
                 "--wait", "--array=0-2%2", SCRIPTS "shards/slurm.sh", NULL);
    cr_assert_eq(fa_run_wait(&run, 100), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    expect_twelve_files("out");
    RUN(fa_run_program(), 0, "merge", "-d", "out", "--report", "out.jsonl");
    cr_expect(strstr(fa_run_err(&run), "12 files of 3 states"), "%s", fa_run_err(&run));
}

Test(recipes, parallel_downloads_shards_and_joins_them)
{
    const char *list = write_hosts_list();
    const char *out = fa_scratch_path(&scratch, "out");
    RUN(SCRIPTS "shards/parallel.sh", 0, list, out, "3", ":");
    cr_expect(strstr(fa_run_err(&run), "12 files of 3 states"), "%s", fa_run_err(&run));
    expect_twelve_files("out");
    RUN(fa_run_program(), 0, "-d", "out", list);
    cr_expect(strstr(fa_run_err(&run), "12 there already"), "%s", fa_run_err(&run));
}

Test(recipes, workers_of_a_queue_download_each_file_once)
{
    const char *list = write_hosts_list();
    const char *out = fa_scratch_path(&scratch, "out");
    for (int again = 0; again < 2; ++again) {
        RUN(SCRIPTS "queue/workers.sh", 0, list, out, "2");
        cr_expect(strstr(fa_run_out(&run), "done             12"), "%s", fa_run_out(&run));
    }
    int found = 0;
    for (int i = 1; i <= 12; ++i)
        for (int worker = 1; worker <= 2; ++worker)
            found += access(fa_scratch_path(&scratch, "out/worker-%d/f%d", worker, i), F_OK) == 0;
    cr_expect_eq(found, 12);
}
