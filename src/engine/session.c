/*
 * Making and freeing a session, its entries, and the loop of a run.
 *
 * fa_session_free() may be called at any point of the opening, and frees in reverse: first what
 * calls back (strategy, stage, resolver), then what the callbacks use.
 */
#include "engine/engine.h"
#include "engine/added.h"
#include "engine/config.h"
#include "engine/ending.h"
#include "engine/failed.h"
#include "engine/kept.h"
#include "engine/limits.h"
#include "engine/opening.h"
#include "engine/packing.h"
#include "engine/rights.h"
#include "engine/snapshot.h"
#include "engine/turn.h"

#include "base/clock.h"
#include "base/loop.h"
#include "transfer/library.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double session_real_now(void *ctx)
{
    (void)ctx;
    return fa_clock_now();
}

/* Called from any thread and from signal handlers.  A stop can only become more urgent. */
void fa_session_stop(struct fa_session *s, enum fa_stop how)
{
    _Atomic int *stop = &s->ending.stop_wanted;
    int wanted = atomic_load(stop);
    while (wanted < (int)how && !atomic_compare_exchange_weak(stop, &wanted, (int)how))
        continue;
    fa_wake_post(s->ending.stop_wake);
}

/* The defaults of everything that a test may replace. */
static void session_use_env(struct fa_session *s, const struct fa_session_env *env)
{
    s->flights.ops = env->strategy ? env->strategy : fa_strategy_of(s->config.mode);
    s->lookups = env->resolver ? env->resolver : &fa_resolver_system;
    s->clock = env->clock;
    if (!s->clock.now)
        s->clock.now = session_real_now;
    fa_jitter_init(&s->random, env->seed);
}

/* The same session as in the tests, with the real clock, strategy and resolver. */
struct fa_session *fa_session_new(const struct fa_config *config, fa_event_handler handler,
                                  void *ctx, struct fa_error *err)
{
    const struct fa_session_env env = {0};
    return fa_session_new_with(config, &env, handler, ctx, err);
}

struct fa_session *fa_session_new_with(const struct fa_config *config,
                                       const struct fa_session_env *env, fa_event_handler handler,
                                       void *ctx, struct fa_error *err)
{
    struct fa_config own;
    if (fa_config_copy(&own, config, err) || fa_config_check(&own, err))
        return NULL;
    struct fa_session *s = calloc(1, sizeof(*s));
    if (!s || fa_library_init()) {
        free(s);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a session");
        return NULL;
    }
    s->config = own;
    s->config.jobs = own.jobs ? own.jobs : fa_mode_jobs(own.mode);
    (void)fa_config_slice(&own, &s->slice, err); /* checked above */
    s->config.loops = own.loops ? own.loops : fa_limits_cores(8);
    s->config.hash_jobs = own.hash_jobs ? own.hash_jobs : fa_limits_cores(256);
    s->emitter = (struct fa_emitter){handler, ctx, own.secret_keys};
    s->pause.patience = own.disk_wait;
    LIST_INIT(&s->jobs);
    fa_robots_init(&s->robots);
    fa_settings_init(&s->settings, &s->config);
    session_use_env(s, env);
    if (fa_opening_session(s, err)) {
        fa_session_free(s);
        return NULL;
    }
    return s;
}

/* A part without a record would never be resumed. */
static void session_free_jobs(struct fa_session *s)
{
    while (!LIST_EMPTY(&s->jobs)) {
        struct fa_job *job = LIST_FIRST(&s->jobs);
        if (job->tries.attempts > 0 && !job->place.existing && !job->part.recorded)
            fa_store_part_remove(s->store, job->place.key);
        fa_engine_forget(job);
    }
}

/* The last to go: everything else has events on this loop. */
static void session_free_events(struct fa_session *s)
{
    struct event *events[] = {s->alarms.turn, s->alarms.alarm, s->alarms.tick};
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); ++i)
        if (events[i])
            event_free(events[i]);
    fa_wake_free(s->ending.stop_wake);
    if (s->base)
        event_base_free(s->base);
}

