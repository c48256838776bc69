/*
 * Opening and closing a session, and the loop of a run.
 *
 * The order of opening is fixed by what can be undone and by fork(2): the config is checked before
 * anything is created; the folder is locked before the state is opened; the nursery and the keeper
 * are started while the process has no thread; the sandbox applies to the calling thread and those
 * that it creates later, so it comes before all other threads; the limit of open files is divided
 * after the session has opened its own descriptors.
 *
 * fa_session_free() may be called at any point of that, and frees in reverse: first what calls
 * back (strategy, stage, resolver), then what the callbacks use.
 */
#include "engine/engine.h"
#include "engine/added.h"
#include "engine/config.h"
#include "engine/ending.h"
#include "engine/failed.h"
#include "engine/hooking.h"
#include "engine/kept.h"
#include "engine/limits.h"
#include "engine/packing.h"
#include "engine/snapshot.h"
#include "engine/rights.h"
#include "engine/turn.h"

#include "base/clock.h"
#include "base/loop.h"
#include "transfer/library.h"
#include "transfer/proxy.h"
#include "transfer/trust.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors reserved for what is not counted: libraries, state, lists, outputs. */
#define SPARE_FILES 16
/* At most that many files wait for a digest: more would only cost memory. */
#define STAGE_FILES 256
/* Readings of two clocks, of which the closest pair is used. */
#define EPOCH_READINGS 5

static double session_real_now(void *ctx)
{
    (void)ctx;
    return fa_clock_now();
}

/* The flag is read by the next turn; this only makes sure that there is one. */
static void session_on_stop(void *arg)
{
    fa_engine_wake(arg);
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

/* Fit the number of transfers to the limit of open files: without descriptors, libcurl would
 * report that it cannot resolve a name. */
static int session_fit_jobs(struct fa_session *s, unsigned *ret_stage, struct fa_error *err)
{
    struct rlimit limit;
    unsigned long each = s->flights.ops->descriptors;
    *ret_stage = STAGE_FILES;
    s->n_jobs = s->config.jobs;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    /* Each loop has an epoll, an event and a pipe descriptor of its own; each hash worker a socket,
     * and a file that is passed to it. */
    unsigned long used = fa_limits_open_files() + SPARE_FILES + 4 * s->config.loops;
    if (s->config.hash && fa_stage_has_processes(s->config.hash_with))
        used += 2ul * s->config.hash_jobs;
    unsigned long left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    unsigned long stage = left / 8 < 1 ? 1 : left / 8 > STAGE_FILES ? STAGE_FILES : left / 8;
    unsigned long jobs = left > stage ? (left - stage) / each : 0;
    *ret_stage = (unsigned)stage;
    if (jobs < s->n_jobs)
        s->n_jobs = (unsigned)jobs;
    if (jobs > 0)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                 "the limit of open files (ulimit -n) is %lu, and at least %lu are needed",
                 (unsigned long)limit.rlim_cur, used + 1 + each);
    return -1;
}

/* What the CPU stage needs of the session, and whom it wakes when a digest has arrived. */
static int session_open_finish(struct fa_session *s, unsigned open_files, struct fa_error *err)
{
    struct fa_stage_env env = {
        .base = s->base,
        .nursery = s->nursery,
        .with = s->config.hash_with,
        .jobs = s->config.hash_jobs,
        .confined = s->config.sandbox != FA_SANDBOX_OFF,
        .open_files = open_files,
    };
    s->finish.store = s->store;
    s->finish.volumes = &s->ledger.volumes;
    s->finish.hash = s->config.hash;
    s->finish.remote_time = s->config.remote_time;
    s->finish.http_digest = s->config.http_digest == FA_HTTP_DIGEST_CHECK;
    s->finish.wake = fa_engine_wake;
    s->finish.ctx = s;
    return fa_finish_init(&s->finish, &env, err);
}

static int session_open_flights(struct fa_session *s, struct fa_error *err)
{
    struct fa_strategy_env env = {
        .base = s->base,
        .nursery = s->nursery,
        .settings = &s->settings,
        .jobs = s->n_jobs,
        .loops = s->config.loops,
    };
    s->flights.env = (struct fa_compose_env){
        .config = &s->config,
        .rules = &s->rules,
        .jar = s->config.cookies ? &s->jar : NULL,
        .epoch = s->scheduler.policy.epoch,
        .store = s->store,
    };
    s->flights.emitter = &s->emitter;
    s->flights.wake = fa_engine_wake;
    s->flights.ctx = s;
    return fa_flights_init(&s->flights, &env, err);
}

/* Whether some names are looked up here, and not by a proxy. */
static bool session_looks_up(const struct fa_session *s)
{
    bool any = s->scheduler.policy.limits.lookups;
    for (unsigned i = 0; i < s->rules.count; ++i)
        any |= s->rule_limits[i].lookups;
    return any;
}

/* The parts with threads and processes, which a plan does not need.  See the top of the file about
 * their order. */
