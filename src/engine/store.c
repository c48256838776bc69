/*
 * The private folder is locked before anything in it is read: the parts may be in use by another
 * run.  It must be on the file system of DIR, as parts get their names by rename(2).
 *
 * An unlinked file of FA_STORE_SPARE bytes is held back while the disk has space.  When a commit
 * of the state fails on the full disk, that file is closed and the commit is repeated.
 */
#include "engine/store.h"

#include <fetchall/state.h>

#include "base/disk.h"
#include "base/io.h"
#include "engine/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OWN ".fetchall"

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

/* FUSE has no folder without a name: there, looking at it fails. */
static bool fd_is_removed(int fd)
{
    struct stat st;
    return fstat(fd, &st) ? errno == ENOENT || errno == ESTALE : st.st_nlink == 0;
}

int fa_store_explain(const struct fa_store *store, struct fa_error *err)
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
