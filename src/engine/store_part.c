/*
 * DIR may be writable by other users, as /tmp is, so a name proves nothing.  Parts are opened
 * relative to descriptors with O_NOFOLLOW, and an open file counts only if it is a regular file of
 * our own with one link.  Between writing, hashing and publishing a part is identified by its
 * inode.
 *
 * The mode of a part says whether its record in the state can be trusted: FA_PART_STALE until the
 * record of its bytes is committed, FA_PART_KNOWN after that.  A mode survives a crash, is changed
 * in one system call, and needs no file of its own.
 *
 * Where the file system has no modes (engine/mount.h), nothing can mark a part.  Then the caller
 * withdraws the record before the bytes change, and a part is trusted if it has a record.  Such
 * parts have other names, so that none that was written under the other rule is trusted.
 */
#include "engine/store_part.h"

#include <fetchall/state.h>

#include "engine/part_map.h"
#include "engine/unnamed.h"
#include "state/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Written by hand, because snprintf(3) is noticeable at a hundred thousand small files. */
static void key_print(uint64_t key, char name[FA_PART_NAME])
{
    for (int i = 15; i >= 0; --i, key >>= 4)
        name[i] = "0123456789abcdef"[key & 15];
}

const char *fa_part_name(const struct fa_store *store, uint64_t key, char name[FA_PART_NAME])
{
    key_print(key, name);
    if (store->mount.modes)
        memcpy(name + 16, ".part", sizeof(".part"));
    else
        memcpy(name + 16, ".bare.part", sizeof(".bare.part"));
    return name;
}

/* We hold the lock, so an existing file of that name is left over from an earlier run.  O_EXCL
 * keeps other descriptors of it from seeing the new bytes. */
static int part_new(struct fa_store *store, const char *name, mode_t mode, struct fa_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(store->own_fd, name, flags, mode);
    if (fd < 0 && errno == EEXIST) {
        unlinkat(store->own_fd, name, 0);
        fd = openat(store->own_fd, name, flags, mode);
    }
    if (fd >= 0)
        return fd;
    fa_folder_not_made(err, store->own_fd, name, "make a part in", store->folder.dir);
    return fa_store_explain(store, err);
}

bool fa_part_is_ours(const struct fa_store *store, const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_nlink == store->mount.links &&
           fa_owner_has(&store->owner, st);
}

/* Open an existing part to append to it, truncated to the bytes that can be trusted. */
static int part_again(struct fa_store *store, const char *name, uint64_t offset)
{
    struct stat st;
    int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(store->own_fd, name, flags);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && fa_part_is_ours(store, &st) && (uint64_t)st.st_size >= offset &&
        ((uint64_t)st.st_size == offset || ftruncate(fd, (off_t)offset) == 0))
        return fd;
    close(fd);
    return -1;
}

/* A part that cannot be trusted is replaced, and the caller learns that it starts at byte 0. */
int fa_store_part_write(struct fa_store *store, uint64_t key, bool stale, uint64_t *offset,
                        struct fa_error *err)
{
    char name[FA_PART_NAME];
    fa_part_name(store, key, name);
    int fd = *offset > 0 ? part_again(store, name, *offset) : -1;
    if (fd >= 0)
        return fd;
    *offset = 0;
    return part_new(store, name, stale ? FA_PART_STALE : FA_PART_KNOWN, err);
}

int fa_store_unnamed(const struct fa_store *store)
{
    return store->unnamed ? fa_unnamed_open(store->own_fd) : -1;
}

/* The mode is set first: a part is private as long as it has a name. */
int fa_store_part_name(struct fa_store *store, uint64_t key, int fd, struct fa_inode *ret,
                       struct fa_error *err)
{
    char name[FA_PART_NAME];
    struct stat st;
    fa_part_name(store, key, name);
    if (fstat(fd, &st) || fchmod(fd, FA_PART_KNOWN))
        return fa_folder_failed(err, "set the mode of a part in", store->folder.dir);
    int result = fa_unnamed_link(fd, store->own_fd, name);
    if (result && errno == EEXIST) {
        unlinkat(store->own_fd, name, 0);
        result = fa_unnamed_link(fd, store->own_fd, name);
    }
    if (result) {
        fa_folder_failed(err, "make a part in", store->folder.dir);
        (void)!fchmod(fd, store->mode);
        return fa_store_explain(store, err);
    }
    *ret = (struct fa_inode){st.st_dev, st.st_ino};
    return 0;
}

