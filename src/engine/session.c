#include "engine/session.h"

#include "base/clock.h"
#include "base/loop.h"
#include "engine/config.h"
#include "engine/limits.h"
#include "engine/rights.h"
#include "transfer/library.h"
#include "transfer/proxy.h"
#include "transfer/trust.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#define TICK 0.1
/* Descriptors that stay free for what we do not count: libraries, state, lists, outputs. */
#define SPARE_FILES 16
#define STAGE_FILES 256

static double real_now(void *ctx)
{
    (void)ctx;
    return fa_clock_now();
}

double fa_session_now(const struct fa_session *s)
{
    return s->clock.now(s->clock.ctx);
}

void fa_session_wake(struct fa_session *s)
{
    /* An event that its own callback makes active is run again before any other is looked for. */
    const struct timeval soon = {0};
    if (s->turning)
        event_add(s->turn, &soon);
    else
        event_active(s->turn, EV_TIMEOUT, 0);
}

/* splitmix64; for jitter, not for secrets. */
uint64_t fa_session_random(struct fa_session *s)
{
    uint64_t z = s->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void fa_session_end(struct fa_session *s, enum fa_end end, const struct fa_error *err)
{
    if (s->draining)
        return;
    s->draining = true;
    s->drain_until = fa_session_now(s) + FA_DRAIN;
    s->end = end;
    if (err)
        s->end_error = *err;
    for (struct fa_job *job = s->oldest; job; job = job->newer)
        s->ops->cancel(s->strategy, &job->attempt);
    fa_session_wake(s);
}

static void on_stop(void *arg)
{
    fa_session_wake(arg);
}

void fa_session_stop(struct fa_session *s, enum fa_stop how)
{
    int wanted = atomic_load(&s->stop_wanted);
    while (wanted < (int)how && !atomic_compare_exchange_weak(&s->stop_wanted, &wanted, (int)how))
        continue;
    fa_wake_post(s->stop_wake);
}

/*
 * As many transfers as the limit of open files allows: out of descriptors, libcurl would say that
 * it cannot resolve a name.
 */
static int fit_jobs(struct fa_session *s, unsigned *ret_stage, struct fa_error *err)
{
    struct rlimit limit;
    unsigned long each = s->ops->descriptors;
    *ret_stage = STAGE_FILES;
    s->jobs = s->config.jobs;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    unsigned long used = fa_limits_open_files() + SPARE_FILES + 4 * s->config.loops;
    if (s->config.hash && s->config.hash_with == FA_HASH_WITH_PROCESS)
        used += 2ul * s->config.hash_jobs;
    unsigned long left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    unsigned long stage = left / 8 < 1 ? 1 : left / 8 > STAGE_FILES ? STAGE_FILES : left / 8;
    unsigned long jobs = left > stage ? (left - stage) / each : 0;
    *ret_stage = (unsigned)stage;
    if (jobs < s->jobs)
        s->jobs = (unsigned)jobs;
    if (jobs > 0)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                 "the limit of open files (ulimit -n) is %lu, and at least %lu are needed",
                 (unsigned long)limit.rlim_cur, used + 1 + each);
    return -1;
}

static int open_strategy(struct fa_session *s, struct fa_error *err)
{
    unsigned stage_files;
    bool hashes = s->config.hash && s->config.hash_with == FA_HASH_WITH_PROCESS;
    s->nursery =
        fa_nursery_new(s->base, s->config.worker_program, s->ops->needs_nursery || hashes, err);
    if (!s->nursery)
        return -1;
    if (fit_jobs(s, &stage_files, err))
        return -1;
    /* The nursery is there, and no thread is. */
    if (s->config.sandbox_self && s->config.sandbox != FA_SANDBOX_OFF &&
        fa_rights_drop(&s->config, err))
        return -1;
    if (!fa_settings_use_proxy(&s->settings)) {
        s->resolver = s->lookups->new (s->base, s->config.family, fa_dispatch_resolved, s, err);
        if (!s->resolver)
            return -1;
    }
    struct fa_stage_env stage = {
        .base = s->base,
        .nursery = s->nursery,
        .with = s->config.hash_with,
        .jobs = s->config.hash_jobs,
        .confined = s->config.sandbox != FA_SANDBOX_OFF,
        .open_files = stage_files,
        .done = fa_staging_done,
        .ctx = s,
    };
    s->stage = fa_stage_new(&stage, err);
    struct fa_strategy_env env = {
        .base = s->base,
        .nursery = s->nursery,
        .settings = &s->settings,
        .jobs = s->jobs,
        .loops = s->config.loops,
        .done = fa_settle_done,
        .ctx = s,
    };
    s->strategy = s->stage ? s->ops->new (&env, err) : NULL;
    return s->strategy ? 0 : -1;
}

