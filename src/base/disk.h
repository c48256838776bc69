/**
 * What kind of file system a file is on, as far as that decides what can be relied on.
 */
#ifndef FA_BASE_DISK_H
#define FA_BASE_DISK_H

#include <stdbool.h>

/**
 * Whether a descriptor is on a local file system that is known to have locks, modes, hard links,
 * rename flags and syncs.  All others may lack any of them: they have to be probed.
 */
bool fa_disk_is_known(int fd);

/** Whether the number of an inode is kept while the file is closed.  Some file systems forget it
 * with the inode, and make a new one. */
bool fa_disk_keeps_inodes(int fd);

/** Whether two folders, by their descriptors, are on one mount, so that files can be renamed from
 * one to the other. */
bool fa_disk_is_same(int a, int b);

/** Whether an errno says that the file system does not have the operation. */
bool fa_disk_lacks(int code);

#endif
