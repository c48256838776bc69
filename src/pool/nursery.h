/**
 * The nursery: a fork server, that is, a small process that is started before there are threads,
 * and forks worker processes on request.
 *
 * A process with threads, a database or an event loop must not be forked.  The nursery is the same
 * program, executed again (posix_spawn(3)); there fa_worker_main() takes control.  It prepares each
 * role once (the share() of its task types: digests, certificates) and forks workers that inherit
 * the result. It ends when its supervisor ends, and the workers end with it (prctl(2),
 * PR_SET_PDEATHSIG, which refers to the parent thread; the nursery has only one).
 *
 * Belongs to the thread of its event base.
 */
#ifndef FA_POOL_NURSERY_H
#define FA_POOL_NURSERY_H

#include <fetchall/error.h>
#include <fetchall/pool.h>

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

struct event_base;
struct fa_nursery;

/** The definition of a role; borrowed until fa_nursery_drop() or fa_nursery_free(). */
struct fa_role {
    const struct fa_task_type *types;
    const void *setup;
    size_t setup_len;
};

/** A worker process from the supervisor's view.  The caller's storage. */
struct fa_child {
    pid_t pid; /**< 0: not started yet. */
    int pidfd; /**< -1: not started yet. */
    bool ended;
    int status;            /**< As of waitpid(2), if ended and not orphaned. */
    bool orphaned;         /**< Ended because the nursery did. */
    struct fa_error error; /**< Why it could not be started; FA_CLASS_NONE: it was started. */
    /** Called on the loop when one of these fields has changed. */
    void (*changed)(struct fa_child *child);

    uint64_t id;
    bool kill_wanted;
    LIST_ENTRY(fa_child) link; /**< Among those of the nursery, until it has ended. */
};

/**
 * Create a nursery.
 *
 * @program  The program to execute; NULL: the running program.
 * @now      Start it immediately instead of with the first worker.
 */
struct fa_nursery *fa_nursery_new(struct event_base *base, const char *program, bool now,
                                  struct fa_error *err);

/** End it and all of its workers. */
void fa_nursery_free(struct fa_nursery *nursery);

/** Define a role.  @return its number, from 1, or 0. */
uint64_t fa_nursery_role(struct fa_nursery *nursery, const struct fa_role *role,
                         struct fa_error *err);

/** Remove a role whose workers have been killed.  0 is ignored. */
void fa_nursery_drop(struct fa_nursery *nursery, uint64_t role);

/**
 * Fork a worker for a role.  Restarts a nursery that has died.
 *
 * @sock   The worker's end of a fa_frame_pair(); remains the caller's.
 * @child  Has changed set; borrowed until fa_nursery_forget() or until it has ended.
 */
int fa_nursery_spawn(struct fa_nursery *nursery, uint64_t role, int sock, struct fa_child *child,
                     struct fa_error *err);

/** Kill a worker with SIGKILL.  Its end is reported later. */
void fa_child_kill(struct fa_child *child);

/** Stop using the child's storage. */
void fa_nursery_forget(struct fa_child *child);

/** The pid of the nursery, or 0. */
pid_t fa_nursery_pid(const struct fa_nursery *nursery);

/**
 * If the program was started as a nursery, act as one and never return; else return.
 *
 * @types  All task types of the program.
 */
void fa_nursery_main(const struct fa_task_type *types);

#endif
