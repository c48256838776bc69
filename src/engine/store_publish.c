/*
 * The name of a part is checked once more after rename(2), as another process may exchange the part
 * in the moment before.  A file without a name needs no check: it is linked by its descriptor.
 */
#include "engine/store_publish.h"

#include "base/disk.h"
#include "engine/store_part.h"
#include "engine/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without RENAME_NOREPLACE, linkat() and unlinkat() do the same in two steps; without hard links, a
 * look and a plain rename() do, as no other fetchall is at work here.  A kill between any of them
 * leaves a complete file under one of the names. */
static int part_rename_new(int from, const char *part, int to, const char *name)
{
    struct stat st;
    if (renameat2(from, part, to, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (!fa_disk_lacks(errno))
        return -1;
    if (linkat(from, part, to, name, 0) == 0) {
        unlinkat(from, part, 0);
        return 0;
    }
    if (!fa_disk_lacks(errno) && errno != EPERM && errno != EXDEV && errno != EMLINK)
        return -1;
    if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        errno = EEXIST;
    return errno == ENOENT ? renameat(from, part, to, name) : -1;
}

/* The name was free when the entry was admitted. */
static int store_refuse_present(int at, const char *name, const char *path, struct fa_error *err)
{
    struct stat st;
    bool file = fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) || S_ISREG(st.st_mode);
    return fa_folder_refuse(err, path,
                            file ? "has appeared while it was fetched, and is left alone"
                                 : fa_folder_kind(st.st_mode));
}

int fa_store_keep(struct fa_store *store, const char *file)
{
    struct stat st;
    if (stat(file, &st))
        return 0;
    struct fa_inode *more = reallocarray(store->kept, store->n_kept + 1, sizeof(*store->kept));
    if (!more)
        return -1;
    store->kept = more;
    store->kept[store->n_kept++] = (struct fa_inode){st.st_dev, st.st_ino};
    return 0;
}

bool fa_store_keeps(const struct fa_store *store, const struct stat *st)
{
    for (size_t i = 0; i < store->n_kept; ++i)
        if (fa_inode_is_same(&store->kept[i], st))
            return true;
    return false;
}

/* A file that the run reads itself, such as a list or a certificate, is never replaced. */
static int part_rename_over(struct fa_store *store, const char *part, int to, const char *name,
                            const char *path, struct fa_error *err)
{
    struct stat st;
    bool there = fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(st.st_mode))
        return fa_folder_refuse(err, path, fa_folder_kind(st.st_mode));
    if (there && fa_store_keeps(store, &st))
        return fa_folder_refuse(err, path, "is a file that this run reads, and is left alone");
    return renameat(store->own_fd, part, to, name) ? fa_folder_failed(err, "give its name to", path)
                                                   : 0;
}

static int part_rename_under(struct fa_store *store, const char *part, int to, const char *name,
                             const char *path, struct fa_error *err)
{
    if (part_rename_new(store->own_fd, part, to, name) == 0)
        return 0;
    if (errno == EEXIST)
        return store_refuse_present(to, name, path, err);
    return fa_folder_failed(err, "give its name to", path);
}

/* Check which file has the name now: another process may have exchanged the part just before
 * rename(2).  Undo the rename of a foreign file; a file of our own user may have been put there by
 * another of our programs, and stays. */
static int part_check_published(const struct fa_store *store, const struct fa_inode *inode,
                                const char *part, int to, const char *name, const char *path,
                                struct fa_error *err)
{
    struct stat st;
    if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (fa_part_is_same(store, inode, &st))
            return 0;
        if (!fa_part_is_ours(store, &st))
            renameat(to, name, store->own_fd, part);
    }
    return fa_folder_refuse(err, path, "was replaced while it got its name");
}

/* Some file systems have no modes and reject every change; files there have what the mount says. */
static int part_set_mode(int fd, mode_t mode)
{
    return fchmod(fd, mode) && errno != EPERM && !fa_disk_lacks(errno) ? -1 : 0;
}

