/* What a mount lacks: calls that fail, and calls that only say that they have worked. */

#include "engine/mount.h"

#include "base/disk.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct fa_scratch scratch;
static struct fa_mount mount;
static int folder;

static struct {
    long type;           /* of the file system; 0: what it is */
    int exclusive, link; /* errno of renameat2(2) and linkat(2); 0: they work */
    int rename, chmod;
    bool forgets; /* chmod(2) says that it works */
    bool folds;   /* "DIR-1" is "dir-1" */
    int renumbers;
    size_t calls;
} fake;

int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __real_renameat2(int from, const char *a, int to, const char *b, unsigned flags);
int __wrap_renameat2(int from, const char *a, int to, const char *b, unsigned flags);
int __real_renameat(int from, const char *a, int to, const char *b);
int __wrap_renameat(int from, const char *a, int to, const char *b);
int __real_linkat(int from, const char *a, int to, const char *b, int flags);
int __wrap_linkat(int from, const char *a, int to, const char *b, int flags);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);

static int fail(int code)
{
    errno = code;
    ++fake.calls;
    return code ? -1 : 0;
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
    int result = __real_fstatfs(fd, fs);
    if (fake.type)
        fs->f_type = fake.type;
    return result;
}

int __wrap_renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
    return fail(fake.exclusive) ? -1 : __real_renameat2(from, a, to, b, flags);
}

int __wrap_renameat(int from, const char *a, int to, const char *b)
{
    return fail(fake.rename) ? -1 : __real_renameat(from, a, to, b);
}

int __wrap_linkat(int from, const char *a, int to, const char *b, int flags)
{
    return fail(fake.link) ? -1 : __real_linkat(from, a, to, b, flags);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return fail(fake.chmod) ? -1 : fake.forgets ? 0 : __real_fchmod(fd, mode);
}

#define TYPE_FUSE 0x65735546
#define TYPE_NFS  0x6969

static void begin(void)
{
    fa_scratch_init(&scratch);
    folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memset(&fake, 0, sizeof(fake));
    fake.type = TYPE_NFS;
}

static void end(void)
{
    close(folder);
    fa_scratch_fini(&scratch);
}

TestSuite(mount, .init = begin, .fini = end, .timeout = 30.0);

static size_t count_files(void)
{
    size_t n = 0;
    DIR *dir = opendir(scratch.path);
    while (readdir(dir))
        ++n;
    closedir(dir);
    return n - 2;
}

/* What is said, or "". */
static const char *probe(void)
{
    static char text[FA_MOUNT_TEXT];
    struct fa_error err = {0};
    text[0] = '\0';
    cr_assert_eq(fa_mount_probe(&mount, folder, "DIR", &err), 0, "%s", err.msg);
    cr_expect_eq(count_files(), 0);
    cr_expect_eq(fa_mount_describe(&mount, false, "DIR", text), text[0] != '\0');
    return text;
}

int __real_fstatat(int at, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int at, const char *name, struct stat *st, int flags);

int __wrap_fstatat(int at, const char *name, struct stat *st, int flags)
{
    int result =
        __real_fstatat(at, fake.folds && strcmp(name, "DIR-1") == 0 ? "dir-1" : name, st, flags);
    st->st_ino += (ino_t)(name[0] == 'D' ? fake.renumbers : 0);
    return result;
}

Test(mount, folds_if_a_folder_has_its_name_in_capitals_too)
{
    fa_scratch_mkdir(&scratch, "dir-1");
    cr_expect(!fa_mount_folds(folder, "dir-1"));
    fake.folds = true;
    cr_expect(fa_mount_folds(folder, "dir-1"));
    cr_expect(!fa_mount_folds(folder, "missing"));
    fake.renumbers = 1;
    cr_expect(!fa_mount_folds(folder, "dir-1"));
    fake.type = TYPE_FUSE;
    cr_expect(fa_mount_folds(folder, "dir-1"));
}

Test(mount, does_not_fold_if_another_folder_has_the_name_in_capitals)
{
    fa_scratch_mkdir(&scratch, "dir-1");
    fa_scratch_mkdir(&scratch, "DIR-1");
    cr_expect(!fa_mount_folds(folder, "dir-1"));
}

Test(mount, a_local_file_system_costs_one_call)
{
    fake.type = 0;
    cr_assert(fa_disk_is_known(folder), "the scratch folder is on another file system");
    cr_expect_str_empty(probe());
    cr_expect(mount.known);
    cr_expect_eq(fake.calls, 0);
}

Test(mount, one_that_has_everything_is_not_worth_a_word)
{
    cr_expect_str_empty(probe());
    cr_expect(!mount.known && mount.modes && mount.inodes && mount.exclusive && mount.links == 1);
}

Test(mount, one_of_links_and_rename_flags_is_enough)
{
    fake.exclusive = EINVAL;
    cr_expect_str_empty(probe());
    fake.exclusive = 0;
    fake.link = EPERM;
    cr_expect_str_empty(probe());
    fake.exclusive = ENOSYS;
    cr_expect(strstr(probe(), "lacks exclusive renames: a file that another program creates"));
    cr_expect(!mount.exclusive);
}

Test(mount, modes_are_read_back)
{
    fake.forgets = true;
    cr_expect(strstr(probe(), "lacks file modes: modes are those of the mount"));
    cr_expect(!mount.modes);
    fake.forgets = false;
    fake.chmod = EPERM;
    cr_expect(strstr(probe(), "lacks file modes"));
}

Test(mount, inodes_of_fuse_and_fat_are_not_relied_on)
{
    fake.type = TYPE_FUSE;
    cr_expect_str_empty(probe());
    cr_expect(!mount.inodes);
}

Test(mount, without_renames_nothing_can_be_done)
{
    struct fa_error err = {0};
    fake.exclusive = fake.link = fake.rename = ENOSYS;
    cr_expect_eq(fa_mount_probe(&mount, folder, "DIR", &err), -1);
    cr_expect(strstr(err.msg, "'DIR' cannot rename files: download to another folder (-d)"), "%s",
              err.msg);
    cr_expect_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_expect_eq(count_files(), 0);
}

Test(mount, what_a_killed_probe_left_is_removed)
{
    fa_scratch_write(&scratch, "probe.part", "");
    fa_scratch_write(&scratch, "probe-renamed.part", "");
    cr_expect_str_empty(probe());
}

Test(mount, everything_that_is_missing_is_one_notice)
{
    char text[FA_MOUNT_TEXT];
    fake.exclusive = fake.link = fake.chmod = EPERM;
    probe();
    cr_expect(fa_mount_describe(&mount, true, "DIR", text));
    cr_expect_str_eq(text,
                     "the file system of 'DIR' lacks exclusive renames, file modes, locks: a "
                     "file that another program creates there meanwhile may be replaced; "
                     "modes are those of the mount; do not run fetchall there on two hosts at "
                     "once (see FILE SYSTEMS in the manual)");
}

Test(mount, errors_that_say_that_something_is_missing)
{
    static const int lacking[] = {ENOSYS, EOPNOTSUPP, EINVAL, ENOLCK, ENOTTY};
    static const int others[] = {0, EIO, ENOSPC, EACCES, EPERM, EWOULDBLOCK, EEXIST, EROFS};
    for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); ++i)
        cr_expect(fa_disk_lacks(lacking[i]), "%d", lacking[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
        cr_expect(!fa_disk_lacks(others[i]), "%d", others[i]);
}
