/**
 * What the files of the engine share: the session, and what each of them does in a turn.
 *
 *     admit.c     entries of the lists become jobs, with their names
 *     dispatch.c  jobs become attempts, as the limits allow
 *     outage.c    origins that are down are waited for, or given up
 *     settle.c    outcomes become retries, parts to hash, or ends
 *     staging.c   parts go to the CPU stage, digests are compared, files get their names
 *     record.c    what the state is told, and what it knows
 *     room.c      what happens when the disk is full
 *     tell.c      what the observer hears
 *     turn.c      the order of all that
 *
 * Callbacks of strategies, stage, resolver and timers only record; a turn acts.
 */
#ifndef FA_ENGINE_SESSION_H
#define FA_ENGINE_SESSION_H

#include "engine/backlog.h"
#include "engine/env.h"
#include "engine/hosts.h"
#include "engine/job.h"
#include "engine/names.h"
#include "engine/bucket.h"
#include "engine/store.h"
#include "engine/resolve.h"
#include "engine/slots.h"
#include "engine/timers.h"
#include "list/list.h"
#include "stage/stage.h"
#include "state/state.h"
#include "strategy/strategy.h"

#include <fetchall/session.h>

#include <event2/event.h>

#include <stdatomic.h>

/** Jobs that wait in memory: for one origin, and in all.  More go to the backlog on disk. */
#define FA_WINDOW_ORIGIN 256
#define FA_WINDOW        4096
/** Entries read ahead of what origins can take, in search of others that can. */
#define FA_LOOKAHEAD 1000000
/** Jobs that wait for the stage before downloads wait for it. */
#define FA_STAGE_BACKLOG 8192
/** Steps of one kind in a turn, so that the loop stays responsive. */
#define FA_TURN_STEPS 512
/** Origins that are remembered as possibly coming back. */
#define FA_LONE 256
/** The first of these keep their connections: the list may be slower than the transfers. */
#define FA_LONE_KEPT 64
/** Redirects that are followed. */
#define FA_HOPS_MAX 10
/** Seconds that a stop may take. */
#define FA_DRAIN 4.0

struct fa_list_source {
    const char *name;
    struct fa_list *list;
    struct fa_list_source *next;
};

struct fa_session {
    struct fa_config config;
    fa_event_handler handler;
    void *handler_ctx;
    struct fa_settings settings;
    struct event_base *base;
    struct fa_nursery *nursery;
    struct fa_store *store;
    struct fa_state *state; /**< NULL: none is kept. */
    struct fa_names *names;
    struct fa_backlog *backlog;
    struct fa_resolver *resolver; /**< NULL: a proxy looks up names. */
    const struct fa_strategy_ops *ops;
    const struct fa_resolver_ops *lookups;
    struct fa_clock clock;
    struct fa_strategy *strategy;
    struct fa_stage *stage;
    unsigned jobs;         /**< config.jobs, or fewer: the limit of open files. */
    struct fa_slots slots; /**< Of those, what may be under way now. */

    struct fa_list_source *lists, **last_list; /**< The first is being read. */
    struct event *readable;                    /**< Of the list that has nothing now. */
    int readable_fd;
    bool list_waits; /**< The list has nothing now. */
    double list_wake;

    struct fa_job *all; /**< Every job that is alive. */
    struct fa_bucket bucket;
    uint64_t lone[FA_LONE]; /**< Origins that were asked for their last file lately. */
    uint64_t n_lone;
    struct fa_hosts hosts;
    struct fa_timers job_timers, host_timers;
    struct fa_job_queue ended;      /**< Attempts that came back, until settled. */
    struct fa_job_queue fetched;    /**< For the stage. */
    struct fa_job_queue hashed;     /**< Back from the stage. */
    struct fa_job *oldest, *newest; /**< The active, by start. */

    /* Counts. */
    unsigned active, waiting, staged;
    unsigned probes; /**< Of the active. */
    size_t queued;   /**< In memory. */
    size_t stuck;    /**< Of these, at origins that are down. */
    uint64_t entries, done, failed, cancelled, bytes, expected;
    uint64_t random;

    /* The state. */
    struct fa_state_run last_run; /**< The one before this. */
    double committed_at;

    /* A full disk. */
    bool full, full_told;
    double full_since, full_checked;
    double room_at;     /**< When it went on, the last time. */
    uint64_t full_need; /**< Bytes that one of those that wait needs. */
    uint64_t full_done; /**< done, when the pause began. */
    struct fa_error full_error;