static int session_open_workers(struct fa_session *s, struct fa_error *err)
{
    unsigned stage_files;
    bool hashes = s->config.hash && fa_stage_has_processes(s->config.hash_with);
    s->nursery = fa_nursery_new(s->base, s->config.worker_program,
                                s->flights.ops->needs_nursery || hashes, err);
    if (!s->nursery || fa_hooking_open(s, err))
        return -1;
    if (session_fit_jobs(s, &stage_files, err))
        return -1;
    /* The nursery and the keeper are running, and there are no threads yet. */
    if (s->config.sandbox_self && s->config.sandbox != FA_SANDBOX_OFF &&
        fa_rights_drop(&s->config, err))
        return -1;
    if (session_looks_up(s)) {
        s->resolver = s->lookups->new (s->base, s->config.family, fa_turn_resolved, s, err);
        if (!s->resolver)
            return -1;
    }
    return session_open_finish(s, stage_files, err) || session_open_flights(s, err) ? -1 : 0;
}

/* How many runs request from one host at once. */
static unsigned config_sharing_runs(const struct fa_config *config)
{
    return config->shard_by == FA_SHARD_BY_URL && config->shards > 0 ? config->shards : 1;
}

/* With a proxy, names are looked up there, so a name that only the proxy knows must not fail
 * here. */
static struct fa_host_limits config_limits(const struct fa_config *config,
                                           const struct fa_settings *settings)
{
    unsigned shards = config_sharing_runs(config);
    return (struct fa_host_limits){
        .per_host = config->per_host > shards ? config->per_host / shards : config->per_host > 0,
        .search = config->per_host_auto,
        .host_rate = config->host_rate / shards,
        .lookups = !fa_settings_use_proxy(settings),
        .http2 = config->http == FA_HTTP_2,
    };
}

/* Seconds since 1970 at time 0 of the session's clock.  The process may lose the processor between
 * the readings of two clocks, so the closest of a few is used: a pause in a queue is a time since
 * 1970, and must not end early in the session of another worker. */
static double session_read_epoch(const struct fa_session *s)
{
    double epoch = 0, closest = INFINITY;
    for (int i = 0; i < EPOCH_READINGS; ++i) {
        double before = fa_engine_now(s), real = fa_clock_read(CLOCK_REALTIME);
        double width = fa_engine_now(s) - before;
        if (width >= closest)
            continue;
        closest = width;
        epoch = real - before;
    }
    return epoch;
}

static int session_open_scheduler(struct fa_session *s, struct fa_error *err)
{
    const struct fa_config *config = &s->config;
    struct fa_schedule_policy policy = {
        .limits = config_limits(config, &s->settings),
        .rules = &s->rules,
        .rule_limits = s->rule_limits,
        .epoch = session_read_epoch(s),
        .resolve = config->resolve,
        .n_resolve = config->n_resolve,
        .outage = {.retries = config->retries,
                   .retry_wait = config->retry_wait,
                   .host_wait = config->host_wait},
    };
    for (unsigned i = 0; i < s->rules.count; ++i)
        s->rule_limits[i] = config_limits(&s->rules.rules[i].config, &s->rule_settings[i]);
    return fa_scheduler_init(&s->scheduler, &policy, &s->emitter, &s->random, err);
}

static int session_open_events(struct fa_session *s, struct fa_error *err)
{
    struct fa_alarms *alarms = &s->alarms;
    s->base = fa_loop_new(err);
    if (!s->base)
        return -1;
    alarms->turn = event_new(s->base, -1, 0, fa_turn, s);
    alarms->alarm = event_new(s->base, -1, 0, fa_turn, s);
    alarms->tick = event_new(s->base, -1, EV_PERSIST, fa_turn_tick, s);
    s->ending.stop_wake = fa_wake_new(s->base, session_on_stop, s, err);
    if (alarms->turn && alarms->alarm && alarms->tick && s->ending.stop_wake) {
        /* The turn comes after all transfers that are ready, and sees their results together. */
        event_priority_set(alarms->turn, FA_LOOP_LATER);
        return fa_intake_init(&s->intake, s->base, fa_turn, s, err);
    }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a session");
    return -1;
}

/* Report an unreadable CA bundle once, before anything is fetched. */
static int config_check_trust(const struct fa_config *config, struct fa_error *err)
{
    if (!config->cacert || config->insecure)
        return 0;
    struct fa_trust *trust = fa_trust_new(config->cacert, err);
    int result = trust ? fa_trust_load(trust, err) : -1;
    fa_trust_free(trust);
    return result;
}

static int config_check_http2(const struct fa_config *config, struct fa_error *err)
{
    const char *why = NULL;
    if (config->http != FA_HTTP_2)
        return 0;
    if (!fa_library_http2())
        why = "this libcurl has no HTTP/2";
    else if (config->rate)
        why = "a rate limit has no effect on HTTP/2";
    if (!why)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s", why);
    return -1;
}

static int config_check_proxy(const struct fa_config *config, struct fa_error *err)
{
    return config->proxy ? fa_proxy_check(config->proxy, err) : fa_proxy_check_environment(err);
}

