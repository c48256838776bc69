/* Files: their names, obstacles in their place, and full disks. */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
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
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char mounted[PATH_MAX];

static void end(void)
{
    if (*mounted) {
        umount2(mounted, MNT_DETACH);
    }
    fixture_end();
}

TestSuite(files, .init = fixture_begin, .fini = end, .timeout = 90.0);

static const char *path_of(long long line)
{
    return fa_report_str(fa_report_by_line(fetch.entries, line), "path");
}

Test(files, names_stay_in_the_folder)
{
    static const char *const tails[] = {
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cx",
        "..",
        "%2e%2e",
        ".",
        "%00",
        "a%00b",
        "",
        "%2f",
        ".fetchall",
        "%2efetchall",
        "-rf",
        "~root",
        "con",
        "a%0ab",
        "%1b[2J",
        "a%09b",
        "....",
        " x",
        "x%20",
        "%ff%fe",
    };
    size_t count = sizeof(tails) / sizeof(tails[0]);
    for (size_t i = 0; i < count; i++) {
        char path[128];
        snprintf(path, sizeof(path), "/ok/10/%zu/%s", i, tails[i]);
        add_path(path);
    }
    fa_fetch_start(&fetch, &scratch, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 20, -1);
    for (size_t i = 1; i <= count; i++) {
        const char *path = path_of((long long)i);
        bool fine = !path || (path[0] != '.' && !strchr(path, '/') && path[0] != '-');
        cr_expect(fine, "%s became %s", tails[i - 1], path);
    }
    size_t ok = fa_report_count(fetch.entries, "status", "ok");
    cr_expect_eq(fa_truth_count_files(fetch.dir), ok);
    cr_expect(ok >= count - 3, "%zu of %zu", ok, count);
}

FA_TEST_MODES(files, folder_and_file_of_one_name_both_exist_whichever_comes_first)
{
    add_path("/ok/100/docs");
    add_path("/ok/101/docs");
    add_path("/ok/100/docs/a");
    add_path("/ok/100/docs/b");
    add_path("/ok/100/more/c/d");
    add_path("/ok/100/more/c");
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "tree"), mode,
                            list.text, "--layout", "tree", NULL);
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_count(&fetch, i ? "exists" : "ok", 6);
        cr_expect_str_eq(path_of(1), "127.0.0.1/ok/100/docs");
        cr_expect_str_eq(path_of(5), "127.0.0.1/ok/100/more/c/d");
        cr_expect(strncmp(path_of(3), "127.0.0.1/ok/100/docs-", 22) == 0, "%s", path_of(3));
        cr_expect(strncmp(path_of(3), path_of(4), strlen(path_of(3)) - 1) == 0, "%s", path_of(4));
        cr_expect(strncmp(path_of(6), "127.0.0.1/ok/100/more/c-", 24) == 0, "%s", path_of(6));
        cr_expect_eq(fa_truth_count_files(fetch.dir), 6);
        fa_fetch_end(&fetch);
    }
}

/* Twice, so that the second run finds its names as the first one gave them. */
Test(files, outputs_below_the_folder_take_no_files_name)
{
    const char *dir = fa_scratch_path(&scratch, "mirror");
    const char *sums = fa_scratch_path(&scratch, "mirror/SHA256SUMS");
    const char *events = fa_scratch_path(&scratch, "mirror/a");
    add_path("/ok/100/SHA256SUMS");
    add_path("/ok/200/a");
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--manifest", sums,
                            "--events", events, NULL);
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_count(&fetch, i ? "exists" : "ok", 2);
        fa_expect_file(dir, path_of(1), "/ok/100/SHA256SUMS", 100);
        fa_expect_file(dir, path_of(2), "/ok/200/a", 200);
        char *manifest = fa_file_read(sums, NULL);
        cr_expect_not_null(strstr(manifest, path_of(1)), "%s", manifest);
        cr_expect_not_null(strstr(manifest, path_of(2)), "%s", manifest);
        free(manifest);
        fa_fetch_end(&fetch);
    }
}