/* A permission is a matter of one folder, as is another file system mounted there, and a length of
 * one name.  Other errors are of the disk, or of the parts' folder, and all other files would get
 * them too. */
static int path_blame_folder(const char *path, const struct fa_error *err)
{
    if (err->domain != FA_DOMAIN_SYSTEM)
        return -1;
    bool closed =
        err->code == EACCES || err->code == EPERM || err->code == EROFS || err->code == EXDEV;
    return (closed && strchr(path, '/')) || err->code == ENAMETOOLONG ? FA_STORE_FOLDER_CLOSED : -1;
}

/* Whether the folder of a path may have been removed since it was opened, so that making it again
 * helps. */
static bool path_lost_folder(struct fa_store *store, const char *path, const struct fa_error *err)
{
    if (err->domain != FA_DOMAIN_SYSTEM || err->code != ENOENT || !strchr(path, '/'))
        return false;
    fa_folder_forget(&store->folder, path);
    return true;
}

/* All I/O on the part goes through its descriptor, so another process that changes the name cannot
 * make us change the mode of a different file. */
static int part_publish_once(struct fa_store *store, int fd, const char *part,
                             const struct fa_inode *inode, const char *path, bool replace,
                             struct fa_error *err)
{
    const char *name;
    int to = fa_folder_parent(&store->folder, path, &name, true, err);
    if (to < 0)
        return path_blame_folder(path, err);
    if (part_set_mode(fd, store->mode))
        return fa_folder_failed(err, "set the mode of", path);
    int result = replace ? part_rename_over(store, part, to, name, path, err)
                         : part_rename_under(store, part, to, name, path, err);
    if (result == 0)
        return part_check_published(store, inode, part, to, name, path, err);
    (void)!fchmod(fd, FA_PART_KNOWN); /* it remains a part that can be resumed */
    return path_blame_folder(path, err);
}

static int part_publish(struct fa_store *store, int fd, const char *part,
                        const struct fa_inode *inode, const char *path, bool replace,
                        struct fa_error *err)
{
    int result = part_publish_once(store, fd, part, inode, path, replace, err);
    return result && path_lost_folder(store, path, err)
               ? part_publish_once(store, fd, part, inode, path, replace, err)
               : result;
}

int fa_store_publish(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                     const char *path, bool replace, struct fa_error *err)
{
    char part[FA_PART_NAME];
    struct fa_error why = {0};
    int fd = fa_part_open_same(store, key, inode, O_WRONLY, &why);
    int result = fd < 0 ? -1
                        : part_publish(store, fd, fa_part_name(store, key, part), inode, path,
                                       replace, &why);
    if (fd >= 0)
        close(fd);
    if (result)
        fa_store_explain(store, &why);
    if (result && err)
        *err = why;
    return result;
}

static int unnamed_publish(struct fa_store *store, int fd, const char *path, struct fa_error *err)
{
    const char *name;
    int to = fa_folder_parent(&store->folder, path, &name, true, err);
    int result = to < 0 ? -1 : fa_unnamed_link(fd, to, name);
    if (result == 0)
        return 0;
    if (to >= 0 && errno == EEXIST)
        store_refuse_present(to, name, path, err);
    else if (to >= 0)
        fa_folder_failed(err, "give its name to", path);
    return -1;
}

/* The link is made to the open file, so that nothing has to be checked before or after. */
int fa_store_publish_unnamed(struct fa_store *store, int fd, const char *path, struct fa_error *err)
{
    struct fa_error why = {0};
    int result = unnamed_publish(store, fd, path, &why);
    if (result && path_lost_folder(store, path, &why))
        result = unnamed_publish(store, fd, path, &why);
    if (result == 0)
        return 0;
    fa_store_explain(store, &why);
    if (err)
        *err = why;
    return path_blame_folder(path, &why);
}
