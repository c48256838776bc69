/**
 * The nursery: a small process, started before there are threads, from which worker processes are
 * forked when asked for.
 *
 * A process with threads, a database or an event loop is never forked.  The nursery is the
 * program itself, run again (posix_spawn(3)); there fa_worker_main() takes over.  It prepares
 * each role once (share() of its task types: digests, certificates) and forks workers from that
 * warm image.  It ends when its supervisor does, and the workers end with it (prctl(2),
 * PR_SET_PDEATHSIG: it has one thread, so the parent of the workers is that thread).
 *
 * Belongs to the thread of its event base.
 */
#ifndef FA_POOL_NURSERY_H
#define FA_POOL_NURSERY_H

#include <fetchall/error.h>
#include <fetchall/pool.h>

#include <stdbool.h>
#include <sys/types.h>

struct event_base;
struct fa_nursery;

/** What a role is made of; borrowed until fa_nursery_drop(), or fa_nursery_free(). */
struct fa_role {
    const struct fa_task_type *types;
    const void *setup;
    size_t setup_len;
};

/** A worker process, from its spawner's view.  The caller's storage. */
struct fa_child {
    pid_t pid; /**< 0: not started yet. */
    int pidfd; /**< -1: not started yet. */
    bool ended;
    int status;            /**< Of waitpid(2), when ended and not orphaned. */
    bool orphaned;         /**< It ended because the nursery did. */
    struct fa_error error; /**< Why it could not be started; FA_CLASS_NONE: it could. */
    /** Called on the loop when any of these has changed. */
    void (*changed)(struct fa_child *child);

    uint64_t id;
    bool kill_wanted;
    struct fa_child *next;
};

/**
 * Make one.
 *
 * @program  What to run; NULL: the running program.
 * @now      Start it at once, not with the first worker.
 */
struct fa_nursery *fa_nursery_new(struct event_base *base, const char *program, bool now,
                                  struct fa_error *err);

/** Ends it, and every worker with it. */
void fa_nursery_free(struct fa_nursery *nursery);

/** Make a role known.  @return its number from 1, or 0. */
uint64_t fa_nursery_role(struct fa_nursery *nursery, const struct fa_role *role,
                         struct fa_error *err);

/** A role is not needed any more: its workers have been killed.  0 is fine. */
void fa_nursery_drop(struct fa_nursery *nursery, uint64_t role);

/**
 * Fork a worker for a role.  A nursery that has died is started again.
 *
 * @sock   The worker's end of a fa_frame_pair(); stays the caller's.
 * @child  Has changed set; borrowed until fa_nursery_forget(), or until it has ended.
 */
int fa_nursery_spawn(struct fa_nursery *nursery, uint64_t role, int sock, struct fa_child *child,
                     struct fa_error *err);

/** End a worker with SIGKILL; it is reported as ended later. */
void fa_child_kill(struct fa_child *child);

/** The child's storage goes away. */
void fa_nursery_forget(struct fa_nursery *nursery, struct fa_child *child);

/** The pid of the nursery itself, or 0. */
pid_t fa_nursery_pid(const struct fa_nursery *nursery);

/**
 * Be the nursery, if the program was started as one (never returns); else return.
 *
 * @types  All that the program knows.
 */
void fa_nursery_main(const struct fa_task_type *types);

#endif