Test(files, outputs_overwrite_neither_each_other_nor_what_is_read)
{
    char *list_name = strdup(fa_scratch_write(&scratch, "list.txt", "http://127.0.0.1:1/a\n"));
    char *again = strdup(fa_scratch_path(&scratch, "./list.txt"));
    char *dir = strdup(fa_scratch_mkdir(&scratch, "dir"));
    char *fresh = strdup(fa_scratch_path(&scratch, "fresh"));
    char *same = strdup(fa_scratch_path(&scratch, "dir/../fresh"));
    char *state = strdup(fa_scratch_path(&scratch, "dir/.fetchall/state.db"));
    fa_scratch_write(&scratch, "fresh", "X-A: b\n");
    const char *header = strstr(fa_scratch_path(&scratch, "@%s", same), "@/");
    const struct {
        const char *options[4], *says;
    } rows[] = {
        {{"--report", again}, "--report would overwrite the list"},
        {{"--state", again}, "--state would overwrite the list"},
        {{"--report", fresh, "--events", same}, "--report and --events require different files"},
        {{"--manifest", fresh, "--state", same}, "--manifest would overwrite the state"},
        {{"--events", state}, "--events would overwrite the state"},
        {{"--report", again, "--cacert", list_name}, "--report would overwrite the certificates"},
        {{"--report", fresh, "--header", header}, "--report would overwrite the headers"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fa_run run;
        fa_run_start(&run, NULL, "-d", dir, list_name, rows[i].options[0], rows[i].options[1],
                     rows[i].options[2], rows[i].options[3], NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", rows[i].says);
        cr_expect_not_null(strstr(fa_run_err(&run), rows[i].says), "%s", fa_run_err(&run));
        fa_run_end(&run);
    }
    free(list_name), free(again), free(dir), free(fresh), free(same), free(state);
}

/* A file below "dir", to be read by the run. */
static const char *make_input(const char *name, const char *text)
{
    const char *path = fa_scratch_path(&scratch, "dir/%s", name);
    fa_scratch_write(&scratch, strstr(path, "dir/"), text);
    return path;
}

static void expect_input(const char *name, const char *text)
{
    char *found = fa_file_read(fa_scratch_path(&scratch, "dir/%s", name), NULL);
    cr_expect_str_eq(found, text, "%s was replaced", name);
    free(found);
}

/* As often as it is run, and however the files are spelled. */
static void fetch_over_inputs(const char *how, bool spelled)
{
    static const char *const names[] = {"list",    "headers", "ca.pem", "cert.pem",
                                        "key.pem", ".netrc",  "stdin",  "other.list",
                                        "cookies", "hosts",   "config"};
    enum { NAMES = sizeof(names) / sizeof(*names) };
    struct fa_ca ca;
    fa_ca_init(&ca, &scratch);
    char *pem = fa_file_read(ca.file, NULL);
    for (size_t i = 0; i < NAMES; i++) {
        fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/x"));
        fa_lines_add(&list, " out=%s", names[i]);
        make_input(names[i], i == 2 ? pem : i == 1 ? "X-A: b\n" : "# nothing\n");
    }
    const char *dir = fa_scratch_path(&scratch, "dir");
    const char *base = spelled ? fa_scratch_path(&scratch, "link") : dir;
    if (spelled) {
        cr_assert_eq(symlink("dir", base), 0);
        cr_assert_eq(symlink("dir/other.list", fa_scratch_path(&scratch, "other.list")), 0);
    }
#define AT(name) fa_scratch_path(&scratch, "%s/%s", strrchr(base, '/') + 1, name)
    const char *home = fa_scratch_path(&scratch, "/HOME=%s", base);
    const char *other = spelled ? fa_scratch_path(&scratch, "other.list") : AT("other.list");
    const char *headers = fa_scratch_path(&scratch, "/@%s", AT("headers"));
    make_input("list", list.text);
    struct fa_run run;
    fa_run_start(&run,
                 &(struct fa_run_options){.env = (const char *[]){strstr(home, "HOME="), NULL},
                                          .stdin_file = AT("stdin")},
                 how, "-d", dir, "-H", strstr(headers, "@/"), "--cacert", AT("ca.pem"), "--cert",
                 AT("cert.pem"), "--key", AT("key.pem"), "--netrc", "--cookies", AT("cookies"),
                 "--hosts", AT("hosts"), "--config", AT("config"), "--report",
                 fa_scratch_path(&scratch, "report"), "-q", other, "-", AT("list"), NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s: %d: %s", how, run.status, fa_run_err(&run));
    fa_run_end(&run);
    for (size_t i = 1; i < NAMES; i++)
        expect_input(names[i], i == 2 ? pem : i == 1 ? "X-A: b\n" : "# nothing\n");
    expect_input("list", list.text);
    cr_expect_eq(fa_truth_count_files(dir), 2 * NAMES, "each is there, under its other name");
    free(pem);
    fa_ca_fini(&ca);
    fa_lines_fini(&list);
}

Test(files, overwriting_takes_none_of_what_is_read)
{
    fetch_over_inputs("--overwrite", false);
}

Test(files, syncing_takes_none_of_what_is_read)
{
    fetch_over_inputs("--sync", false);
}

Test(files, what_is_read_is_known_however_it_is_spelled)
{
    fetch_over_inputs("--overwrite", true);
}

/* The name does not show that it is the list: it is a hard link.  A bind mount or a name in another
 * case has the same effect. */
FA_TEST_MODES(files, list_that_has_another_name_in_the_folder_is_left_alone)
{
    const char *dir = fa_scratch_path(&scratch, "dir");
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/a"));
    const char *name = fa_scratch_write(&scratch, "the-list", list.text);
    fa_scratch_mkdir(&scratch, "dir");
    cr_assert_eq(link(name, fa_scratch_path(&scratch, "dir/a")), 0);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, "", "--overwrite", name, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "refused");
    cr_expect_not_null(strstr(fa_report_str(entry, "error"), "is a file that this run reads"));
    expect_input("a", list.text);
    fa_fetch_expect_no_parts(&fetch);
    fa_file_remove(dir);
}

/* Root may read files whatever their mode is, and so do the other tests. */
FA_TEST_MODES(files, file_is_replaced_for_users_that_are_not_root)
{
    static const char *const plain[] = {"setpriv", "--bounding-set",
                                        "-dac_override,-dac_read_search", NULL};
    struct fa_run_options options = {.wrap = geteuid() == 0 ? plain : NULL};
    const char *dir = fa_scratch_path(&scratch, "replaced");
    add_path("/ok/100000/a");
    for (int i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, &options, dir, mode, list.text, "--overwrite", NULL);
        fa_fetch_expect(&fetch, 10, 0);
        fa_expect_file(dir, "a", "/ok/100000/a", 100000);
    }
    fa_file_remove(dir);
}

Test(files, state_and_standard_output_in_the_folder_are_left_alone)
{
    struct fa_run run;
    static const char *const names[] = {"my.db", "my.db-wal", "my.db-shm", "my.db-journal", "log"};
    const char *dir = fa_scratch_mkdir(&scratch, "dir");
    for (size_t i = 0; i < 5; i++) {
        fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/x"));
        fa_lines_add(&list, " out=%s", names[i]);
    }
    const char *name = fa_scratch_write(&scratch, "the-list", list.text);
    const char *state = fa_scratch_path(&scratch, "dir/my.db");
    for (size_t i = 0; i < 2; i++) {
        fa_run_start(&run, &(struct fa_run_options){.program = "sh"}, "-c",
                     "exec \"$0\" --overwrite -d \"$1\" --state \"$2\" --report - \"$3\" "
                     ">\"$1/log\"",
                     fa_run_program(), dir, state, name, NULL);
        cr_expect_eq(fa_run_wait(&run, 20), 0, "%d: %s", run.status, fa_run_err(&run));
        fa_run_end(&run);
        char *log = fa_file_read(fa_scratch_path(&scratch, "dir/log"), NULL);
        cr_expect_eq(log[0], '{', "%s", log);
        free(log);
        char *head = fa_file_read(state, NULL);
        cr_expect_eq(strncmp(head, "SQLite format 3", 15), 0);
        free(head);
        cr_expect_eq(fa_truth_count_files(dir), 7);
    }
}

/* A usage error that shows itself late, and an output that cannot be written. */
Test(files, run_that_comes_to_nothing_leaves_the_outputs_of_the_one_before)
{
    struct fa_run run;
    const char *dir = fa_scratch_mkdir(&scratch, "dir");
    const char *report = fa_scratch_write(&scratch, "report", "{\"line\": 1}\n");
    const char *events = fa_scratch_write(&scratch, "events", "{}\n");
    const char *sums = fa_scratch_write(&scratch, "sums", "0  a\n");
    const char *good = fa_scratch_write(&scratch, "good", "");
    const struct {
        const char *list, *manifest;
        int status;
    } rows[] = {
        {fa_scratch_path(&scratch, "missing"), sums, 2},
        {dir, sums, 2},
        {good, fa_scratch_path(&scratch, "not/there"), 4},
    };
    for (size_t i = 0; i < 4; i++) {
        if (i == 3)
            fa_run_start(&run, NULL, "--report", report, "--events", events, "-d", dir,
                         "--retry-failed", NULL);
        else
            fa_run_start(&run, NULL, "--report", report, "--events", events, "--manifest",
                         rows[i].manifest, "-d", dir, rows[i].list, NULL);
        int expected = i < 3 ? rows[i].status : 2;
        cr_expect_eq(fa_run_wait(&run, 10), expected, "%zu: %d: %s", i, run.status,
                     fa_run_err(&run));
        fa_run_end(&run);
        const char *const files[] = {report, "{\"line\": 1}\n", events, "{}\n", sums, "0  a\n"};
        for (size_t j = 0; j < 6; j += 2) {
            char *found = fa_file_read(files[j], NULL);
            cr_expect_str_eq(found, files[j + 1], "%zu: %s", i, files[j]);
            free(found);
        }
    }
    fa_run_start(&run, NULL, "--report", report, "--events", events, "-q", "-d", dir, good, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0);
    fa_run_end(&run);
    char *found = fa_file_read(report, NULL);
    cr_expect_str_eq(found, "", "a run that did take place begins anew");
    free(found);
}

Test(files, long_names_are_cut_and_keep_their_extension)
{
    char path[6000] = "/ok/10/";
    memset(path + 7, 'x', 3900);
    strcpy(path + 3907, ".tar.gz");
    fa_lines_add(&list, "http://127.0.0.1:%d%s", server.port, path);
    strcpy(path, "/ok/10/");
    for (int i = 0; i < 300; i++) {
        strcat(path, "%f0%9f%98%80");
    }
    strcat(path, ".iso");
    fa_lines_add(&list, "http://127.0.0.1:%d%s", server.port, path);
    fa_fetch_start(&fetch, &scratch, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    const char *first = path_of(1);
    const char *second = path_of(2);
    cr_expect(strlen(first) <= 255 && strcmp(first + strlen(first) - 7, ".tar.gz") == 0);
    cr_expect(strlen(second) <= 255 && strcmp(second + strlen(second) - 4, ".iso") == 0);
}

Test(files, list_cannot_name_files_outside_the_folder)
{
    static const char *const outs[] = {"../x", "/tmp/x", "a/../../x", ".fetchall/x", "a/./../b/.."};
    size_t count = sizeof(outs) / sizeof(outs[0]);
    for (size_t i = 0; i < count; i++) {
        add_path("/ok/10/a");
        fa_lines_add(&list, " out=%s", outs[i]);
    }
    add_path("/ok/10/b");
    fa_lines_add(&list, " dir=../up");
    fa_fetch_start(&fetch, &scratch, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_count(&fetch, "failed", count + 1);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "refused"), count + 1);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

FA_TEST_MODES(files, names_that_collide_are_the_same_on_every_run)
{
    add_path("/ok/10/1/same.tar.gz");
    add_path("/ok/20/2/same.tar.gz");
    add_path("/ok/30/3/Same.tar.gz");
    add_path("/ok/20/2/same.tar.gz");
    char first[64] = "";
    for (int run = 0; run < 2; run++) {
        fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
        fa_fetch_expect(&fetch, 20, 0);
        const char *path = path_of(2);
        unsigned hash;
        int end_at = 0;
        sscanf(path, "same-%8x.tar.gz%n", &hash, &end_at);
        cr_expect_eq(end_at, 20, "%s", path);
        cr_expect(run == 0 || strcmp(first, path) == 0, "%s and then %s", first, path);
        snprintf(first, sizeof(first), "%s", path);
        fa_fetch_expect_entry(&fetch, 4, "duplicate", NULL);
        const struct fa_truth files[] = {{"same.tar.gz", "/ok/10/1/same.tar.gz", 10},
                                         {first, "/ok/20/2/same.tar.gz", 20},
                                         {"Same.tar.gz", "/ok/30/3/Same.tar.gz", 30}};
        fa_expect_files(fetch.dir, files, 3);
        fa_fetch_end(&fetch);
    }
    cr_expect_eq(fa_server_stat(&server, "requests"), 6, "%s: one for each", mode);
}

Test(files, tree_has_a_folder_for_host_and_path)
{
    add_path("/ok/10/a/b/c");
    add_path("/ok/10/a/b/d?q=1");
    add_path("/ok/10/a.zarr/.zattrs");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--layout", "tree", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect_not_null(strstr(path_of(1), "127.0.0.1"));
    cr_expect_not_null(strstr(path_of(1), "/ok/10/a/b/c"));
    fa_expect_file(fetch.dir, path_of(1), "/ok/10/a/b/c", 10);
    cr_expect_str_eq(path_of(3), "127.0.0.1/ok/10/a.zarr/.zattrs");
    cr_expect_eq(fa_truth_count_files(fetch.dir), 3);
}

/* A file, a link to it, a dangling link, a FIFO and a folder are where files are to be written. */
static void put_obstacles(const char *dir)
{
    char path[PATH_MAX];
    static const char *const links[][2] = {
        {"link", "precious"}, {"dangling", "nothing"}, {"linked", "."}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, links[i][0]);
        cr_assert_eq(symlink(links[i][1], path), 0);
    }
    snprintf(path, sizeof(path), "%s/fifo", dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    snprintf(path, sizeof(path), "%s/folder", dir);
    cr_assert_eq(mkdir(path, 0700), 0);
}

FA_TEST_MODES(files, links_fifos_and_folders_in_the_way_are_refused_and_left_alone)
{
    static const char *const names[] = {"link", "dangling", "fifo", "folder", "linked/x"};
    fa_scratch_write(&scratch, "dir/precious", "precious");
    const char *dir = fa_scratch_path(&scratch, "dir");
    put_obstacles(dir);
    for (size_t i = 0; i < 5; i++) {
        fa_lines_add(&list, "%s\n out=%s", fa_server_url(&server, "/ok/10/a"), names[i]);
    }
    add_path("/ok/10/good");
    static const char *const ways[] = {"--retries", "--overwrite"};
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, ways[i],
                            i == 0 ? "0" : "--overwrite", NULL);
        fa_fetch_expect(&fetch, 20, 1);
        for (long long line = 1; line < 11; line += 2) {
            fa_fetch_expect_entry(&fetch, line, "failed", "refused");
        }
        fa_fetch_expect_count(&fetch, "failed", 5);
        fa_fetch_end(&fetch);
    }
    struct stat st;
    char path[PATH_MAX];
    static const mode_t types[] = {S_IFLNK, S_IFLNK, S_IFIFO, S_IFDIR};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        cr_expect(lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == types[i], "%s", path);
    }
    snprintf(path, sizeof(path), "%s/precious", dir);
    char *text = fa_file_read(path, NULL);
    cr_expect_str_eq(text, "precious");
    free(text);
    fa_expect_no_file(dir, "nothing");
    fa_expect_no_file(dir, "x");
    fa_expect_file(dir, "good", "/ok/10/good", 10);
}

