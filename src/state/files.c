/*
 * SQLite opens up to four files by name.  Each must be a regular file of ours that nobody else can
 * write to; for the default location the directory must be, too.
 */
#include "state/files.h"

#include "base/disk.h"
#include "base/io.h"
#include "base/owner.h"

#include <fetchall/state.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const fa_files_suffixes[FA_FILES] = {"-wal", "-shm", "-journal", ""};

/* lstat(2): a symbolic link is not a regular file, wherever it points. */
static int file_check(const char *file, const char *suffix, struct fa_owner *owner, int folder,
                      struct fa_error *err)
{
    struct stat st;
    char name[PATH_MAX + 16];
    snprintf(name, sizeof(name), "%s%s", file, suffix);
    if (lstat(name, &st))
        return 0;
    if (S_ISREG(st.st_mode))
        return fa_owner_check(owner, &st, folder, name, err);
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                 "cannot open '%s': not a regular file", name);
    return -1;
}

size_t fa_files_home(const char *file)
{
    static const char own[] = "/.fetchall/";
    const char *base = strrchr(FA_STATE_FILE, '/') + 1, *at = NULL;
    for (const char *next = file; (next = strstr(next, own)); ++next)
        at = next;
    if (!at)
        return 0;
    const char *rest = at + sizeof(own) - 1, *slash = strchr(rest, '/');
    bool shard = slash && strncmp(rest, "shard-", 6) == 0;
    return strcmp(shard ? slash + 1 : rest, base) == 0 ? (size_t)(at - file) + 1 : 0;
}

int fa_files_check(const char *file, struct fa_error *err)
{
    char folder[PATH_MAX];
    struct stat st;
    struct fa_owner owner;
    int result = 0;
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file, '/') - file + 1), file);
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fa_owner_init(&owner);
    /* DIR/.fetchall must be ours; a directory chosen by the user need not be. */
    if (fd >= 0 && fa_files_home(file) > 0 && fstat(fd, &st) == 0)
        result = fa_owner_check(&owner, &st, fd, folder, err);
    for (size_t i = 0; result == 0 && i < FA_FILES; ++i)
        result = file_check(file, fa_files_suffixes[i], &owner, fd, err);
    if (fd >= 0)
        close(fd);
    return result;
}

int64_t fa_files_size(const char *file, const char *suffix)
{
    char name[PATH_MAX + 16];
    struct stat st;
    snprintf(name, sizeof(name), "%s%s", file, suffix);
    return lstat(name, &st) ? -1 : st.st_size;
}

void fa_files_make_private(const char *file)
{
    struct stat st;
    if (lstat(file, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
        (void)!fchmodat(AT_FDCWD, file, 0600, AT_SYMLINK_NOFOLLOW);
}

/* Move the WAL first: if we stop half-way, the file is still recognised as damaged, or is an
 * older state. */
int fa_files_set_aside(const char *file, const char *why, char notice[FA_MESSAGE_MAX],
                       struct fa_error *err)
{
    char aside[PATH_MAX + 32], from[PATH_MAX + 16], to[PATH_MAX + 48];
    int n = 0;
    snprintf(aside, sizeof(aside), "%s.damaged", file);
    while (fa_files_size(aside, "") >= 0 || fa_files_size(aside, "-wal") >= 0)
        snprintf(aside, sizeof(aside), "%s.damaged.%d", file, ++n);
    for (size_t i = 0; i < FA_FILES; ++i) {
        snprintf(from, sizeof(from), "%s%s", file, fa_files_suffixes[i]);
        snprintf(to, sizeof(to), "%s%s", aside, fa_files_suffixes[i]);
        if (rename(from, to) && errno != ENOENT) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot set aside '%s' (%s)", file, why);
            return -1;
        }
    }
    snprintf(notice, FA_MESSAGE_MAX,
             "'%s' is damaged (%s), and was replaced by an empty one; the old one is '%s'", file,
             why, strrchr(aside, '/') + 1);
    return 0;
}

/* SQLITE_OPEN_NOFOLLOW rejects links anywhere in the path, but links in the user's directories
 * are legitimate: resolve those first. */
char *fa_files_resolve(const char *file, struct fa_error *err)
{
    const char *slash = strrchr(file, '/');
    char *parent = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    char *real = parent ? realpath(parent, NULL) : NULL;
    char *name = NULL;
    errno = real ? 0 : errno;
    if (real && asprintf(&name, "%s/%s", real[1] ? real : "", slash ? slash + 1 : file) < 0)
        name = NULL;
    if (name && strlen(name) >= PATH_MAX - 32) {
        free(name);
        name = NULL;
        errno = ENAMETOOLONG;
    }
    if (!name)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot open '%s'", file);
    free(real);
    free(parent);
    return name;
}

/* With a file of our own: closing a descriptor of the database would release the locks that this
 * process has on it.  A folder that cannot be written to is read as it is. */
void fa_files_probe(const char *file, bool write, struct fa_files_traits *ret)
{
    char folder[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file, '/') - file + 1), file);
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret = (struct fa_files_traits){.shares = at < 0 || fa_disk_is_known(at)};
    int fd = ret->shares ? -1 : fa_io_unlinked(at);
    if (at >= 0)
        close(at);
    if (fd < 0)
        return;
    ret->no_locks = fcntl(fd, F_SETLK, &lock) && fa_disk_lacks(errno);
    ret->no_sync = write && fdatasync(fd) && fa_disk_lacks(errno);
    close(fd);
}
