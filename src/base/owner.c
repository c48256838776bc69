/*
 * A state or a part file that somebody else could have written must not be trusted: it decides what
 * is downloaded and where.  The check comes before the file is used, on the descriptor or with
 * O_NOFOLLOW by the caller, so that it cannot be exchanged in between.
 */
#include "base/owner.h"

#include "base/io.h"

#include <unistd.h>

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

void fa_owner_init(struct fa_owner *owner)
{
    *owner = (struct fa_owner){.uid = geteuid()};
}

bool fa_owner_has(const struct fa_owner *owner, const struct stat *st)
{
    return st->st_uid == owner->uid && !(st->st_mode & OTHERS_WRITE & ~owner->loose);
}

/* Learn which owner and mode the file system gives to a new file. */
static void owner_probe(struct fa_owner *owner, int dirfd)
{
    struct stat st;
    int fd = fa_io_unlinked(dirfd);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0)
        *owner = (struct fa_owner){.uid = st.st_uid, .loose = st.st_mode & OTHERS_WRITE};
    close(fd);
}

int fa_owner_check(struct fa_owner *owner, const struct stat *st, int dirfd, const char *path,
                   struct fa_error *err)
{
    if (!fa_owner_has(owner, st))
        owner_probe(owner, dirfd);
    if (fa_owner_has(owner, st))
        return 0;
    if (st->st_uid != owner->uid)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "'%s' belongs to another user (uid %u, not %u): run as that "
                     "user, or choose another location",
                     path, (unsigned)st->st_uid, (unsigned)owner->uid);
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "'%s' is writable by other users (mode %04o): remove it, or, if you trust "
                     "its contents, run chmod go-w on it",
                     path, (unsigned)st->st_mode & 07777);
    return -1;
}