FA_TEST_MODES(files, file_that_appears_meanwhile_is_left_alone)
{
    add_path("/hold/a");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", fetch.dir);
    FILE *file = fopen(path, "w");
    fputs("precious", file);
    fclose(file);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "refused");
    char *text = fa_file_read(path, NULL);
    cr_expect_str_eq(text, "precious");
    free(text);
    fa_fetch_expect_no_parts(&fetch);
}

struct modes {
    mode_t umask;
    mode_t file;
};

static bool has_part(void *arg)
{
    (void)arg;
    char own[PATH_MAX];
    bool found = false;
    snprintf(own, sizeof(own), "%s/.fetchall", fetch.dir);
    DIR *folder = opendir(own);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        found |= strstr(entry->d_name, ".part") != NULL;
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

/* A file gets a part if its transfer takes long. */
static void until_part(const char *mode)
{
    fa_server_until(&server, "held", 1, 10);
    cr_assert(fa_wait_until(has_part, NULL, 10), "%s: no part", mode);
}

/* Whether a part is made in the folder since its watch began. */
static bool made_part(int watch)
{
    char events[16384] __attribute__((aligned(8)));
    bool found = false;
    for (ssize_t n; (n = read(watch, events, sizeof(events))) > 0;) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *event = (const void *)at;
            found |= event->len > 0 && strstr(event->name, ".part");
            at += sizeof(*event) + event->len;
        }
    }
    return found;
}

