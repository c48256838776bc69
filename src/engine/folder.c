/*
 * Paths come from URLs, states and manifests, and other users may be able to write to the folder.
 * openat2(2) with RESOLVE_BENEATH would do the same in one call, but some container runtimes reject
 * it, so each component is opened with O_NOFOLLOW instead.
 *
 * The folders of the last paths are kept open (engine/parents.h), so that a path mostly costs one
 * call.  A folder that was empty when the session opened it needs no call at all.
 */
#include "engine/folder.h"

#include "base/disk.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int fa_folder_refuse(struct fa_error *err, const char *path, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "'%s' %s", path, why);
    return -1;
}

int fa_folder_failed(struct fa_error *err, const char *what, const char *path)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot %s '%s'", what, path);
    return -1;
}

int fa_folder_not_made(struct fa_error *err, int at, const char *name, const char *what,
                       const char *path)
{
    fa_io_not_created(err, at, name, what, path);
    return -1;
}

/* As mkdir -p.  Another process may create a component at the same time. */
static int folder_make(const char *dir, int *ret_made, struct fa_error *err)
{
    char path[PATH_MAX];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof(path)) {
        errno = len ? ENAMETOOLONG : ENOENT;
        return fa_folder_failed(err, "make the folder", dir);
    }
    memcpy(path, dir, len + 1);
    /* From 1, because the root needs no mkdir(2). */
    for (size_t i = 1; i <= len; ++i) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        char end = path[i];
        path[i] = '\0';
        if (mkdir(path, 0777) == 0)
            ++*ret_made;
        else if (errno != EEXIST && (end == '\0' || access(path, F_OK)))
            return fa_folder_not_made(err, AT_FDCWD, path, "make the folder", dir);
        path[i] = end;
    }
    return 0;
}

/* A descriptor of its own: closedir(3) closes it, and readdir(3) moves its offset. */
DIR *fa_folder_list(int fd)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own >= 0 ? fdopendir(own) : NULL;
    if (!dir && own >= 0)
        close(own);
    return dir;
}

/* A folder that cannot be read counts as not empty. */
static bool folder_is_empty(int fd)
{
    DIR *dir = fa_folder_list(fd);
    struct dirent *entry = NULL;
    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            break;
    if (dir)
        closedir(dir);
    return dir && !entry;
}

int fa_folder_init(struct fa_folder *folder, const char *dir, bool make, struct fa_error *err)
{
    *folder = (struct fa_folder){.fd = -1, .dir = strdup(dir)};
    if (!folder->dir || fa_parents_init(&folder->parents)) {
        errno = ENOMEM;
        return fa_folder_failed(err, "open the folder", dir);
    }
    if (make && folder_make(dir, &folder->made, err))
        return -1;
    folder->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0 && (make || errno != ENOENT))
        return fa_folder_failed(err, "open the folder", dir);
    folder->empty = make && folder_is_empty(folder->fd);
    return 0;
}

int fa_folder_again(struct fa_folder *folder, const struct fa_folder *other, struct fa_error *err)
{
    *folder = (struct fa_folder){.fd = fcntl(other->fd, F_DUPFD_CLOEXEC, 0),
                                 .dir = strdup(other->dir),
                                 .folds = other->folds};
    if (folder->fd >= 0 && folder->dir && fa_parents_init(&folder->parents) == 0)
        return 0;
    fa_folder_failed(err, "open the folder", other->dir);
    fa_folder_fini(folder);
    folder->dir = NULL;
    return -1;
}

void fa_folder_fini(struct fa_folder *folder)
{
    fa_parents_fini(&folder->parents);
    if (folder->fd >= 0)
        close(folder->fd);
    free(folder->dir);
}

/* O_PATH requires no read permission on the folders on the way.
 * @part  A component of the path. */
static int folder_step_into(int at, const char *part, const char *path, bool make,
                            struct fa_error *err)
{
    char name[NAME_MAX + 1];
    size_t len = strcspn(part, "/");
    if (len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return fa_folder_failed(err, "open the folder of", path);
    }
    memcpy(name, part, len);
    name[len] = '\0';
    if (make && mkdirat(at, name, 0777) && errno != EEXIST)
        return fa_folder_not_made(err, at, name, "make a folder for", path);
    int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno == ENOTDIR || errno == ELOOP)
        return fa_folder_refuse(err, path, "would lie below something that is not a folder");
    if (errno == ENOENT && !make) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOENT, "no folder for '%s'", path);
        return -1;
    }
    return fa_folder_failed(err, "open the folder of", path);
}

