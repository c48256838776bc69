#include "engine/store_part.h"
#include "engine/store_publish.h"

#include "support/process.h"
#include "support/scratch.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_scratch scratch;
static struct fa_store *store;

/* What the file system is made to report: that a file belongs to another user; or, as vfat does,
 * one owner and one mode for all files. */
static ino_t foreign;
static bool fixed;
/* The mode of all files, as a default access control list sets it; 0: their own. */
static mode_t unusual_mode;

static void change_stat(struct stat *st)
{
    if (fixed || (foreign && st->st_ino == foreign))
        st->st_uid = 4242;
    if (fixed)
        st->st_mode |= 0777;
    if (unusual_mode && S_ISREG(st->st_mode))
        st->st_mode = S_IFREG | unusual_mode;
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
    int result = __real_fstat(fd, st);
    change_stat(st);
    return result;
}

int __real_fstatat(int at, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int at, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int at, const char *name, struct stat *st, int flags)
{
    int result = __real_fstatat(at, name, st, flags);
    change_stat(st);
    return result;
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
    errno = EPERM;
    return fixed ? -1 : __real_fchmod(fd, mode);
}

/* Called right before a part is renamed, to replace it. */
static void (*swap_part)(int at, const char *part);

int __real_renameat2(int from, const char *part, int to, const char *name, unsigned flags);
int __wrap_renameat2(int from, const char *part, int to, const char *name, unsigned flags);
int __wrap_renameat2(int from, const char *part, int to, const char *name, unsigned flags)
{
    if (swap_part) {
        cr_assert_eq(unlinkat(from, part, 0), 0);
        swap_part(from, part);
    }
    return __real_renameat2(from, part, to, name, flags);
}

static const char *in(const char *name)
{
    return fa_scratch_path(&scratch, "out/%s", name);
}

static void begin(void)
{
    struct fa_error err = {0};
    fa_scratch_init(&scratch);
    umask(022);
    /* A folder that is empty at first is not searched. */
    fa_scratch_write(&scratch, "out/before", "was there");
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err);
    cr_assert(store, "%s", err.msg);
}

static void end(void)
{
    fa_store_free(store);
    fa_scratch_fini(&scratch);
}

TestSuite(store, .init = begin, .fini = end, .timeout = 30.0);

/* Of the part that was written last. */
static struct fa_inode inode;

static int write_part(uint64_t key, bool stale, uint64_t *offset)
{
    struct fa_error err = {0};
    struct stat st;
    int fd = fa_store_part_write(store, key, stale, offset, &err);
    cr_assert(fd >= 0, "%s", err.msg);
    cr_assert_eq(fstat(fd, &st), 0);
    inode = (struct fa_inode){st.st_dev, st.st_ino};
    return fd;
}

static int new_part(uint64_t key)
{
    uint64_t offset = 0;
    return write_part(key, false, &offset);
}