static int config_check_session(const struct fa_config *config, struct fa_error *err)
{
    return fa_rights_check(config, err) || config_check_http2(config, err) ||
                   config_check_proxy(config, err) || config_check_trust(config, err)
               ? -1
               : 0;
}

/* Open the parts that last for one run; see fa_session_run() about a second run. */
static int session_open_run(struct fa_session *s, struct fa_error *err)
{
    double began = s->config.began;
    unsigned per_host = s->scheduler.policy.limits.per_host;
    if (config_sharing_runs(&s->config) > 1 && per_host < s->config.per_host)
        fa_emit_notice(&s->emitter, NULL,
                       "%u of %u transfers at once to a host, as %u shards request from it",
                       per_host, s->config.per_host, s->config.shards);
    if (config_sharing_runs(&s->config) > 1 && s->config.host_rate > 0)
        fa_emit_notice(&s->emitter, NULL,
                       "%g of %g requests a second to a host, as %u shards request from it",
                       s->scheduler.policy.limits.host_rate, s->config.host_rate, s->config.shards);
    s->config.began = 0; /* That of the first run. */
    fa_job_queue_init(&s->repeats.jobs);
    return fa_store_check_shard(s->store, &s->shard, err) ||
                   fa_claims_init(&s->claims, &s->config, fa_store_folder(s->store),
                                  fa_store_scratch(s->store), err) ||
                   fa_ledger_open(&s->ledger, s->flights.ops->name, began, &s->emitter, err) ||
                   fa_ledger_recall_limits(&s->ledger, &s->scheduler.learned, err) ||
                   fa_packing_open(s, err) || fa_kept_open(&s->config, s->store, &s->claims, err)
               ? -1
               : 0;
}

/* More transfers per origin than in total would never be reached. */
static void limits_set_ceiling(struct fa_host_limits *limits, unsigned jobs)
{
    jobs = jobs ? jobs : 1;
    if (limits->search && (limits->per_host == 0 || limits->per_host > jobs))
        limits->per_host = jobs;
}

/* The settings of each host with options of its own, which workers get when they start. */
static int session_open_rules(struct fa_session *s, struct fa_error *err)
{
    if (fa_host_rules_init(&s->rules, &s->config, err))
        return -1;
    s->rule_settings = calloc(s->rules.count + 1u, sizeof(*s->rule_settings));
    s->rule_limits = calloc(s->rules.count + 1u, sizeof(*s->rule_limits));
    if (!s->rule_settings || !s->rule_limits) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep options of hosts");
        return -1;
    }
    for (unsigned i = 0; i < s->rules.count; ++i)
        fa_settings_init(&s->rule_settings[i], &s->rules.rules[i].config);
    s->settings.hosts = s->rule_settings;
    s->settings.n_hosts = s->rules.count;
    return 0;
}

/* The first error wins; fa_session_free() cleans up what was opened. */
static int session_open(struct fa_session *s, struct fa_error *err)
{
    if (session_open_rules(s, err) ||
        (s->config.cookies && fa_jar_open(&s->jar, s->config.cookies, err)) ||
        config_check_session(&s->config, err) || session_open_events(s, err) ||
        session_open_scheduler(s, err))
        return -1;
    s->shard = fa_config_shard(&s->config);
    s->store = fa_store_new(s->config.dir, &s->shard, s->config.plan, err);
    if (s->store && s->config.fsync != FA_FSYNC_NONE && fa_store_check_sync(s->store, err))
        return -1;
    s->backlog =
        s->store ? fa_backlog_new(fa_store_scratch(s->store), FA_BACKLOG_MEMORY, err) : NULL;
    if (!s->backlog || (!s->config.plan && session_open_workers(s, err)))
        return -1;
    fa_slots_init(&s->scheduler.slots, s->n_jobs);
    limits_set_ceiling(&s->scheduler.policy.limits, s->n_jobs);
    for (unsigned i = 0; i < s->rules.count; ++i)
        limits_set_ceiling(&s->rule_limits[i], s->n_jobs);
    s->ledger.config = &s->config;
    s->ledger.store = s->store;
    return session_open_run(s, err);
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
    if (session_open(s, err)) {
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
    if (session_open_run(s, err))
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
    int fd = fa_failed_list(state, fa_store_scratch(s->store), &left_out, err);
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

/* A run that was stopped is no error: how it ended is a result. */
int fa_session_run(struct fa_session *s, enum fa_end *ret_end, struct fa_error *err)
{
    if (session_renew(s, err)) {
        *ret_end = FA_END_LOCAL;
        return -1;
    }
    s->counts.began = fa_engine_now(s);
    fa_bucket_init(&s->scheduler.bucket, s->config.rate, s->counts.began);
    s->ending.end = FA_END_COMPLETE;
    session_report_limits(s);
    session_run(s);
    session_end_run(s);
    *ret_end = s->ending.end;
    if (s->ending.end != FA_END_LOCAL)
        return 0;
    if (err)
        *err = s->ending.error;
    return -1;
}
