/*
 * A temporary directory below DIR.  It contains a mark, is locked while in use, and is removed at
 * the end; one without a lock was left by a killed comparison, and is removed by the next one.
 *
 * The folder is on the file system of DIR, because the speed of the disk is part of the result.
 *
 * flock(2) locks the open folder, not its name.  Between open(2) and flock(2) another process may
 * have removed the folder and created one of the same name, so the name is checked again under the
 * lock.
 */
#include "cli/compare/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".fetchall-compare-"
/* A file that marks our directories, so that no other directory is removed. */
#define MARK ".workspace"

#define FOLDER   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MARKED   (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
#define ATTEMPTS 10

/* Remove the last segment of a path.  @return false if there is none. */
static bool path_go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* Whether an open directory still has that name. */
static bool folder_has_name(int fd, int parent, const char *name)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && fstatat(parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
}

/* Lock one of our directories, unless another process has.  Those of other users are left alone,
 * even by root.  @return the lock, or -1. */
static int folder_lock(int parent, const char *name, int how)
{
    struct stat locked;
    int fd = openat(parent, name, FOLDER);
    if (fd >= 0 && fstat(fd, &locked) == 0 && locked.st_uid == geteuid() && flock(fd, how) == 0 &&
        folder_has_name(fd, parent, name))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void folder_empty(int fd, dev_t device);

/* Ignore failures, and continue with the rest.  unlink(2) fails with EISDIR for a directory on
 * Linux, which saves a stat(2) for each file. */
static void folder_remove_entry(int at, const char *name, dev_t device)
{
    struct stat st;
    if (unlinkat(at, name, 0) == 0 || errno != EISDIR)
        return;
    int fd = openat(at, name, FOLDER);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == device && st.st_uid == geteuid())
        folder_empty(fd, device);
    if (fd >= 0)
        close(fd);
    unlinkat(at, name, AT_REMOVEDIR);
}

/* Empty a folder.  All operations use descriptors, so renames in the meantime do not matter;
 * folders of other users and other file systems are not entered. */
static void folder_empty(int fd, dev_t device)
{
    /* fdopendir(3) takes over its descriptor, and fd must stay open: it is the lock. */
    int copy = openat(fd, ".", FOLDER);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            folder_remove_entry(copy, entry->d_name, device);
    if (dir)
        closedir(dir);
    else if (copy >= 0)
        close(copy);
}

static void folder_remove_locked(int lock, int parent, const char *name)
{
    struct stat st;
    if (fstat(lock, &st) == 0)
        folder_empty(lock, st.st_dev);
    /* Not if it was renamed: then the name belongs to someone else. */
    if (folder_has_name(lock, parent, name))
        unlinkat(parent, name, AT_REMOVEDIR);
}

/* Remove all directories that are not locked. */
static void workspace_sweep(int parent)
{
    int copy = openat(parent, ".", FOLDER);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        int fd = folder_lock(parent, entry->d_name, LOCK_EX | LOCK_NB);
        if (fd >= 0 && faccessat(fd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            folder_remove_locked(fd, parent, entry->d_name);
        if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
    else if (copy >= 0)
        close(copy);
}

static char *workspace_make_name(const char *where)
{
    uint64_t random;
    char *path = NULL;
    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return NULL;
    return asprintf(&path, "%s/" PREFIX "%012llx", where, (unsigned long long)random >> 16) < 0
               ? NULL
               : path;
}

static const char *workspace_name_of(const struct fa_workspace *workspace)
{
    return strrchr(workspace->path, '/') + 1;
}

/* A new directory may be removed by another process before it is locked: then create another. */
static int workspace_make(struct fa_workspace *workspace, const char *where)
{
    for (int attempts = 0; attempts < ATTEMPTS; ++attempts) {
        workspace->path = workspace_make_name(where);
        if (workspace->path &&
            mkdirat(workspace->parent, workspace_name_of(workspace), 0700) == 0) {
            workspace->lock = folder_lock(workspace->parent, workspace_name_of(workspace), LOCK_EX);
            int mark = workspace->lock < 0 ? -1 : openat(workspace->lock, MARK, MARKED, 0600);
            if (mark >= 0)
                return close(mark);
        }
        /* close(2) and free(3) may change errno, which decides whether to try again. */
        int saved = workspace->path ? errno : ENOMEM;
        if (workspace->lock >= 0)
            close(workspace->lock);
        workspace->lock = -1;
        free(workspace->path);
        workspace->path = NULL;
        errno = saved;
        if (saved != ENOENT && saved != EEXIST)
            break;
    }
    return -1;
}

int fa_workspace_init(struct fa_workspace *workspace, const char *beside, struct fa_error *err)
{
    struct stat st;
    *workspace = (struct fa_workspace){.lock = -1};
    char *above = strdup(beside);
    bool up = above != NULL;
    /* DIR is not created: a comparison leaves nothing behind. */
    while (up && stat(above, &st) != 0 && errno == ENOENT)
        up = path_go_up(above);
    const char *where = up ? above : beside[0] == '/' ? "/" : ".";
    workspace->parent = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (workspace->parent >= 0)
        workspace_sweep(workspace->parent);
    int rc = workspace->parent < 0 ? -1 : workspace_make(workspace, where);
    if (rc != 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot make a temporary folder in '%s'",
                        where);
    if (rc != 0 && workspace->parent >= 0)
        close(workspace->parent);
    free(above);
    return rc;
}

void fa_workspace_fini(struct fa_workspace *workspace)
{
    if (!workspace->path)
        return;
    folder_remove_locked(workspace->lock, workspace->parent, workspace_name_of(workspace));
    close(workspace->lock);
    close(workspace->parent);
    free(workspace->path);
    *workspace = (struct fa_workspace){0};
}

char *fa_workspace_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

void fa_workspace_remove(const struct fa_workspace *workspace, const char *name)
{
    struct stat st;
    if (fstat(workspace->lock, &st) == 0)
        folder_remove_entry(workspace->lock, name, st.st_dev);
}
