/* fetchall verify: each kind of damage is found and named. */

#include "support/fixture.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_run run;

static void end(void)
{
    fa_run_end(&run);
    fixture_end();
}

TestSuite(verify, .init = fixture_begin, .fini = end, .timeout = 90.0);

/* 20 files, some of them below folders, into the folder "dir". */
static void fetch_files(const char *hash)
{
    for (int i = 0; i < 20; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/f%d", i * 5000, i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
        if (i >= 15) {
            fa_lines_add(&list, " dir=d/e%d", i % 2);
        }
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, "--hash", hash, "--manifest", fa_scratch_path(&scratch, "sums"),
                        NULL);
    fa_fetch_expect(&fetch, 20, 0);
}

static const char *file(const char *name)
{
    return fa_scratch_path(&scratch, "dir/%s", name);
}

static void flip(const char *name)
{
    char byte;
    int fd = open(file(name), O_RDWR);
    cr_assert(fd >= 0 && pread(fd, &byte, 1, 777) == 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, 777), 1);
    close(fd);
}

/* Runs the command, and expects exactly these lines, in any order. */
static void verify(const char *const *args, int expected, const char *const *lines)
{
    const char *argv[16] = {"verify", "-d", fetch.dir};
    size_t n = 3, count = 0, len = 0;
    while (*args) {
        argv[n++] = *args++;
    }
    fa_run_end(&run);
    fa_run_start_argv(&run, NULL, argv);
    int rc = fa_run_wait(&run, 30);
    const char *out = fa_run_out(&run);
    cr_assert_eq(rc, expected, "%d: %s%s", rc, out, fa_run_err(&run));
    for (; *lines; lines++, count++) {
        const char *at = strstr(out, *lines);
        cr_expect(at && (at == out || at[-1] == '\n'), "no '%s' in:\n%s", *lines, out);
    }
    for (const char *at = out; *at; at++) {
        len += *at == '\n';
    }
    cr_expect_eq(len, count, "%zu lines:\n%s", count, out);
}

#define ARGS(...)  ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define LINES(...) ARGS(__VA_ARGS__)

Test(verify, good_files_are_good_with_every_model_and_digest)
{
    static const char *const models[] = {"process", "thread", "inline"};
    static const char *const hashes[] = {"sha256", "blake2b", "xxh128,md5"};
    for (size_t i = 0; i < 3; i++) {
        fetch_files(hashes[i]);
        verify(ARGS("--hash-with", models[i], "--hash-jobs", "3"), 0, LINES());
        cr_expect_not_null(strstr(fa_run_err(&run), "20 good"), "%s", fa_run_err(&run));
        verify(ARGS("-q"), 0, LINES());
        cr_expect_str_eq(fa_run_err(&run), "");
        verify(ARGS("--manifest", fa_scratch_path(&scratch, "sums")), 0, LINES());
        fa_fetch_end(&fetch);
        fa_lines_fini(&list);
        fa_file_remove(fa_scratch_path(&scratch, "dir"));
    }
}

static void damage(void)
{
    flip("f3");
    cr_assert_eq(truncate(file("f4"), 19999), 0);
    cr_assert_eq(unlink(file("d/e1/f17")), 0);
    fa_scratch_write(&scratch, "dir/d/new\nline", "x");
    cr_assert_eq(unlink(file("f5")), 0);
    cr_assert_eq(symlink("f6", file("f5")), 0);
    cr_assert_eq(symlink("/", file("d/link")), 0);
}

Test(verify, each_damage_is_named)
{
    fetch_files("sha256");
    damage();
    verify(ARGS(), 3,
           LINES("changed     f3: its sha256 is another\n",
                 "changed     f4: it has 19999 bytes, not 20000\n", "missing     d/e1/f17\n",
                 "unknown     d/new\\x0aline\n", "unknown     d/link\n",
                 "changed     f5: 'f5' is a symbolic link"));
    cr_expect_not_null(strstr(fa_run_err(&run), "16 good, 1 missing, 3 changed, 2 unknown"), "%s",
                       fa_run_err(&run));
    verify(ARGS("-q"), 3,
           LINES("changed     f3", "changed     f4", "missing     d/e1/f17", "changed     f5"));
}

Test(verify, a_manifest_finds_the_same_without_a_state)
{
    fetch_files("sha512");
    damage();
    fa_file_remove(file(".fetchall"));
    verify(ARGS("--manifest", fa_scratch_path(&scratch, "sums")), 3,
           LINES("changed     f3: its sha512 is another\n",
                 "changed     f4: its sha512 is another\n", "missing     d/e1/f17\n",
                 "unknown     d/new\\x0aline\n", "unknown     d/link\n", "changed     f5"));
}

