/**
 * A session from the inside: its parts, and what only the turn may do with them.
 *
 *     intake     entries of the lists
 *     claims     which name belongs to which URL
 *     scheduler  which job starts next, and when
 *     flights    attempts in progress
 *     settle     what an outcome means for its job
 *     finish     the CPU stage, and the names of files
 *     ledger     what the state is told
 *     pause      a full disk
 *
 * A part owns its data and returns verdicts; no part knows another one, or this header.  The turn
 * carries the verdicts out: turn.c, and its helpers admit.c, spill.c, ending.c and progress.c.
 *
 * Callbacks (of the strategy, the stage, the resolver, libevent) only record what has happened, and
 * ask for a turn.
 */
#ifndef FA_ENGINE_ENGINE_H
#define FA_ENGINE_ENGINE_H

#include "engine/backlog.h"
#include "engine/claims.h"
#include "engine/counts.h"
#include "engine/env.h"
#include "engine/emit.h"
#include "engine/finish.h"
#include "engine/flights.h"
#include "engine/intake.h"
#include "engine/ledger.h"
#include "engine/pause.h"
#include "engine/scheduler.h"

#include <fetchall/session.h>

#include <stdatomic.h>

/** Seconds between two progress snapshots. */
#define FA_TICK 0.1
/** Seconds that a stop may take. */
#define FA_DRAIN 4.0

/** How the run ends. */
struct fa_run_end {
    struct fa_wake *stop_wake;
    _Atomic int stop_wanted; /**< enum fa_stop; 0: none. */
    bool draining;           /**< No new attempts; those in progress are cancelled. */
    double drain_until;
    enum fa_end end;
    struct fa_error error; /**< With FA_END_LOCAL. */
    bool over;
};

/** What makes the loop take a turn. */
struct fa_alarms {
    struct event *turn;
    struct event *alarm; /**< The next timer. */
    struct event *tick;  /**< Progress. */
    double alarm_at, tick_at;
    bool turning; /**< A turn is in progress. */
};

struct fa_session {
    struct fa_config config;
    struct fa_settings settings;
    struct fa_clock clock;
    struct fa_jitter random;
    struct fa_emitter emitter;
    struct event_base *base;
    struct fa_nursery *nursery;
    const struct fa_resolver_ops *lookups;
    struct fa_resolver *resolver; /**< NULL: a proxy looks up names. */
    struct fa_store *store;
    struct fa_backlog *backlog;
    struct fa_intake intake;
    struct fa_claims claims;
    struct fa_scheduler scheduler;
    struct fa_flights flights;
    struct fa_finish finish;
    struct fa_ledger ledger;
    struct fa_pause pause;
    LIST_HEAD(, fa_job) jobs; /**< Every job that is alive. */
    struct fa_counts counts;
    struct fa_run_end ending;
    struct fa_alarms alarms;
    unsigned n_jobs; /**< config.jobs, or fewer: the limit of open files. */
    double began;
};

/** The time on the session's clock. */
double fa_engine_now(const struct fa_session *s);

/** Take a turn soon. */
void fa_engine_wake(void *session);

/** Stop the run: nothing new starts, attempts in progress are cancelled.  The first reason counts.
 * @error  With FA_END_LOCAL. */
void fa_engine_stop(struct fa_session *s, enum fa_end end, const struct fa_error *error);

/** Stop the run for lack of memory. */
void fa_engine_no_memory(struct fa_session *s);

/**
 * A full disk pauses the run.
 *
 * @need   Bytes that the file still needs; 0: unknown.
 * @return whether it does: else the error is a failure.
 */
bool fa_engine_pause(struct fa_session *s, const struct fa_error *error, uint64_t need, double now);

/** Commit the state.  @return whether that went well; else the run is paused, or stopped. */
bool fa_engine_commit(struct fa_session *s, double now);

/** Make a job of an entry.  @entry  Taken, also on failure.  @return NULL: no memory. */
struct fa_job *fa_engine_job(struct fa_session *s, struct fa_entry *entry, double now);

/** Forget a job without a word. */
void fa_engine_forget(struct fa_job *job);

#endif
