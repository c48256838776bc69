/**
 * Ownership checks: do not use files that another user has created or may write to.
 *
 * Owner and mode are sufficient: an access control list shows in the group bits.
 */
#ifndef FA_BASE_OWNER_H
#define FA_BASE_OWNER_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/** Owner and mode of our own files. */
struct fa_owner {
    uid_t uid;
    mode_t loose; /**< Write bits for others that the file system sets by itself. */
};

/** Accept files of the effective user that nobody else may write to. */
void fa_owner_init(struct fa_owner *owner);

/** Whether a file or directory belongs to us, and nobody else may write to it. */
bool fa_owner_has(const struct fa_owner *owner, const struct stat *st);

/**
 * The same, with an error that explains the problem.
 *
 * Some file systems give all files the same owner and mode (vfat, CIFS, 9p) or map the superuser to
 * another user (NFS).  So before rejecting a file, create one to see which owner and mode it gets,
 * and accept those.
 *
 * @dirfd   A directory on the same file system; if it is not writable, the check remains strict.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO.
 */
int fa_owner_check(struct fa_owner *owner, const struct stat *st, int dirfd, const char *path,
                   struct fa_error *err);

#endif