/* Whether the download of one file makes a part. */
static bool makes_parts(const char *mode, const char *model, const char *size)
{
    char folder[48];
    snprintf(folder, sizeof(folder), "%s-%s-%s", mode, model, size);
    const char *dir = fa_scratch_mkdir(&scratch, folder);
    const char *own = fa_scratch_path(&scratch, "%s/.fetchall", folder);
    cr_assert_eq(mkdir(own, 0700), 0);
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    cr_assert(inotify_add_watch(watch, own, IN_CREATE) >= 0);
    char path[64], text[128];
    snprintf(path, sizeof(path), "/ok/%s/a", size);
    snprintf(text, sizeof(text), "%s\n", fa_server_url(&server, path));
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, text, "--hash-with", model, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    bool found = made_part(watch);
    fa_expect_file(dir, "a", path, strtoul(size, NULL, 10));
    fa_fetch_end(&fetch);
    close(watch);
    return found;
}

/* Not every file system has files without a name. */
FA_TEST_MODES(files, those_that_are_hashed_at_once_need_no_part)
{
    int fd = open(scratch.path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    bool unnamed = fd >= 0, follows = strcmp(mode, "async") == 0;
    if (unnamed)
        close(fd);
    cr_expect_eq(makes_parts(mode, "auto", "16384"), !unnamed, "%s", mode);
    cr_expect_eq(makes_parts(mode, "auto", "40000"), !unnamed || !follows, "%s", mode);
    cr_expect(makes_parts(mode, "process", "1000"), "%s", mode);
}

FA_TEST_MODES(files, modes_follow_the_umask_and_parts_are_private)
{
    static const struct modes modes[] = {{0077, 0600}, {0000, 0666}, {0022, 0644}, {0027, 0640}};
    add_path("/hold/a");
    for (size_t i = 0; i < 4; i++) {
        struct fa_run_options options = {.has_umask = true, .umask = modes[i].umask};
        fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--stall-timeout",
                            "60", NULL);
        until_part(mode);
        struct fa_run find;
        fa_run_start(&find, &(struct fa_run_options){.program = "find"}, fetch.dir, "-name",
                     "*.part", "-printf", "%m\n", NULL);
        fa_run_wait(&find, 10);
        cr_expect_str_eq(fa_run_out(&find), "600\n", "%s", mode);
        fa_run_end(&find);
        fa_server_release(&server, NULL);
        fa_fetch_expect(&fetch, 10, 0);
        char path[PATH_MAX];
        struct stat st;
        snprintf(path, sizeof(path), "%s/a", fetch.dir);
        cr_expect(stat(path, &st) == 0 && (st.st_mode & 07777) == modes[i].file, "%s: %o", mode,
                  st.st_mode);
        fa_fetch_end(&fetch);
    }
}

