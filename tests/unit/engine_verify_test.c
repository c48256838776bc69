/*
 * Reading a folder after sessions: fa_verify_run() and fa_state_read(). The sessions run in virtual
 * time.
 */

#include <fetchall/state.h>
#include <fetchall/verify.h>

#include "support/virtual_play.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ENGINE_SUITE(engine_verify);

static char found[4096]; /* "finding path" lines, in the order in which they came */
static size_t found_len;

static void on_checked(void *ctx, const struct fa_checked *checked)
{
    (void)ctx;
    found_len += (size_t)snprintf(found + found_len, sizeof(found) - found_len, "%s %s\n",
                                  fa_finding_name(checked->finding), checked->path);
}

static bool has_found(const char *line)
{
    const char *at = strstr(found, line);
    return at && (at == found || at[-1] == '\n') && at[strlen(line)] == '\n';
}

static unsigned count_found(void)
{
    unsigned count = 0;
    for (const char *at = found; (at = strchr(at, '\n')); ++at)
        ++count;
    return count;
}

static int verify(const char *manifest, struct fa_error *err)
{
    int64_t busy = -2;
    found_len = 0;
    found[0] = '\0';
    int result = fa_verify_run(config, manifest, on_checked, NULL, &busy, err);
    cr_assert(result || busy == 0);
    return result;
}

static void overwrite(const char *name, const char *text)
{
    int fd = open(fa_world_path(world, name), O_WRONLY | O_CREAT, 0600);
    cr_assert(fd >= 0 && pwrite(fd, text, strlen(text), 0) > 0);
    close(fd);
}

/* The state, read by others. */

static unsigned standings[FA_STANDINGS], stands, with_text, unverified;
static unsigned stop_after; /* entries; 0: never */

static bool on_entry(void *ctx, const struct fa_state_entry *entry)
{
    (void)ctx;
    ++standings[entry->standing];
    stands += entry->has_file;
    with_text += entry->text != NULL;
    unverified += entry->unverified;
    cr_assert(entry->url && entry->path);
    return stop_after == 0 || --stop_after > 0;
}

static int read_state(struct fa_state_summary *summary, struct fa_error *err)
{
    memset(standings, 0, sizeof(standings));
    stands = with_text = unverified = 0;
    summary->size = sizeof(*summary);
    return fa_state_read(config->dir, NULL, summary, on_entry, NULL, err);
}

/* Files a to f of 10 bytes, the state, and digests. */
static void fetch_files(unsigned hash)
{
    begin_world("a/* 200 size=10",
                "http://a/a\nhttp://a/b\nhttp://a/c\nhttp://a/d\n dir=sub/sub\nhttp://a/e");
    config->no_state = false;
    config->hash = config->hash_first = hash;
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    fa_world_expect(world, "...\nend complete");
}

Test(engine_verify, files_as_they_were_are_good)
{
    struct fa_error err = {0};
    for (enum fa_hash_with with = FA_HASH_WITH_THREAD; with <= FA_HASH_WITH_INLINE; ++with) {
        fetch_files(FA_HASH_SHA256);
        config->hash_with = with;
        cr_assert_eq(verify(NULL, &err), 0, "%s", err.msg);
        cr_assert_eq(count_found(), 5, "%s", found);
        cr_assert(has_found("good a") && has_found("good sub/sub/d"), "%s", found);
        end_world();
    }
}

Test(engine_verify, each_damage_has_its_finding)
{
    struct fa_error err = {0};
    fetch_files(FA_HASH_SHA256);
    cr_assert_eq(unlink(fa_world_path(world, "a")), 0);
    overwrite("b", "0123456789"); /* of the same size */
    overwrite("c", "0123456789 and more");
    cr_assert_eq(unlink(fa_world_path(world, "e")), 0);
    cr_assert_eq(mkdir(fa_world_path(world, "e"), 0700), 0);
    overwrite("new", "unknown");
    cr_assert_eq(symlink("a", fa_world_path(world, "link")), 0);
    cr_assert_eq(verify(NULL, &err), 0, "%s", err.msg);
    cr_assert(has_found("missing a"), "%s", found);
    cr_assert(has_found("changed b"), "%s", found);
    cr_assert(has_found("changed c"), "%s", found);
    cr_assert(has_found("changed e"), "%s", found);
    cr_assert(has_found("good sub/sub/d"), "%s", found);
    cr_assert(has_found("unknown new"), "%s", found);
}

