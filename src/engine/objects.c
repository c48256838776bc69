/*
 * Names are hard links: they cost no space, and no name is better than another, so that any of them
 * can be removed.  The price is that a program which writes into one file writes into all of them,
 * hence the mode of an object.
 */
#include "engine/objects.h"

#include "base/hex.h"
#include "engine/store_publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A later run removes it, as it is not the name of a part. */
#define TEMPORARY "link.part"

void fa_object_path(const char *name, const struct fa_digest *digest, char ret[FA_OBJECT_PATH])
{
    char hex[2 * FA_DIGEST_MAX + 1];
    fa_hex_write(digest->bytes, fa_hash_size(digest->hash), hex);
    snprintf(ret, FA_OBJECT_PATH, "%s/sha256/%.2s/%s", name, hex, hex + 2);
}

/* A size that differs shows damage at the price of one call; what is inside is compared by
 * engine/pack.c. */
int fa_object_open(struct fa_store *store, const char *object, uint64_t size)
{
    struct fa_error err;
    struct stat st;
    int fd = fa_folder_file(fa_store_folder(store), object, &err);
    if (fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == size)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A file of somebody else, or a file system without modes, is used as it is. */
int fa_object_seal(struct fa_store *store, const char *object, struct fa_error *err)
{
    struct stat st;
    int fd = fa_folder_file(fa_store_folder(store), object, err);
    if (fd < 0)
        return -1;
    bool sealed =
        fstat(fd, &st) == 0 && ((st.st_mode & 0222) == 0 || fchmod(fd, st.st_mode & 0555) == 0 ||
                                errno == EPERM || errno == EOPNOTSUPP);
    int result = sealed ? 0 : fa_folder_failed(err, "set the mode of", object);
    close(fd);
    return result;
}

/* Whether both names are links to one file. */
static bool name_is_object(int at, const char *name, int other, const char *object)
{
    struct stat a, b;
    return fstatat(at, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(other, object, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

/* All other files would fail like this one: the code is one that ends the run. */
static int object_not_named(struct fa_error *err, const char *path)
{
    if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP)
        return fa_folder_failed(err, "give its name to", path);
    fa_error_set(err, FA_DOMAIN_SYSTEM, EPERM, FA_CLASS_LOCAL_IO,
                 "cannot give its name to '%s': the file system has no hard links, which --output "
                 "cas requires",
                 path);
    return -1;
}

/* By a name in the private folder, as link(2) replaces nothing.  rename(2) would do nothing with
 * two names of one file, and keep both. */
static int object_replace(struct fa_store *store, int from, const char *object, int to,
                          const char *name, const char *path, struct fa_error *err)
{
    struct stat st;
    int own = fa_store_scratch(store);
    bool there = fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(st.st_mode))
        return fa_folder_refuse(err, path, fa_folder_kind(st.st_mode));
    if (there && fa_store_keeps(store, &st))
        return fa_folder_refuse(err, path, "is a file that this run reads, and is left alone");
    if (name_is_object(to, name, from, object))
        return 0;
    unlinkat(own, TEMPORARY, 0);
    if (linkat(from, object, own, TEMPORARY, 0) == 0 && renameat(own, TEMPORARY, to, name) == 0)
        return 0;
    return object_not_named(err, path);
}

int fa_object_link(struct fa_store *store, const char *object, const char *path, bool replace,
                   struct fa_error *err)
{
    struct fa_folder *folder = fa_store_folder(store);
    const char *object_name, *name;
    int parent = fa_folder_parent(folder, object, &object_name, false, err);
    int from = parent < 0 ? -1 : fcntl(parent, F_DUPFD_CLOEXEC, 3);
    int to = from < 0 ? -1 : fa_folder_parent(folder, path, &name, true, err);
    int result = -1;
    if (parent >= 0 && from < 0)
        fa_folder_failed(err, "open the folder of", object);
    if (to < 0)
        goto out;
    if (replace)
        result = object_replace(store, from, object_name, to, name, path, err);
    else if (linkat(from, object_name, to, name, 0) == 0 ||
             (errno == EEXIST && name_is_object(to, name, from, object_name)))
        result = 0;
    else if (errno == EEXIST)
        fa_folder_refuse(err, path, "has appeared while it was fetched, and is left alone");
    else
        object_not_named(err, path);
    if (result && err->domain == FA_DOMAIN_SYSTEM && err->code == EMLINK)
        result = 1;
out:
    if (from >= 0)
        close(from);
    return result;
}