void fa_session_free(struct fa_session *s)
{
    if (!s)
        return;
    fa_flights_fini(&s->flights);
    fa_finish_fini(&s->finish);
    if (s->resolver)
        s->lookups->free(s->resolver);
    fa_keeper_free(s->keeper);
    fa_nursery_free(s->nursery);
    fa_pack_fini(&s->pack);
    session_free_jobs(s);
    fa_hooks_fini(&s->hooks);
    fa_refresh_fini(&s->refresh);
    fa_robots_fini(&s->robots);
    fa_intake_fini(&s->intake);
    fa_scheduler_fini(&s->scheduler);
    fa_ledger_close(&s->ledger);
    fa_backlog_free(s->backlog);
    fa_claims_fini(&s->claims);
    fa_store_free(s->store);
    session_free_events(s);
    fa_host_rules_fini(&s->rules);
    fa_jar_fini(&s->jar);
    free(s->rule_settings);
    free(s->rule_limits);
    free(s);
}

/* "-" is protected as the file that standard input comes from. */
int fa_session_add_list(struct fa_session *s, const char *name, struct fa_error *err)
{
    const char *file = strcmp(name, "-") == 0 ? "/proc/self/fd/0" : name;
    if (!fa_list_is_url(name) && fa_kept_add(s->store, &s->claims, file, err))
        return -1;
    struct fa_list_options options;
    fa_config_list_options(&s->config, &options);
    return fa_intake_add_list(&s->intake, name, name, &options, err);
}

/* A turn is requested, because the loop may be idle and waiting for exactly this. */
int fa_session_add_entry(struct fa_session *s, const char *url, const char *const *options,
                         void *tag, struct fa_error *err)
{
    struct fa_entry *entry = fa_added_entry(url, options, tag, s->intake.n_added + 1, err);
    if (!entry || fa_intake_add_entry(&s->intake, entry, err))
        return -1;
    fa_engine_wake(s);
    return 0;
}

/* Before another run after a complete one: it starts like a new program in the same folder, as the
 * names that were claimed and the results that were recorded belong to the previous run.  A
 * stopped run left jobs behind, so it cannot be followed by another. */
static int session_renew(struct fa_session *s, struct fa_error *err)
{
    if (!s->ending.over)
        return 0;
    if (s->ending.end != FA_END_COMPLETE) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "a session whose run was stopped cannot be run again");
        return -1;
    }
    fa_claims_fini(&s->claims);
    fa_pack_fini(&s->pack);
    fa_ledger_close(&s->ledger);
    fa_folder_renew(fa_store_folder(s->store));
    if (fa_opening_run(s, err))
        return -1;
    s->counts = (struct fa_counts){0};
    s->pause.resumed = 0;
    s->ending.over = false;
    return 0;
}

/* The failed entries are written to an unlinked list before the run, because the run changes their
 * records. */
int fa_session_add_failed(struct fa_session *s, struct fa_error *err)
{
    char file[40];
    uint64_t left_out;
    struct fa_state *state;
    if (session_renew(s, err))
        return -1;
    state = s->ledger.state;
    if (!state || fa_state_is_fresh(state)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "the state of '%s' knows of no entry that could be tried again",
                     s->config.dir);
        return -1;
    }
    int fd =
        fa_failed_list(state, fa_store_scratch(s->store), s->config.server_names, &left_out, err);
    if (fd < 0)
        return -1;
    if (left_out > 0)
        fa_emit_notice(&s->emitter, NULL,
                       "of what failed, %llu had a password or a header, which only the list "
                       "has: not tried",
                       (unsigned long long)left_out);
    snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
    int result = fa_intake_add_list(&s->intake, file, "the state", NULL, err);
    close(fd);
    return result;
}

/* Handle everything that is ready, then advance the virtual time to the next alarm.  The tick has
 * no timer event then, as that would follow the real time. */
static int session_loop_virtually(struct fa_session *s)
{
    if (event_base_loop(s->base, EVLOOP_NONBLOCK) < 0 || s->ending.over)
        return -1;
    s->clock.wait(s->clock.ctx, fmin(s->alarms.alarm_at, s->alarms.tick_at));
    double now = fa_engine_now(s);
    if (now >= s->alarms.tick_at) {
        s->alarms.tick_at = now + FA_TICK;
        event_active(s->alarms.tick, EV_TIMEOUT, 0);
    }
    if (now >= s->alarms.alarm_at)
        event_active(s->alarms.alarm, EV_TIMEOUT, 0);
    return 0;
}

