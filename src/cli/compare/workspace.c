#include "cli/compare/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".fetchall-compare-"
/* A file in it, so that no folder of somebody else's is ever taken for one. */
#define MARK ".workspace"

#define MARKED    (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
#define OPEN_MOST 16
#define TRIES     10

/* Cut the last segment off a path.  Returns false if there is none. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* Take the lock of a folder of ours, if it has none.  Returns it, or -1. */
static int lock_folder(const char *path, int how)
{
    struct stat locked, named;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &locked) == 0 && locked.st_uid == geteuid() && flock(fd, how) == 0 &&
        lstat(path, &named) == 0 && named.st_ino == locked.st_ino && named.st_dev == locked.st_dev)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Remove the folders that nobody has locked. */
static void sweep(const char *where)
{
    DIR *dir = opendir(where);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        char *path = fa_workspace_path(where, entry->d_name);
        int fd = path ? lock_folder(path, LOCK_EX | LOCK_NB) : -1;
        if (fd >= 0 && faccessat(fd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            fa_workspace_remove(path);
        if (fd >= 0)
            close(fd);
        free(path);
    }
    if (dir)
        closedir(dir);
}

/* One that has just been made may be swept away before it is locked: then there is another. */
static int make(struct fa_workspace *workspace, const char *where)
{
    for (int tries = 0; tries < TRIES; ++tries) {
        workspace->lock = -1;
        workspace->path = fa_workspace_path(where, PREFIX "XXXXXX");
        if (workspace->path && mkdtemp(workspace->path)) {
            workspace->lock = lock_folder(workspace->path, LOCK_EX);
            int mark = workspace->lock < 0 ? -1 : openat(workspace->lock, MARK, MARKED, 0600);
            if (mark >= 0)
                return close(mark);
        }
        int saved = workspace->path ? errno : ENOMEM;
        if (workspace->lock >= 0)
            fa_workspace_fini(workspace);
        free(workspace->path);
        workspace->path = NULL;
        errno = saved;
        if (saved != ENOENT)
            break;
    }
    return -1;
}

int fa_workspace_init(struct fa_workspace *workspace, const char *beside, struct fa_error *err)
{
    struct stat st;
    *workspace = (struct fa_workspace){0};
    char *above = strdup(beside);
    bool up = above != NULL;
    while (up && stat(above, &st) != 0 && errno == ENOENT)
        up = go_up(above);
    const char *where = up ? above : beside[0] == '/' ? "/" : ".";
    sweep(where);
    int rc = make(workspace, where);
    if (rc != 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot make a temporary folder in '%s'",
                        where);
    free(above);
    return rc;
}

void fa_workspace_fini(struct fa_workspace *workspace)
{
    if (!workspace->path)
        return;
    fa_workspace_remove(workspace->path);
    close(workspace->lock);
    free(workspace->path);
    *workspace = (struct fa_workspace){0};
}

char *fa_workspace_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    (void)!remove(path); /* what stays is not worth leaving the rest */
    return 0;
}

void fa_workspace_remove(const char *folder)
{
    nftw(folder, remove_one, OPEN_MOST, FTW_DEPTH | FTW_PHYS);
}
