/* --output: files as members of archives.  What is in them is read by tar(1), which knows nothing
 * of ours. */

#include "support/archived.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/ordeal.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_run run;

static void end(void)
{
    fa_run_end(&run);
    fixture_end();
}

TestSuite(archives, .init = fixture_begin, .fini = end, .timeout = 120.0);

#define FILES  FA_ARCHIVED
#define truths fa_archived

static void make_list(void)
{
    fa_archived_list(&list, &server);
}

static void fetch_to(const char *dir, const char *mode, const char *option, const char *value)
{
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--output", "tar:set/x",
                        "--tar-files", "5", option, value, NULL);
}

/* @return what the command printed, until the next call */
static const char *output_of(const char *program, const char *const *args)
{
    fa_run_end(&run);
    fa_run_start_argv(&run, &(struct fa_run_options){.program = program}, args);
    cr_assert_eq(fa_run_wait(&run, 20), 0, "%s: %s", program, fa_run_err(&run));
    return fa_run_out(&run);
}

/* Extract all archives: each name is in them once, apart from metadata, and has its bytes. */
static void expect_members(const char *dir, int archives)
{
    const char *to = fa_scratch_path(&scratch, "extracted");
    char seen[FILES] = {0};
    fa_file_remove(to);
    fa_scratch_mkdir(&scratch, "extracted");
    for (int n = 0; n < archives; ++n) {
        char *file = NULL;
        cr_assert(asprintf(&file, "%s/set/x-%06d.tar", dir, n) > 0);
        const char *args[] = {"--quoting-style=literal", "-xvf", file, "-C", to, NULL};
        char *names = strdup(output_of("tar", args));
        for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"))
            for (int i = 0; i < FILES; ++i)
                if (strcmp(truths[i].name, name) == 0)
                    cr_expect_eq(seen[i]++, 0, "%s is there twice", name);
        free(names);
        free(file);
    }
    for (int i = 0; i < FILES; ++i) {
        cr_expect_eq(seen[i], 1, "%s", truths[i].name);
        fa_expect_file(to, truths[i].name, truths[i].seed, truths[i].size);
    }
}

static void verify(const char *dir, int status, const char *text)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), status, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), text), "%s", fa_run_err(&run));
}

FA_TEST_MODES(archives, files_become_members_of_tar_archives)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    make_list();
    fetch_to(dir, mode, NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", FILES);
    fa_fetch_expect_no_parts(&fetch);
    cr_expect_eq(fa_truth_count_files(dir), 3);
    cr_expect_eq(strncmp(fa_report_str(fa_fetch_expect_entry(&fetch, 1, "ok", NULL), "archive"),
                         "set/x-00000", 11),
                 0);
    expect_members(dir, 3);
    verify(dir, 0, "12 good");

    fa_server_reset(&server);
    fetch_to(dir, mode, NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "exists", FILES);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
    cr_expect_eq(fa_truth_count_files(dir), 3);
}

Test(archives, metadata_is_next_to_the_file_under_the_name_that_webdataset_expects)
{
    char hex[FA_SHA256_HEX];
    fa_lines_add(&list, "url,artist");
    fa_lines_add(&list, "%s,Jan Steen", fa_server_url(&server, "/ok/5000/a.b.jpg"));
    fa_lines_add(&list, "%s,\xff", fa_server_url(&server, "/ok/5000/a.png"));
    const char *dir = fa_scratch_path(&scratch, "out");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--format", "csv", "-j",
                        "1", "--output", "tar:set/x", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    char *file = NULL;
    cr_assert(asprintf(&file, "%s/set/x-000000.tar", dir) > 0);
    cr_expect_str_eq(output_of("tar", (const char *[]){"-tf", file, NULL}),
                     "a.b.jpg\na.json\na.png\na.png.json\n");
    json_t *about =
        json_loads(output_of("tar", (const char *[]){"-xOf", file, "a.json", NULL}), 0, NULL);
    cr_assert(about);
    fa_truth_sha256_pattern("/ok/5000/a.b.jpg", 5000, hex);
    cr_expect_str_eq(fa_report_str(about, "digest.sha256"), hex);
    cr_expect_str_eq(fa_report_str(about, "columns.artist"), "Jan Steen");
    cr_expect_str_eq(fa_report_str(about, "path"), "a.b.jpg");
    cr_expect_eq(fa_report_int(about, "size"), 5000);
    json_decref(about);
    free(file);
}

static void expect_tar(const char *dir)
{
    expect_members(dir, 3);
    verify(dir, 0, "12 good");
}

Test(archives, what_is_in_a_tar_archive_is_complete_and_in_it_once_after_any_kill)
{
    make_list();
    fa_archived_kill(&scratch, list.text, "tar:set/x", expect_tar);
}

/* Three of the files have the bytes of one. */
static void make_twins(void)
{
    make_list();
    for (int i = 0; i < 3; ++i)
        fa_lines_add(&list, "http://127.0.0.2:%d%s\n out=twin%d", server.port, truths[7].seed, i);
}

