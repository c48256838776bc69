/*
 * The sandbox of the whole program: what can still be done by code that runs where data of servers
 * is processed.  unit/confine_test.c has each right of each role.
 */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fa_scratch outside; /* where the program has no business */

static void begin(void)
{
    fixture_begin();
    fa_scratch_init(&outside);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/300000/a"));
}

static void end(void)
{
    fa_scratch_fini(&outside);
    fixture_end();
}

TestSuite(sandbox, .init = begin, .fini = end, .timeout = 60.0);

/* The pipe that a shell passes for >(command), and /dev/stdout. */
FA_TEST_MODES(sandbox, outputs_may_be_pipes_and_standard_output)
{
    static const char *const outputs[] = {"--report", "--events", "--manifest"};
    for (size_t i = 0; i < 3; i++) {
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--sandbox", "require", outputs[i],
                       "/dev/stdout", NULL);
        cr_assert_eq(fa_run_wait(&fetch.run, 20), 0, "%s %s: %s", mode, outputs[i],
                     fa_run_err(&fetch.run));
        cr_expect(fa_run_out(&fetch.run)[0], "%s %s", mode, outputs[i]);
        fa_fetch_end(&fetch);
    }
}

FA_TEST_MODES(sandbox, output_through_a_link_is_written_where_the_file_is)
{
    static const char *const outputs[] = {"--report", "--manifest"};
    char *file = strdup(fa_scratch_write(&outside, "real/file", "old\n"));
    char *link = strdup(fa_scratch_path(&scratch, "link"));
    cr_assert_eq(symlink(file, link), 0);
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--sandbox", "require", outputs[i], link,
                       NULL);
        cr_assert_eq(fa_run_wait(&fetch.run, 20), 0, "%s %s: %s", mode, outputs[i],
                     fa_run_err(&fetch.run));
        char *text = fa_file_read(file, NULL);
        cr_expect_null(strstr(text, "old"), "%s %s: %s", mode, outputs[i], text);
        free(text);
        fa_fetch_end(&fetch);
    }
    free(file);
    free(link);
}

/* Errnos of the attempts.  Files are read back only by workers. */
struct seen {
    int read, write, start, fork, socket, signal, peek;
};

static struct seen probe(const char *mode, const char *where, const char *sandbox)
{
    char env_where[32], env_file[PATH_MAX + 16], env_log[PATH_MAX + 16];
    char log[PATH_MAX], file[PATH_MAX];
    snprintf(log, sizeof(log), "%s", fa_scratch_path(&scratch, "probe-log"));
    snprintf(file, sizeof(file), "%s", fa_scratch_path(&outside, "probe-file"));
    snprintf(env_where, sizeof(env_where), "PROBE=%s", where);
    snprintf(env_file, sizeof(env_file), "PROBE_FILE=%s", file);
    snprintf(env_log, sizeof(env_log), "PROBE_LOG=%s", log);
    const char *const env[] = {"LD_PRELOAD=" PROBE, env_where, env_file, env_log, NULL};
    const struct fa_run_options options = {.env = env};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--sandbox", sandbox,
                        "--hash-with", "process", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"a", "/ok/300000/a", 300000}}, 1);
    bool made = access(file, F_OK) == 0;
    char *text = fa_file_read(log, NULL);
    struct seen seen;
    int n =
        sscanf(text, "read=%d write=%d start=%d fork=%d socket=%d signal=%d peek=%d", &seen.read,
               &seen.write, &seen.start, &seen.fork, &seen.socket, &seen.signal, &seen.peek);
    cr_assert_eq(n, 7, "%s: %s", mode, text);
    cr_expect_eq(made, seen.write == 0);
    free(text);
    unlink(file);
    fa_fetch_end(&fetch);
    return seen;
}

FA_TEST_MODES(sandbox, nothing_is_refused_without_one)
{
    static const struct seen all = {0};
    struct seen seen = probe(mode, "write", "off");
    cr_expect_eq(memcmp(&seen, &all, sizeof(seen)), 0, "%s", mode);
    seen = probe(mode, "read", "off");
    cr_expect_eq(memcmp(&seen, &all, sizeof(seen)), 0, "%s", mode);
}

FA_TEST_MODES(sandbox, where_parts_are_written_nothing_else_is_and_nothing_is_started)
{
    bool worker = strcmp(mode, "process") == 0;
    struct seen seen = probe(mode, "write", "require");
    cr_expect_eq(seen.write, EACCES, "%s: %d", mode, seen.write);
    cr_expect_neq(seen.start, 0, "%s", mode);
    cr_expect_eq(seen.peek, EPERM, "%s: %d", mode, seen.peek);
    cr_expect_eq(seen.socket, 0, "%s: %d", mode, seen.socket);
    /* Workers read no file but those that fetching needs. */
    cr_expect_eq(seen.read, worker ? EACCES : 0, "%s: %d", mode, seen.read);
    cr_expect_eq(seen.fork, worker ? EPERM : 0, "%s: %d", mode, seen.fork);
    cr_expect_eq(seen.signal, worker ? EPERM : 0, "%s: %d", mode, seen.signal);
}

FA_TEST_MODES(sandbox, where_files_are_hashed_nothing_else_can_be_done)
{
    struct seen seen = probe(mode, "read", "auto");
    const int codes[] = {seen.read,   seen.write,  seen.start, seen.fork,
                         seen.socket, seen.signal, seen.peek};
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        cr_expect_eq(codes[i], EPERM, "%s, %zu: %d", mode, i, codes[i]);
    }
}

Test(sandbox, outputs_are_written_wherever_they_are)
{
    static const char *const names[] = {"report", "events", "manifest", "state"};
    const char *paths[4];
    for (size_t i = 0; i < 4; i++) {
        fa_scratch_mkdir(&outside, names[i]);
        paths[i] = fa_scratch_path(&outside, "%s/file", names[i]);
    }
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--sandbox", "require", "--report",
                   paths[0], "--events", paths[1], "--manifest", paths[2], "--state", paths[3],
                   NULL);
    cr_assert_eq(fa_run_wait(&fetch.run, 20), 0, "%s", fa_run_err(&fetch.run));
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(access(paths[i], F_OK), 0, "%s", paths[i]);
    }
}