static void make_part(uint64_t key, const char *text)
{
    int fd = new_part(key);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int publish(uint64_t key, const char *path, bool replace, struct fa_error *err)
{
    make_part(key, "new");
    int result = fa_store_publish(store, key, &inode, path, replace, err);
    fa_store_part_remove(store, key);
    return result;
}

static void expect_text(const char *name, const char *text)
{
    char *got = fa_file_read(in(name), NULL);
    cr_assert_str_eq(got, text, "%s", name);
    free(got);
}

Test(store, a_part_is_private_until_it_gets_its_name)
{
    struct stat st;
    make_part(0xabc, "hello");
    cr_assert_eq(stat(in(".fetchall/0000000000000abc.part"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    int fd = fa_store_part_open(store, 0xabc, &inode, NULL);
    char text[8] = "";
    cr_assert_eq(read(fd, text, sizeof(text)), 5);
    cr_assert_str_eq(text, "hello");
    close(fd);
    cr_assert_eq(fa_store_publish(store, 0xabc, &inode, "a/b/c", false, NULL), 0);
    expect_text("a/b/c", "hello");
    cr_assert_eq(stat(in("a/b/c"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0644);
    fa_expect_no_file(in(".fetchall"), "0000000000000abc.part");
    cr_assert_eq(fa_store_part_open(store, 0xabc, &inode, NULL), -1);
}

static size_t count_files_of_own(void)
{
    size_t n = 0;
    DIR *dir = opendir(in(".fetchall"));
    cr_assert_not_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0;
    closedir(dir);
    return n;
}

static int make_unnamed(const char *text)
{
    int fd = fa_store_unnamed(store);
    cr_assert(fd >= 0, "needs a file system with O_TMPFILE");
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

Test(store, a_file_without_a_name_is_nowhere_until_it_is_published)
{
    struct stat st;
    struct fa_error err = {0};
    int fd = make_unnamed("hello");
    cr_expect_eq(count_files_of_own(), 0);
    cr_assert_eq(fa_store_publish_unnamed(store, fd, "a/b/c", &err), 0, "%s", err.msg);
    close(fd);
    expect_text("a/b/c", "hello");
    cr_assert_eq(stat(in("a/b/c"), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0644);
    cr_expect_eq(st.st_nlink, 1);
    close(make_unnamed("dropped"));
    cr_expect_eq(count_files_of_own(), 0);
}

/* The descriptor of the last folder is kept, and no file can be given a name there any more. */
Test(store, a_folder_that_was_removed_is_made_again)
{
    struct fa_error err = {0};
    cr_assert_eq(publish(1, "sub/a", false, &err), 0, "%s", err.msg);
    cr_assert_eq(unlink(in("sub/a")), 0);
    cr_assert_eq(rmdir(in("sub")), 0);
    cr_assert_eq(publish(2, "sub/b", false, &err), 0, "%s", err.msg);
    expect_text("sub/b", "new");
    cr_assert_eq(unlink(in("sub/b")), 0);
    cr_assert_eq(rmdir(in("sub")), 0);
    int fd = make_unnamed("hello");
    cr_assert_eq(fa_store_publish_unnamed(store, fd, "sub/c", &err), 0, "%s", err.msg);
    close(fd);
    expect_text("sub/c", "hello");
}

Test(store, a_file_without_a_name_replaces_nothing)
{
    struct fa_error err = {0};
    fa_scratch_write(&scratch, "out/f", "theirs");
    int fd = make_unnamed("ours");
    cr_expect_eq(fa_store_publish_unnamed(store, fd, "f", &err), -1);
    cr_expect(err.class == FA_CLASS_REFUSED && strstr(err.msg, "has appeared"), "%s", err.msg);
    expect_text("f", "theirs");
    cr_expect_eq(fa_store_publish_unnamed(store, fd, "../f", &err), -1);
    cr_expect_eq(err.class, FA_CLASS_REFUSED, "%s", err.msg);
    close(fd);
}

Test(store, a_file_without_a_name_becomes_a_part_that_is_private_and_known)
{
    struct stat st;
    struct fa_error err = {0};
    make_part(7, "left by an earlier run");
    int fd = make_unnamed("hello");
    cr_assert_eq(fa_store_part_name(store, 7, fd, &inode, &err), 0, "%s", err.msg);
    cr_assert_eq(stat(in(".fetchall/0000000000000007.part"), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0600);
    cr_expect_eq(fa_store_part_size(store, 7), 5);
    cr_assert_eq(write(fd, "!", 1), 1, "it is still open for writing");
    close(fd);
    cr_assert_eq(fa_store_publish(store, 7, &inode, "f", false, &err), 0, "%s", err.msg);
    expect_text("f", "hello!");
}

Test(store, files_without_a_name_are_not_used_where_their_mode_is_not_that_of_the_umask)
{
    fa_store_free(store);
    mode_t before = umask(022);
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, NULL);
    cr_assert(store);
    int fd = fa_store_unnamed(store);
    cr_expect(fd >= 0);
    close(fd);
    fa_store_free(store);
    unusual_mode = 0640;
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, NULL);
    unusual_mode = 0;
    cr_assert(store);
    cr_expect_eq(fa_store_unnamed(store), -1);
    cr_expect_eq(count_files_of_own(), 0);
    umask(before);
}

Test(store, a_new_part_is_empty_even_if_there_was_one)
{
    struct stat st;
    make_part(1, "old bytes");
    int fd = new_part(1);
    cr_assert(fd >= 0);
    cr_assert_eq(fstat(fd, &st), 0);
    cr_assert_eq(st.st_size, 0);
    close(fd);
}

Test(store, the_umask_rules_over_modes)
{
    static const struct {
        mode_t umask, mode;
    } rows[] = {{0, 0666}, {022, 0644}, {027, 0640}, {077, 0600}, {0777, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct stat st;
        fa_store_free(store);
        umask(rows[i].umask & 077);
        store = fa_store_new(fa_scratch_path(&scratch, "out%zu", i), NULL, false, NULL);
        fa_store_free(store);
        umask(rows[i].umask);
        store = fa_store_new(fa_scratch_path(&scratch, "out%zu", i), NULL, false, NULL);
        umask(022);
        if (!store)
            continue; /* with that mask, only root can create anything */
        make_part(1, "x");
        cr_assert_eq(fa_store_publish(store, 1, &inode, "f", false, NULL), 0);
        cr_assert_eq(stat(fa_scratch_path(&scratch, "out%zu/f", i), &st), 0);
        cr_assert_eq(st.st_mode & 07777, rows[i].mode, "%o", rows[i].umask);
    }
}

static void expect_refusal(const char *path, const char *why)
{
    struct fa_error err = {0};
    fa_store_free(store);
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err);
    cr_assert_null(store, "%s", why);
    cr_expect_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_expect(strstr(err.msg, path) && strstr(err.msg, why), "%s", err.msg);
}

static void make_own(mode_t mode)
{
    fa_store_free(store);
    store = NULL;
    fa_scratch_mkdir(&scratch, "out/.fetchall");
    cr_assert_eq(chmod(in(".fetchall"), mode), 0);
}

Test(store, its_own_folder_belongs_to_nobody_else)
{
    struct stat st;
    make_own(0700);
    cr_assert_eq(stat(in(".fetchall"), &st), 0);
    foreign = st.st_ino;
    expect_refusal("out/.fetchall'", "belongs to another user (uid 4242, not ");
    expect_refusal("out/.fetchall'", "run as that user, or choose another location");
    fa_expect_no_file(in(".fetchall"), "lock");
}

Test(store, its_own_folder_is_written_to_by_nobody_else)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); ++i) {
        make_own(modes[i]);
        expect_refusal("out/.fetchall'", "is writable by other users");
        expect_refusal("out/.fetchall'", "chmod go-w");
        fa_expect_no_file(in(".fetchall"), "lock");
    }
    struct fa_error err = {0};
    make_own(0755);
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err);
    cr_assert(store, "reading is no harm: %s", err.msg);
}

Test(store, its_lock_is_a_file_of_its_own)
{
    struct stat st;
    make_own(0700);
    fa_scratch_write(&scratch, "out/.fetchall/lock", "1");
    cr_assert_eq(chmod(in(".fetchall/lock"), 0666), 0);
    expect_refusal(".fetchall/lock'", "is writable by other users");
    cr_assert_eq(chmod(in(".fetchall/lock"), 0600), 0);
    cr_assert_eq(stat(in(".fetchall/lock"), &st), 0);
    foreign = st.st_ino;
    expect_refusal(".fetchall/lock'", "belongs to another user");
    cr_assert_eq(unlink(in(".fetchall/lock")), 0);
    foreign = 0;
    cr_assert_eq(mkfifo(in(".fetchall/lock"), 0600), 0);
    expect_refusal("': its .fetchall/lock is a FIFO", "cannot lock the folder '");
}

Test(store, a_file_system_that_gives_all_files_one_owner_and_mode_is_used_and_reported)
{
    struct fa_error err = {0};
    cr_assert_not(fa_store_is_open(store));
    make_own(0777);
    fixed = true;
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err);
    cr_assert(store, "%s", err.msg);
    cr_assert(fa_store_is_open(store));
    cr_assert_eq(publish(1, "f", false, &err), 0, "%s", err.msg);
    expect_text("f", "new");
}

Test(store, part_that_is_gone_is_not_blamed_on_the_folder_of_its_name)
{
    struct fa_error err = {0};
    inode = (struct fa_inode){1, 2};
    cr_expect_eq(fa_store_publish(store, 1, &inode, "deep/f", false, &err), -1);
    cr_expect_eq(err.code, ENOENT, "%s", err.msg);
}

static void swap_for_link(int at, const char *part)
{
    cr_assert_eq(symlinkat("../../victim", at, part), 0);
}

static void swap_for_other_name(int at, const char *part)
{
    cr_assert_eq(linkat(AT_FDCWD, in("../victim"), at, part, 0), 0);
}

static void swap_for_file(int at, const char *part)
{
    int fd = openat(at, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, "evil", 4) == 4);
    close(fd);
}

static void swap_for_fifo(int at, const char *part)
{
    cr_assert_eq(mkfifoat(at, part, 0600), 0);
}

static void (*const swaps[])(int at, const char *part) = {swap_for_link, swap_for_other_name,
                                                          swap_for_file, swap_for_fifo};
#define SWAPS (sizeof(swaps) / sizeof(*swaps))

static void expect_victim(void)
{
    struct stat st;
    cr_assert_eq(stat(in("../victim"), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0400, "its mode is %o", st.st_mode);
    expect_text("../victim", "precious");
}

static void make_victim(void)
{
    cr_assert_eq(chmod(fa_scratch_write(&scratch, "victim", "precious"), 0400), 0);
}

Test(store, what_took_the_place_of_a_part_is_not_opened_known_or_given_a_name)
{
    make_victim();
    for (size_t i = 0; i < SWAPS * 2; ++i) {
        struct fa_error err = {0};
        make_part(1, "good");
        /* Kept, so that its inode number is not reused. */
        cr_assert_eq(rename(in(".fetchall/0000000000000001.part"), in(".fetchall/kept")), 0);
        int own = open(in(".fetchall"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        swaps[i / 2](own, "0000000000000001.part");
        close(own);
        cr_expect_lt(fa_store_part_open(store, 1, &inode, &err), 0, "%zu", i);
        cr_expect_eq(fa_store_part_know(store, 1, &inode), -1, "%zu", i);
        cr_expect_eq(fa_store_publish(store, 1, &inode, "f", i % 2, &err), -1, "%zu", i);
        cr_expect_neq(err.class, FA_CLASS_NONE, "%zu", i);
        fa_expect_no_file(fa_scratch_path(&scratch, "out"), "f");
        expect_victim();
        fa_store_part_remove(store, 1);
    }
}

Test(store, what_takes_the_place_of_a_part_in_the_last_moment_loses_the_name_again)
{
    make_victim();
    for (size_t i = 0; i < SWAPS; ++i) {
        struct fa_error err = {0};
        make_part(1, "good");
        swap_part = swaps[i];
        cr_expect_eq(fa_store_publish(store, 1, &inode, "f", false, &err), -1, "%zu", i);
        cr_expect(strstr(err.msg, "'f' was replaced"), "%s", err.msg);
        swap_part = NULL;
        if (swaps[i] != swap_for_file) /* that may come from a program of ours, and stays */
            fa_expect_no_file(fa_scratch_path(&scratch, "out"), "f");
        expect_victim();
        unlink(in("f"));
        fa_store_part_remove(store, 1);
    }
}

Test(store, a_part_that_others_may_write_to_begins_anew)
{
    uint64_t offset = 3;
    make_part(1, "12345");
    cr_assert_eq(chmod(in(".fetchall/0000000000000001.part"), 0620), 0);
    cr_expect_eq(fa_store_part_size(store, 1), -1);
    close(write_part(1, false, &offset));
    cr_expect_eq(offset, 0);
}

Test(store, no_path_leaves_the_folder)
{
    static const char *const paths[] = {
        "..",    "../x", "a/../../x", "/etc/passwd", "a/..", ".",        "./a",
        "a/./b", "",     "a//b",      "a/",          "/",    "a/b/../c", "../out/before"};
    fa_scratch_write(&scratch, "x", "outside");
    fa_scratch_write(&scratch, "out/a/b", "inside");
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); ++i) {
        struct fa_error err = {0};
        int64_t size = -7;
        enum fa_presence there = fa_folder_look(fa_store_folder(store), paths[i], &size, &err);
        cr_expect_eq(there, FA_THERE_REFUSED, "'%s'", paths[i]);
        cr_expect_eq(err.class, FA_CLASS_REFUSED, "'%s': %s", paths[i], err.msg);
        cr_expect_eq(size, -7);
        cr_expect_eq(fa_folder_file(fa_store_folder(store), paths[i], NULL), -1, "%s", paths[i]);
        cr_expect_eq(publish(1, paths[i], true, NULL), -1, "'%s'", paths[i]);
    }
    expect_text("../x", "outside");
}

Test(store, only_regular_files_are_read)
{
    struct fa_error err = {0};
    cr_assert_eq(mkfifo(in("fifo"), 0600), 0);
    fa_scratch_mkdir(&scratch, "out/folder");
    cr_expect_eq(fa_folder_file(fa_store_folder(store), "fifo", &err), -1);
    cr_expect_eq(err.class, FA_CLASS_REFUSED, "%s", err.msg);
    cr_expect_eq(fa_folder_file(fa_store_folder(store), "folder", &err), -1);
}

Test(store, what_appears_meanwhile_is_left_alone)
{
    struct fa_error err = {0};
    fa_scratch_write(&scratch, "out/f", "theirs");
    cr_assert_eq(publish(1, "f", false, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s", err.msg);
    cr_assert(strstr(err.msg, "'f'"));
    expect_text("f", "theirs");
    cr_assert_eq(publish(1, "f", true, &err), 0);
    expect_text("f", "new");
}

/* Something that is not a regular file, named "it". */
static void make_it(const char *kind)
{
    const char *it = in("it");
    fa_file_remove(it);
    if (strcmp(kind, "link") == 0)
        cr_assert_eq(symlink(fa_scratch_write(&scratch, "target", "target"), it), 0);
    else if (strcmp(kind, "dangling link") == 0)
        cr_assert_eq(symlink("nowhere", it), 0);
    else if (strcmp(kind, "folder") == 0)
        cr_assert_eq(mkdir(it, 0777), 0);
    else if (strcmp(kind, "FIFO") == 0)
        cr_assert_eq(mkfifo(it, 0666), 0);
    else if (strcmp(kind, "socket") == 0)
        cr_assert_eq(mknod(it, S_IFSOCK | 0666, 0), 0);
    else if (mknod(it, S_IFCHR | 0666, (1 << 8) + 3))
        cr_assert_eq(symlink("/dev/null", it), 0);
}

Test(store, links_folders_and_devices_are_refused_and_left_alone)
{
    static const char *const kinds[] = {"link", "dangling link", "folder",
                                        "FIFO", "socket",        "device"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); ++i) {
        struct stat before, after;
        int64_t size = -7;
        make_it(kinds[i]);
        cr_assert_eq(lstat(in("it"), &before), 0);
        for (int replace = 0; replace < 2; ++replace) {
            struct fa_error err = {0};
            cr_assert_eq(publish(1, "it", replace, &err), -1, "%s", kinds[i]);
            cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s: %s", kinds[i], err.msg);
        }
        struct fa_error err = {0};
        cr_assert_eq(fa_folder_look(fa_store_folder(store), "it", &size, &err), FA_THERE_REFUSED,
                     "%s", kinds[i]);
        cr_assert_eq(err.class, FA_CLASS_REFUSED);
        cr_assert_eq(size, -7);
        cr_assert_eq(lstat(in("it"), &after), 0);
        cr_assert_eq(before.st_ino, after.st_ino, "%s", kinds[i]);
    }
    expect_text("../target", "target");
}

Test(store, nothing_goes_through_a_link_to_a_folder)
{
    struct fa_error err = {0};
    int64_t size;
    fa_scratch_mkdir(&scratch, "elsewhere");
    cr_assert_eq(symlink("../elsewhere", in("link")), 0);
    fa_scratch_write(&scratch, "out/file", "x");
    static const char *const paths[] = {"link/f", "link/a/f", "file/f", "file/a/f"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); ++i) {
        err = (struct fa_error){0};
        cr_assert_eq(publish(1, paths[i], true, &err), -1, "%s", paths[i]);
        cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s: %s", paths[i], err.msg);
        cr_assert_eq(fa_folder_look(fa_store_folder(store), paths[i], &size, &err),
                     FA_THERE_REFUSED);
        cr_assert_eq(fa_folder_file(fa_store_folder(store), paths[i], &err), -1);
    }
    cr_assert_eq(fa_truth_count_files(fa_scratch_path(&scratch, "elsewhere")), 0);
}

Test(store, looking_finds_existing_files)
{
    int64_t size = -1;
    struct fa_error err = {0};
    fa_scratch_write(&scratch, "out/a/f", "12345");
    cr_assert_eq(fa_folder_look(fa_store_folder(store), "a/f", &size, &err), FA_THERE_FILE);
    cr_assert_eq(size, 5);
    cr_assert_eq(fa_folder_look(fa_store_folder(store), "a/g", &size, &err), FA_THERE_NOTHING);
    cr_assert_eq(fa_folder_look(fa_store_folder(store), "b/c/g", &size, &err), FA_THERE_NOTHING);
    cr_assert_eq(fa_folder_look(fa_store_folder(store), "g", &size, &err), FA_THERE_NOTHING);
    int fd = fa_folder_file(fa_store_folder(store), "a/f", &err);
    cr_assert(fd >= 0);
    close(fd);
    cr_assert_eq(fa_folder_file(fa_store_folder(store), "a/g", &err), -1);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
}

Test(store, a_folder_that_was_empty_is_not_looked_into_and_yet_nothing_is_overwritten)
{
    struct fa_error err = {0};
    int64_t size = 0;
    fa_store_free(store);
    store = fa_store_new(fa_scratch_path(&scratch, "empty"), NULL, false, &err);
    cr_assert(store, "%s", err.msg);
    fa_scratch_write(&scratch, "empty/f", "theirs");
    fa_scratch_mkdir(&scratch, "empty/d");
    cr_assert_eq(fa_folder_look(fa_store_folder(store), "f", &size, &err), FA_THERE_NOTHING);
    cr_assert_eq(publish(1, "f", false, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    expect_text("../empty/f", "theirs");
    cr_assert_eq(publish(1, "d", false, &err), -1);
    cr_assert_not_null(strstr(err.msg, "is a folder"), "%s", err.msg);
}

Test(store, a_folder_that_is_moved_away_is_walked_anew_or_refused_never_followed)
{
    struct fa_error err = {0};
    cr_assert_eq(publish(1, "a/one", false, &err), 0);
    cr_assert_eq(publish(1, "b/one", false, &err), 0);
    cr_assert_eq(publish(1, "a/two", false, &err), 0);
    expect_text("a/two", "new");
    fa_scratch_mkdir(&scratch, "elsewhere");
    cr_assert_eq(rename(in("b"), in("c")), 0);
    cr_assert_eq(symlink("../elsewhere", in("b")), 0);
    cr_assert_eq(publish(1, "b/two", false, &err), -1);
    cr_assert_eq(fa_truth_count_files(fa_scratch_path(&scratch, "elsewhere")), 0);
}

Test(store, names_that_are_too_long_are_errors)
{
    static char name[300], deep[3100];
    struct fa_error err = {0};
    memset(name, 'n', 255);
    cr_assert_eq(publish(1, name, false, &err), 0, "%s", err.msg);
    memset(name, 'n', 256);
    cr_assert_eq(publish(1, name, false, &err), FA_STORE_FOLDER_CLOSED, "others may fit");
    cr_assert_eq(err.code, ENAMETOOLONG);
    memset(name, 'd', 256);
    strcpy(name + 256, "/f");
    cr_assert_eq(publish(1, name, false, &err), FA_STORE_FOLDER_CLOSED);
    cr_assert_eq(err.code, ENAMETOOLONG);
    for (size_t i = 0; i + 2 < 3000; i += 2)
        memcpy(deep + i, "d/", 2);
    strcat(deep, "f");
    cr_assert_eq(publish(1, deep, false, &err), 0, "folders below folders: %s", err.msg);
}

Test(store, a_second_one_is_refused_and_told_who_works_there)
{
    struct fa_error err = {0};
    char pid[32];
    cr_assert_null(fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err));
    snprintf(pid, sizeof(pid), "pid %d)", (int)getpid());
    cr_assert(strstr(err.msg, pid), "%s", err.msg);
    cr_assert(strstr(err.msg, "/out'"), "%s", err.msg);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    make_part(1, "still works");
    fa_store_part_remove(store, 1);
}

static bool keep_255(void *arg, uint64_t key)
{
    ++*(int *)arg;
    return key == 0xff;
}

Test(store, parts_that_nobody_knows_are_cleared_and_what_is_not_ours_stays)
{
    int asked = 0;
    fa_scratch_write(&scratch, "out/.fetchall/00000000000000ff.part", "known");
    fa_scratch_write(&scratch, "out/.fetchall/00000000000000fe.part", "unknown");
    fa_scratch_write(&scratch, "out/.fetchall/odd.part", "no key");
    fa_scratch_write(&scratch, "out/.fetchall/other", "not ours");
    fa_store_purge(store, keep_255, &asked);
    cr_assert_eq(asked, 2);
    expect_text(".fetchall/00000000000000ff.part", "known");
    fa_expect_no_file(in(".fetchall"), "00000000000000fe.part");
    fa_expect_no_file(in(".fetchall"), "odd.part");
    expect_text(".fetchall/other", "not ours");
    fa_store_purge(store, NULL, NULL);
    fa_expect_no_file(in(".fetchall"), "00000000000000ff.part");
}

Test(store, a_part_is_written_on_where_it_has_enough_bytes)
{
    uint64_t offset = 5;
    make_part(1, "12345678");
    close(write_part(1, false, &offset));
    cr_assert_eq(offset, 5);
    cr_assert_eq(fa_store_part_size(store, 1), 5);
    offset = 9;
    close(write_part(1, false, &offset));
    cr_assert_eq(offset, 0);
    cr_assert_eq(fa_store_part_size(store, 1), 0);
}

Test(store, a_part_that_is_no_plain_file_of_ours_begins_anew)
{
    uint64_t offset = 3;
    fa_scratch_write(&scratch, "elsewhere", "precious");
    cr_assert_eq(symlink("../../elsewhere", in(".fetchall/0000000000000001.part")), 0);
    cr_assert_eq(fa_store_part_size(store, 1), -1);
    close(write_part(1, false, &offset));
    cr_assert_eq(offset, 0);
    offset = 3;
    cr_assert_eq(
        link(fa_scratch_path(&scratch, "elsewhere"), in(".fetchall/0000000000000002.part")), 0);
    cr_assert_eq(fa_store_part_size(store, 2), -1);
    close(write_part(2, false, &offset));
    cr_assert_eq(offset, 0);
    expect_text("../elsewhere", "precious");
}

Test(store, a_stale_part_is_not_trusted_until_the_state_knows_it)
{
    uint64_t offset = 0;
    close(write_part(1, true, &offset));
    cr_assert_eq(fa_store_part_size(store, 1), -1);
    cr_assert_eq(fa_store_part_know(store, 1, &inode), 0);
    cr_assert_eq(fa_store_part_size(store, 1), 0);
}

Test(store, at_the_end_its_own_folder_goes)
{
    int before = fa_process_fds(getpid());
    cr_assert_eq(publish(1, "a/f", false, NULL), 0);
    fa_store_free(store);
    store = NULL;
    cr_assert(fa_process_fds(getpid()) < before);
    fa_expect_no_file(fa_scratch_path(&scratch, "out"), ".fetchall");
    expect_text("a/f", "new");
}

Test(store, its_own_folder_is_not_a_link)
{
    struct fa_error err = {0};
    fa_store_free(store);
    fa_scratch_mkdir(&scratch, "elsewhere");
    cr_assert_eq(symlink("../elsewhere", in(".fetchall")), 0);
    store = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, false, &err);
    cr_assert_null(store);
    cr_assert_eq(fa_truth_count_files(fa_scratch_path(&scratch, "elsewhere")), 0);
}

Test(store, a_plan_makes_nothing)
{
    struct fa_error err = {0};
    int64_t size;
    const char *missing = fa_scratch_path(&scratch, "missing");
    struct fa_store *plan = fa_store_new(missing, NULL, true, &err);
    cr_assert(plan, "%s", err.msg);
    cr_assert_eq(fa_folder_look(fa_store_folder(plan), "a/b", &size, &err), FA_THERE_NOTHING);
    cr_assert(fa_store_scratch(plan) >= 0);
    fa_store_free(plan);
    cr_assert_neq(access(missing, F_OK), 0);
    plan = fa_store_new(fa_scratch_path(&scratch, "out"), NULL, true, &err);
    cr_assert(plan, "a plan needs no lock: %s", err.msg);
    fa_store_free(plan);
    cr_assert_eq(access(in(".fetchall"), F_OK), 0);
}

Test(store, a_folder_that_cannot_be_made_is_an_error)
{
    struct fa_error err = {0};
    const char *file = fa_scratch_write(&scratch, "file", "x");
    cr_assert_null(fa_store_new(file, NULL, false, &err));
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert(strstr(err.msg, "file'"), "%s", err.msg);
    cr_assert_null(fa_store_new(fa_scratch_path(&scratch, "file/below"), NULL, false, &err));
    cr_assert_null(fa_store_new("", NULL, false, &err));
}

static unsigned count_parts(void)
{
    unsigned count = 0;
    DIR *dir = opendir(in(".fetchall"));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strstr(entry->d_name, ".part") != NULL;
    closedir(dir);
    return count;
}

static void write_text(int fd, const char *text)
{
    cr_assert_geq(fd, 0);
    cr_assert(fa_store_inode(store, fd, &inode));
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

Test(store, a_folder_that_is_removed_meanwhile_is_named)
{
    static const char *const folders[] = {"/.fetchall", ""};
    for (size_t i = 0; i < 2; ++i) {
        char said[PATH_MAX + 64];
        struct fa_error errs[3] = {{0}};
        uint64_t offset = 0;
        const char *removed = fa_scratch_path(&scratch, "out%s", folders[i]);
        int fd = fa_store_unnamed(store);
        close(new_part(1));
        fa_file_remove(removed);
        cr_expect_eq(fa_store_part_write(store, 2, false, &offset, &errs[0]), -1);
        cr_expect_eq(fa_store_part_open(store, 1, &inode, &errs[1]), -1);
        cr_expect_eq(i == 0 ? fa_store_part_name(store, 3, fd, &inode, &errs[2])
                            : fa_store_publish_unnamed(store, fd, "f", &errs[2]),
                     -1);
        snprintf(said, sizeof(said), "the folder '%s' was removed while fetchall wrote to it",
                 removed);
        for (size_t k = 0; k < 3; ++k)
            cr_expect_str_eq(errs[k].msg, said);
        close(fd);
        end();
        begin();
    }
}

Test(store, a_hedge_has_a_part_of_its_own_that_can_become_the_part)
{
    make_part(0xabc, "first");
    write_text(fa_store_hedge_open(store, 0xabc, NULL), "second");
    cr_assert_eq(fa_store_part_size(store, 0xabc), 5);
    cr_assert_eq(fa_store_hedge_adopt(store, 0xabc, &inode, NULL), 0);
    cr_assert_eq(fa_store_part_size(store, 0xabc), -1, "it is stale");
    cr_assert_eq(fa_store_part_know(store, 0xabc, &inode), 0);
    cr_assert_eq(fa_store_part_size(store, 0xabc), 6);
    cr_assert_eq(fa_store_publish(store, 0xabc, &inode, "c", false, NULL), 0);
    expect_text("c", "second");
    cr_assert_eq(count_parts(), 0);
}

Test(store, another_file_with_the_name_of_a_hedge_is_not_adopted)
{
    struct fa_inode other = {0};
    make_part(0xabc, "first");
    other = inode;
    write_text(fa_store_hedge_open(store, 0xabc, NULL), "second");
    cr_assert_neq(fa_store_hedge_adopt(store, 0xabc, &other, NULL), 0);
    fa_store_hedge_remove(store, 0xabc);
    cr_assert_neq(fa_store_hedge_adopt(store, 0xabc, &other, NULL), 0);
    cr_assert_eq(fa_store_part_size(store, 0xabc), 5);
}

static bool keeps_all(void *arg, uint64_t key)
{
    (void)arg, (void)key;
    return true;
}

Test(store, what_a_kill_has_left_of_a_hedge_is_removed)
{
    make_part(0xabc, "first");
    close(fa_store_hedge_open(store, 0xabc, NULL));
    fa_store_purge(store, keeps_all, NULL);
    cr_assert_eq(count_parts(), 1);
    cr_assert_eq(fa_store_part_size(store, 0xabc), 5);
}
