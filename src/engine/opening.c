/*
 * The order of opening is fixed by what can be undone and by fork(2): the config is checked before
 * anything is created; the folder is locked before the state is opened; the keeper, and the nursery
 * if workers are certain to be needed, are started while the process has no thread; the sandbox
 * applies to the calling thread and those that it creates later, so it comes before all other
 * threads; the limit of open files is divided after the session has opened its own descriptors.
 */
#include "engine/opening.h"

#include "base/clock.h"
#include "base/loop.h"
#include "engine/apply.h"
#include "engine/config.h"
#include "engine/hooking.h"
#include "engine/kept.h"
#include "engine/limits.h"
#include "engine/packing.h"
#include "engine/rights.h"
#include "engine/turn.h"
#include "transfer/library.h"
#include "transfer/proxy.h"
#include "transfer/trust.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Descriptors reserved for what is not counted: libraries, state, lists, outputs. */
#define SPARE_FILES 16
/* At most that many files wait for a digest: more would only cost memory. */
#define STAGE_FILES 256
/* Readings of two clocks, of which the closest pair is used. */
#define EPOCH_READINGS 5

/* The flag is read by the next turn; this only makes sure that there is one. */
static void session_on_stop(void *arg)
{
    fa_engine_wake(arg);
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
    unsigned long used = fa_limits_open_files() + SPARE_FILES + 4 * s->config.loops +
                         2ul * fa_store_folder(s->store)->parents.max;
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

/* With fewer loops than by default, the other cores have time to read files back. */
static bool session_follows(const struct fa_session *s)
{
    return s->flights.ops->follows && s->config.loops >= fa_limits_cores(8);
}

/* Files that are hashed while they are written hardly ever need a worker, and a nursery takes 9 ms of
 * CPU time: it starts with the first worker then, within the sandbox, as it does after its death. */
static bool session_needs_nursery(const struct fa_session *s)
{
    const struct fa_config *config = &s->config;
    bool follows = config->hash_with == FA_HASH_WITH_AUTO && session_follows(s);
    return s->flights.ops->needs_nursery ||
           (config->hash && fa_stage_has_processes(config->hash_with) && !follows);
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
    s->finish.follows = session_follows(s);
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
    s->flights.headed = fa_apply_header;
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
    s->nursery = fa_nursery_new(s->base, s->config.worker_program, session_needs_nursery(s), err);
    if (!s->nursery || fa_hooking_open(s, err))
        return -1;
    if (session_fit_jobs(s, &stage_files, err))
        return -1;
    /* What is started without the sandbox is running, and there are no threads yet. */
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

int fa_opening_run(struct fa_session *s, struct fa_error *err)
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

int fa_opening_session(struct fa_session *s, struct fa_error *err)
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
    return fa_opening_run(s, err);
}
