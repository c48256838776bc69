/**
 * The lock of a folder, against a second fetchall.
 *
 * It is flock(2) on the file "lock" where the file system has that, and then the kernel releases it
 * with the process.  Elsewhere the file "owner" is the lock: it says which process of which host
 * holds it.  One that a dead process of this host has left is taken over; that of another host, or
 * of another container, is respected until somebody removes it.
 */
#ifndef FA_ENGINE_LOCK_H
#define FA_ENGINE_LOCK_H

#include "base/owner.h"

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>

struct fa_lock {
    int at;          /**< The folder that the files are in; borrowed, as is its name. */
    const char *own; /**< Relative to the folder that is locked. */
    int fd;          /**< Of "lock"; -1: not held by flock(2). */
    bool by_name;    /**< Held by the file "owner". */
};

/** Of no folder. */
void fa_lock_init(struct fa_lock *lock);

/**
 * Lock a folder.
 *
 * @at     The folder for the files of the lock; borrowed until the release.
 * @own    Its name, relative to dir, for messages; borrowed, too.
 * @owner  Of the files in it.
 * @dir    The folder that is locked, for messages.
 * @return 0, or -1.
 */
int fa_lock_take(struct fa_lock *lock, int at, const char *own, struct fa_owner *owner,
                 const char *dir, struct fa_error *err);

bool fa_lock_is_held(const struct fa_lock *lock);

/** Also removes the files. */
void fa_lock_release(struct fa_lock *lock);

/** The PID of the process that holds the lock; 0: none; -1: unknown, for example on another host.
 *
 * @at  The folder of the files; -1: none. */
int64_t fa_lock_holder(int at);

#endif
