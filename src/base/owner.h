/**
 * Whom files belong to: what another user has made, or may write to, is not to be built upon.
 *
 * Owner and mode are those that count: an access control list shows in the bits of the group.
 */
#ifndef FA_BASE_OWNER_H
#define FA_BASE_OWNER_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/** What a file of ours looks like. */
struct fa_owner {
    uid_t uid;
    mode_t loose; /**< The bits that let others write to it, and that the file system sets by
                     itself. */
};

/** The effective user, and nobody else. */
void fa_owner_init(struct fa_owner *owner);

/** Whether a file or folder belongs to us, and nobody else may write to it. */
bool fa_owner_has(const struct fa_owner *owner, const struct stat *st);

/**
 * The same, and an error that says what to do.
 *
 * Some file systems give all files one owner and mode, as they were mounted (vfat, CIFS, 9p), or
 * map the superuser to another user (NFS).  So before anything is refused, a file is made to see
 * what it gets, and the owner is what that tells.
 *
 * @dirfd   A folder of the same file system; one that we may not write to tells nothing.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO.
 */
int fa_owner_check(struct fa_owner *owner, const struct stat *st, int dirfd, const char *path,
                   struct fa_error *err);

#endif
