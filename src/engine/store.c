/*
 * DIR may be writable by other users, as /tmp is, so a name proves nothing.  Parts are opened
 * relative to descriptors with O_NOFOLLOW, and an open file counts only if it is a regular file of
 * our own with one link.  Between writing, hashing and publishing a part is identified by its
 * inode; the name is checked once more after rename(2), as another process may exchange the part
 * in the moment before.
 *
 * The mode of a part says whether its record in the state can be trusted: FA_PART_STALE until the
 * record of its bytes is committed, FA_PART_KNOWN after that.  A mode survives a crash, is changed
 * in one system call, and needs no file of its own.
 *
 * Where the file system has no modes (engine/mount.h), nothing can mark a part.  Then the caller
 * withdraws the record before the bytes change, and a part is trusted if it has a record.  Such
 * parts have other names, so that none that was written under the other rule is trusted.
 *
 * An unlinked file of FA_STORE_SPARE bytes is held back while the disk has space.  When a commit
 * of the state fails on the full disk, that file is closed and the commit is repeated.
 */
#include "engine/store.h"

#include <fetchall/state.h>

#include "base/disk.h"
#include "base/io.h"
#include "base/owner.h"
#include "engine/lock.h"
#include "engine/part_map.h"
#include "engine/unnamed.h"
#include "state/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OWN       ".fetchall"
#define PART_NAME 32

struct fa_store {
    struct fa_folder folder;
    struct fa_owner owner;                     /* of the files in the private folder */
    struct fa_lock lock;                       /* not held: plan */
    struct fa_mount mount;                     /* what its file system can do */
    char own[sizeof(OWN "/") + FA_SHARD_NAME]; /* the private folder: OWN, or a shard's in it */
    int own_fd;                                /* of it; -1: plan */
    int scratch_fd;
    mode_t mode;  /* of files, as the umask has it */
    bool unnamed; /* engine/unnamed.h works here */
    int spare;    /* an unlinked file of FA_STORE_SPARE bytes, or -1 */
    struct fa_inode *kept;
    size_t n_kept;
};

/* umask(2) cannot read the mask without changing it, and other threads may create files:
 * proc(5). */
static mode_t umask_read(void)
{
    unsigned mask = 022;
    char line[128];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "Umask: %o", &mask) == 1)
            break;
    if (status)
        fclose(status);
    return (mode_t)mask;
}

/* Mounts such as vfat show one owner for all files: see base/owner.h. */
bool fa_store_is_open(const struct fa_store *store)
{
    return store->owner.loose != 0;
}

bool fa_store_describe(const struct fa_store *store, char ret[FA_MOUNT_TEXT])
{
    return fa_mount_describe(&store->mount, store->lock.by_name, store->folder.dir, ret);
}

bool fa_store_marks_parts(const struct fa_store *store)
{
    return store->mount.modes;
}

