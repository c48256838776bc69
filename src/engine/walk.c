/*
 * nftw(3) has no argument for the callback and works on names; here each folder is opened relative
 * to the descriptor of its parent, with O_NOFOLLOW, so that a folder exchanged for a link during
 * the walk leads nowhere.
 *
 * Recursion holds one descriptor for each level.  One buffer holds the path of the entry that is
 * visited, which bounds the depth.
 */
#include "engine/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN ".fetchall"

struct walk {
    void (*each)(void *arg, const char *path, int code);
    void *arg;
    char path[PATH_MAX];
    size_t len;
};

/* Some file systems do not fill in d_type. */
static bool entry_is_folder(int at, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Only at the top: a folder of that name further down is the data of the user. */
static bool walk_leaves_out(const struct walk *walk, const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
           (walk->len == 0 && strcmp(name, OWN) == 0);
}

static void walk_visit_folder(struct walk *walk, int at, const char *name);

/* A path that is too long is reported, and not cut: half a path names another file. */
static void walk_visit_entry(struct walk *walk, int at, const struct dirent *entry)
{
    size_t len = walk->len;
    size_t more = strlen(entry->d_name) + (len > 0);
    if (len + more >= sizeof(walk->path)) {
        walk->each(walk->arg, walk->path, ENAMETOOLONG);
        return;
    }
    if (len > 0)
        walk->path[len] = '/';
    memcpy(walk->path + len + (len > 0), entry->d_name, strlen(entry->d_name) + 1);
    walk->len += more;
    if (entry_is_folder(at, entry))
        walk_visit_folder(walk, at, entry->d_name);
    else
        walk->each(walk->arg, walk->path, 0);
    walk->len = len;
    walk->path[len] = '\0';
}

/* readdir(3) returns NULL at the end and on errors: errno tells them apart. */
static void walk_visit_folder(struct walk *walk, int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        walk->each(walk->arg, walk->path, errno);
        if (fd >= 0)
            close(fd);
        return;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)))
        if (!walk_leaves_out(walk, entry->d_name))
            walk_visit_entry(walk, fd, entry);
    if (errno)
        walk->each(walk->arg, walk->path, errno);
    closedir(dir);
}

void fa_walk(const struct fa_folder *folder, void (*each)(void *arg, const char *path, int code),
             void *arg)
{
    struct walk walk = {.each = each, .arg = arg};
    if (folder->fd < 0)
        each(arg, "", ENOENT);
    else
        walk_visit_folder(&walk, folder->fd, ".");
}