    /* The end. */
    struct fa_wake *stop_wake;
    _Atomic int stop_wanted; /**< enum fa_stop; 0: none. */
    bool draining;
    double drain_until;
    enum fa_end end;
    struct fa_error end_error;
    bool over;

    struct event *turn;
    bool turning;             /**< A turn is under way. */
    struct event *alarm;      /**< The next timer. */
    struct event *tick;       /**< Progress. */
    double alarm_at, tick_at; /**< With a clock that has wait(). */
    double began;
};

/* session.c */
/** Have a turn soon. */
void fa_session_wake(struct fa_session *s);
/** Stop the run: no new attempts, those under way are cancelled. */
void fa_session_end(struct fa_session *s, enum fa_end end, const struct fa_error *err);
uint64_t fa_session_random(struct fa_session *s);
/** What its clock says. */
double fa_session_now(const struct fa_session *s);

/* turn.c */
void fa_turn(evutil_socket_t fd, short what, void *arg);
void fa_turn_tick(evutil_socket_t fd, short what, void *arg);

/* admit.c */
/** Read one entry and make a job of it.  @return whether there may be more at once. */
bool fa_admit_one(struct fa_session *s, double now);
/** Bring jobs of an origin back from the backlog. */
void fa_admit_backlog(struct fa_session *s, struct fa_origin *origin);
/** Put a job where it waits for its turn: among the others of its target's origin. */
void fa_admit_again(struct fa_session *s, struct fa_job *job);
bool fa_admit_is_over(const struct fa_session *s);
/** Tell of the entries that a stopped run has read, and leaves behind. */
void fa_admit_leave(struct fa_session *s);

/* dispatch.c */
/** The origin of a URL, with its address if that needs no lookup; NULL when memory ran out. */
struct fa_origin *fa_dispatch_origin(struct fa_session *s, const struct fa_url *url);
/** Have a job wait for its turn at its target's origin.  @front  Before the others. */
void fa_dispatch_queue(struct fa_session *s, struct fa_job *job, bool front);
/** So many jobs more, or fewer, are in the queue of an origin. */
void fa_dispatch_count(struct fa_session *s, const struct fa_origin *origin, int more);
/** Start what can be started.  @return whether there are slots left. */
bool fa_dispatch(struct fa_session *s, double now);
/** See anew whether an origin is ready. */
void fa_dispatch_review(struct fa_session *s, struct fa_origin *origin, double now);
void fa_dispatch_timers(struct fa_session *s, double now);
void fa_dispatch_resolved(void *ctx, void *tag, const struct fa_resolution *resolution);
/** Choose that mirror; -1: it is exhausted, and nothing has changed. */
int fa_dispatch_aim_at(struct fa_job *job, unsigned mirror, struct fa_error *err);
/** Choose the next mirror that is not exhausted; -1: there is none. */
int fa_dispatch_aim(struct fa_job *job, unsigned mirror, struct fa_error *err);
/** Count what has come, and share the rate among the active. */
void fa_dispatch_rates(struct fa_session *s, double now);

/* settle.c */
void fa_settle_done(void *ctx, struct fa_attempt *attempt, struct fa_outcome *outcome);
void fa_settle(struct fa_session *s, double now);
/** A try failed: again, elsewhere, or never. */
void fa_settle_failure(struct fa_session *s, struct fa_job *job, double now);
/** Try the next mirror of this round that is not down; the first one has had its turn. */
bool fa_settle_elsewhere(struct fa_session *s, struct fa_job *job, double now);

/* outage.c */
/** An origin failed: whatever follows for it.  @failure  Without what the config says. */
void fa_outage_failed(struct fa_session *s, struct fa_origin *origin, const struct fa_error *error,
                      struct fa_breaker_failure failure);
/** Its name could not be looked up.  @final  It does not exist. */
void fa_outage_lookup_failed(struct fa_session *s, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now);
/** An origin answered. */
void fa_outage_succeeded(struct fa_session *s, struct fa_origin *origin);
/** Whether the origin of a URL is known to be down. */
bool fa_outage_is_down(const struct fa_session *s, const char *url, double now);
/** Have a job whose attempt failed with its origin wait for that, or go to a mirror. */
void fa_outage_hold(struct fa_session *s, struct fa_job *job, double now);
/** Have a job that has spent its tries wait for a mirror whose host only fails, if there is one. */
bool fa_outage_shelter(struct fa_session *s, struct fa_job *job, double now);
/** Whether jobs that wait for an origin that is down are still to be looked at. */
bool fa_outage_wants_turn(const struct fa_session *s, const struct fa_origin *origin);
/** Look at such a job, taken from the queue: it goes to a mirror, or back to the queue. */
void fa_outage_look(struct fa_session *s, struct fa_origin *origin, struct fa_job *job, double now);
/** An origin was given up: its job goes to the next mirror, or fails with the origin's error. */
void fa_outage_reject(struct fa_session *s, struct fa_origin *origin, struct fa_job *job);