/* The mute one begins first, so it is the older one when the other gets its part. */
FA_TEST_MODES(files, long_transfer_gets_a_part_only_with_its_first_byte)
{
    add_path("/mute/b");
    add_path("/hold/a");
    fa_fetch_start_with(&fetch, &scratch, NULL, NULL, mode, list.text, NULL);
    until_part(mode);
    struct fa_run find;
    fa_run_start(&find, &(struct fa_run_options){.program = "find"}, fetch.dir, "-name", "*.part",
                 "-printf", "x\n", NULL);
    fa_run_wait(&find, 10);
    cr_expect_str_eq(fa_run_out(&find), "x\n", "%s", mode);
    fa_run_end(&find);
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 8, 128 + SIGINT);
    fa_fetch_end(&fetch);
}

/* Somebody else has put them there; in the next run, nobody knows more about them. */
FA_TEST_MODES(files, existing_files_that_no_state_knows_are_counted_apart)
{
    add_path("/ok/1000/a");
    add_path("/ok/1000/b");
    const char *dir = fa_scratch_path(&scratch, "dir");
    cr_assert_eq(mkdir(dir, 0700), 0);
    fa_scratch_write(&scratch, "dir/a", "anything");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, NULL);
    for (int run_number = 0; run_number < 2; ++run_number) {
        fa_fetch_expect(&fetch, 10, 0);
        cr_expect(
            strstr(fa_run_err(&fetch.run), "fetchall: 1 exists, not verified: --sync or verify\n"),
            "%s", fa_run_err(&fetch.run));
        const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
        cr_expect(json_is_false(json_object_get(entry, "verified")));
        cr_expect_null(json_object_get(fa_report_by_line(fetch.entries, 2), "verified"));
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text,
                            run_number ? "--sync" : NULL, NULL);
    }
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "not verified"), "%s", fa_run_err(&fetch.run));
}

