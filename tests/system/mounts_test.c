/* Folders on mounts that lack hard links, rename flags, modes, locks, syncs, inode numbers or
 * case. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/mount.h"
#include "support/ordeal.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_mounted mount;

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_mount_end(&mount);
    fixture_end();
}

TestSuite(mounts, .init = fixture_begin, .fini = end, .timeout = 300.0);

static const char all[] = "link rename2 modes flock locks fsync mmap inodes";

/* What is refused, and what the notice names; NULL: there is none. */
static const struct kind {
    const char *lacks, *named;
} kinds[] = {
    {"", NULL},
    {"link", NULL},
    {"rename2", NULL},
    {"link rename2", "lacks exclusive renames:"},
    {"chmod", "lacks file modes:"},
    {"modes", "lacks file modes:"},
    {"flock", "lacks locks:"},
    {"locks", NULL},
    {"fsync", NULL},
    {"mmap", NULL},
    {"inodes", NULL},
    {all, "lacks exclusive renames, file modes, locks:"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void mount_one(const char *lacks)
{
    if (!fa_mount_begin(&mount, &scratch, lacks))
        cr_skip_test("no mount: %s", mount.why);
}

static const char *in_mount(const char *name)
{
    return fa_scratch_path(&scratch, "mount/%s", name);
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void expect_notice(const struct kind *kind)
{
    const char *said = fa_run_err(&fetch.run);
    cr_expect_eq(count_of(said, "lacks"), kind->named ? 1 : 0, "%s: %s", kind->lacks, said);
    cr_expect(!kind->named || strstr(said, kind->named), "%s: %s", kind->lacks, said);
}

#define FILES 4

static void add_files(void)
{
    add_path("/ok/100000/a");
    add_path("/ok/0/empty");
    add_path("/truncate/30000/100000/c"); /* resumed, within the run */
    add_path("/redir/302/%2fok%2f5000%2fd/d");
}

static void expect_files(const char *dir)
{
    fa_expect_files(dir,
                    (struct fa_truth[]){{"a", "/ok/100000/a", 100000},
                                        {"empty", "/ok/0/empty", 0},
                                        {"c", "/truncate/30000/100000/c", 100000},
                                        {"d", "/ok/5000/d", 5000}},
                    FILES);
}

static void fetch_twice_and_over(const struct kind *kind, const char *mode, size_t round)
{
    static const char *const statuses[] = {"ok", "exists", "ok"};
    char name[32];
    snprintf(name, sizeof(name), "%s-%zu", mode, round);
    const char *dir = in_mount(name);
    for (size_t i = 0; i < 3; i++) {
        const char *option = i == 2 ? "--overwrite" : NULL;
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--retries", "9", option,
                            NULL);
        fa_fetch_expect(&fetch, 30, 0);
        fa_fetch_expect_count(&fetch, statuses[i], FILES);
        expect_notice(kind);
        expect_files(dir);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
}

FA_TEST_MODES(mounts, files_come_whatever_is_refused)
{
    add_files();
    for (size_t i = 0; i < KINDS; i++) {
        mount_one(kinds[i].lacks);
        fetch_twice_and_over(&kinds[i], mode, i);
        fa_mount_end(&mount);
    }
}

FA_TEST_MODES(mounts, files_that_appear_meanwhile_are_left_alone)
{
    mount_one(all);
    const char *dir = fa_scratch_mkdir(&scratch, "mount/dir");
    add_path("/hold/f");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--stall-timeout", "60",
                        NULL);
    fa_server_until(&server, "held", 1, 10);
    fa_scratch_write(&scratch, "mount/dir/f", "theirs");
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "refused");
    char *text = fa_file_read(in_mount("dir/f"), NULL);
    cr_expect_str_eq(text, "theirs");
    free(text);
}

/* @return how the run of the list ended, which must have requested nothing if that is 4. */
static int try_one(const char *option, const char *value, const char *says)
{
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), "async", list.text, option, value,
                        NULL);
    int status = fa_run_wait(&fetch.run, 20);
    cr_expect(!says || strstr(fa_run_err(&fetch.run), says), "%s", fa_run_err(&fetch.run));
    cr_expect(status != 4 || fa_server_stat(&server, "requests") == 0);
    fa_fetch_end(&fetch);
    return status;
}