static int open_events(struct fa_session *s, struct fa_error *err)
{
    s->base = fa_loop_new(err);
    if (!s->base)
        return -1;
    s->turn = event_new(s->base, -1, 0, fa_turn, s);
    s->alarm = event_new(s->base, -1, 0, fa_turn, s);
    s->tick = event_new(s->base, -1, EV_PERSIST, fa_turn_tick, s);
    s->readable = event_new(s->base, -1, 0, fa_turn, s);
    s->stop_wake = fa_wake_new(s->base, on_stop, s, err);
    if (s->turn && s->alarm && s->tick && s->readable && s->stop_wake) {
        event_priority_set(s->turn, FA_LOOP_LATER);
        return 0;
    }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a session");
    return -1;
}

/* A bundle that cannot be read is said once, before anything is fetched. */
static int check_trust(const struct fa_config *config, struct fa_error *err)
{
    if (!config->cacert || config->insecure)
        return 0;
    struct fa_trust *trust = fa_trust_new(config->cacert, err);
    int result = trust ? fa_trust_load(trust, err) : -1;
    fa_trust_free(trust);
    return result;
}

static int check_http2(const struct fa_config *config, struct fa_error *err)
{
    const char *why = NULL;
    if (config->http != FA_HTTP_2)
        return 0;
    if (!fa_library_http2())
        why = "this libcurl has no HTTP/2";
    else if (config->rate)
        why = "a rate cannot hold back HTTP/2";
    if (!why)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s", why);
    return -1;
}

static int check_proxy(const struct fa_config *config, struct fa_error *err)
{
    return config->proxy ? fa_proxy_check(config->proxy, err) : fa_proxy_check_environment(err);
}

static int open_all(struct fa_session *s, struct fa_error *err)
{
    if (fa_rights_check(&s->config, err) || check_http2(&s->config, err) ||
        check_proxy(&s->config, err) || open_events(s, err) || fa_hosts_init(&s->hosts, err) ||
        check_trust(&s->config, err))
        return -1;
    s->store = fa_store_new(s->config.dir, s->config.plan, err);
    if (!s->store)
        return -1;
    s->names = fa_names_new(fa_store_scratch(s->store), err);
    s->backlog = fa_backlog_new(fa_store_scratch(s->store), err);
    if (!s->names || !s->backlog)
        return -1;
    if (!s->config.plan && open_strategy(s, err))
        return -1;
    fa_slots_init(&s->slots, s->jobs);
    return fa_record_open(s, err) || fa_kept_open(s, err) ? -1 : 0;
}

static void use_env(struct fa_session *s, const struct fa_session_env *env)
{
    s->ops = env->strategy ? env->strategy : fa_strategy_of(s->config.mode);
    s->lookups = env->resolver ? env->resolver : &fa_resolver_system;
    s->clock = env->clock;
    if (!s->clock.now)
        s->clock.now = real_now;
    s->random = env->seed;
    if (!s->random && getrandom(&s->random, sizeof(s->random), 0) != sizeof(s->random))
        s->random = (uint64_t)(fa_clock_now() * 1e9);
}

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
    s->config.loops = own.loops ? own.loops : fa_limits_cores(8);
    s->config.hash_jobs = own.hash_jobs ? own.hash_jobs : fa_limits_cores(256);
    s->handler = handler;
    s->handler_ctx = ctx;
    s->last_list = &s->lists;
    s->readable_fd = -1;
    fa_job_queue_init(&s->ended);
    fa_job_queue_init(&s->fetched);
    fa_job_queue_init(&s->hashed);
    fa_settings_init(&s->settings, &s->config);
    use_env(s, env);
    if (open_all(s, err)) {
        fa_session_free(s);
        return NULL;
    }
    return s;
}

static void free_jobs(struct fa_session *s)
{
    while (s->all) {
        struct fa_job *job = s->all;
        s->all = job->all_next;
        if (job->attempts > 0 && !job->existing && !job->recorded)
            fa_store_part_remove(s->store, job->key);
        fa_job_free(job);
    }
}

static void free_lists(struct fa_session *s)
{
    while (s->lists) {
        struct fa_list_source *source = s->lists;
        s->lists = source->next;
        fa_list_free(source->list);
        free(source);
    }
}

void fa_session_free(struct fa_session *s)
{
    if (!s)
        return;
    if (s->strategy)
        s->ops->free(s->strategy);
    fa_stage_free(s->stage);
    if (s->resolver)
        s->lookups->free(s->resolver);
    fa_nursery_free(s->nursery);
    free_jobs(s);
    free_lists(s);
    fa_hosts_fini(&s->hosts);
    fa_timers_fini(&s->job_timers);
    fa_timers_fini(&s->host_timers);
    fa_state_close(s->state);
    fa_backlog_free(s->backlog);
    fa_names_free(s->names);
    fa_store_free(s->store);
    struct event *events[] = {s->turn, s->alarm, s->tick, s->readable};
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); ++i)
        if (events[i])
            event_free(events[i]);
    fa_wake_free(s->stop_wake);
    if (s->base)
        event_base_free(s->base);
    free(s);
}