FA_TEST_MODES(files, existing_files_are_not_fetched_again_unless_asked)
{
    add_path("/ok/1000/a");
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
    fa_fetch_end(&fetch);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", dir);
    truncate(path, 3) == 0 ? (void)0 : fa_test_fail("cannot truncate");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--overwrite", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_file(dir, "a", "/ok/1000/a", 1000);
}

/* DIR/.fetchall belongs to another user, who may replace files in it: by chown(2), or without the
 * right to do that, by a mount over it in a user namespace (as `wrap`, before the program). */
static const char *const *make_foreign(const char *dir)
{
    static char own[PATH_MAX + 16];
    static const char *const mounted_over[] = {
        "unshare", "-rm", "sh", "-c", "mount --rbind /usr \"$0\" && exec \"$@\"", own, NULL};
    snprintf(own, sizeof(own), "%s/.fetchall", dir);
    cr_assert_eq(mkdir(own, 0700), 0);
    return geteuid() == 0 && chown(own, 65534, 65534) == 0 ? NULL : mounted_over;
}

FA_TEST_MODES(files, folder_of_its_own_that_another_user_made_is_refused)
{
    add_path("/ok/300000/a");
    const char *dir = fa_scratch_mkdir(&scratch, "shared");
    cr_assert_eq(chmod(dir, 01777), 0);
    struct fa_run_options options = {.wrap = make_foreign(dir)};
    fa_fetch_start_with(&fetch, &scratch, &options, dir, mode, list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "/shared/.fetchall' belongs to another user"),
                       "%s", fa_run_err(&fetch.run));
    cr_expect_not_null(
        strstr(fa_run_err(&fetch.run), "run as that user, or choose another location"), "%s",
        fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "accepted"), 0);
    fa_expect_no_file(dir, "a");
    static const char *const looks[] = {"status", "verify"};
    for (size_t i = 0; i < 2; i++) {
        struct fa_run run;
        fa_run_start(&run, &options, looks[i], "-d", dir, NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 4, "%s: %d", looks[i], run.status);
        cr_expect_not_null(strstr(fa_run_err(&run), "belongs to another user"), "%s",
                           fa_run_err(&run));
        fa_run_end(&run);
    }
    fa_file_remove(dir);
}

/* Someone who got into it nevertheless swaps the part for a link to a file of the victim. */
FA_TEST_MODES(files, link_in_the_place_of_a_part_touches_nothing_and_gets_no_name)
{
    struct stat st;
    char part[PATH_MAX];
    add_path("/hold/a");
    const char *victim = fa_scratch_write(&scratch, "victim", "precious");
    cr_assert_eq(chmod(victim, 0400), 0);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "0", "--stall-timeout", "60",
                   "--hash", "none", NULL);
    until_part(mode);
    struct fa_run find;
    fa_run_start(&find, &(struct fa_run_options){.program = "find"}, fetch.dir, "-name", "*.part",
                 NULL);
    cr_assert_eq(fa_run_wait(&find, 10), 0);
    snprintf(part, sizeof(part), "%.*s", (int)strcspn(fa_run_out(&find), "\n"), fa_run_out(&find));
    fa_run_end(&find);
    cr_assert(unlink(part) == 0 && symlink(victim, part) == 0, "'%s'", part);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, -1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "refused");
    cr_expect(stat(victim, &st) == 0 && (st.st_mode & 07777) == 0400, "%s: %o", mode, st.st_mode);
    fa_expect_no_file(fetch.dir, "a");
}