Test(mounts, a_mount_without_renames_is_refused_before_the_first_request)
{
    mount_one("rename link");
    add_path("/ok/10/f");
    cr_expect_eq(try_one("-q", NULL, "cannot rename files: download to another folder"), 4);
    cr_expect_eq(fa_truth_count_files(in_mount("dir")), 0);
}

Test(mounts, a_promise_to_sync_is_refused_where_nothing_can_be_synced)
{
    mount_one("fsync");
    add_path("/ok/10/f");
    cr_expect_eq(try_one("--fsync", "each", "cannot sync files"), 4);
    cr_expect_eq(try_one("--fsync", "batch", "cannot sync files"), 4);
    const char *state = fa_scratch_path(&scratch, "mount/state.db");
    cr_expect_eq(try_one("--state", state, NULL), 0);
}

/* The text of a lock file. */
static void write_owner(int pid, const char *start, const char *host)
{
    char text[256];
    snprintf(text, sizeof(text), "%d %s 1-2-3 4026531836 0 1700000000 %s\n", pid, start, host);
    fa_scratch_write(&scratch, "mount/dir/.fetchall/owner", text);
    cr_assert_eq(chmod(in_mount("dir/.fetchall"), 0700), 0);
}

Test(mounts, second_run_is_refused_where_there_are_no_locks)
{
    mount_one("flock locks");
    add_path("/hold/f");
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), "async", list.text,
                        "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    char pid[32];
    snprintf(pid, sizeof(pid), "pid %d", (int)fetch.run.pid);
    for (size_t i = 0; i < 2; i++) {
        struct fa_run other;
        if (i == 0)
            fa_run_start(&other, NULL, "-d", fetch.dir, fetch.list, NULL);
        else
            fa_run_start(&other, NULL, "status", "-d", fetch.dir, NULL);
        cr_expect_eq(fa_run_wait(&other, 20), i == 0 ? 4 : 0, "%s", fa_run_err(&other));
        const char *said = i == 0 ? fa_run_err(&other) : fa_run_out(&other);
        cr_expect(strstr(said, pid), "%s", said);
        fa_run_end(&other);
    }
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_expect_no_file(fetch.dir, ".fetchall/owner");
    fa_expect_no_file(fetch.dir, ".fetchall/lock");
}

/* Lets the server go on until the run has ended. */
static bool has_ended(void *arg)
{
    (void)arg;
    fa_server_release(&server, NULL);
    fa_run_pump(&fetch.run, 0);
    return fetch.run.ended;
}

FA_TEST_MODES(mounts, lock_of_a_killed_run_is_taken_over)
{
    mount_one("flock locks");
    add_path("/hold/f");
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), mode, list.text, "--stall-timeout",
                        "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    fa_fetch_end(&fetch);
    cr_expect(access(in_mount("dir/.fetchall/owner"), F_OK) == 0);
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), mode, list.text, "--stall-timeout",
                        "60", NULL);
    cr_assert(fa_wait_until(has_ended, NULL, 20));
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "f", "/hold/f", FA_PATTERN_SMALL);
}

Test(mounts, lock_of_another_host_is_named_and_respected)
{
    mount_one("flock");
    add_path("/ok/10/f");
    write_owner(4711, "1", "elsewhere");
    cr_expect_eq(try_one("-q", NULL, "a fetchall on host 'elsewhere' (pid 4711) is at work in"), 4);
    cr_expect_eq(try_one("-q", NULL, "since 2023-11-1"), 4);
    cr_expect_eq(try_one("-q", NULL, ".fetchall/owner'"), 4);
    cr_expect_eq(unlink(in_mount("dir/.fetchall/owner")), 0);
    cr_expect_eq(try_one("-q", NULL, NULL), 0);
}

/* The process was killed while it wrote it. */
Test(mounts, lock_that_is_not_written_to_its_end_is_taken_over)
{
    mount_one("flock");
    add_path("/ok/10/f");
    write_owner(4711, "1", "elsewhere");
    cr_assert_eq(truncate(in_mount("dir/.fetchall/owner"), 7), 0);
    cr_expect_eq(try_one("-q", NULL, NULL), 0);
}

static const char *in_folder(const char *dir)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.4000s/.fetchall", dir);
    return path;
}

#define SOME_BYTES (256 * 1024)

