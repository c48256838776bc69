/* Names that servers give to files (--server-names). */

#include "support/fixture.h"
#include "support/kill_plan.h"
#include "support/modes.h"
#include "support/ordeal.h"
#include "support/process.h"
#include "support/report.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(served, .init = fixture_begin, .fini = fixture_end, .timeout = 240.0);

#define NAMED(name) "/named/attachment%3b%20filename%3d%22" name "%22/100000000"

static const char *path_of(long long line)
{
    return fa_report_str(fa_report_by_line(fetch.entries, line), "path");
}

static void expect_path(long long line, const char *path)
{
    cr_expect_str_eq(path_of(line), path, "line %lld of mode %s", line, fetch.mode);
}

/* Names in DIR that do not begin with a dot, and how many of them begin with PREFIX. */
static size_t count_files(const char *dir, const char *prefix)
{
    size_t n = 0;
    DIR *folder = opendir(dir);
    struct dirent *entry;
    cr_assert_not_null(folder, "%s", dir);
    while ((entry = readdir(folder)))
        n += entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    closedir(folder);
    return n;
}

static long long requests(void)
{
    return fa_server_stat(&server, "requests");
}

/* Fetch the list into DIR, or a new folder with NULL.  @return the folder */
static const char *fetch_to(const char *dir, const char *mode, int status, const char *option,
                            const char *value)
{
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, option ? option : "-q", value,
                        NULL);
    fa_fetch_expect(&fetch, 20, status);
    return fetch.dir;
}

static void verify(const char *dir, const char *expected)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "verify", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), expected), "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect_null(strstr(fa_run_out(&run), "unknown"), "%s", fa_run_out(&run));
    fa_run_end(&run);
}

FA_TEST_MODES(served, name_is_that_of_the_last_response_and_is_known_later)
{
    char redirect[300];
    snprintf(redirect, sizeof(redirect), "/redir/302/%s/5/content",
             "%2fnamed%2finline%253b%2520filename%253dlast.bin%2f100000000%2f900%2fx");
    add_path(NAMED("a%20b.csv") "/1000/1/content");
    add_path(NAMED("..%2f.hidden") "/1001/2/content");
    add_path(redirect);
    add_path("/ok/500/plain");
    add_path(NAMED("other") "/1002/3/content");
    fa_lines_add(&list, " out=mine");
    add_path("/named/attachment/100000000/1003/nameless");
    add_path(NAMED("large.bin") "/9000000/4/content");
    const char *dir = fetch_to(NULL, mode, 0, "--server-names", NULL);
    static const char *const paths[] = {"a b.csv", "_hidden",  "last.bin", "plain",
                                        "mine",    "nameless", "large.bin"};
    static const int lines[] = {1, 2, 3, 4, 5, 7, 8};
    for (size_t i = 0; i < 7; ++i)
        expect_path(lines[i], paths[i]);
    fa_fetch_expect_no_parts(&fetch);
    long long before = requests();
    fetch_to(dir, mode, 0, NULL, NULL);
    fa_fetch_expect_count(&fetch, "exists", 7);
    for (size_t i = 0; i < 7; ++i)
        expect_path(lines[i], paths[i]);
    cr_expect_eq(requests(), before, "%s", mode);
    cr_expect_eq(count_files(dir, ""), 7);
    verify(dir, "7 good");
}

FA_TEST_MODES(served, off_by_default)
{
    add_path(NAMED("x.csv") "/1000/content");
    fetch_to(NULL, mode, 0, NULL, NULL);
    expect_path(1, "content");
}

/* Whoever comes first has the name; an entry whose URL has it gets another one. */
FA_TEST_MODES(served, names_that_are_taken_get_the_hash_of_the_url)
{
    add_path(NAMED("data.csv") "/1000/1/content");
    add_path(NAMED("data.csv") "/1001/2/content");
    add_path("/ok/500/data.csv");
    const char *dir = fetch_to(NULL, mode, 0, "--server-names", NULL);
    cr_expect_eq(count_files(dir, "data"), 3);
    cr_expect_eq(count_files(dir, ""), 3);
    expect_path(3, "data.csv"); /* its name was known first */
    verify(dir, "3 good");
    /* The state remembers whose it is, also for a list that has only the other URL. */
    list.text[0] = '\0';
    list.len = 0;
    add_path(NAMED("new.csv") "/1000/1/content");
    fetch_to(dir, mode, 0, "--server-names", NULL);
    list.text[0] = '\0';
    list.len = 0;
    add_path("/ok/700/new.csv");
    fetch_to(dir, mode, 0, NULL, NULL);
    cr_expect(fa_report_by_line(fetch.entries, 1) && strncmp(path_of(1), "new-", 4) == 0, "%s",
              path_of(1));
    verify(dir, "5 good");
}