int64_t fa_store_holder(const struct fa_store *store)
{
    int own = openat(store->folder.fd, store->own, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int64_t holder = own < 0 ? 0 : fa_lock_holder(own);
    if (own >= 0)
        close(own);
    return holder;
}

/* Without a spare file the run works too: it only risks its last commit on a full disk. */
static void spare_hold(struct fa_store *store)
{
    store->spare = fa_io_unlinked(store->own_fd);
    if (store->spare >= 0 && fallocate(store->spare, 0, 0, FA_STORE_SPARE)) {
        close(store->spare);
        store->spare = -1;
    }
}

/* Once per run: the space is gone afterwards. */
bool fa_store_give_spare(struct fa_store *store)
{
    if (store->spare < 0)
        return false;
    close(store->spare);
    store->spare = -1;
    return true;
}

/* In a shared DIR, another user may have created .fetchall first. */
static int own_check(struct fa_store *store, const struct stat *st, struct fa_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", store->folder.dir, store->own);
    return fa_owner_check(&store->owner, st, store->folder.fd, path, err);
}

static int own_check_mount(const struct fa_store *store, struct fa_error *err)
{
    if (fa_disk_is_same(store->own_fd, store->folder.fd))
        return 0;
    fa_error_set(err, FA_DOMAIN_SYSTEM, EXDEV, FA_CLASS_LOCAL_IO,
                 "'%s/%s' is on another file system than '%s': unmount it, or choose another "
                 "folder (-d)",
                 store->folder.dir, store->own, store->folder.dir);
    return -1;
}

/* A run of another shard that ends may remove OWN, while it is empty, between the two calls. */
static int own_make(const struct fa_store *store)
{
    int result = -1;
    for (int i = 0; result && i < 10; ++i) {
        result = mkdirat(store->folder.fd, OWN, 0700) && errno != EEXIST ? -1 : 0;
        if (result == 0 && strcmp(store->own, OWN) != 0)
            result = mkdirat(store->folder.fd, store->own, 0700) && errno != EEXIST ? -1 : 0;
        if (result && errno != ENOENT)
            break;
    }
    return result;
}

/* The lock comes before anything is read: the parts may be in use by another run. */
static int own_open(struct fa_store *store, struct fa_error *err)
{
    struct stat st;
    if (own_make(store))
        return fa_folder_not_made(err, store->folder.fd, OWN, "make a folder for parts in",
                                  store->folder.dir);
    store->own_fd =
        openat(store->folder.fd, store->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = errno;
    bool found = store->own_fd >= 0
                     ? fstat(store->own_fd, &st) == 0
                     : fstatat(store->folder.fd, store->own, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                           S_ISDIR(st.st_mode); /* a folder without read permission */
    if (found && own_check(store, &st, err))
        return -1;
    errno = code;
    if (store->own_fd < 0 && (code == ENOTDIR || code == ELOOP)) {
        fa_error_set(err, FA_DOMAIN_SYSTEM, code, FA_CLASS_LOCAL_IO,
                     "'%s/" OWN "' is a link or a file: remove it, or choose another folder (-d)",
                     store->folder.dir);
        return -1;
    }
    if (!found || store->own_fd < 0)
        return fa_folder_failed(err, "open the folder for parts in", store->folder.dir);
    if (own_check_mount(store, err) ||
        fa_lock_take(&store->lock, store->own_fd, store->own, &store->owner, store->folder.dir,
                     err) ||
        fa_mount_probe(&store->mount, store->own_fd, store->folder.dir, err))
        return -1;
    store->folder.folds = fa_mount_folds(store->folder.fd, OWN);
    store->scratch_fd = store->own_fd;
    store->unnamed = store->mount.known && fa_unnamed_probe(store->own_fd, store->mode);
    spare_hold(store);
    return 0;
}

/* A plan changes nothing in the folder, so its temporary files are elsewhere. */
struct fa_store *fa_store_new(const char *dir, const struct fa_shard *shard, bool plan,
                              struct fa_error *err)
{
    char name[FA_SHARD_NAME] = "";
    struct fa_store *store = calloc(1, sizeof(*store));
    if (!store) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open '%s'", dir);
        return NULL;
    }
    store->own_fd = store->scratch_fd = store->spare = -1;
    fa_lock_init(&store->lock);
    fa_mount_init(&store->mount);
    store->mode = 0666 & ~umask_read();
    fa_owner_init(&store->owner);
    if (shard)
        fa_shard_name(shard, name);
    snprintf(store->own, sizeof(store->own), name[0] ? OWN "/%s" : OWN, name);
    if (fa_folder_init(&store->folder, dir, !plan, err) || (!plan && own_open(store, err))) {
        fa_store_free(store);
        return NULL;
    }
    if (plan) {
        store->folder.folds = fa_mount_folds(store->folder.fd, OWN);
        const char *tmp = getenv("TMPDIR");
        store->scratch_fd = open(tmp && tmp[0] ? tmp : "/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return store;
}

static void store_close(struct fa_store *store)
{
    int fds[] = {store->own_fd, store->scratch_fd == store->own_fd ? -1 : store->scratch_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); ++i)
        if (fds[i] >= 0)
            close(fds[i]);
}

void fa_store_free(struct fa_store *store)
{
    if (!store)
        return;
    (void)fa_store_give_spare(store);
    if (fa_lock_is_held(&store->lock)) {
        fa_lock_release(&store->lock);
        fa_shard_unmark(store->own_fd);
        /* Fails if there are parts or a state, and is meant to. */
        unlinkat(store->folder.fd, store->own, AT_REMOVEDIR);
        unlinkat(store->folder.fd, OWN, AT_REMOVEDIR);
    }
    store_close(store);
    fa_folder_fini(&store->folder);
    free(store->kept);
    free(store);
}

/* Without OWN, as in a plan for a new folder, there is nothing to disagree with. */
int fa_store_check_shard(const struct fa_store *store, const struct fa_shard *shard,
                         struct fa_error *err)
{
    bool run = store->own_fd >= 0;
    if (run && shard->count > 0 && fa_shard_mark(shard, store->own_fd, err))
        return -1;
    int fd = openat(store->folder.fd, OWN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = fd < 0 ? 0 : fa_shard_check(shard, fd, run, store->folder.dir, err);
    if (fd >= 0)
        close(fd);
    return result;
}

struct fa_folder *fa_store_folder(struct fa_store *store)
{
    return &store->folder;
}

char *fa_store_state(const struct fa_store *store)
{
    char *name = NULL;
    const char *file = strrchr(FA_STATE_FILE, '/');
    return asprintf(&name, "%s/%s%s", store->folder.dir, store->own, file) < 0 ? NULL : name;
}

int fa_store_scratch(const struct fa_store *store)
{
    return store->scratch_fd;
}

/* Written by hand, because snprintf(3) is noticeable at a hundred thousand small files. */
static void key_print(uint64_t key, char name[PART_NAME])
{
    for (int i = 15; i >= 0; --i, key >>= 4)
        name[i] = "0123456789abcdef"[key & 15];
}

static const char *part_name(const struct fa_store *store, uint64_t key, char name[PART_NAME])
{
    key_print(key, name);
    if (store->mount.modes)
        memcpy(name + 16, ".part", sizeof(".part"));
    else
        memcpy(name + 16, ".bare.part", sizeof(".bare.part"));
    return name;
}

/* FUSE has no folder without a name: there, looking at it fails. */
static bool fd_is_removed(int fd)
{
    struct stat st;
    return fstat(fd, &st) ? errno == ENOENT || errno == ESTALE : st.st_nlink == 0;
}

/* Once the folder is removed, everything fails: say so, instead of what failed first.  @return
 * -1 */
static int store_explain(const struct fa_store *store, struct fa_error *err)
{
    if (!err || err->domain != FA_DOMAIN_SYSTEM || (err->code != ENOENT && err->code != ESTALE))
        return -1;
    bool dir = fd_is_removed(store->folder.fd);
    if (dir || fd_is_removed(store->own_fd))
        fa_error_set(err, FA_DOMAIN_SYSTEM, ENOENT, FA_CLASS_LOCAL_IO,
                     "the folder '%s%s%s' was removed while fetchall wrote to it",
                     store->folder.dir, dir ? "" : "/", dir ? "" : store->own);
    return -1;
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
    return store_explain(store, err);
}

static bool part_is_ours(const struct fa_store *store, const struct stat *st)
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
    if (fstat(fd, &st) == 0 && part_is_ours(store, &st) && (uint64_t)st.st_size >= offset &&
        ((uint64_t)st.st_size == offset || ftruncate(fd, (off_t)offset) == 0))
        return fd;
    close(fd);
    return -1;
}

/* A part that cannot be trusted is replaced, and the caller learns that it starts at byte 0. */
int fa_store_part_write(struct fa_store *store, uint64_t key, bool stale, uint64_t *offset,
                        struct fa_error *err)
{
    char name[PART_NAME];
    part_name(store, key, name);
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
    char name[PART_NAME];
    struct stat st;
    part_name(store, key, name);
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
        return store_explain(store, err);
    }
    *ret = (struct fa_inode){st.st_dev, st.st_ino};
    return 0;
}

/* The mode decides: the bytes of a stale part are not those of its record. */
int64_t fa_store_part_size(struct fa_store *store, uint64_t key)
{
    char name[PART_NAME];
    struct stat st;
    if (fstatat(store->own_fd, part_name(store, key, name), &st, AT_SYMLINK_NOFOLLOW) ||
        !part_is_ours(store, &st) || (store->mount.modes && (st.st_mode & 0777) != FA_PART_KNOWN))
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

static bool inode_is_same(const struct fa_inode *inode, const struct stat *st)
{
    return inode->number == st->st_ino && inode->device == st->st_dev;
}

/* Without inode numbers that are kept, the lock and the mode of the folder have to do. */
static bool part_is_same(const struct fa_store *store, const struct fa_inode *inode,
                         const struct stat *st)
{
    return store->mount.inodes ? inode_is_same(inode, st) : inode->device == st->st_dev;
}

/*
 * Open the part that was written, not another file that has its name by now.  Use O_RDONLY or
 * O_WRONLY only: the mode of a stale part allows no more.
 * @return A descriptor, or -1.
 */
static int part_open_same(const struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                          int how, struct fa_error *err)
{
    char name[PART_NAME];
    struct stat st;
    int fd = openat(store->own_fd, part_name(store, key, name),
                    how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && part_is_ours(store, &st) &&
        part_is_same(store, inode, &st))
        return fd;
    if (fd < 0 && errno != ELOOP) {
        fa_folder_failed(err, "open a part in", store->folder.dir);
        return store_explain(store, err);
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
    int fd = part_open_same(store, key, inode, O_WRONLY, NULL);
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
    int fd = able ? part_open_same(store, key, inode, O_WRONLY, NULL) : -1;
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
    char name[PART_NAME];
    int flags = how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = store->mount.modes ? openat(store->own_fd, part_name(store, key, name), flags) : -1;
    if (fd >= 0 && fstat(fd, ret) == 0 && part_is_ours(store, ret) &&
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
    if (fd >= 0 && (inode->number == 0 || inode_is_same(inode, &st))) {
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
        char name[PART_NAME];
        uint64_t key;
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 5, ".part") != 0)
            continue;
        bool named = sscanf(entry->d_name, "%16" SCNx64, &key) == 1 &&
                     strcmp(part_name(store, key, name), entry->d_name) == 0;
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
    int own = part_open_same(store, key, inode, O_WRONLY, err);
    if (own < 0)
        return -1;
    (void)!fchmod(own, S_IRUSR);
    int fd = part_open_same(store, key, inode, O_RDONLY, err);
    (void)!fchmod(own, FA_PART_STALE);
    close(own);
    return fd;
}

int fa_store_part_open(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                       struct fa_error *err)
{
    struct fa_error why = {0};
    int fd = part_open_same(store, key, inode, O_RDONLY, &why);
    if (fd < 0 && why.domain == FA_DOMAIN_SYSTEM && why.code == EACCES)
        fd = part_open_stale(store, key, inode, &why);
    if (fd < 0 && err)
        *err = why;
    return fd;
}

int fa_store_part_read(struct fa_store *store, uint64_t key, struct fa_error *err)
{
    char name[PART_NAME];
    struct stat st;
    char path[sizeof(store->own) + PART_NAME + 1];
    snprintf(path, sizeof(path), "%s/%s", store->own, part_name(store, key, name));
    int fd = openat(store->folder.fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && part_is_ours(store, &st))
        return fd;
    if (fd < 0)
        return fa_folder_failed(err, "open a part in", store->folder.dir);
    close(fd);
    return fa_folder_refuse(err, name, "is not a part");
}

/* Not the name of a part, so a later run removes it, and so does one of an older version. */
static const char *hedge_name(uint64_t key, char name[PART_NAME])
{
    key_print(key, name);
    memcpy(name + 16, ".hedge.part", sizeof(".hedge.part"));
    return name;
}

int fa_store_hedge_open(struct fa_store *store, uint64_t key, struct fa_error *err)
{
    char name[PART_NAME];
    return part_new(store, hedge_name(key, name), FA_PART_STALE, err);
}

int fa_store_hedge_adopt(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                         struct fa_error *err)
{
    char from[PART_NAME], to[PART_NAME];
    struct stat st;
    hedge_name(key, from);
    if (fstatat(store->own_fd, from, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (!part_is_ours(store, &st) || !part_is_same(store, inode, &st)))
        return fa_folder_refuse(err, from, "is not the part that was written");
    if (renameat(store->own_fd, from, store->own_fd, part_name(store, key, to)))
        return fa_folder_failed(err, "rename a part in", store->folder.dir);
    return 0;
}

void fa_store_hedge_remove(struct fa_store *store, uint64_t key)
{
    char name[PART_NAME];
    unlinkat(store->own_fd, hedge_name(key, name), 0);
}

/* It may be missing: that is the aim. */
void fa_store_part_remove(struct fa_store *store, uint64_t key)
{
    char name[PART_NAME];
    unlinkat(store->own_fd, part_name(store, key, name), 0);
}

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
        if (inode_is_same(&store->kept[i], st))
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
        if (part_is_same(store, inode, &st))
            return 0;
        if (!part_is_ours(store, &st))
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
    fa_folder_forget(&store->folder);
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
    char part[PART_NAME];
    struct fa_error why = {0};
    int fd = part_open_same(store, key, inode, O_WRONLY, &why);
    int result =
        fd < 0 ? -1
               : part_publish(store, fd, part_name(store, key, part), inode, path, replace, &why);
    if (fd >= 0)
        close(fd);
    if (result)
        store_explain(store, &why);
    if (result && err)
        *err = why;
    return result;
}

int fa_store_check_sync(const struct fa_store *store, struct fa_error *err)
{
    if (store->mount.known || store->own_fd < 0)
        return 0;
    int fd = fa_io_unlinked(store->own_fd);
    int code = fd < 0 || fdatasync(fd) ? errno : 0;
    if (fd >= 0)
        close(fd);
    if (!fa_disk_lacks(code))
        return 0;
    fa_error_system(
        err, FA_CLASS_LOCAL_IO, code,
        "the file system of '%s' cannot sync files: use --fsync none, or another folder",
        store->folder.dir);
    return -1;
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
    store_explain(store, &why);
    if (err)
        *err = why;
    return path_blame_folder(path, &why);
}

/* fallocate(2) also counts quotas, unlike statvfs(3).  Without it, write the bytes. */
static bool store_take_space(int fd)
{
    static const char zeros[64 * 1024];
    if (fallocate(fd, 0, 0, FA_STORE_SPACE) == 0)
        return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    for (uint64_t at = 0; at < FA_STORE_SPACE; at += sizeof(zeros))
        if (fa_io_pwrite(fd, zeros, sizeof(zeros), at))
            return false;
    return true;
}

bool fa_store_has_space(struct fa_store *store, uint64_t need)
{
    struct statvfs fs;
    if (fstatvfs(store->own_fd, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < need)
        return false;
    int fd = fa_io_unlinked(store->own_fd);
    bool room = fd >= 0 && store_take_space(fd);
    if (fd >= 0)
        close(fd);
    return room;
}
