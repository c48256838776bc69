/**
 * The interface of all strategies; tests/unit/strategy_test.c checks each against it.
 */
#ifndef FA_STRATEGY_STRATEGY_H
#define FA_STRATEGY_STRATEGY_H

#include "pool/pool.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/settings.h"

struct fa_strategy;

/** Borrowed until free(). */
struct fa_strategy_env {
    struct event_base *base;
    struct fa_nursery *nursery; /**< May be NULL unless needs_nursery. */
    const struct fa_settings *settings;
    unsigned jobs;  /**< Maximum number of attempts submitted at once. */
    unsigned loops; /**< At least 1; read if has_loops. */
    /** @outcome  Taken: the callee calls fa_outcome_fini(). */
    void (*done)(void *ctx, struct fa_attempt *attempt, struct fa_outcome *outcome);
    /** Called before done(), at most once, for an attempt that announces its header, once it has
     * it.  Blocking strategies, which would learn of it late, do not call it. */
    void (*headed)(void *ctx, struct fa_attempt *attempt);
    void *ctx;
};

/**
 * One strategy: its properties, which are all that others may ask of it, and its operations.
 *
 * To add one: a file with its row, its extern below, its place in strategy.c, its enum fa_mode.
 */
struct fa_strategy_ops {
    const char *name;     /**< As --mode, reports and the state have it; see fa_mode_name(). */
    unsigned descriptors; /**< That each attempt may hold open at once, with its part and the
                               connection that is kept for the next one. */
    unsigned jobs;        /**< Concurrent attempts by default. */
    bool needs_nursery;   /**< Starts worker processes from env->nursery. */
    bool has_loops;       /**< Runs on event loops, env->loops of them. */
    bool follows;         /**< Calls fa_attempt.written. */

    struct fa_strategy *(*new)(const struct fa_strategy_env *env, struct fa_error *err);
    /** On failure the descriptor is closed, and done() will not be called. */
    int (*submit)(struct fa_strategy *self, struct fa_attempt *attempt, struct fa_error *err);
    /** Start what was submitted. */
    void (*flush)(struct fa_strategy *self);
    /** End an attempt early; done() is still called. */
    void (*cancel)(struct fa_strategy *self, struct fa_attempt *attempt);
    /** The rate of the attempt has changed. */
    void (*tune)(struct fa_strategy *self, struct fa_attempt *attempt, uint64_t rate);
    /** How late the event loops handled a timer since the last call, at most, in seconds.  NULL:
     * has no loops. */
    double (*delay)(struct fa_strategy *self);
    /** Active attempts are dropped without calling done(). */
    void (*free)(struct fa_strategy *self);
};

extern const struct fa_strategy_ops fa_strategy_async;
extern const struct fa_strategy_ops fa_strategy_thread;
extern const struct fa_strategy_ops fa_strategy_process;

/** @return the strategy of a mode, which is one of FA_MODES. */
const struct fa_strategy_ops *fa_strategy_of(enum fa_mode mode);

/** The task type of the blocking strategies; terminated by a row without a name. */
extern const struct fa_task_type fa_download_tasks[];

#endif