Test(served, file_of_the_user_is_left_alone)
{
    struct stat st;
    const char *dir = fa_scratch_mkdir(&scratch, "out");
    fa_scratch_write(&scratch, "out/mine.csv", "mine");
    add_path(NAMED("mine.csv") "/1000/content");
    fetch_to(dir, "async", 0, "--server-names", "--overwrite");
    cr_expect(strncmp(path_of(1), "mine-", 5) == 0, "%s", path_of(1));
    cr_assert_eq(stat(fa_scratch_path(&scratch, "out/mine.csv"), &st), 0);
    cr_expect_eq(st.st_size, 4);
}

FA_TEST_MODES(served, file_that_is_fetched_again_keeps_its_name)
{
    add_path(NAMED("data.csv") "/1000/content");
    const char *dir = fetch_to(NULL, mode, 0, "--server-names", NULL);
    fetch_to(dir, mode, 0, "--sync", NULL);
    fa_fetch_expect_count(&fetch, "unchanged", 1);
    free(fa_server_get(&server, "/_bump"));
    fetch_to(dir, mode, 0, "--sync", NULL);
    fa_fetch_expect_count(&fetch, "ok", 1);
    fetch_to(dir, mode, 0, "--overwrite", NULL);
    fa_fetch_expect_count(&fetch, "ok", 1);
    expect_path(1, "data.csv");
    cr_expect_eq(count_files(dir, ""), 1);
    verify(dir, "1 good");
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/data.csv", dir);
    cr_assert_eq(unlink(path), 0);
    fetch_to(dir, mode, 0, "--server-names", NULL);
    fa_fetch_expect_count(&fetch, "ok", 1);
    expect_path(1, "data.csv");
}