/* Each is a good file, but outside. */
Test(verify, it_stays_in_the_folder_whatever_path_the_state_contains)
{
    static const char *const paths[] = {"../f1", "d/../../f1", "%s/f1", "link/f1", "/../f1"};
    char path[PATH_MAX], sql[PATH_MAX + 128], line[PATH_MAX + 16];
    fetch_files("sha256");
    char *text = fa_file_read(file("f1"), NULL);
    fa_scratch_write_bytes(&scratch, "f1", text, 5000);
    free(text);
    cr_assert_eq(unlink(file("f1")), 0);
    cr_assert_eq(symlink("..", file("link")), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        snprintf(path, sizeof(path), i == 2 ? "%s/f1" : "%s", i == 2 ? scratch.path : paths[i]);
        snprintf(sql, sizeof(sql), "UPDATE record SET path='%s' WHERE path LIKE '%%f1'", path);
        fa_run_end(&run);
        fa_run_start(&run, &(struct fa_run_options){.program = "sqlite3"},
                     file(".fetchall/state.db"), sql, NULL);
        cr_assert_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
        snprintf(line, sizeof(line), "changed     %s: ", path);
        verify(ARGS(), 3, LINES(line, "unknown     link\n"));
    }
}

Test(verify, unknown_files_alone_are_no_failure)
{
    fetch_files("sha256");
    fa_scratch_write(&scratch, "dir/own", "x");
    verify(ARGS(), 0, LINES("unknown     own\n"));
}

Test(verify, files_without_a_digest_have_their_size_checked)
{
    for (int i = 1; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/f%d", i * 1000, i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, "--hash", "none", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    flip("f1");
    cr_assert_eq(truncate(file("f2"), 0), 0);
    verify(ARGS("-v"), 3, LINES("unhashed    f1\n", "changed     f2", "unhashed    f3\n"));
}

/* Names with every byte that is escaped, as sha256sum itself writes them. */
Test(verify, manifests_of_sha256sum_are_read)
{
    fetch.dir = fa_scratch_mkdir(&scratch, "dir");
    fa_scratch_write(&scratch, "dir/new\nline", "1");
    fa_scratch_write(&scratch, "dir/back\\slash", "2");
    fa_scratch_write(&scratch, "dir/ blank ", "3");
    fa_scratch_write(&scratch, "dir/*star", "4");
    fa_run_start(&run, &(struct fa_run_options){.program = "sha256sum", .cwd = fetch.dir}, "-b",
                 "./new\nline", "back\\slash", " blank ", "*star", NULL);
    cr_assert_eq(fa_run_wait(&run, 10), 0);
    const char *sums = fa_scratch_write(&scratch, "dir/SUMS", fa_run_out(&run));
    verify(ARGS("-v", "--manifest", sums), 0,
           LINES("good        new\\x0aline\n", "good        back\\slash\n", "good         blank \n",
                 "good        *star\n"));
    fa_scratch_write(&scratch, "dir/*star", "5");
    verify(ARGS("--manifest", sums), 3, LINES("changed     *star"));
}

Test(verify, an_invalid_line_and_an_invalid_state_are_errors)
{
    fetch.dir = fa_scratch_mkdir(&scratch, "dir");
    fa_scratch_write(&scratch, "dir/a", "");
    const char *sums = fa_scratch_write(&scratch, "sums",
                                        "# comment\n\nd41d8cd98f00b204e9800998ecf8427e  a\r\n"
                                        "junk\nd41d8cd98f00b204e9800998ecf8427e  ../a");
    verify(ARGS("--manifest", sums), 4, LINES("unreadable", "unreadable"));
    cr_expect_not_null(strstr(fa_run_out(&run), "line 4: "));
    cr_expect_not_null(strstr(fa_run_out(&run), "line 5: "));
    verify(ARGS(), 2, LINES());
    cr_expect_not_null(strstr(fa_run_err(&run), "no state in"), "%s", fa_run_err(&run));
    fa_scratch_write(&scratch, "dir/.fetchall/state.db", "this is no database, not even nearly");
    verify(ARGS(), 4, LINES());
}

Test(verify, the_state_and_the_manifest_are_no_unknown_files)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/1000/a"));
    fa_scratch_mkdir(&scratch, "dir");
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, "--state", file("my.db"), "--manifest", file("sums"), NULL);
    fa_fetch_expect(&fetch, 20, 0);
    verify(ARGS("--state", file("my.db")), 0, LINES("unknown     sums\n"));
    verify(ARGS("--state", file("my.db"), "--manifest", file("sums")), 0, LINES());
}

Test(verify, few_descriptors_are_enough)
{
    for (int i = 0; i < 600; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/f%d", i, i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_run_start(&run, &(struct fa_run_options){.nofile = 64}, "verify", "-d", fetch.dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "600 good"), "%s", fa_run_err(&run));
}

Test(verify, a_run_may_be_under_way)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/hold/b"));
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "requests", 2, 10);
    for (int i = 0; i < 200 && access(file("a"), F_OK) != 0; i++) {
        usleep(50000);
    }
    usleep(500000);
    verify(ARGS("-v"), 0, LINES("good        a\n"));
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    verify(ARGS("-v"), 0, LINES("good        a\n", "good        b\n"));
}
