/*
 * The file is written to a temporary file beside it, and renamed at the end.  The temporary file is
 * locked (flock(2)) while it is in use: one that is not locked was left by a killed run, and is
 * removed.
 *
 * The lock belongs to the open file description, so a duplicate of the descriptor keeps it after
 * the stream is closed.  The file is thus complete, closed and still locked when it is renamed.
 */
#include "cli/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the path still refers to our file: the previous holder of the lock may have renamed
 * or removed it. */
static bool file_has_name(int fd, const char *name)
{
    struct stat ours, named;
    errno = EAGAIN;
    return fstat(fd, &ours) == 0 && lstat(name, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* Some mounts have no locks.  Then a file that another run writes may be removed, which that run
 * notices before it renames the file. */
static int file_lock(int fd, const char *name)
{
    bool locked = fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOSYS ||
                              errno == EOPNOTSUPP || errno == EINVAL || errno == ENOLCK);
    return locked && file_has_name(fd, name) ? 0 : -1;
}

/* Remove only what a killed run left: in a shared directory, another user may have put a link
 * there. */
static int file_remove_stale(const char *temp)
{
    struct stat st;
    int fd = open(temp, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int result = file_lock(fd, temp);
    if (result == 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())) {
        errno = EPERM;
        result = -1;
    }
    if (result == 0)
        result = unlink(temp);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return result;
}

/* A fixed name, so that killed runs do not leave one file each. */
static int whole_lock_temp(const char *temp)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(temp, flags, 0666);
    if (fd < 0 && errno == EEXIST && file_remove_stale(temp) == 0)
        fd = open(temp, flags, 0666);
    if (file_lock(fd, temp) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static FILE *whole_open_temp(struct fa_whole *whole)
{
    const char *slash = strrchr(whole->path, '/');
    int folder = slash ? (int)(slash + 1 - whole->path) : 0;
    if (asprintf(&whole->temp, "%.*s.%s.fetchall", folder, whole->path, whole->path + folder) < 0) {
        whole->temp = NULL;
        return NULL;
    }
    whole->lock = whole_lock_temp(whole->temp);
    if (whole->lock < 0) {
        free(whole->temp); /* it may belong to another process */
        whole->temp = NULL;
        return NULL;
    }
    int fd = fcntl(whole->lock, F_DUPFD_CLOEXEC, 3);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

int fa_whole_open(struct fa_whole *whole, const char *what, const char *path, struct fa_error *err)
{
    struct stat st;
    *whole = (struct fa_whole){0};
    bool there = stat(path, &st) == 0;
    if (strcmp(path, "-") == 0 || (there && !S_ISREG(st.st_mode)))
        return fa_output_open(&whole->output, what, path, err);
    whole->path = there ? realpath(path, NULL) : strdup(path);
    FILE *file = whole->path ? whole_open_temp(whole) : NULL;
    if (!file) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot create the %s '%s'", what, path);
        fa_whole_fini(whole);
        return -1;
    }
    fa_output_take(&whole->output, what, path, file);
    return 0;
}

/* The lock is advisory, so compare inodes before and after: only our own file is renamed. */
int fa_whole_publish(struct fa_whole *whole, struct fa_error *err)
{
    if (!whole->output.file)
        return 0;
    int rc = fa_output_close(&whole->output, err);
    if (rc != 0 || whole->output.failed || !whole->temp)
        return rc;
    if (!file_has_name(whole->lock, whole->temp) || rename(whole->temp, whole->path) != 0 ||
        !file_has_name(whole->lock, whole->path))
        return fa_output_fail(&whole->output, errno, err);
    close(whole->lock);
    free(whole->temp);
    whole->temp = NULL;
    return 0;
}

int fa_whole_end(struct fa_whole *whole, int rc, struct fa_error *err)
{
    if (fa_whole_publish(whole, err) != 0)
        rc = -1;
    fa_whole_fini(whole);
    return rc;
}

void fa_whole_fini(struct fa_whole *whole)
{
    fa_output_close(&whole->output, NULL);
    if (whole->temp) {
        if (file_has_name(whole->lock, whole->temp))
            unlink(whole->temp);
        close(whole->lock);
    }
    free(whole->temp);
    free(whole->path);
    *whole = (struct fa_whole){0};
}