/* Each file is a link to the object that has the name of its digest; there are no others. */
static void expect_objects(const char *dir)
{
    char hex[FA_SHA256_HEX], object[FA_SHA256_HEX + 30];
    struct stat file, other;
    for (int i = 0; i < FILES; ++i) {
        const struct fa_truth *truth = &truths[i];
        fa_truth_sha256_pattern(truth->seed, truth->size, hex);
        snprintf(object, sizeof(object), "o/sha256/%.2s/%s", hex, hex + 2);
        fa_expect_file(dir, object, truth->seed, truth->size);
        fa_expect_file(dir, truth->name, truth->seed, truth->size);
        cr_assert_eq(stat(fa_scratch_path(&scratch, "out/%s", object), &other), 0);
        cr_assert_eq(stat(fa_scratch_path(&scratch, "out/%s", truth->name), &file), 0);
        cr_expect_eq(file.st_ino, other.st_ino, "%s", truth->name);
        cr_expect_eq(file.st_nlink, i == 7 ? 5 : 2, "%s: %d", truth->name, (int)file.st_nlink);
        cr_expect_eq(file.st_mode & 0222, 0);
    }
    cr_expect_eq(fa_truth_count_files(dir), 2 * FILES + 3);
    verify(dir, 0, " good"); /* after a kill, files that were not recorded yet are unknown to it */
}

static void fetch_objects(const char *mode, const char *option)
{
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "out"), mode, list.text,
                        "--output", "cas:o", option, NULL);
    fa_fetch_expect(&fetch, 20, 0);
}

FA_TEST_MODES(archives, files_by_digest_are_stored_once)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    make_twins();
    fetch_objects(mode, NULL);
    fa_fetch_expect_count(&fetch, "ok", FILES + 3);
    expect_objects(dir);
    fa_fetch_expect_no_parts(&fetch);
    fetch_objects(mode, NULL);
    fa_fetch_expect_count(&fetch, "exists", FILES + 3);
    fetch_objects(mode, "--sync");
    fa_fetch_expect_count(&fetch, "unchanged", FILES + 3);
    fetch_objects(mode, "--overwrite");
    fa_fetch_expect_count(&fetch, "ok", FILES + 3);
    expect_objects(dir);
}

Test(archives, files_by_digest_are_whole_after_any_kill)
{
    make_twins();
    fa_archived_kill(&scratch, list.text, "cas:o", expect_objects);
}

/* Its names keep the damaged bytes: they are files that exist. */
Test(archives, damaged_object_does_not_replace_a_file_that_is_not)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    make_twins();
    fetch_objects("async", NULL);
    const char *file = fa_scratch_path(&scratch, "out/twin0");
    cr_assert_eq(chmod(file, 0644), 0);
    int fd = open(file, O_WRONLY);
    cr_assert(fd >= 0 && pwrite(fd, "damaged", 7, 1000) == 7);
    close(fd);
    cr_assert_eq(unlink(file), 0);
    fetch_objects("async", NULL);
    fa_fetch_expect_count(&fetch, "ok", 1);
    fa_expect_file(dir, "twin0", truths[7].seed, truths[7].size);
    verify(dir, 3, "12 good, 3 changed");
    fetch_objects("async", "--overwrite");
    expect_objects(dir);
}

Test(archives, name_in_the_folder_of_objects_is_refused)
{
    add_path("/ok/1000/a");
    fa_lines_add(&list, " out=o/a");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--output", "cas:o", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "refused");
}

/* Two files with the same bytes.  A run for each step that gives a name: one is that of the second
 * one to the object. */
Test(archives, object_with_too_many_names_leaves_the_file_one_of_its_own)
{
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    const char *dir = fa_scratch_path(&scratch, "out");
    int own = 0;
    add_path("/ok/3000/a");
    fa_lines_add(&list, "http://127.0.0.2:%d/ok/3000/a\n out=twin", server.port);
    for (uint64_t step = 1; step < 8; ++step) {
        struct stat a, twin;
        *plan = (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR,
                                      .call = FA_KILL_RENAME,
                                      .step = step,
                                      .when = FA_KILL_FAIL,
                                      .error = EMLINK,
                                      .times = 1};
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, options, dir, "async", list.text, "-j", "1",
                            "--output", "cas:o", "--retries", "0", NULL);
        fa_fetch_expect(&fetch, 20, -1);
        if (fetch.run.status == 0) {
            fa_expect_file(dir, "a", "/ok/3000/a", 3000);
            fa_expect_file(dir, "twin", "/ok/3000/a", 3000);
            cr_assert_eq(stat(fa_scratch_path(&scratch, "out/a"), &a), 0);
            cr_assert_eq(stat(fa_scratch_path(&scratch, "out/twin"), &twin), 0);
            own += a.st_ino != twin.st_ino && a.st_nlink + twin.st_nlink == 3;
        }
        fa_file_remove(dir);
    }
    cr_expect_eq(own, 1);
    munmap(plan, sizeof(*plan));
}

