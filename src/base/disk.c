/*
 * The type of a file system proves that it has everything only for those that are listed here.  A
 * file system that is reached through FUSE or a network has what its server has, and a server can
 * refuse what its protocol has: asking it is the only way to know.
 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Missing in linux/magic.h of Debian 12, or in all. */
#define TYPE_BCACHEFS 0xca451a4e
#define TYPE_EXFAT    0x2011bab0
#define TYPE_FUSE     0x65735546
#define TYPE_VBOXSF   0x786f4256
#define TYPE_CIFS     0xff534d42
#define TYPE_SMB2     0xfe534d42
#define TYPE_XFS      0x58465342
#define TYPE_ZFS      0x2fc12fc1

static const unsigned known_types[] = {EXT4_SUPER_MAGIC, TYPE_XFS,         BTRFS_SUPER_MAGIC,
                                       TMPFS_MAGIC,      RAMFS_MAGIC,      OVERLAYFS_SUPER_MAGIC,
                                       TYPE_ZFS,         F2FS_SUPER_MAGIC, TYPE_BCACHEFS};

/* FAT has no inodes on the disk, and servers may number files by their names. */
static const unsigned renumbering_types[] = {MSDOS_SUPER_MAGIC, TYPE_EXFAT, TYPE_FUSE,
                                             V9FS_MAGIC,        TYPE_CIFS,  TYPE_SMB2,
                                             SMB_SUPER_MAGIC,   TYPE_VBOXSF};

static bool fd_has_type(int fd, const unsigned *types, size_t n)
{
    struct statfs fs;
    if (fstatfs(fd, &fs))
        return false;
    for (size_t i = 0; i < n; ++i)
        if ((unsigned)fs.f_type == types[i])
            return true;
    return false;
}

bool fa_disk_is_known(int fd)
{
    return fd_has_type(fd, known_types, sizeof(known_types) / sizeof(*known_types));
}

bool fa_disk_keeps_inodes(int fd)
{
    return !fd_has_type(fd, renumbering_types,
                        sizeof(renumbering_types) / sizeof(*renumbering_types));
}

/* A bind mount has the device of its source, but rename(2) fails across it as well.  Older kernels
 * have no numbers of mounts; where there is no answer at all, rename(2) will give it. */
bool fa_disk_is_same(int a, int b)
{
    struct statx one, other;
    if (statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &one) ||
        statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &other))
        return true;
    bool numbered = one.stx_mask & other.stx_mask & STATX_MNT_ID;
    return one.stx_dev_major == other.stx_dev_major && one.stx_dev_minor == other.stx_dev_minor &&
           (!numbered || one.stx_mnt_id == other.stx_mnt_id);
}

/* FUSE passes on what its server answers, which is often one of the others.  NFS without a lock
 * service has no locks left (ENOLCK). */
bool fa_disk_lacks(int code)
{
    return code == ENOSYS || code == EOPNOTSUPP || code == EINVAL || code == ENOLCK ||
           code == ENOTTY;
}
