#include "cli/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the file is still the one of that name: who had it before may have given it its own. */
static bool has_name(int fd, const char *name)
{
    struct stat ours, named;
    errno = EAGAIN;
    return fstat(fd, &ours) == 0 && lstat(name, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

static int lock_file(int fd, const char *name)
{
    return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) || !has_name(fd, name) ? -1 : 0;
}

/* What a killed run left goes, and nothing else: in a shared folder the name may have been taken by
 * anyone, for anything. */
static int remove_old(const char *temp)
{
    struct stat st;
    int fd = open(temp, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int result = lock_file(fd, temp);
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

/* One name, so that killed runs do not leave one file each; its lock keeps a second run off it. */
static int lock_temp(const char *temp)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(temp, flags, 0666);
    if (fd < 0 && errno == EEXIST && remove_old(temp) == 0)
        fd = open(temp, flags, 0666);
    if (lock_file(fd, temp) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static FILE *open_temp(struct fa_whole *whole)
{
    const char *slash = strrchr(whole->path, '/');
    int folder = slash ? (int)(slash + 1 - whole->path) : 0;
    if (asprintf(&whole->temp, "%.*s.%s.fetchall", folder, whole->path, whole->path + folder) < 0) {
        whole->temp = NULL;
        return NULL;
    }
    whole->lock = lock_temp(whole->temp);
    if (whole->lock < 0) {
        free(whole->temp); /* it may be another's */
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
    FILE *file = whole->path ? open_temp(whole) : NULL;
    if (!file) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot create the %s '%s'", what, path);
        fa_whole_fini(whole);
        return -1;
    }
    fa_output_take(&whole->output, what, path, file);
    return 0;
}

int fa_whole_publish(struct fa_whole *whole, struct fa_error *err)
{
    if (!whole->output.file)
        return 0;
    int rc = fa_output_close(&whole->output, err);
    if (rc != 0 || whole->output.failed || !whole->temp)
        return rc;
    if (!has_name(whole->lock, whole->temp) || rename(whole->temp, whole->path) != 0 ||
        !has_name(whole->lock, whole->path))
        return fa_output_fail(&whole->output, errno, err);
    close(whole->lock);
    free(whole->temp);
    whole->temp = NULL;
    return 0;
}

void fa_whole_fini(struct fa_whole *whole)
{
    fa_output_close(&whole->output, NULL);
    if (whole->temp) {
        if (has_name(whole->lock, whole->temp))
            unlink(whole->temp);
        close(whole->lock);
    }
    free(whole->temp);
    free(whole->path);
    *whole = (struct fa_whole){0};
}