/* staging.c */
void fa_staging_done(void *ctx, void *tag, const struct fa_stage_result *result);
/** The job's file is there: hash it, or publish it. */
void fa_staging_take(struct fa_session *s, struct fa_job *job, double now);
void fa_staging(struct fa_session *s, double now);

/* record.c */
/** Open the state, and remove the parts that it does not know. */
int fa_record_open(struct fa_session *s, struct fa_error *err);
/** What the state knows of a job that has its name. */
enum fa_recall {
    FA_RECALL_NOTHING, /**< Nothing of a file; maybe of its part, which the job has now. */
    FA_RECALL_DONE,    /**< The file, with that size, is complete. */
    FA_RECALL_OTHER,   /**< It was complete, and has another size now. */
    FA_RECALL_SKIP,    /**< It is not to be tried in this run. */
};
/** Whether the state says that the job's path belongs to another URL.  @return 1, 0 or -1 */
int fa_record_is_anothers(struct fa_session *s, const struct fa_job *job, struct fa_error *err);
enum fa_recall fa_record_recall(struct fa_session *s, struct fa_job *job, int64_t size);
/** Whether the file that is there is to be hashed for the manifest or the state. */
bool fa_record_wants_digest(const struct fa_session *s, const struct fa_job *job);
/** A job has ended. */
void fa_record_end(struct fa_session *s, const struct fa_job *job, const struct fa_result *result);
/** The heads of answers that have come. */
void fa_record_heads(struct fa_session *s);
/** The part of a job is complete, or an attempt has left it as job->part says. */
void fa_record_part(struct fa_session *s, struct fa_job *job);
/** The file that the state knows is about to be replaced: from now on nothing is known of it, as a
 * kill may come before the state hears of the new one. */
int fa_record_disown(struct fa_session *s, const struct fa_job *job, struct fa_error *err);
/** Commit now and then.  @last  Commit now.  @return whether that went well */
bool fa_record_commit(struct fa_session *s, double now, bool last);
void fa_record_close(struct fa_session *s);
/** What failed before, as a list.  @return a descriptor of an unlinked file, or -1 */
int fa_record_failed(struct fa_session *s, struct fa_error *err);

/* kept.c */
/** Reserve the names of outputs, and keep the files that are read. */
int fa_kept_open(struct fa_session *s, struct fa_error *err);
/** Keep a file: none of the list takes its place.  It may be missing yet. */
int fa_kept_add(struct fa_session *s, const char *file, struct fa_error *err);

/* room.c */
/** Whether an error says that a disk, or a quota, is full. */
bool fa_room_is_full(const struct fa_error *error);
/** Whether an error means that the disk is full, and the run is to wait for room.
 *  @need  Bytes that would do; 0: unknown. */
bool fa_room_lacks(struct fa_session *s, const struct fa_error *error, uint64_t need, double now);
/** Look for room.  @return when to look again; infinite: there is no need. */
double fa_room_check(struct fa_session *s, double now);

/* tell.c */
void fa_tell_started(struct fa_session *s, const struct fa_job *job);
void fa_tell_retry(struct fa_session *s, const struct fa_job *job, double wait);
void fa_tell_host(struct fa_session *s, const struct fa_origin *origin, enum fa_host_change change,
                  double wait);
void fa_tell_notice(struct fa_session *s, const struct fa_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** A notice for --verbose. */
void fa_tell_detail(struct fa_session *s, const char *text);
void fa_tell_progress(struct fa_session *s);
/** The entry of a job has ended; frees the job. */
void fa_tell_end(struct fa_session *s, struct fa_job *job, enum fa_status status,
                 const struct fa_error *error, bool may_pass);
/** The same with digests. */
void fa_tell_end_hashed(struct fa_session *s, struct fa_job *job, enum fa_status status,
                        const struct fa_digest *digests, size_t n_digests);
/** An entry that is in no job is left behind: all fields are filled in but how it ended. */
void fa_tell_unbegun(struct fa_session *s, struct fa_result *result);
/** A job is left behind by a run that is stopped; it still lives. */
void fa_tell_left(struct fa_session *s, struct fa_job *job);

#endif
