/**
 * The keeper: a small process that executes commands of the user, and ends them with the run.
 *
 * It is this program, executed again before it is confined (pool/launch.h); pool/keeping.c says
 * why, and how commands are run.  A keeper that has died or was stopped is started again by the
 * next command; from a confined process, its commands fail.
 *
 * Belongs to the thread of its event base.
 */
#ifndef FA_POOL_KEEPER_H
#define FA_POOL_KEEPER_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct fa_keeper;

/** A program that commands execute. */
struct fa_keeper_program {
    const char *command; /**< Borrowed until fa_keeper_free(). */
    bool shell;          /**< For /bin/sh -c, with the argument as $1; else: base/words.h. */
    double timeout;      /**< Seconds until it gets SIGTERM; 0: none. */
};

struct fa_keeper_variable {
    const char *name; /**< "FETCHALL_..." */
    const char *value;
};

/** A command that runs.  The caller's storage, borrowed until ended() was called. */
struct fa_keeper_run {
    /** Called on the loop.  @text  A line of its output; it may contain anything. */
    void (*line)(struct fa_keeper_run *run, const char *text);
    /** Called once on the loop; the fields below are set. */
    void (*ended)(struct fa_keeper_run *run);
    int status; /**< As of waitpid(2). */
    bool timed_out;
    bool lost; /**< The keeper died. */

    uint64_t id;
    LIST_ENTRY(fa_keeper_run) link;
};

/** What a command gets. */
struct fa_keeper_call {
    size_t program;       /**< Index. */
    const char *argument; /**< Replaces each {}, or is the last one; NULL: none. */
    const struct fa_keeper_variable *variables;
    size_t n_variables;
    int input;  /**< Its standard input; -1: /dev/null.  These remain the caller's. */
    int output; /**< Its standard output; -1: lines, as of standard error. */
};

/**
 * Start a keeper.
 *
 * @program   As for fa_nursery_new().
 * @programs  At most FA_KEEPER_PROGRAMS_MAX.  Copied.
 */
struct fa_keeper *fa_keeper_new(struct event_base *base, const char *program,
                                const struct fa_keeper_program *programs, size_t n_programs,
                                struct fa_error *err);

/** Its commands are killed, and not reported.  NULL is ignored. */
void fa_keeper_free(struct fa_keeper *keeper);

/**
 * Run a command.
 *
 * @return 0; 1: the keeper is busy, so that one of its commands will end; or -1.
 */
int fa_keeper_run(struct fa_keeper *keeper, struct fa_keeper_run *run,
                  const struct fa_keeper_call *call, struct fa_error *err);

/** Let all commands end within seconds, by SIGTERM or SIGKILL.  They are reported as ever. */
void fa_keeper_stop(struct fa_keeper *keeper);

#endif