/* The first bytes of the one part in the folder.  Returns how many there are. */
static size_t part_read(const char *dir, char *ret, size_t size)
{
    ssize_t n = 0;
    DIR *parts = opendir(in_folder(dir));
    for (struct dirent *entry; parts && (entry = readdir(parts));) {
        int fd =
            strstr(entry->d_name, ".part") ? openat(dirfd(parts), entry->d_name, O_RDONLY) : -1;
        if (fd >= 0) {
            n = read(fd, ret, size);
            close(fd);
        }
    }
    if (parts)
        closedir(parts);
    return n > 0 ? (size_t)n : 0;
}

/* Whether the part has bytes of a version. */
static bool part_has_version(void *arg)
{
    static char bytes[SOME_BYTES], wanted[SOME_BYTES];
    char seed[64];
    snprintf(seed, sizeof(seed), "/by/strong/600000/1000000/f#%d", *(int *)arg);
    fa_pattern_fill(seed, 0, wanted, SOME_BYTES);
    return part_read(in_mount("dir"), bytes, SOME_BYTES) == SOME_BYTES &&
           memcmp(bytes, wanted, SOME_BYTES) == 0;
}

/* Somebody has a connection to the server. */
static bool is_connected(void *arg)
{
    char remote[32];
    (void)arg;
    snprintf(remote, sizeof(remote), ":%04X 01 ", (unsigned)server.port);
    char *table = fa_file_read("/proc/net/tcp", NULL);
    bool connected = strstr(table, remote);
    free(table);
    return connected;
}

static void bump_to(int version)
{
    char path[32];
    snprintf(path, sizeof(path), "/_bump/%d", version);
    free(fa_server_get(&server, path));
}

/*
 * A part of version 0 is recorded.  In the next run, a worker has replaced its bytes by those of
 * version 1, but the program is killed before it knows: it is stopped while the worker goes on.
 * Then version 0 is back.
 */
static void bytes_of_another_version(const char *lacks)
{
    static const char path[] = "/by/strong/600000/1000000/f";
    mount_one(lacks);
    const char *dir = in_mount("dir");
    add_path(path);
    for (int version = 0; version < 2; version++) {
        bump_to(version);
        if (version == 1)
            kill(server.pid, SIGSTOP);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, "process", list.text, "--stall-timeout",
                            "60", NULL);
        if (version == 1) {
            cr_assert(fa_wait_until(is_connected, NULL, 20));
            fa_run_kill(&fetch.run, SIGSTOP);
            kill(server.pid, SIGCONT);
        }
        cr_assert(fa_wait_until(part_has_version, &version, 20));
        fa_run_kill(&fetch.run, version == 1 ? SIGKILL : SIGINT);
        fa_run_wait(&fetch.run, 20);
        fa_fetch_end(&fetch);
        fa_server_release(&server, NULL);
    }
    bump_to(0);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "process", list.text, NULL);
    cr_assert(fa_wait_until(has_ended, NULL, 20));
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(dir, "f", "/by/strong/600000/1000000/f#0", 1000000);
}

Test(mounts, bytes_of_another_version_are_not_continued_where_modes_are_forgotten)
{
    bytes_of_another_version("modes");
}

Test(mounts, bytes_of_another_version_are_not_continued_where_modes_are_refused)
{
    bytes_of_another_version("chmod");
}

Test(mounts, bytes_of_another_version_are_not_continued_where_there_are_modes)
{
    bytes_of_another_version("");
}

static struct fa_ordeal ordeal;

/* Everything of the ordeal is on the mount. */
static void begin_ordeal(const char *lacks, const char *mode, enum fa_ordeal_list which)
{
    mount_one(lacks);
    cr_assert_eq(setenv("TMPDIR", mount.path, 1), 0);
    fa_ordeal_init(&ordeal, mode, which);
    srandom(1);
}

static void end_ordeal(const char *what)
{
    fa_ordeal_tell(&ordeal, what);
    fa_ordeal_fini(&ordeal);
    cr_assert_eq(unsetenv("TMPDIR"), 0);
}

static void kill_when_part_has(uint64_t size, double more_s)
{
    fa_ordeal_start(&ordeal, NULL);
    while (!ordeal.run.ended && fa_ordeal_part(&ordeal) < size)
        fa_run_pump(&ordeal.run, 5);
    double until = fa_now() + more_s;
    while (!ordeal.run.ended && fa_now() < until)
        fa_run_pump(&ordeal.run, 5);
    fa_run_kill(&ordeal.run, SIGKILL);
    fa_ordeal_finish(&ordeal);
}