/* What is taken for the name of a list may be a URL with a typing error, and a password. */
static void hide_password(const char *name, struct fa_error *err)
{
    const char *colon = strchr(name, ':'), *at = strrchr(name, '@');
    if (colon && at && colon < at)
        fa_error_set(err, err->domain, err->code, err->class,
                     "cannot open the list '%.*s***%s': %s (a URL begins with http:// or https://)",
                     (int)(colon + 1 - name), name, at, strerror(err->code));
}

static int add_list(struct fa_session *s, const char *file, const char *name, struct fa_error *err)
{
    struct fa_list_source *source = calloc(1, sizeof(*source));
    if (!source) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the list '%s'", name);
        return -1;
    }
    source->name = name;
    source->list = fa_list_open(file, err);
    if (!source->list) {
        hide_password(name, err);
        free(source);
        return -1;
    }
    *s->last_list = source;
    s->last_list = &source->next;
    return 0;
}

int fa_session_add_list(struct fa_session *s, const char *name, struct fa_error *err)
{
    if (!fa_list_is_url(name) &&
        fa_kept_add(s, strcmp(name, "-") == 0 ? "/proc/self/fd/0" : name, err))
        return -1;
    return add_list(s, name, name, err);
}

/*
 * Before a run that follows a complete one: it begins as that of a new program in the same folder.
 * What names belonged to, and what the state knew, was of the run before.  One that was stopped
 * left jobs where they were, so that there is nothing to go on from.
 */
static int renew(struct fa_session *s, struct fa_error *err)
{
    if (!s->over)
        return 0;
    if (s->end != FA_END_COMPLETE) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "a session whose run was stopped cannot be run again");
        return -1;
    }
    struct fa_names *names = fa_names_new(fa_store_scratch(s->store), err);
    if (!names)
        return -1;
    fa_names_free(s->names);
    s->names = names;
    fa_state_close(s->state);
    s->state = NULL;
    fa_folder_renew(fa_store_folder(s->store));
    if (fa_record_open(s, err) || fa_kept_open(s, err))
        return -1;
    s->entries = s->done = s->failed = s->cancelled = s->bytes = s->expected = 0;
    s->room_at = 0;
    s->over = false;
    return 0;
}

int fa_session_add_failed(struct fa_session *s, struct fa_error *err)
{
    char file[40];
    if (renew(s, err))
        return -1;
    if (!s->state || fa_state_is_fresh(s->state)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "the state of '%s' knows of no entry that could be tried again",
                     s->config.dir);
        return -1;
    }
    int fd = fa_record_failed(s, err);
    if (fd < 0)
        return -1;
    snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
    int result = add_list(s, file, "the state", err);
    close(fd);
    return result;
}

/* Do all that is ready, then let the time jump to the next alarm. */
static int run_virtually(struct fa_session *s)
{
    if (event_base_loop(s->base, EVLOOP_NONBLOCK) < 0 || s->over)
        return -1;
    s->clock.wait(s->clock.ctx, fmin(s->alarm_at, s->tick_at));
    double now = fa_session_now(s);
    if (now >= s->tick_at) {
        s->tick_at = now + TICK;
        event_active(s->tick, EV_TIMEOUT, 0);
    }
    if (now >= s->alarm_at)
        event_active(s->alarm, EV_TIMEOUT, 0);
    return 0;
}

static int run_loop(struct fa_session *s)
{
    return s->clock.wait ? run_virtually(s) : event_base_dispatch(s->base);
}

int fa_session_run(struct fa_session *s, enum fa_end *ret_end, struct fa_error *err)
{
    struct timeval every = fa_loop_time(TICK);
    if (renew(s, err)) {
        *ret_end = FA_END_LOCAL;
        return -1;
    }
    s->began = fa_session_now(s);
    fa_bucket_init(&s->bucket, s->config.rate, s->began);
    s->end = FA_END_COMPLETE;
    if (!s->config.plan && s->jobs < s->config.jobs)
        fa_tell_notice(s, NULL, "the limit of open files (ulimit -n) allows for %u at once, not %u",
                       s->jobs, s->config.jobs);
    if (!s->config.plan && fa_rights_missing(&s->config))
        fa_tell_detail(s, fa_rights_missing(&s->config));
    if (fa_store_is_open(s->store))
        fa_tell_notice(s, NULL,
                       "as its file system is mounted, others may write to all files of '%s', "
                       "those under way too",
                       s->config.dir);
    s->alarm_at = INFINITY;
    s->tick_at = s->began + TICK;
    if (!s->clock.wait)
        event_add(s->tick, &every);
    fa_session_wake(s);
    while (!s->over && run_loop(s) >= 0)
        continue;
    event_del(s->tick);
    if (s->draining)
        fa_admit_leave(s);
    fa_record_close(s);
    fa_tell_progress(s);
    *ret_end = s->end;
    if (s->end != FA_END_LOCAL)
        return 0;
    if (err)
        *err = s->end_error;
    return -1;
}