FA_TEST_MODES(files, folder_that_is_removed_during_the_run_is_named)
{
    add_path("/hold/a");
    add_path("/ok/10/b");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    fa_file_remove(fetch.dir);
    fa_server_release(&server, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s", fa_run_err(&fetch.run));
    const char *said = strstr(fa_run_err(&fetch.run), fetch.dir);
    cr_expect(said && strstr(said, "' was removed while fetchall wrote to it\n"), "%s: %s", mode,
              fa_run_err(&fetch.run));
}

FA_TEST_MODES(files, folder_that_cannot_be_made_is_a_local_error)
{
    add_path("/ok/10/a");
    const char *file = fa_scratch_write(&scratch, "file", "");
    char dir[PATH_MAX];
    snprintf(dir, sizeof(dir), "%s/below", file);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), dir), "%s", fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "accepted"), 0);
}

/* A folder of 1 MiB; false where mounting is not allowed. */
static bool mount_small(const char *options)
{
    const char *dir = fa_scratch_mkdir(&scratch, "small/");
    snprintf(mounted, sizeof(mounted), "%s", dir);
    if (mount("none", mounted, "tmpfs", 0, options) != 0) {
        cr_assert(errno == EPERM || errno == EACCES, "%s", strerror(errno));
        *mounted = '\0';
        return false;
    }
    return true;
}

FA_TEST_MODES(files, full_disk_is_a_local_error_and_leaves_no_short_file)
{
    if (!mount_small("size=1m")) {
        cr_skip_test("no right to mount");
    }
    for (int i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/300000/f%d", i);
        add_path(path);
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, mounted, mode, list.text, "-j", "2", "--disk-wait",
                        "0", NULL);
    fa_fetch_expect(&fetch, 10, 4);
    cr_expect(fa_report_count(fetch.entries, "status", "ok") <= 3, "%s", mode);
    cr_expect(fa_report_count(fetch.entries, "class", "local_io") >= 1, "%s", mode);
    cr_expect(fa_server_stat(&server, "requests") <= 8);
    for (int i = 0; i < 8; i++) {
        char path[64];
        struct stat st;
        char full[PATH_MAX + 64];
        snprintf(path, sizeof(path), "/ok/300000/f%d", i);
        snprintf(full, sizeof(full), "%s/f%d", mounted, i);
        if (stat(full, &st) == 0) {
            fa_expect_file(mounted, strrchr(path, '/') + 1, path, 300000);
        }
    }
}

FA_TEST_MODES(files, run_continues_when_a_full_disk_has_space_again)
{
    if (!mount_small("size=4m")) {
        cr_skip_test("no right to mount");
    }
    char ballast[PATH_MAX + 16];
    snprintf(ballast, sizeof(ballast), "%s/ballast", mounted);
    char *bytes = calloc(1, 3400000);
    fa_scratch_write_bytes(&scratch, "small/ballast", bytes, 3400000);
    free(bytes);
    add_path("/ok/900000/a");
    add_path("/ok/900000/b");
    fa_fetch_start_with(&fetch, &scratch, NULL, mounted, mode, list.text, "-j", "1", NULL);
    fa_run_until_stderr_has(&fetch.run, "--disk-wait", 10);
    fa_file_remove(ballast);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 2);
    cr_expect(fa_report_int(fa_report_by_line(fetch.entries, 1), "resumed") > 0, "%s", mode);
    const struct fa_truth files[] = {{"a", "/ok/900000/a", 900000}, {"b", "/ok/900000/b", 900000}};
    fa_expect_files(mounted, files, 2);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(files, disk_without_inodes_is_a_local_error)
{
    if (!mount_small("size=1m,nr_inodes=5")) {
        cr_skip_test("no right to mount");
    }
    for (int i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/10/f%d", i);
        add_path(path);
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, mounted, mode, list.text, "-j", "1", "--disk-wait",
                        "0", NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %s", mode, fa_run_err(&fetch.run));
    cr_expect(strstr(fa_run_err(&fetch.run), "No inodes left on the file system") &&
                  strstr(fa_run_err(&fetch.run), "df -i the inodes"),
              "%s: %s", mode, fa_run_err(&fetch.run));
}

FA_TEST_MODES(files, run_continues_when_there_are_inodes_again)
{
    enum { BALLAST = 10 };
    if (!mount_small("size=4m,nr_inodes=21")) {
        cr_skip_test("no right to mount");
    }
    for (int i = 0; i < BALLAST; i++) {
        char path[64];
        snprintf(path, sizeof(path), "small/ballast%d", i);
        fa_scratch_write(&scratch, path, "");
        snprintf(path, sizeof(path), "/ok/10/f%d", i);
        add_path(path);
    }
    fa_fetch_start_with(&fetch, &scratch, NULL, mounted, mode, list.text, "-j", "2", NULL);
    fa_run_until_stderr_has(&fetch.run, "No inodes left on the file system", 10);
    for (int i = 0; i < BALLAST; i++) {
        char path[PATH_MAX + 32];
        snprintf(path, sizeof(path), "%s/ballast%d", mounted, i);
        fa_file_remove(path);
    }
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", BALLAST);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(files, folder_that_is_mounted_read_only_is_named)
{
    if (!mount_small("size=1m,ro")) {
        cr_skip_test("no right to mount");
    }
    add_path("/ok/10/a");
    fa_fetch_start_with(&fetch, &scratch, NULL, mounted, mode, list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %s", mode, fa_run_err(&fetch.run));
    cr_expect(strstr(fa_run_err(&fetch.run), "': Read-only file system\n") &&
                  strstr(fa_run_err(&fetch.run), "remount"),
              "%s: %s", mode, fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "accepted"), 0);
}

/* Returns what the program wrote; one bad entry, and nothing requested but the good one. */
static const char *fetch_into_mount(const char *option)
{
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, option, NULL);
    fa_fetch_expect(&fetch, 10, 4);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 2, "failed", "local_io");
    return fa_run_err(&fetch.run);
}