/* The mode decides: the bytes of a stale part are not those of its record. */
int64_t fa_store_part_size(struct fa_store *store, uint64_t key)
{
    char name[FA_PART_NAME];
    struct stat st;
    if (fstatat(store->own_fd, fa_part_name(store, key, name), &st, AT_SYMLINK_NOFOLLOW) ||
        !fa_part_is_ours(store, &st) ||
        (store->mount.modes && (st.st_mode & 0777) != FA_PART_KNOWN))
        return -1;
    return st.st_size;
}

bool fa_store_inode(const struct fa_store *store, int fd, struct fa_inode *ret)
{
    struct stat st;
    if (fstat(fd, &st))
        return false;
    *ret = (struct fa_inode){st.st_dev, store->mount.inodes ? st.st_ino : 0};
    return true;
}

bool fa_inode_is_same(const struct fa_inode *inode, const struct stat *st)
{
    return inode->number == st->st_ino && inode->device == st->st_dev;
}

/* Without inode numbers that are kept, the lock and the mode of the folder have to do. */
bool fa_part_is_same(const struct fa_store *store, const struct fa_inode *inode,
                     const struct stat *st)
{
    return store->mount.inodes ? fa_inode_is_same(inode, st) : inode->device == st->st_dev;
}

int fa_part_open_same(const struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                      int how, struct fa_error *err)
{
    char name[FA_PART_NAME];
    struct stat st;
    int fd = openat(store->own_fd, fa_part_name(store, key, name),
                    how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && fa_part_is_ours(store, &st) &&
        fa_part_is_same(store, inode, &st))
        return fd;
    if (fd < 0 && errno != ELOOP) {
        fa_folder_failed(err, "open a part in", store->folder.dir);
        return fa_store_explain(store, err);
    }
    if (fd >= 0)
        close(fd);
    return fa_folder_refuse(err, name, "is not the part that was written");
}

/* By descriptor, so that no other file gets the mode. */
int fa_store_part_know(struct fa_store *store, uint64_t key, const struct fa_inode *inode)
{
    if (!store->mount.modes)
        return 0;
    int fd = fa_part_open_same(store, key, inode, O_WRONLY, NULL);
    int result = fd < 0 ? -1 : fchmod(fd, FA_PART_KNOWN);
    if (fd >= 0)
        close(fd);
    return result;
}

/* The mode is set first, so that no moment leaves a plain part with the size of a split one.  A
 * mount that shows another mode could not tell them apart. */
int fa_store_part_split(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                        uint64_t size)
{
    struct stat before, st;
    bool able = store->mount.modes && store->mount.inodes;
    int fd = able ? fa_part_open_same(store, key, inode, O_WRONLY, NULL) : -1;
    if (fd < 0)
        return -1;
    if (fstat(fd, &before) || fchmod(fd, FA_PART_SPLIT) || fstat(fd, &st) ||
        (st.st_mode & 0777) != FA_PART_SPLIT || ftruncate(fd, (off_t)fa_part_map_file_size(size))) {
        (void)!fchmod(fd, before.st_mode & 0777);
        close(fd);
        return -1;
    }
    return fd;
}