/* Each component is opened relative to the one before, so that a component that is exchanged for a
 * symbolic link meanwhile leads nowhere.
 * @return  As fa_parents_find(); NULL, and err */
static struct fa_parent *folder_walk(struct fa_folder *folder, const char *path, size_t len,
                                     bool make, struct fa_error *err)
{
    int at = folder->fd;
    for (size_t from = 0; from < len; from += strcspn(path + from, "/") + 1) {
        int next = folder_step_into(at, path + from, path, make, err);
        if (at != folder->fd)
            close(at);
        if (next < 0)
            return NULL;
        at = next;
    }
    struct fa_parent *parent = fa_parents_add(&folder->parents, path, len, at);
    if (!parent) {
        errno = ENOMEM;
        fa_folder_failed(err, "open the folder of", path);
    }
    return parent;
}

/* The path may come from a damaged state or a foreign manifest. */
static bool path_leads_inside(const char *path)
{
    for (;; ++path) {
        size_t len = strcspn(path, "/");
        if (len == 0 || (len <= 2 && strncmp(path, "..", len) == 0))
            return false;
        path += len;
        if (!*path)
            return true;
    }
}

/* The length of the path of the folder; 0: it is in no other one. */
static size_t path_folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* The folder of a path that leads inside, and is in another folder; NULL, and err.  A file is not
 * written to a folder that was opened long ago and may have been moved since, unless no other one
 * was used meanwhile. */
static struct fa_parent *folder_open(struct fa_folder *folder, const char *path, bool make,
                                     struct fa_error *err)
{
    size_t len = path_folder_len(path);
    const struct fa_parent *last = fa_parents_last(&folder->parents);
    struct fa_parent *parent = fa_parents_find(&folder->parents, path, len);
    if (parent && (!make || parent == last))
        return parent;
    fa_parents_forget(&folder->parents, path, len);
    return folder_walk(folder, path, len, make, err);
}

/* A kept descriptor stays valid if the folder is renamed, and files then go where it has gone. */
int fa_folder_parent(struct fa_folder *folder, const char *path, const char **ret_name, bool make,
                     struct fa_error *err)
{
    if (!path_leads_inside(path))
        return fa_folder_refuse(err, path, "is not the name of a file in the folder");
    size_t len = path_folder_len(path);
    *ret_name = path + len + (len > 0);
    if (len == 0)
        return folder->fd;
    const struct fa_parent *parent = folder_open(folder, path, make, err);
    return parent ? parent->fd : -1;
}

void fa_folder_forget(struct fa_folder *folder, const char *path)
{
    fa_parents_forget(&folder->parents, path, path_folder_len(path));
}

/* Root may write to everything but a read-only mount; faccessat(2) knows that, too. */
static int folder_check_access(const struct fa_folder *folder, struct fa_parent *parent,
                               const char *path, struct fa_error *err)
{
    if (!parent->checked && !fa_disk_is_same(folder->fd, parent->fd)) {
        fa_error_set(err, FA_DOMAIN_SYSTEM, EXDEV, FA_CLASS_LOCAL_IO,
                     "the folder of '%s' is on another file system than '%s'", path, folder->dir);
        return -1;
    }
    if (!parent->checked && faccessat(parent->fd, ".", W_OK | X_OK, AT_EACCESS))
        return fa_folder_failed(err, "write to the folder of", path);
    parent->checked = true;
    return 0;
}

int fa_folder_check(struct fa_folder *folder, const char *path, struct fa_error *err)
{
    char above[PATH_MAX];
    size_t len = strlen(path);
    if (folder->fd < 0 || folder->empty || len >= sizeof(above))
        return 0;
    if (!path_leads_inside(path))
        return fa_folder_refuse(err, path, "is not the name of a file in the folder");
    memcpy(above, path, len + 1);
    for (; (len = path_folder_len(above)) > 0; above[len] = '\0') {
        struct fa_error why = {0};
        struct fa_parent *parent = folder_open(folder, above, false, &why);
        if (parent)
            return folder_check_access(folder, parent, path, err);
        if (why.class != FA_CLASS_LOCAL_IO || why.code != ENOENT) {
            *err = why;
            return -1;
        }
    }
    return 0;
}