/* The next run records that the entry has a file, and knows no more about it than before. */
Test(engine_verify, a_file_that_was_there_before_is_not_known)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    fetch_files(FA_HASH_SHA256);
    overwrite("f", "foreign");
    for (int run = 0; run < 2; ++run) {
        fa_world_list(world, "http://a/f");
        cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
        cr_assert_eq(verify(NULL, &err), 0, "%s", err.msg);
        cr_assert(has_found("unknown f") && has_found("good a"), "%s", found);
        cr_assert_eq(read_state(&summary, &err), 0, "%s", err.msg);
        cr_assert_eq(standings[FA_STANDING_DONE], 6);
        cr_assert_eq(unverified, 1);
    }
}

Test(engine_verify, a_file_without_a_digest_is_compared_by_size)
{
    struct fa_error err = {0};
    fetch_files(0);
    overwrite("c", "0123456789 and more");
    cr_assert_eq(verify(NULL, &err), 0, "%s", err.msg);
    cr_assert(has_found("unhashed a"), "%s", found);
    cr_assert(has_found("changed c"), "%s", found);
}

Test(engine_verify, a_manifest_replaces_the_state)
{
    struct fa_error err = {0};
    fetch_files(0);
    char lines[1000];
    snprintf(lines, sizeof(lines), "%s  a\n%s *b\n%s  gone\nnonsense\n",
             fa_world_sha256(world, "a", 10), fa_world_sha256(world, "other", 10),
             fa_world_sha256(world, "c", 10));
    overwrite("sums", lines);
    cr_assert_eq(verify(fa_world_path(world, "sums"), &err), 0, "%s", err.msg);
    cr_assert(has_found("good a"), "%s", found);
    cr_assert(has_found("changed b"), "%s", found);
    cr_assert(has_found("missing gone"), "%s", found);
    cr_assert(strstr(found, "unreadable "), "%s", found);
    cr_assert(has_found("unknown e"), "%s", found);
}

Test(engine_verify, a_folder_without_a_state_is_refused)
{
    struct fa_error err = {0};
    begin_world("a/* 200 size=10", "http://a/x");
    fa_world_run(world);
    cr_assert_eq(verify(NULL, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s", err.msg);
}

Test(engine_verify, a_manifest_that_cannot_be_read_is_local_io)
{
    struct fa_error err = {0};
    fetch_files(0);
    cr_assert_eq(verify(fa_world_path(world, "no such file"), &err), -1);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO, "%s", err.msg);
}

Test(engine_verify, the_state_lists_what_is_done_and_what_failed)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    begin_world("a/1 200 size=10\na/2 404\na/3 200 size=10 cut=5\na/4 503",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://user:secret@a/4");
    config->no_state = false;
    config->retries = 0;
    fa_world_run(world);
    cr_assert_eq(read_state(&summary, &err), 0, "%s", err.msg);
    cr_assert_eq(standings[FA_STANDING_DONE], 1);
    cr_assert_eq(standings[FA_STANDING_FAILED], 3);
    cr_assert_eq(stands, 1);
    cr_assert_eq(with_text, 2, "one has a secret");
    cr_assert(summary.run.known && summary.run.lists_final);
    cr_assert_eq(summary.run.entries, 4);
    cr_assert_eq(summary.run.done, 4);
    cr_assert_gt(summary.run.ended, 0);
    cr_assert_eq(summary.busy, 0);
}

Test(engine_verify, a_reader_of_the_state_can_stop)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    fetch_files(0);
    stop_after = 2;
    cr_assert_eq(read_state(&summary, &err), 0, "%s", err.msg);
    cr_assert_eq(standings[FA_STANDING_DONE], 2);
}

Test(engine_verify, a_file_whose_replacement_failed_is_reported_as_existing)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    begin_world("a/x 200 size=10 version=1; 503", "http://a/x");
    config->no_state = false;
    config->retries = 0;
    fa_world_run(world);
    config->sync = true;
    fa_world_list(world, "http://a/x");
    fa_world_run(world);
    cr_assert_eq(read_state(&summary, &err), 0, "%s", err.msg);
    cr_assert_eq(standings[FA_STANDING_FAILED], 1);
    cr_assert_eq(stands, 1);
}

Test(engine_verify, a_stopped_run_leaves_parts_in_the_state)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    begin_world("a/x 200 size=1000 took=100\nat 50 drain", "http://a/x");
    config->no_state = false;
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    cr_assert_eq(read_state(&summary, &err), 0, "%s", err.msg);
    cr_assert_eq(standings[FA_STANDING_PART], 1);
    cr_assert_eq(stands, 0);
}

Test(engine_verify, a_missing_state_cannot_be_read)
{
    struct fa_error err = {0};
    struct fa_state_summary summary;
    begin_world("", "");
    cr_assert_eq(read_state(&summary, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s", err.msg);
}