static int part_open_split(struct fa_store *store, uint64_t key, int how, struct stat *ret)
{
    char name[FA_PART_NAME];
    int flags = how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = store->mount.modes ? openat(store->own_fd, fa_part_name(store, key, name), flags) : -1;
    if (fd >= 0 && fstat(fd, ret) == 0 && fa_part_is_ours(store, ret) &&
        (ret->st_mode & 0777) == FA_PART_SPLIT)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

int fa_store_part_join(struct fa_store *store, uint64_t key, struct fa_inode *inode,
                       struct fa_error *err)
{
    struct stat st;
    int fd = part_open_split(store, key, O_WRONLY, &st);
    if (fd >= 0 && (inode->number == 0 || fa_inode_is_same(inode, &st))) {
        *inode = (struct fa_inode){st.st_dev, st.st_ino};
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return fa_folder_refuse(err, "a part", "is not the one that was written");
}

int fa_store_part_map(struct fa_store *store, uint64_t key)
{
    struct stat st;
    return part_open_split(store, key, O_RDONLY, &st);
}

int fa_store_part_unite(struct fa_store *store, int fd, uint64_t size, bool stale,
                        struct fa_error *err)
{
    if (ftruncate(fd, (off_t)size) || fchmod(fd, stale ? FA_PART_STALE : FA_PART_KNOWN))
        return fa_folder_failed(err, "complete a part in", store->folder.dir);
    return 0;
}

/* A name that is not exactly that of a key, for example with capitals, is removed too. */
void fa_store_purge(struct fa_store *store, bool (*keeps)(void *arg, uint64_t key), void *arg)
{
    DIR *dir = fa_folder_list(store->own_fd);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char name[FA_PART_NAME];
        uint64_t key;
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 5, ".part") != 0)
            continue;
        bool named = sscanf(entry->d_name, "%16" SCNx64, &key) == 1 &&
                     strcmp(fa_part_name(store, key, name), entry->d_name) == 0;
        if (!named || !keeps || !keeps(arg, key))
            unlinkat(store->own_fd, entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* The parts first: the state is what a repeated call continues with. */
int fa_store_absorb(struct fa_store *store, struct fa_store *shard, struct fa_error *err)
{
    const char *base = strrchr(FA_STATE_FILE, '/') + 1;
    DIR *dir = fa_folder_list(shard->own_fd);
    int result = dir ? 0 : -1;
    for (struct dirent *entry; result == 0 && (entry = readdir(dir));)
        if (strstr(entry->d_name, ".part"))
            result = renameat(shard->own_fd, entry->d_name, store->own_fd, entry->d_name);
    for (size_t i = 0; result == 0 && i < FA_FILES; ++i) {
        char name[32];
        snprintf(name, sizeof(name), "%s%s", base, fa_files_suffixes[i]);
        result = unlinkat(shard->own_fd, name, 0) && errno != ENOENT ? -1 : 0;
    }
    if (result)
        fa_folder_failed(err, "move the parts of a shard in", store->folder.dir);
    if (dir)
        closedir(dir);
    return result;
}

/* Only root may read a file with the mode of a stale part.  The mode for a moment is not that of a
 * part which can be resumed, so that a crash leaves a stale one. */
static int part_open_stale(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                           struct fa_error *err)
{
    int own = fa_part_open_same(store, key, inode, O_WRONLY, err);
    if (own < 0)
        return -1;
    (void)!fchmod(own, S_IRUSR);
    int fd = fa_part_open_same(store, key, inode, O_RDONLY, err);
    (void)!fchmod(own, FA_PART_STALE);
    close(own);
    return fd;
}

int fa_store_part_open(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                       struct fa_error *err)
{
    struct fa_error why = {0};
    int fd = fa_part_open_same(store, key, inode, O_RDONLY, &why);
    if (fd < 0 && why.domain == FA_DOMAIN_SYSTEM && why.code == EACCES)
        fd = part_open_stale(store, key, inode, &why);
    if (fd < 0 && err)
        *err = why;
    return fd;
}

int fa_store_part_read(struct fa_store *store, uint64_t key, struct fa_error *err)
{
    char name[FA_PART_NAME];
    struct stat st;
    char path[sizeof(store->own) + FA_PART_NAME + 1];
    snprintf(path, sizeof(path), "%s/%s", store->own, fa_part_name(store, key, name));
    int fd = openat(store->folder.fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && fa_part_is_ours(store, &st))
        return fd;
    if (fd < 0)
        return fa_folder_failed(err, "open a part in", store->folder.dir);
    close(fd);
    return fa_folder_refuse(err, name, "is not a part");
}

/* Not the name of a part, so a later run removes it, and so does one of an older version. */
static const char *hedge_name(uint64_t key, char name[FA_PART_NAME])
{
    key_print(key, name);
    memcpy(name + 16, ".hedge.part", sizeof(".hedge.part"));
    return name;
}

int fa_store_hedge_open(struct fa_store *store, uint64_t key, struct fa_error *err)
{
    char name[FA_PART_NAME];
    return part_new(store, hedge_name(key, name), FA_PART_STALE, err);
}

int fa_store_hedge_adopt(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                         struct fa_error *err)
{
    char from[FA_PART_NAME], to[FA_PART_NAME];
    struct stat st;
    hedge_name(key, from);
    if (fstatat(store->own_fd, from, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (!fa_part_is_ours(store, &st) || !fa_part_is_same(store, inode, &st)))
        return fa_folder_refuse(err, from, "is not the part that was written");
    if (renameat(store->own_fd, from, store->own_fd, fa_part_name(store, key, to)))
        return fa_folder_failed(err, "rename a part in", store->folder.dir);
    return 0;
}

void fa_store_hedge_remove(struct fa_store *store, uint64_t key)
{
    char name[FA_PART_NAME];
    unlinkat(store->own_fd, hedge_name(key, name), 0);
}

/* It may be missing: that is the aim. */
void fa_store_part_remove(struct fa_store *store, uint64_t key)
{
    char name[FA_PART_NAME];
    unlinkat(store->own_fd, fa_part_name(store, key, name), 0);
}