/* The part belongs to the name of the URL, and the range brings the name again. */
FA_TEST_MODES(served, part_is_resumed_and_gets_the_name)
{
    add_path("/named/attachment%3b%20filename%3ddata.bin/400000/900000/content");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--server-names", "--segments", "1",
                   "--stall-timeout", "1", "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    expect_path(1, "content");
    free(fa_server_get(&server, "/_release"));
    char *dir = strdup(fetch.dir);
    struct fa_run run;
    const char *report = fa_scratch_path(&scratch, "retried");
    bool loops = strcmp(mode, "loops") == 0;
    fa_run_start(&run, NULL, "-m", loops ? "async" : mode, "--loops", loops ? "1" : "2", "-d", dir,
                 "--report", report, "--server-names", "--segments", "1", "--retry-failed", NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s: %s", mode, fa_run_err(&run));
    fa_run_end(&run);
    json_t *entries = fa_report_read(report);
    const json_t *entry = json_array_get(entries, 0);
    cr_expect_str_eq(fa_report_str(entry, "path"), "data.bin", "%s", mode);
    cr_expect_eq(json_integer_value(json_object_get(entry, "resumed")), 400000, "%s", mode);
    json_decref(entries);
    free(dir);
}

Test(served, both_names_lead_to_the_file)
{
    add_path(NAMED("data.csv") "/1000/content");
    const char *dir = fetch_to(NULL, "async", 0, "--server-names", NULL);
    fa_lines_add(&list, " out=data.csv");
    fetch_to(dir, "async", 0, NULL, NULL);
    fa_fetch_expect_count(&fetch, "exists", 1);
    expect_path(1, "data.csv");
    cr_expect_eq(requests(), 1);
    verify(dir, "1 good");
}

/* Two entries of one URL are one download; the second is compared with the file of the first. */
FA_TEST_MODES(served, repeated_entry_is_compared_with_the_file)
{
    add_path(NAMED("data.csv") "/1000/content");
    add_path(NAMED("data.csv") "/1000/content");
    fa_lines_add(&list, " size=1000");
    const char *dir = fetch_to(NULL, mode, 0, "--server-names", NULL);
    fa_fetch_expect_count(&fetch, "ok", 1);
    fa_fetch_expect_count(&fetch, "duplicate", 1);
    expect_path(2, "data.csv");
    cr_expect_eq(count_files(dir, ""), 1);
}

Test(served, folders_are_those_of_the_url)
{
    add_path(NAMED("data.csv") "/1000/content");
    fetch_to(NULL, "async", 0, "--server-names", "--layout=tree");
    cr_expect(strstr(path_of(1), "/100000000/1000/data.csv"), "%s", path_of(1));
    const char *dir = fetch_to(NULL, "async", 0, "--server-names", "--fan-out=16");
    cr_expect(strlen(path_of(1)) == strlen("f/data.csv") && strstr(path_of(1), "/data.csv"), "%s",
              path_of(1));
    fetch_to(dir, "async", 0, "--fan-out=16", NULL);
    fa_fetch_expect_count(&fetch, "exists", 1);
    verify(dir, "1 good");
}

Test(served, archives_have_the_name)
{
    for (int i = 0; i < 2; ++i) {
        const char *output = i ? "--output=cas:objects" : "--output=tar:set";
        list.len = 0;
        add_path(NAMED("data.csv") "/1000/1/content");
        add_path(NAMED("data.csv") "/1001/2/content");
        const char *dir = fetch_to(NULL, "async", 0, "--server-names", output);
        cr_expect(strncmp(path_of(1), "data", 4) == 0 && strncmp(path_of(2), "data", 4) == 0,
                  "%s %s", path_of(1), path_of(2));
        fetch_to(dir, "async", 0, output, NULL);
        fa_fetch_expect_count(&fetch, "exists", 2);
        verify(dir, "2 good");
    }
}

Test(served, shards_keep_their_names_when_they_are_merged)
{
    struct fa_run run;
    for (int i = 1; i <= 6; ++i)
        fa_lines_add(&list, "http://127.0.0.%d:%d%s/%d/content", i, server.port, NAMED("data.csv"),
                     1000 + i);
    const char *dir = fa_scratch_mkdir(&scratch, "out");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    for (int i = 0; i < 2; ++i) {
        fa_run_start(&run, NULL, "-q", "-d", dir, "--server-names", "--shard", i ? "1/2" : "0/2",
                     file, NULL);
        cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
        fa_run_end(&run);
    }
    cr_expect_eq(count_files(dir, "data"), 6);
    fa_run_start(&run, NULL, "merge", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect_null(strstr(fa_run_out(&run), "two "), "%s", fa_run_out(&run));
    fa_run_end(&run);
    long long before = requests();
    fetch_to(dir, "async", 0, NULL, NULL);
    fa_fetch_expect_count(&fetch, "exists", 6);
    cr_expect_eq(requests(), before);
    verify(dir, "6 good");
}

/* Another shard takes the name between the look and the rename: each step that gives a name fails
 * once as if that had happened. */
Test(served, name_that_another_shard_takes_first_is_replaced_by_another)
{
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    const char *dir = fa_scratch_path(&scratch, "out");
    int hits = 0;
    add_path(NAMED("data.csv") "/1000/content");
    for (uint64_t step = 1; step < 4; ++step) {
        *plan = (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR,
                                      .call = FA_KILL_RENAME,
                                      .step = step,
                                      .when = FA_KILL_FAIL,
                                      .error = EEXIST,
                                      .times = 1};
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, options, dir, "async", list.text, "--server-names",
                            "--retries", "0", NULL);
        fa_fetch_expect(&fetch, 20, 0);
        hits += plan->hits > 0;
        cr_expect_eq(count_files(dir, "data"), 1);
        verify(dir, "1 good");
        fa_file_remove(dir);
    }
    cr_expect_gt(hits, 0);
    munmap(plan, sizeof(*plan));
}

Test(served, plan_says_that_the_names_come_later)
{
    struct fa_run run;
    add_path(NAMED("data.csv") "/1000/content");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    fa_run_start(&run, NULL, "--plan", "--server-names", "-d", fa_scratch_path(&scratch, "out"),
                 file, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0);
    cr_expect(strstr(fa_run_err(&run), "when the files are downloaded"), "%s", fa_run_err(&run));
    fa_run_end(&run);
}

Test(served, without_a_state_is_refused)
{
    add_path(NAMED("data.csv") "/1000/content");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--server-names", "--no-state", NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 20), 2);
    cr_expect(strstr(fa_run_err(&fetch.run), "--server-names and --no-state"), "%s",
              fa_run_err(&fetch.run));
}

/* A kill before any step leaves no file that the next run does not know.  FA_EVERY_KILL tries each
 * step. */
FA_TEST_MODES(served, a_kill_at_any_step_leaves_no_second_copy)
{
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path(NAMED("data.csv") "/1000/1/content");
    add_path(NAMED("data.csv") "/400000/2/content");
    add_path(NAMED("alone") "/0/content");
    uint64_t step = 1;
    for (bool hit = true; hit; step += getenv("FA_EVERY_KILL") ? 1 : 4) {
        *plan = (struct fa_kill_plan){.call = FA_KILL_ANY, .step = step};
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, options, dir, mode, list.text, "--server-names",
                            "--sandbox", "off", NULL);
        (void)fa_run_wait(&fetch.run, 20);
        hit = plan->hits > 0;
        fetch_to(dir, mode, 0, "--server-names", NULL);
        cr_assert_eq(count_files(dir, ""), 3, "mode %s, step %llu: %s", mode,
                     (unsigned long long)step, fa_run_err(&fetch.run));
        cr_assert_eq(count_files(dir, "data"), 2, "mode %s, step %llu", mode,
                     (unsigned long long)step);
        verify(dir, "3 good");
        fa_file_remove(dir);
    }
    cr_expect_gt(step, 20);
    munmap(plan, sizeof(*plan));
}
