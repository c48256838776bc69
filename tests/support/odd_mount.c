/*
 * A file system that lacks things: it shows a folder through FUSE, and refuses what is named.
 *
 *     odd_mount FOLDER MOUNTPOINT WORD...
 *
 *   link     no hard links (ENOSYS)
 *   rename2  no flags of renameat2(2) (EINVAL)
 *   rename   no renames at all (ENOSYS)
 *   chmod    every regular file has mode 0600, and chmod(2) fails (EPERM)
 *   modes    the same, but chmod(2) says that it has worked
 *   flock    no flock(2) (ENOSYS)
 *   locks    no fcntl(2) locks (ENOSYS)
 *   fsync    no fsync(2), of files and folders (EINVAL; the kernel hides ENOSYS)
 *   mmap     files are not cached, so that none can be mapped and shared
 *   inodes   the number of a file is made from its path, and changes with it
 *   case     no case: letters from A to Z become a to z
 *   full     while FOLDER/full exists, nothing can be written, nor opened for that (ENOSPC)
 *
 * It runs in the foreground, prints "ready" once the folder is mounted, and ends when that is
 * unmounted.  One thread: a request at a time.
 */
#define FUSE_USE_VERSION 31

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *const lacks_names[] = {"link",  "rename2", "rename", "chmod",  "modes", "flock",
                                          "locks", "fsync",   "mmap",   "inodes", "case",  "full"};
enum lacks {
    LINK,
    RENAME2,
    RENAME,
    CHMOD,
    MODES,
    FLOCK,
    LOCKS,
    FSYNC,
    MMAP,
    INODES,
    CASE,
    FULL,
    LACKS
};
static bool lacks[LACKS];
static int backing; /* descriptor of the folder */

/* Paths of FUSE begin with a slash.  The result is valid until the call after the next one. */
static const char *below(const char *path)
{
    static char lower[2][PATH_MAX];
    static unsigned turn;
    if (!path[1])
        return ".";
    if (!lacks[CASE])
        return path + 1;
    char *to = lower[turn++ % 2];
    size_t i = 0;
    for (; path[i + 1] && i < PATH_MAX - 1; ++i)
        to[i] = (char)(path[i + 1] >= 'A' && path[i + 1] <= 'Z' ? path[i + 1] + 32 : path[i + 1]);
    to[i] = '\0';
    return to;
}

static int result(int rc)
{
    return rc < 0 ? -errno : 0;
}

static void stat_change(const char *path, struct stat *st)
{
    if (S_ISREG(st->st_mode) && (lacks[CHMOD] || lacks[MODES]))
        st->st_mode = S_IFREG | 0600;
    if (!lacks[INODES])
        return;
    ino_t number = 5381;
    for (const char *c = below(path); *c; ++c)
        number = number * 33 + (unsigned char)*c;
    st->st_ino = number;
}

static void *odd_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
    (void)conn;
    config->use_ino = 1;
    config->nullpath_ok = 0;
    config->direct_io = lacks[MMAP];
    if (lacks[CASE]) /* the kernel caches each spelling by itself */
        config->entry_timeout = config->attr_timeout = 0;
    puts("ready");
    fflush(stdout);
    return NULL;
}

static int odd_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
    int rc =
        file ? fstat((int)file->fh, st) : fstatat(backing, below(path), st, AT_SYMLINK_NOFOLLOW);
    if (rc == 0)
        stat_change(path, st);
    return result(rc);
}

static int odd_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                       struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    (void)offset, (void)file, (void)flags;
    int fd = openat(backing, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -errno;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (fill(buf, entry->d_name, NULL, 0, 0))
            break;
    closedir(dir);
    return 0;
}

static int odd_mkdir(const char *path, mode_t mode)
{
    return result(mkdirat(backing, below(path), mode));
}

static int odd_unlink(const char *path)
{
    return result(unlinkat(backing, below(path), 0));
}

static int odd_rmdir(const char *path)
{
    return result(unlinkat(backing, below(path), AT_REMOVEDIR));
}

static int odd_rename(const char *from, const char *to, unsigned flags)
{
    if (lacks[RENAME])
        return -ENOSYS;
    if (lacks[RENAME2] && flags)
        return -EINVAL;
    return result(renameat2(backing, below(from), backing, below(to), flags));
}

static int odd_link(const char *from, const char *to)
{
    return lacks[LINK] ? -ENOSYS : result(linkat(backing, below(from), backing, below(to), 0));
}

static int odd_chmod(const char *path, mode_t mode, struct fuse_file_info *file)
{
    if (lacks[CHMOD])
        return -EPERM;
    if (lacks[MODES])
        return 0;
    return result(file ? fchmod((int)file->fh, mode) : fchmodat(backing, below(path), mode, 0));
}