/* Not with "mmap": the plan of the ordeal is mapped. */
static const char kills[] = "link rename2 modes flock locks fsync inodes";

FA_TEST_MODES(mounts, a_large_file_is_resumed_after_each_kill)
{
    begin_ordeal(kills, mode, FA_ORDEAL_BIG);
    for (uint64_t i = 1; i <= 3; i++) {
        uint64_t had = fa_ordeal_part(&ordeal);
        kill_when_part_has(i * 1000000, 0);
        cr_expect(fa_ordeal_part(&ordeal) >= had, "%s: the part shrank", mode);
    }
    cr_assert(!fa_ordeal_run(&ordeal, NULL));
    fa_ordeal_expect_done(&ordeal);
    cr_expect_gt(ordeal.tally.resumed, 1000000, "%s: %llu", mode, ordeal.tally.resumed);
    end_ordeal("mount, one large file");
}

/* A part of the old version, then one of the new, and the old version is back. */
FA_TEST_MODES(mounts, a_part_of_another_version_is_not_continued)
{
    begin_ordeal(kills, mode, FA_ORDEAL_TURN);
    for (unsigned i = 0; i < 5; i++) {
        kill_when_part_has(1800000, 0);
        fa_ordeal_bump(&ordeal);
        kill_when_part_has(0, 0.04 + 0.04 * i);
        fa_ordeal_bump(&ordeal);
        fa_ordeal_run(&ordeal, NULL);
        fa_ordeal_expect_newest(&ordeal);
        fa_ordeal_again(&ordeal);
    }
    end_ordeal("mount, another version");
}

/* The first and the last call of a kind. */
static void kill_around(int call, uint64_t count)
{
    const uint64_t steps[] = {1, count};
    for (size_t i = 0; i < 2 && i < count; i++)
        for (int when = FA_KILL_BEFORE; when <= FA_KILL_HALF; when++) {
            if (when == FA_KILL_HALF && call != FA_KILL_PWRITE)
                continue;
            fa_ordeal_arm(&ordeal, &(struct fa_shot){.role = FA_KILL_SUPERVISOR,
                                                     .call = call,
                                                     .step = steps[i],
                                                     .when = (enum fa_kill_when)when});
            fa_ordeal_run(&ordeal, NULL);
            fa_ordeal_disarm(&ordeal);
            fa_ordeal_run(&ordeal, NULL);
            fa_ordeal_expect_done(&ordeal);
            fa_ordeal_again(&ordeal);
        }
}

FA_TEST_MODES(mounts, a_kill_at_any_step_leaves_the_part_or_the_file)
{
    static const int calls[] = {FA_KILL_OPEN, FA_KILL_PWRITE, FA_KILL_RENAME, FA_KILL_UNLINK};
    uint64_t counts[FA_KILL_CALLS];
    begin_ordeal(kills, mode, FA_ORDEAL_ALL);
    cr_assert(!fa_ordeal_run(&ordeal, NULL));
    for (size_t i = 0; i < FA_KILL_CALLS; i++)
        counts[i] = ordeal.plan->counts[FA_KILL_SUPERVISOR][i];
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_again(&ordeal);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        kill_around(calls[i], counts[calls[i]]);
    cr_expect_gt(ordeal.tally.kills, 9);
    end_ordeal("mount, each kind of step");
}

/* Only the state is there, and its journal, which exists, cannot even be opened for writing. */
Test(mounts, a_state_on_a_full_mount_is_written_when_there_is_space)
{
    mount_one("full");
    add_path("/ok/10/a");
    add_path("/hold/b");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--state", in_mount("state.db"),
                   "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    fa_scratch_write(&scratch, "backing/full", "");
    fa_server_release(&server, NULL);
    fa_run_until_stderr_has(&fetch.run, "No space left on device: waiting", 10);
    fa_file_remove(fa_scratch_path(&scratch, "backing/full"));
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "b", "/hold/b", FA_PATTERN_SMALL);
}