/* The command gets the name, not the object. */
Test(archives, command_gets_the_name_of_a_file_by_digest)
{
    add_path("/ok/3000/a");
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "out"), "async",
                        list.text, "--output", "cas:o", "--exec", "wc -c {}", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect(strstr(fa_run_err(&fetch.run), "3000 ") && strstr(fa_run_err(&fetch.run), "/out/a\n"),
              "%s", fa_run_err(&fetch.run));
}

/* What fails on a full disk is repeated after the pause: now a part, now the archive. */
Test(archives, full_disk_leaves_nothing_incomplete_in_a_tar_archive)
{
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    make_list();
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    const char *dir = fa_scratch_path(&scratch, "out");
    int archives = 0;
    for (uint64_t step = 30; step < 70; step += 5) {
        *plan = (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR,
                                      .call = FA_KILL_PWRITE,
                                      .step = step,
                                      .when = FA_KILL_FAIL,
                                      .error = ENOSPC,
                                      .times = 3};
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, options, dir, "async", list.text, "--output",
                            "tar:set/x", "--tar-files", "5", "--hash-with", "inline", NULL);
        fa_fetch_expect(&fetch, 20, 0);
        archives += strstr(fa_run_err(&fetch.run), "cannot write 'set/x-") != NULL;
        fa_fetch_expect_count(&fetch, "ok", FILES);
        expect_members(dir, 3);
        fa_file_remove(dir);
    }
    cr_expect(archives > 0, "no write to an archive has failed");
    munmap(plan, sizeof(*plan));
}

Test(archives, damage_is_found_and_a_missing_archive_is_downloaded_again)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    for (int i = 0; i < FILES; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/3000/"), i);
    fetch_to(dir, "async", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    int fd = open(fa_scratch_path(&scratch, "out/set/x-000001.tar"), O_WRONLY);
    cr_assert(fd >= 0 && pwrite(fd, "damaged", 7, 1024) == 7);
    close(fd);
    cr_assert_eq(unlink(fa_scratch_path(&scratch, "out/set/x-000000.tar")), 0);
    verify(dir, 3, "6 good, 5 missing, 1 changed");
    fetch_to(dir, "async", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 5);
    fa_expect_no_file(dir, "set/x-000000.tar");
    verify(dir, 3, "11 good, 1 changed");
}

/* A later run appends to the archive of one that was stopped. */
Test(archives, stopped_run_is_continued_in_its_archive)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    make_list();
    add_path("/hold/last");
    fetch_to(dir, "async", "--tar-files", "100");
    fa_server_until(&server, "requests", FILES + 1, 10);
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 20, 128 + SIGINT);
    fa_expect_no_file(dir, "set/x-000000.tar");
    verify(dir, 0, " good");
    fa_lines_fini(&list);
    list = (struct fa_lines){0};
    make_list();
    fetch_to(dir, "async", "--tar-files", "100");
    fa_fetch_expect(&fetch, 20, 0);
    expect_members(dir, 1);
    fa_expect_no_file(dir, "set/x-000001.tar");
}

Test(archives, checksum_that_differs_from_that_of_a_member_fails)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/ok/1000/a");
    fetch_to(dir, "async", NULL, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_lines_add(&list, " checksum=sha256=%064d", 0);
    fetch_to(dir, "async", NULL, NULL);
    fa_fetch_expect(&fetch, 10, 3);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "integrity");
    cr_expect(strstr(fa_report_str(entry, "error"), "remove that archive"), "%s",
              fa_report_str(entry, "error"));
    verify(dir, 0, "1 good");
}

Test(archives, what_an_archive_cannot_do_is_refused)
{
    static const char *const cases[][3] = {
        {"tar:x", "--sync", "--output tar and --sync cannot be combined"},
        {"tar:x", "--overwrite", "--output tar and --overwrite cannot be combined"},
        {"tar:x", "--no-state", "--output tar and --no-state cannot be combined"},
        {"tar:x", "--exec=true", "--output tar and --exec cannot be combined"},
        {"tar:x", "--shard=0/2", "--output tar and --shard cannot be combined"},
        {"cas:x", "--hash=md5", "--output cas requires --hash sha256"},
        {"cas:x", "--shard=0/2", "--output cas and --shard cannot be combined"},
        {"tar:../x", "-q", "'../x' must be a path below DIR"},
        {"tar:/x", "-q", "'/x' must be a path below DIR"},
        {"tar:", "-q", "'' must be a path below DIR"},
        {"warc:x.warc", "--sync", "--output warc and --sync cannot be combined"},
        {"warc:x.warc", "--shard=0/2", "--output warc and --shard cannot be combined"},
        {"warc:x.zip", "-q", "'x.zip' must end in .warc.gz or .warc"},
        {"warc:/x.warc", "-q", "'/x.warc' must be a path below DIR"},
        {"zip:x", "-q", "--output requires tar:PREFIX, warc:FILE or cas:NAME, not 'zip:x'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        fa_run_end(&run);
        fa_run_start(&run, NULL, "-d", scratch.path, "--output", cases[i][0], cases[i][1], "list",
                     NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", cases[i][1]);
        cr_expect(strstr(fa_run_err(&run), cases[i][2]), "%s", fa_run_err(&run));
    }
}
