/**
 * A task as its worker sees it, and the task types that a worker knows: what threads and processes
 * have in common.
 */
#ifndef FA_POOL_TASK_H
#define FA_POOL_TASK_H

#include "base/buf.h"

#include <fetchall/pool.h>

#include <stdatomic.h>

struct fa_task {
    const void *input;
    size_t len;
    const int *fds;
    size_t n_fds;
    struct fa_buf reply;
    _Atomic uint64_t progress;
    _Atomic uint64_t tuned;
    atomic_bool cancelled;
    struct fa_buf note;
    atomic_bool noted; /**< After that nobody writes note any more. */

    /** Exchange news with the pool, at most now and then, but a note at once; NULL where memory is
     * shared. */
    void (*exchange)(struct fa_task *task);
};

/** Task types with what their share() returned. */
struct fa_crew {
    const struct fa_task_type *types; /**< Borrowed; n of them. */
    size_t n;
    void **shared;
    size_t n_shared; /**< How many are ready. */
};

/** Call each share().  @return 0, or -1 with nothing left to release. */
int fa_crew_init(struct fa_crew *crew, const struct fa_task_type *types, const void *setup,
                 size_t len, struct fa_error *err);
void fa_crew_fini(struct fa_crew *crew);

/** @return whether one of the types has that name. */
bool fa_crew_knows(const struct fa_task_type *types, const char *name);

/** One worker's state of each type. */
struct fa_hand {
    const struct fa_crew *crew; /**< Borrowed. */
    void **states;
    bool *opened;
    bool confines; /**< The worker is a process, and its own. */
};

int fa_hand_init(struct fa_hand *hand, const struct fa_crew *crew, struct fa_error *err);
void fa_hand_fini(struct fa_hand *hand);

/** Run a task of the named type. */
int fa_hand_run(struct fa_hand *hand, const char *name, struct fa_task *task, struct fa_error *err);

#endif
