/*
 * One file is created, changed and renamed as parts are.  Results are read back: mounts of object
 * stores accept chmod(2) and forget it.  A kill in between leaves a file that the purge of parts
 * removes.
 */
#include "engine/mount.h"

#include "base/disk.h"
#include "engine/folder.h"
#include "transfer/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBE   "probe.part"
#define RENAMED "probe-renamed.part"

void fa_mount_init(struct fa_mount *mount)
{
    *mount = (struct fa_mount){
        .known = true, .modes = true, .inodes = true, .exclusive = true, .links = 1};
}

static bool fd_has_mode(int fd, mode_t mode)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_mode & 0777) == mode;
}

/* The file was created with FA_PART_STALE.  By name as well: the kernel may cache what an open file
 * was changed to. */
static bool probe_modes(int fd, int at)
{
    struct stat st;
    return fd_has_mode(fd, FA_PART_STALE) && fchmod(fd, FA_PART_KNOWN) == 0 &&
           fd_has_mode(fd, FA_PART_KNOWN) && fchmod(fd, FA_PART_STALE) == 0 &&
           fstatat(at, PROBE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (st.st_mode & 0777) == FA_PART_STALE;
}

/* Try the three ways of publishing a part, the best one first. */
static int probe_rename(struct fa_mount *mount, int at)
{
    mount->exclusive = true;
    if (renameat2(at, PROBE, at, RENAMED, RENAME_NOREPLACE) == 0)
        return 0;
    if (linkat(at, PROBE, at, RENAMED, 0) == 0)
        return unlinkat(at, PROBE, 0);
    mount->exclusive = false;
    return renameat(at, PROBE, at, RENAMED);
}

/* Where another file with the name is not replaced by rename(2), --overwrite cannot work, but all
 * else does: that is left to the entry. */
static int mount_probe_file(struct fa_mount *mount, int fd, int at, const char *dir,
                            struct fa_error *err)
{
    struct stat before, after;
    mount->modes = probe_modes(fd, at);
    if (fstat(fd, &before))
        return fa_folder_failed(err, "look at a file in", dir);
    if (probe_rename(mount, at) || fstatat(at, RENAMED, &after, AT_SYMLINK_NOFOLLOW)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno,
                        "the file system of '%s' cannot rename files: download to another folder "
                        "(-d), and copy the files",
                        dir);
        return -1;
    }
    mount->links = before.st_nlink;
    mount->inodes = fa_disk_keeps_inodes(at) && before.st_ino == after.st_ino;
    return 0;
}

int fa_mount_probe(struct fa_mount *mount, int at, const char *dir, struct fa_error *err)
{
    fa_mount_init(mount);
    mount->known = fa_disk_is_known(at);
    if (mount->known)
        return 0;
    unlinkat(at, PROBE, 0);
    unlinkat(at, RENAMED, 0);
    int fd = openat(at, PROBE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FA_PART_STALE);
    if (fd < 0)
        return fa_folder_not_made(err, at, PROBE, "make a part in", dir);
    int result = mount_probe_file(mount, fd, at, dir, err);
    close(fd);
    unlinkat(at, PROBE, 0);
    unlinkat(at, RENAMED, 0);
    return result;
}

/* Where inodes have no numbers to compare, the name alone decides: another folder of that name
 * makes names differ more than they have to, which loses nothing. */
bool fa_mount_folds(int at, const char *name)
{
    char capitals[NAME_MAX + 1];
    struct stat lower, upper;
    size_t len = strlen(name);
    if (len >= sizeof(capitals))
        return false;
    for (size_t i = 0; i <= len; ++i)
        capitals[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - ('a' - 'A') : name[i]);
    return fstatat(at, name, &lower, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(at, capitals, &upper, AT_SYMLINK_NOFOLLOW) == 0 &&
           lower.st_dev == upper.st_dev &&
           (lower.st_ino == upper.st_ino || !fa_disk_keeps_inodes(at));
}

bool fa_mount_describe(const struct fa_mount *mount, bool by_name, const char *dir,
                       char ret[FA_MOUNT_TEXT])
{
    static const char *const names[] = {"exclusive renames", "file modes", "locks"};
    static const char *const follows[] = {
        "a file that another program creates there meanwhile may be replaced",
        "modes are those of the mount", "do not run fetchall there on two hosts at once"};
    const bool lacks[] = {!mount->exclusive, !mount->modes, by_name};
    char what[64] = "", so[200] = "";
    for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); ++i) {
        size_t n = strlen(what), m = strlen(so);
        if (!lacks[i])
            continue;
        snprintf(what + n, sizeof(what) - n, "%s%s", n ? ", " : "", names[i]);
        snprintf(so + m, sizeof(so) - m, "%s%s", m ? "; " : "", follows[i]);
    }
    if (what[0])
        snprintf(ret, FA_MOUNT_TEXT,
                 "the file system of '%.120s' lacks %s: %s (see FILE SYSTEMS in the manual)", dir,
                 what, so);
    return what[0] != '\0';
}