/* Tests replace the clock, and then no real time may pass. */
static int session_loop(struct fa_session *s)
{
    return s->clock.wait ? session_loop_virtually(s) : event_base_dispatch(s->base);
}

/* Report limits that the user should know of before anything is fetched. */
static void session_report_limits(const struct fa_session *s)
{
    const struct fa_config *config = &s->config;
    const char *missing = config->plan ? NULL : fa_rights_missing(config);
    if (!config->plan && s->n_jobs < config->jobs)
        fa_emit_notice(&s->emitter, NULL,
                       "the limit of open files (ulimit -n) allows for %u at once, not %u: raise "
                       "it, or use a smaller --jobs",
                       s->n_jobs, config->jobs);
    if (missing)
        fa_emit_detail(&s->emitter, missing);
    if (config->plan && config->server_names)
        fa_emit_notice(&s->emitter, NULL,
                       "--server-names: the plan has the names of the URLs; those that servers "
                       "give are known when the files are downloaded");
    char lacks[FA_MOUNT_TEXT];
    if (fa_store_describe(s->store, lacks))
        fa_emit_notice(&s->emitter, NULL, "%s", lacks);
    if (fa_store_folder(s->store)->folds)
        fa_emit_detail(&s->emitter, "names that differ only in case mean one file here: the later "
                                    "of two gets a name with a hash");
    if (fa_store_is_open(s->store))
        fa_emit_notice(&s->emitter, NULL,
                       "as its file system is mounted, others may write to all files of '%s', "
                       "those under way too",
                       config->dir);
}

/* With libevent the loop blocks until a turn ends the run. */
static void session_run(struct fa_session *s)
{
    struct timeval every = fa_loop_time(FA_TICK);
    struct fa_alarms *alarms = &s->alarms;
    alarms->alarm_at = INFINITY;
    alarms->tick_at = s->counts.began + FA_TICK;
    if (!s->clock.wait)
        event_add(alarms->tick, &every);
    fa_engine_wake(s);
    while (!s->ending.over && session_loop(s) >= 0)
        continue;
    event_del(alarms->tick);
}

/* Report entries without a result, make the last commit, and send the last snapshot. */
static void session_end_run(struct fa_session *s)
{
    struct fa_run_end *ending = &s->ending;
    struct fa_error err = {0};
    if (ending->draining)
        fa_ending_left(s);
    bool complete = fa_intake_over(&s->intake) && ending->end == FA_END_COMPLETE;
    fa_scheduler_learn(&s->scheduler, fa_engine_now(s));
    if ((complete && fa_packing_end(s, &err)) ||
        fa_ledger_put_limits(&s->ledger, &s->scheduler.learned, &err) ||
        fa_ledger_finish(&s->ledger, &s->counts, complete, &err)) {
        ending->end = FA_END_LOCAL;
        ending->error = err;
    } else {
        fa_pack_committed(&s->pack);
        fa_engine_report_saved(s);
    }
    fa_snapshot_send(s);
}

/* libevent would refuse a loop within the loop, with a message of its own. */
static int session_begin_run(struct fa_session *s, struct fa_error *err)
{
    if (s->ending.running) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "a session cannot be run by the handler of its own run");
        return -1;
    }
    if (session_renew(s, err))
        return -1;
    s->ending.running = true;
    return 0;
}

/* A run that was stopped is no error: how it ended is a result. */
int fa_session_run(struct fa_session *s, enum fa_end *ret_end, struct fa_error *err)
{
    if (session_begin_run(s, err)) {
        *ret_end = FA_END_LOCAL;
        return -1;
    }
    s->counts.began = fa_engine_now(s);
    fa_bucket_init(&s->scheduler.bucket, s->config.rate, s->counts.began);
    s->ending.end = FA_END_COMPLETE;
    session_report_limits(s);
    session_run(s);
    session_end_run(s);
    s->ending.running = false;
    *ret_end = s->ending.end;
    if (s->ending.end != FA_END_LOCAL)
        return 0;
    if (err)
        *err = s->ending.error;
    return -1;
}
