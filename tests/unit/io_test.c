#include "base/io.h"

#include "support/scratch.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static struct fa_scratch scratch;
static int folder = -1;

/* The errno of the next calls of openat(2) for a temporary file; 0: they succeed. */
static int tmpfile_fails;
static unsigned names_taken;

int __real_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);

int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (nameless && tmpfile_fails) {
        errno = tmpfile_fails;
        return -1;
    }
    if (!nameless && names_taken) {
        names_taken--;
        errno = EEXIST;
        return -1;
    }
    return __real_openat(dirfd, path, flags, mode);
}

/* What the file system reports. */
static struct statvfs counts;

int __wrap_fstatvfs(int fd, struct statvfs *fs);
int __wrap_fstatvfs(int fd, struct statvfs *fs)
{
    (void)fd;
    *fs = counts;
    return 0;
}

static void set_up(void)
{
    fa_scratch_init(&scratch);
    folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(folder, 0);
}

static void tear_down(void)
{
    close(folder);
    fa_scratch_fini(&scratch);
}

TestSuite(io, .init = set_up, .fini = tear_down, .timeout = 60.0);

static void expect_nameless(int fd)
{
    struct stat st;
    cr_assert_geq(fd, 0, "%s", strerror(errno));
    cr_assert_eq(fstat(fd, &st), 0);
    cr_assert_eq(st.st_nlink, 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cr_assert_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    cr_assert_eq(rmdir(scratch.path), 0, "nothing stands in the folder");
    cr_assert_eq(mkdir(scratch.path, 0700), 0);
    close(folder);
    folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(fd);
}

Test(io, makes_a_file_without_a_name)
{
    expect_nameless(fa_io_unlinked(folder));
}

Test(io, unlinks_a_file_where_there_is_no_O_TMPFILE)
{
    static const int codes[] = {EOPNOTSUPP, EISDIR, EINVAL, ENOENT};
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); ++i) {
        tmpfile_fails = codes[i];
        names_taken = (unsigned)i;
        expect_nameless(fa_io_unlinked(folder));
        cr_assert_eq(names_taken, 0);
    }
}

Test(io, reports_why_there_is_no_file)
{
    tmpfile_fails = ENOSPC;
    cr_assert_eq(fa_io_unlinked(folder), -1);
    cr_assert_eq(errno, ENOSPC);
    tmpfile_fails = EOPNOTSUPP;
    names_taken = 1000;
    cr_assert_eq(fa_io_unlinked(folder), -1, "it ends");
    cr_assert_eq(errno, EEXIST);
    tmpfile_fails = 0;
    cr_assert_eq(fa_io_unlinked(-1), -1);
    cr_assert_eq(errno, EBADF);
}

Test(io, writes_and_reads_at_any_offset)
{
    int fd = fa_io_unlinked(folder);
    char data[8] = "";
    cr_assert_eq(fa_io_pwrite(fd, "world", 5, (5ull << 30) + 5), 0);
    cr_assert_eq(fa_io_pwrite(fd, "hello", 5, 5ull << 30), 0);
    cr_assert_eq(fa_io_pwrite(fd, NULL, 0, 0), 0);
    cr_assert_eq(lseek(fd, 0, SEEK_CUR), 0);
    cr_assert_eq(fa_io_pread(fd, data, 4, 4, (5ull << 30) + 3), 4);
    cr_assert_eq(memcmp(data, "lowo", 4), 0);
    cr_assert_eq(fa_io_pread(fd, data, 0, 0, 0), 0);
    close(fd);
}

Test(io, reads_what_is_at_hand_but_no_less_than_it_must)
{
    int fd = fa_io_unlinked(folder);
    char data[8] = "";
    cr_assert_eq(fa_io_pwrite(fd, "hello", 5, 0), 0);
    cr_assert_eq(fa_io_pread(fd, data, 2, 8, 0), 5);
    cr_assert_eq(fa_io_pread(fd, data, 2, 8, 3), 2);
    errno = 0;
    cr_assert_eq(fa_io_pread(fd, data, 3, 8, 3), -1);
    cr_assert_eq(errno, EIO);
    close(fd);
    cr_assert_eq(fa_io_pread(-1, data, 1, 1, 0), -1);
    cr_assert_eq(errno, EBADF);
}

Test(io, continues_after_a_short_write_and_reports_why_it_ends)
{
    signal(SIGXFSZ, SIG_IGN);
    int fd = fa_io_unlinked(folder);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4, 4}), 0);
    char data[4];
    cr_assert_eq(fa_io_pwrite(fd, "hello", 5, 0), -1);
    cr_assert_eq(errno, EFBIG);
    cr_assert_eq(fa_io_pread(fd, data, 4, 4, 0), 4);
    cr_assert_eq(memcmp(data, "hell", 4), 0, "what fitted is there");
    close(fd);
}

Test(io, file_that_cannot_be_created_says_whether_space_or_inodes_are_lacking)
{
    static const struct {
        int code;
        unsigned files, free_files, blocks;
        const char *why;
    } rows[] = {
        {ENOSPC, 10, 0, 5, "No inodes left"},
        {ENOSPC, 10, 1, 5, "No space left"},
        {ENOSPC, 10, 0, 0, "No space left"},
        {ENOSPC, 0, 0, 5, "No space left"}, /* btrfs: no limit */
        {EDQUOT, 10, 0, 5, "quota"},
        {EROFS, 10, 0, 5, "Read-only"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_error err = {0};
        counts = (struct statvfs){
            .f_files = rows[i].files, .f_favail = rows[i].free_files, .f_bavail = rows[i].blocks};
        errno = rows[i].code;
        fa_io_not_created(&err, folder, "x", "make a part in", "out");
        cr_expect_eq(err.code, rows[i].code, "row %zu", i);
        cr_expect_eq(err.class, FA_CLASS_LOCAL_IO);
        cr_expect(strstr(err.msg, "cannot make a part in 'out': ") == err.msg &&
                      strstr(err.msg, rows[i].why),
                  "row %zu: %s", i, err.msg);
        cr_expect_eq(fa_io_is_full(&err), rows[i].code != EROFS);
    }
}