/* A bind mount has the same device as the folder, and renames across it fail as well. */
Test(files, folder_of_an_entry_on_another_mount_fails_before_the_request)
{
    add_path("/ok/10/a");
    add_path("/ok/10/b");
    fa_lines_add(&list, " dir=small/new");
    for (int bind = 0; bind < 2; bind++) {
        const char *into = fa_scratch_mkdir(&scratch, "dir/small/");
        snprintf(mounted, sizeof(mounted), "%s", into);
        const char *from = fa_scratch_mkdir(&scratch, "other");
        if (mount(from, mounted, "tmpfs", bind ? MS_BIND : 0, bind ? NULL : "size=1m") != 0) {
            cr_skip_test("no right to mount");
        }
        const char *said = fetch_into_mount("--overwrite");
        cr_expect(strstr(said, "the folder of 'small/new/b' is on another file system than") &&
                      strstr(said, "use the mounted directory itself (--dir)"),
                  "%d: %s", bind, said);
        cr_expect_eq(fa_server_stat(&server, "requests"), bind + 1);
        fa_fetch_end(&fetch);
        umount2(mounted, MNT_DETACH);
    }
    fa_scratch_write(&scratch, "other/new/b", "theirs");
    cr_assert_eq(mount(fa_scratch_path(&scratch, "other"), mounted, NULL, MS_BIND, NULL), 0);
    fetch_into_mount("--overwrite");
    cr_expect_eq(fa_server_stat(&server, "requests"), 3);
}

Test(files, folder_for_parts_on_another_mount_is_refused)
{
    const char *own = fa_scratch_mkdir(&scratch, "dir/.fetchall/");
    snprintf(mounted, sizeof(mounted), "%s", own);
    if (mount("none", mounted, "tmpfs", 0, "size=1m,mode=700") != 0) {
        cr_skip_test("no right to mount");
    }
    add_path("/ok/10/a");
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "dir"), "async",
                        list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s", fa_run_err(&fetch.run));
    cr_expect(strstr(fa_run_err(&fetch.run), "/dir/.fetchall' is on another file system than"),
              "%s", fa_run_err(&fetch.run));
    cr_expect_eq(fa_server_stat(&server, "accepted"), 0);
}

FA_TEST_MODES(files, limit_of_file_size_fails_the_file_and_not_the_program)
{
    add_path("/ok/300000/big");
    add_path("/ok/1000/small");
    struct fa_run_options options = {.fsize = 100000};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 4);
    fa_fetch_expect_entry(&fetch, 1, "failed", "local_io");
    fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
    fa_expect_no_file(fetch.dir, "big");
    fa_fetch_expect_no_parts(&fetch);
}

/* Twice: the files of the first run are found in their folders. */
FA_TEST_MODES(files, fan_out_divides_files_over_folders)
{
    for (int i = 0; i < 12; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/10/f%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    fa_lines_add(&list, "%s\n out=own", fa_server_url(&server, "/ok/10/x"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--fan-out", "16", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 13);
    for (int line = 1; line <= 12; line++) {
        const char *path = path_of(line);
        cr_expect(path[1] == '/' && strspn(path, "0123456789abcdef") >= 1, "%s: %s", mode, path);
    }
    cr_expect_str_eq(path_of(13), "own");
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--fan-out", "16", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "exists", 13);
    cr_expect_eq(fa_server_stat(&server, "requests"), 13, "%s", mode);
}

/* Small files have no name while they are hashed, large ones do. */
FA_TEST_MODES(files, remote_time_is_that_of_the_server)
{
    static const struct {
        const char *path, *name;
        bool remote;
    } rows[] = {
        {"/by/date/1000000000/1000/small", "small", true},
        {"/by/date/1000000000/9000000/large", "large", true},
        {"/by/olddate/1000000000/1000/odd", "odd", true},
        {"/by/future/1000000000/1000/future", "future", false},
        {"/by/none/1000000000/1000/none", "none", false},
    };
    time_t began = time(NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        add_path(rows[i].path);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--remote-time", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char path[PATH_MAX];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s", fetch.dir, rows[i].name);
        cr_assert_eq(stat(path, &st), 0, "%s: %s", mode, path);
        if (rows[i].remote)
            cr_expect_eq(st.st_mtime, 1640995200, "%s: %s", mode, path);
        else
            cr_expect(st.st_mtime >= began - 1 && st.st_mtime <= time(NULL), "%s: %s", mode, path);
    }
}
