#ifndef FETCHALL_SUPPORT_MOUNT_H
#define FETCHALL_SUPPORT_MOUNT_H

/*
 * A file system that lacks things (odd_mount.c), mounted until the test ends:
 *
 *     struct fa_mounted mount;
 *     cr_assert(fa_mount_begin(&mount, &scratch, "flock link"), "%s", mount.why);
 *     ... files in mount.path ...
 *     fa_mount_end(&mount);
 */

#include "scratch.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#ifndef FA_ODD_MOUNT
#define FA_ODD_MOUNT "odd_mount"
#endif

struct fa_mounted {
    char path[PATH_MAX];
    char why[160]; /* it could not be mounted */
    pid_t pid;     /* of odd_mount; 0: none */
};

/* LACKS: words as in odd_mount.c, separated by spaces.  False: this machine cannot mount. */
bool fa_mount_begin(struct fa_mounted *mount, struct fa_scratch *scratch, const char *lacks);

/* An image of SIZE bytes with a FAT file system, on a loop device. */
bool fa_mount_fat(struct fa_mounted *mount, struct fa_scratch *scratch, long size);

/* May be called twice, and without a mount. */
void fa_mount_end(struct fa_mounted *mount);

#endif