const char *fa_folder_kind(mode_t mode)
{
    return S_ISLNK(mode)    ? "is a symbolic link, which is left alone"
           : S_ISDIR(mode)  ? "is a folder"
           : S_ISFIFO(mode) ? "is a FIFO, which is left alone"
           : S_ISSOCK(mode) ? "is a socket, which is left alone"
                            : "is a device, which is left alone";
}

/* From the first file on, each name has to be looked up. */
void fa_folder_renew(struct fa_folder *folder)
{
    folder->empty = false;
}

enum fa_presence fa_folder_look(struct fa_folder *folder, const char *path, int64_t *ret_size,
                                struct fa_error *err)
{
    return folder->empty ? FA_THERE_NOTHING : fa_folder_look_again(folder, path, ret_size, err);
}

/* A missing folder means that the file is missing too. */
enum fa_presence fa_folder_look_again(struct fa_folder *folder, const char *path, int64_t *ret_size,
                                      struct fa_error *err)
{
    if (folder->fd < 0)
        return FA_THERE_NOTHING;
    const char *name;
    struct fa_error why = {0};
    int fd = fa_folder_parent(folder, path, &name, false, &why);
    struct stat st;
    if (fd < 0 && why.code == ENOENT && why.class == FA_CLASS_LOCAL_IO)
        return FA_THERE_NOTHING;
    if (fd < 0) {
        if (err)
            *err = why;
        return FA_THERE_REFUSED;
    }
    /* A link to a file is refused too: it may lead out of the folder. */
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        if (errno == ENOENT)
            return FA_THERE_NOTHING;
        fa_folder_failed(err, "look at", path);
        return FA_THERE_REFUSED;
    }
    if (!S_ISREG(st.st_mode)) {
        fa_folder_refuse(err, path, fa_folder_kind(st.st_mode));
        return FA_THERE_REFUSED;
    }
    *ret_size = st.st_size;
    return FA_THERE_FILE;
}

/* O_NONBLOCK, so that opening a FIFO does not hang. */
int fa_folder_file(struct fa_folder *folder, const char *path, struct fa_error *err)
{
    const char *name;
    int at = fa_folder_parent(folder, path, &name, false, err);
    if (at < 0)
        return -1;
    struct stat st;
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    if (fd < 0)
        return fa_folder_failed(err, "open", path);
    close(fd);
    return fa_folder_refuse(err, path, "is not a regular file");
}

/* Some file systems sync files but no folders: what they do with names is theirs. */
static bool folder_cannot_sync(int fd)
{
    return fsync(fd) && !fa_disk_lacks(errno);
}

/* fsync(2) a folder and those above it: each holds the directory entry of the previous one. */
static int folder_sync_upwards(int at, int folders)
{
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool failed = fd < 0 || folder_cannot_sync(fd);
    while (!failed && --folders > 0) {
        int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        /* A folder may be writable but not readable; fsync(2) requires a readable descriptor. */
        if (above < 0 && errno == EACCES) {
            failed = syncfs(fd);
            break;
        }
        close(fd);
        fd = above;
        failed = fd < 0 || folder_cannot_sync(fd);
    }
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return failed ? -1 : 0;
}

/* Folders that this run has made are synced up to the first one that existed before. */
int fa_folder_sync(struct fa_folder *folder, const char *path, struct fa_error *err)
{
    if (!path)
        return syncfs(folder->fd) ? fa_folder_failed(err, "sync", folder->dir) : 0;
    const char *name;
    int at = fa_folder_parent(folder, path, &name, true, err);
    if (at < 0)
        return -1;
    int folders = 1 + folder->made;
    for (const char *slash = path; (slash = strchr(slash, '/')); ++slash)
        ++folders;
    if (folder_sync_upwards(at, folders))
        return fa_folder_failed(err, "sync the folder of", path);
    folder->made = 0;
    return 0;
}

/* The folder may have been renamed since it was opened; the link in /proc follows that. */
char *fa_folder_path(const struct fa_folder *folder)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", folder->fd);
    return realpath(link, NULL);
}

/* eCryptfs allows 143 bytes, as an encrypted name is longer. */
size_t fa_folder_name_max(const struct fa_folder *folder)
{
    struct statvfs fs;
    return folder->fd >= 0 && fstatvfs(folder->fd, &fs) == 0 ? fs.f_namemax : 0;
}