/* A run that does not begin does not wait. */
Test(mounts, a_start_on_a_full_mount_fails_at_once_and_says_so)
{
    mount_one("full");
    add_path("/ok/10/f");
    fa_scratch_write(&scratch, "backing/full", "");
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), "async", list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 20), 4, "%s", fa_run_err(&fetch.run));
    const char *said = fa_run_err(&fetch.run);
    cr_expect(strstr(said, "No space left") && strstr(said, "df -h") &&
                  !strstr(said, "--disk-wait"),
              "%s", said);
}

/* Names as the mount stores them: in lower case. */
static void expect_cases(const char *dir)
{
    char hashed[2][64], path[64];
    struct fa_truth files[] = {{"", "/ok/1000/File.txt", 1000},
                               {"", "/ok/1001/file.txt", 1001},
                               {"", "/hold/FILE.TXT", FA_PATTERN_SMALL},
                               {"sub/a", "/ok/7/a", 7},
                               {"sub/b", "/ok/8/b", 8}};
    size_t n = 0;
    for (long long line = 1; line <= 3; line++) {
        const char *name = fa_report_str(fa_report_by_line(fetch.entries, line), "path");
        size_t i = 0;
        for (; name[i] && i < sizeof(path) - 1; i++)
            path[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        path[i] = '\0';
        if (strcmp(path, "file.txt") == 0) {
            files[line - 1].name = "file.txt";
        } else {
            cr_assert(n < 2 && strncmp(path, "file-", 5) == 0, "%s", name);
            memcpy(hashed[n], path, i + 1);
            files[line - 1].name = hashed[n++];
        }
    }
    fa_expect_files(dir, files, 5);
}

static void run_command(const char *command, const char *option)
{
    struct fa_run run;
    fa_run_start(&run, NULL, command, "-d", in_mount("dir"), option, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
    cr_expect(!strstr(fa_run_out(&run), "unknown"), "%s", fa_run_out(&run));
    fa_run_end(&run);
}

static void start_cases(const char *mode, const char *option)
{
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), mode, list.text, "--stall-timeout",
                        "60", option, NULL);
}

/* The first run is killed when only some of the names are taken; the last one has the list in
 * another order. */
FA_TEST_MODES(mounts, names_that_differ_only_in_case_are_two_files_there)
{
    mount_one("case inodes");
    add_path("/ok/1000/File.txt");
    add_path("/ok/1001/file.txt");
    add_path("/hold/FILE.TXT");
    add_path("/ok/7/a");
    fa_lines_add(&list, " dir=Sub");
    add_path("/ok/8/b");
    fa_lines_add(&list, " dir=sUB");
    start_cases(mode, NULL);
    fa_server_until(&server, "held", 1, 10);
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    fa_fetch_end(&fetch);
    for (size_t i = 0; i < 3; i++) {
        start_cases(mode, i == 2 ? "--overwrite" : NULL);
        cr_assert(fa_wait_until(has_ended, NULL, 20));
        fa_fetch_expect(&fetch, 20, 0);
        if (i == 1)
            fa_fetch_expect_count(&fetch, "exists", 5);
        expect_cases(fetch.dir);
        fa_fetch_end(&fetch);
    }
    run_command("verify", "-v");
}

/* Each file would fail, after it was downloaded: the run ends, and says why. */
Test(mounts, files_by_digest_need_hard_links)
{
    mount_one("link");
    add_files();
    fa_fetch_start_with(&fetch, &scratch, NULL, in_mount("dir"), "async", list.text, "--output",
                        "cas:o", NULL);
    fa_fetch_expect(&fetch, 30, 4);
    cr_expect(strstr(fa_run_err(&fetch.run), "the file system has no hard links"), "%s",
              fa_run_err(&fetch.run));
}

FA_TEST_MODES(mounts, files_come_to_a_fat_file_system)
{
    static const struct kind fat = {"FAT", "lacks"};
    if (!fa_mount_fat(&mount, &scratch, 16L << 20))
        cr_skip_test("no FAT: %s", mount.why);
    add_files();
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "fat/dir"), mode,
                            list.text, "--retries", "9", NULL);
        fa_fetch_expect(&fetch, 30, 0);
        fa_fetch_expect_count(&fetch, i == 0 ? "ok" : "exists", FILES);
        expect_notice(&fat);
        expect_files(fetch.dir);
        fa_fetch_end(&fetch);
    }
}