static int odd_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
    if (file)
        return result(ftruncate((int)file->fh, size));
    int fd = openat(backing, below(path), O_WRONLY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : result(ftruncate(fd, size));
    if (fd >= 0)
        close(fd);
    return rc;
}

static bool is_full(void)
{
    return lacks[FULL] && faccessat(backing, "full", F_OK, 0) == 0;
}

static int odd_open(const char *path, struct fuse_file_info *file)
{
    if ((file->flags & O_ACCMODE) != O_RDONLY && is_full())
        return -ENOSPC;
    int fd = openat(backing, below(path), file->flags | O_CLOEXEC);
    file->fh = (uint64_t)fd;
    return fd < 0 ? -errno : 0;
}

static int odd_create(const char *path, mode_t mode, struct fuse_file_info *file)
{
    if (is_full())
        return -ENOSPC;
    int fd = openat(backing, below(path), file->flags | O_CREAT | O_CLOEXEC, mode);
    file->fh = (uint64_t)fd;
    return fd < 0 ? -errno : 0;
}

static int odd_read(const char *path, char *buf, size_t len, off_t at, struct fuse_file_info *file)
{
    (void)path;
    ssize_t n = pread((int)file->fh, buf, len, at);
    return n < 0 ? -errno : (int)n;
}

static int odd_write(const char *path, const char *buf, size_t len, off_t at,
                     struct fuse_file_info *file)
{
    (void)path;
    if (is_full())
        return -ENOSPC;
    ssize_t n = pwrite((int)file->fh, buf, len, at);
    return n < 0 ? -errno : (int)n;
}

static int odd_release(const char *path, struct fuse_file_info *file)
{
    (void)path;
    return result(close((int)file->fh));
}

static int odd_fsync(const char *path, int data, struct fuse_file_info *file)
{
    (void)path, (void)data;
    return lacks[FSYNC] ? -EINVAL : result(fsync((int)file->fh));
}

static int odd_fsyncdir(const char *path, int data, struct fuse_file_info *file)
{
    (void)path, (void)data, (void)file;
    return lacks[FSYNC] ? -EINVAL : 0;
}

static int odd_statfs(const char *path, struct statvfs *fs)
{
    (void)path;
    return result(fstatvfs(backing, fs));
}

static int odd_utimens(const char *path, const struct timespec times[2],
                       struct fuse_file_info *file)
{
    return result(file ? futimens((int)file->fh, times)
                       : utimensat(backing, below(path), times, AT_SYMLINK_NOFOLLOW));
}

static int odd_flock(const char *path, struct fuse_file_info *file, int how)
{
    (void)path, (void)file, (void)how;
    return -ENOSYS;
}

static int odd_lock(const char *path, struct fuse_file_info *file, int command, struct flock *lock)
{
    (void)path, (void)file, (void)command, (void)lock;
    return -ENOSYS;
}

static int lacks_read(int argc, char **argv)
{
    for (int i = 0; i < argc; ++i) {
        size_t k = 0;
        while (k < LACKS && strcmp(argv[i], lacks_names[k]) != 0)
            ++k;
        if (k == LACKS) {
            fprintf(stderr, "odd_mount: unknown: %s\n", argv[i]);
            return -1;
        }
        lacks[k] = true;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct fuse_operations ops = {
        .init = odd_init,
        .getattr = odd_getattr,
        .readdir = odd_readdir,
        .mkdir = odd_mkdir,
        .unlink = odd_unlink,
        .rmdir = odd_rmdir,
        .rename = odd_rename,
        .link = odd_link,
        .chmod = odd_chmod,
        .truncate = odd_truncate,
        .open = odd_open,
        .create = odd_create,
        .read = odd_read,
        .write = odd_write,
        .release = odd_release,
        .fsync = odd_fsync,
        .statfs = odd_statfs,
        .fsyncdir = odd_fsyncdir,
        .utimens = odd_utimens,
    };
    if (argc < 3 || lacks_read(argc - 3, argv + 3))
        return 2;
    /* Without the operation, the kernel keeps the locks itself. */
    if (lacks[FLOCK])
        ops.flock = odd_flock;
    if (lacks[LOCKS])
        ops.lock = odd_lock;
    umask(0); /* that of the caller is applied by the kernel */
    backing = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (backing < 0) {
        perror(argv[1]);
        return 2;
    }
    char *args[] = {argv[0], "-f", "-s", "-o", "default_permissions", argv[2], NULL};
    return fuse_main(6, args, &ops, NULL);
}
