#include "virtual_world.h"

#include "engine/env.h"

#include "fail.h"
#include "null_strategy.h"
#include "pattern.h"
#include "truth.h"
#include "virtual_answer.h"
#include "virtual_resolver.h"
#include "virtual_script.h"
#include "virtual_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A run that takes longer hangs. */
#define RUN_MAX 20000.0
#define EPSILON 0.0005
/* A session that asks for the time so often, and does not wait, spins. */
#define ASKS_MAX 3000000
/* Seconds by which a later request of a host for a pause may be exceeded. */
#define PAUSE_SLACK 1.0
#define PAUSE_MAX   600.0

/* A request that is under way. */
struct request {
    struct fa_attempt *attempt;
    struct fa_reply reply;
    char origin[64];
    double began, ends;
    bool probe;
    struct request *next;
};

/* An entry of the list, as the events name it. */
struct line {
    uint64_t number;
    unsigned started, done;
    double not_before;
    char origin[64]; /* that failed it */
    struct line *next;
};

struct origin {
    char name[64];
    unsigned active;
    double not_before; /* as its events say */
    double asked;      /* as its answers ask */
    double requested;  /* the last request */
    double served;     /* start of the last request that it answered without overload */
    bool recovered;    /* it did so after a pause */
    bool broken, given_up;
    unsigned probes; /* under way, since it broke */
    struct origin *next;
};

/* A URL that has asked for a pause, and the first time. */
struct asker {
    char url[128];
    double since;
    struct asker *next;
};

struct version {
    char name[64];
    struct version *next;
};

struct fa_world {
    struct fa_scratch scratch;
    struct fa_config config;
    struct fa_script script;
    struct fa_trace trace;
    uint64_t seed;
    double now, zero, began;
    bool full;

    char *list;
    size_t list_size;
    FILE *list_file;
    bool failed_list;
    const char *named_list;
    int feed; /* the pipe's end for writing; -1: none */
    char pipe_name[32];
    int pipe_end;

    struct fa_session *session;
    struct request *requests;
    unsigned active, peak;
    struct line *lines;
    struct origin *origins;
    struct version *versions;
    struct asker *askers;
    double stopped_at; /* INFINITY: not yet */
    uint64_t ended, failed, received;
    unsigned asks;
    struct fa_progress progress;
    bool hangs;
    char *wrong; /* the first thing that was */
};

/* Whose disk it is. */
static struct fa_world *full_world;

static void wrong(struct fa_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void wrong(struct fa_world *world, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    fa_trace_add(&world->trace, world->now - world->zero, "WRONG %s", len < 0 ? "?" : text);
    if (world->wrong || len < 0)
        free(text);
    else
        world->wrong = text;
}

static void *fresh(size_t size)
{
    void *item = calloc(1, size);
    if (!item)
        fa_test_fail("out of memory");
    return item;
}

static struct line *line_of(struct fa_world *world, uint64_t number)
{
    for (struct line *line = world->lines; line; line = line->next)
        if (line->number == number)
            return line;
    struct line *line = fresh(sizeof(*line));
    *line = (struct line){.number = number, .next = world->lines};
    return world->lines = line;
}

static struct origin *origin_of(struct fa_world *world, const char *name)
{
    for (struct origin *origin = world->origins; origin; origin = origin->next)
        if (strcmp(origin->name, name) == 0)
            return origin;
    struct origin *origin = fresh(sizeof(*origin));
    snprintf(origin->name, sizeof(origin->name), "%s", name);
    origin->next = world->origins;
    return world->origins = origin;
}

/* "http://host:80/path" and "http://host" as the trace has them: "host/path", "host". */
static const char *brief(const char *url)
{
    return url && strncmp(url, "http://", 7) == 0 ? url + 7 : url ? url : "-";
}

static void brief_origin(const char *name, char ret[64])
{
    snprintf(ret, 64, "%s", brief(name));
    char *colon = strrchr(ret, ':');
    if (colon && (strcmp(colon, ":80") == 0 || strcmp(colon, ":443") == 0))
        *colon = '\0';
}

static void origin_of_url(const char *url, char ret[64])
{
    const char *host = strstr(url, "://") + 3;
    snprintf(ret, 64, "%.*s", (int)(strcspn(host, "/") + (size_t)(host - url)), url);
    char copy[64];
    memcpy(copy, ret, sizeof(copy));
    brief_origin(copy, ret);
}

static double since_zero(const struct fa_world *world)
{
    return world->now - world->zero;
}

/* Requests: the director of the null strategy. */

static void check_rate(struct fa_world *world, struct origin *origin,
                       const struct fa_attempt *attempt)
{
    double rate = world->config.host_rate, earliest = origin->requested + 1 / rate;
    if (rate > 0 && origin->requested > 0 && world->now < earliest - EPSILON)
        wrong(world, "%s is asked %.3f s too early for the rate", attempt->url,
              earliest - world->now);
    origin->requested = world->now;
}

static void check_request(struct fa_world *world, struct origin *origin,
                          const struct fa_attempt *attempt)
{
    check_rate(world, origin, attempt);
    if (world->active > world->config.jobs)
        wrong(world, "%u requests at once, the limit is %u", world->active, world->config.jobs);
    unsigned most = world->config.per_host ? world->config.per_host : world->config.jobs;
    if (origin->active > most)
        wrong(world, "%u requests at once to %s, the limit is %u", origin->active, origin->name,
              most);
    if (world->now < origin->not_before - EPSILON)
        wrong(world, "%s is asked %.3f s too early", attempt->url, origin->not_before - world->now);
    if (world->now < origin->asked - PAUSE_SLACK && !origin->given_up)
        wrong(world, "%s is asked, though its host wants %.3f s more", attempt->url,
              origin->asked - world->now);
    if (origin->broken && origin->probes > 1)
        wrong(world, "%s is down, and %u probes are under way", origin->name, origin->probes);
    if (world->now >= world->stopped_at)
        wrong(world, "%s is asked after the stop", attempt->url);
    if (strncmp(attempt->url, "http", 4) != 0 || !attempt->host_port || attempt->fd < 0)
        wrong(world, "%s is asked by a malformed attempt", attempt->url);
}

static void trace_request(struct fa_world *world, const struct fa_attempt *attempt)
{
    static const char *const netrc_words[] = {
        [FA_NETRC_NONE] = " barred", [FA_NETRC_NAMED] = " foreign", [FA_NETRC_ANY] = ""};
    char range[48] = "";
    if (attempt->end)
        snprintf(range, sizeof(range), " %llu-%llu", (unsigned long long)attempt->offset,
                 (unsigned long long)attempt->end - 1);
    else if (attempt->offset > 0 && !attempt->whole)
        snprintf(range, sizeof(range), " %llu-", (unsigned long long)attempt->offset);
    fa_trace_add(&world->trace, since_zero(world), "get %s%s%s%s%s%s headers=%zu cookies=%s",
                 brief(attempt->url), range, attempt->whole ? " whole" : "",
                 attempt->conditional ? " if" : "", netrc_words[attempt->netrc],
                 attempt->digest ? " digest" : "", attempt->n_headers,
                 attempt->cookies ? attempt->cookies : "");
}

static void note_version(struct fa_world *world, const char *name)
{
    for (const struct version *version = world->versions; version; version = version->next)
        if (strcmp(version->name, name) == 0)
            return;
    struct version *version = fresh(sizeof(*version));
    memcpy(version->name, name, sizeof(version->name));
    version->next = world->versions;
    world->versions = version;
}

/* A URL that has asked for a pause before, and whose host has served others since, cannot pause the
 * host again.  Nor can any URL, unless with 429, of a host that serves others: with 502 to 504,
 * after a pause. */
static bool asks_alone(struct fa_world *world, const struct origin *origin, const char *url,
                       int http)
{
    struct asker *it = world->askers;
    while (it && strcmp(it->url, url) != 0)
        it = it->next;
    if (it && origin->served > it->since)
        return true;
    if (!it) {
        it = fresh(sizeof(*it));
        snprintf(it->url, sizeof(it->url), "%s", url);
        it->since = world->now;
        it->next = world->askers;
        world->askers = it;
    }
    bool busy = http >= 502 && http <= 504;
    return http != 429 && (busy ? origin->recovered : origin->served > 0);
}

static void note_answer(struct fa_world *world, struct origin *origin, const char *url,
                        double began, const struct fa_outcome *outcome)
{
    int http = outcome->http;
    bool asks = outcome->retry_after > 0 && !outcome->location;
    bool busy = asks || http == 429 || (http >= 502 && http <= 504);
    if (asks && !asks_alone(world, origin, url, http))
        origin->asked = fmax(origin->asked, world->now + fmin(outcome->retry_after, PAUSE_MAX));
    if (http == 0 || busy)
        return;
    origin->served = fmax(origin->served, began);
    origin->recovered |= origin->asked > 0 && began >= origin->asked - PAUSE_SLACK;
}

/* A host has answered: what failed with it need not wait any more. */
static void forgive(struct fa_world *world, const struct origin *origin)
{
    for (struct line *line = world->lines; line; line = line->next)
        if (strcmp(line->origin, origin->name) == 0)
            line->not_before = 0;
}

static double request_begin(void *ctx, struct fa_attempt *attempt)
{
    struct fa_world *world = ctx;
    struct request *request = fresh(sizeof(*request));
    request->attempt = attempt;
    request->reply = fa_script_reply(&world->script, attempt->url, since_zero(world));
    request->began = world->now;
    origin_of_url(attempt->url, request->origin);
    struct origin *origin = origin_of(world, request->origin);
    ++world->active;
    ++origin->active;
    request->probe = origin->broken;
    origin->probes += request->probe;
    world->peak = world->active > world->peak ? world->active : world->peak;
    trace_request(world, attempt);
    check_request(world, origin, attempt);
    note_version(world, request->reply.version);

    uint64_t rate = attempt->rate, bytes = fa_answer_bytes(&request->reply, attempt);
    double took = request->reply.took;
    if (request->reply.kind == FA_REPLY_TIMEOUT)
        took = world->config.connect_timeout;
    if (rate > 0)
        took = fmax(took, (double)bytes / (double)rate);
    if (request->reply.rate > 0)
        took = fmax(took, (double)bytes / request->reply.rate);
    request->ends = request->reply.kind == FA_REPLY_HANG ? INFINITY : world->now + took;
    request->next = world->requests;
    world->requests = request;
    return request->ends;
}

static double share_of(const struct fa_world *world, const struct request *request)
{
    double took = request->ends - request->began;
    return isinf(took) || took <= 0 ? 0 : fmin(1, (world->now - request->began) / took);
}

static void request_end(void *ctx, struct fa_attempt *attempt, struct fa_outcome *ret)
{
    struct fa_world *world = ctx;
    struct request **at = &world->requests;
    while ((*at)->attempt != attempt)
        at = &(*at)->next;
    struct request *request = *at;
    struct origin *origin = origin_of(world, request->origin);
    *at = request->next;
    --world->active;
    --origin->active;
    origin->probes -= request->probe;
    fa_answer_end(&request->reply, attempt, share_of(world, request), world->full, ret);
    ret->time.total = world->now - request->began;
    world->received += ret->received;
    note_answer(world, origin, attempt->url, request->began, ret);
    if (ret->http > 0 && ret->http < 500 && ret->http != 429)
        forgive(world, origin);
    free(request);
}

static void requests_progress(struct fa_world *world)
{
    for (struct request *request = world->requests; request; request = request->next)
        if (world->now - request->began > 0.05)
            fa_answer_progress(&request->reply, request->attempt, share_of(world, request));
}

/* The clock. */

static double clock_now(void *ctx)
{
    struct fa_world *world = ctx;
    if (++world->asks > ASKS_MAX)
        fa_test_fail("the session spins at %.3f, after\n%s", since_zero(world),
                     fa_trace_text(&world->trace));
    return world->now;
}

static void feed(struct fa_world *world, const char *text)
{
    if (world->feed < 0)
        return;
    if (text)
        dprintf(world->feed, "%s\n", text);
    else
        close(world->feed), world->feed = -1;
}

static void stop(struct fa_world *world, enum fa_stop how)
{
    fa_session_stop(world->session, how);
    world->stopped_at = fmin(world->stopped_at, world->now);
}

static void act(struct fa_world *world, struct fa_action *action)
{
    action->done = true;
    switch (action->kind) {
    case FA_ACTION_DRAIN:
        stop(world, FA_STOP_DRAIN);
        break;
    case FA_ACTION_STOP:
        stop(world, FA_STOP_NOW);
        break;
    case FA_ACTION_FULL:
        world->full = true;
        break;
    case FA_ACTION_FREE:
        world->full = false;
        break;
    case FA_ACTION_FEED:
        feed(world, action->text);
        break;
    case FA_ACTION_CLOSE:
        feed(world, NULL);
        break;
    case FA_ACTION_TOUCH:
        fa_scratch_write(&world->scratch, action->text, "");
        break;
    }
}

/* Whatever comes first: what the session waits for, or what happens in the world. */
static void clock_wait(void *ctx, double until)
{
    struct fa_world *world = ctx;
    struct fa_action *action = fa_script_action(&world->script);
    world->asks = 0;
    double next = action ? world->zero + action->at : INFINITY;
    next = fmin(fmin(next, until), fmin(fa_null_due(), fa_virtual_resolver_due()));
    world->now = fmax(world->now, next);
    if (isinf(next) || world->now > world->began + RUN_MAX) {
        world->now = world->began + RUN_MAX;
        world->hangs = true;
        fa_session_stop(world->session, FA_STOP_NOW);
        return;
    }
    while ((action = fa_script_action(&world->script)) && world->zero + action->at <= world->now)
        act(world, action);
    requests_progress(world);
    fa_virtual_resolver_advance();
    fa_null_advance(world->now);
}

/* Events. */

static void check_file(struct fa_world *world, const struct fa_result *result)
{
    size_t len;
    char *bytes = fa_file_read(fa_world_path(world, result->path), &len);
    unsigned char *pattern = fresh(len + 1);
    bool good = false;
    for (const struct version *version = world->versions; version && !good;
         version = version->next) {
        fa_pattern_fill(version->name, 0, pattern, len);
        good = memcmp(bytes, pattern, len) == 0;
    }
    if (!good || (int64_t)len != result->size)
        wrong(world, "'%s' has %zu bytes, and is %s", result->path, len,
              good ? "a version" : "no version");
    free(pattern);
    free(bytes);
}

static bool is_halted(const struct fa_world *world)
{
    uint64_t limit = world->config.halt;
    if (!limit)
        return false;
    return world->config.halt_percent
               ? world->ended >= 10 && world->failed * 100 >= limit * world->ended
               : world->failed >= limit;
}

/* A lookup that failed counts as an attempt. */
static void check_attempts(struct fa_world *world, const struct fa_result *result)
{
    unsigned started = line_of(world, result->line)->started;
    bool looked_up =
        result->error.class == FA_CLASS_DNS || result->error.class == FA_CLASS_LOCAL_IO;
    if (result->attempts != started && !(looked_up && started == 0 && result->attempts == 1))
        wrong(world, "line %llu has %u attempts, and %u were started",
              (unsigned long long)result->line, result->attempts, started);
    bool gone = result->error.domain == FA_DOMAIN_HTTP &&
                (result->error.code == 404 || result->error.code == 410);
    if ((gone || result->error.class == FA_CLASS_TLS) && result->transient && started == 1)
        wrong(world, "line %llu failed for good, and is called transient",
              (unsigned long long)result->line);
}

static void on_done(struct fa_world *world, const struct fa_result *result)
{
    bool failed = result->status == FA_STATUS_FAILED;
    if (++line_of(world, result->line)->done > 1)
        wrong(world, "line %llu ends twice", (unsigned long long)result->line);
    fa_trace_add(&world->trace, since_zero(world),
                 "done %s %s%s%s http=%d attempts=%u size=%lld bytes=%llu resumed=%llu "
                 "transient=%d path=%s digests=%zu effective=%s line=%llu%s%s",
                 brief(result->url), fa_status_name(result->status), failed ? " " : "",
                 failed ? fa_class_name(result->error.class) : "", result->http, result->attempts,
                 (long long)result->size, (unsigned long long)result->bytes,
                 (unsigned long long)result->resumed, result->transient,
                 result->path ? result->path : "-", result->n_digests, brief(result->effective_url),
                 (unsigned long long)result->line, result->restarted ? " restarted=1" : "",
                 result->unverified ? " verified=0" : "");
    if (failed != (result->error.class != FA_CLASS_NONE))
        wrong(world, "the status of line %llu does not go with its error",
              (unsigned long long)result->line);
    if (result->status == FA_STATUS_OK)
        check_file(world, result);
    check_attempts(world, result);
    ++world->ended;
    world->failed += failed;
    if (is_halted(world))
        world->stopped_at = fmin(world->stopped_at, world->now);
}

static void on_host(struct fa_world *world, const struct fa_event *event)
{
    static const char *const changes[] = {"paused", "broken", "given-up", "back"};
    char name[64];
    enum fa_host_change change = event->host.change;
    brief_origin(event->host.origin, name);
    struct origin *origin = origin_of(world, name);
    fa_trace_add(&world->trace, since_zero(world), "host %s %s wait=%.3g entries=%llu", name,
                 changes[change], event->host.wait, (unsigned long long)event->host.entries);
    if (origin->given_up && change == FA_HOST_BACK)
        origin->not_before = 0;
    if (change == FA_HOST_BACK)
        forgive(world, origin);
    origin->broken = change == FA_HOST_BROKEN;
    origin->given_up |= change == FA_HOST_GIVEN_UP;
    if (change == FA_HOST_PAUSED || change == FA_HOST_GIVEN_UP)
        origin->not_before = world->now + event->host.wait;
}

static void on_event(void *ctx, const struct fa_event *event)
{
    struct fa_world *world = ctx;
    struct line *line;
    char name[64];
    switch (event->type) {
    case FA_EVENT_STARTED:
        line = line_of(world, event->started.line);
        origin_of_url(event->started.url, name);
        if (world->now < line->not_before - EPSILON && strcmp(name, line->origin) == 0)
            wrong(world, "line %llu begins %.3f s too early", (unsigned long long)line->number,
                  line->not_before - world->now);
        if (line->done)
            wrong(world, "line %llu begins after its end", (unsigned long long)line->number);
        if (++line->started != event->started.attempt)
            wrong(world, "attempt %u of line %llu is called %u", line->started,
                  (unsigned long long)line->number, event->started.attempt);
        break;
    case FA_EVENT_RETRY:
        line = line_of(world, event->retry.line);
        line->not_before = world->now + event->retry.wait;
        origin_of_url(event->retry.url, line->origin);
        fa_trace_add(&world->trace, since_zero(world), "retry %s %s wait=%.3g attempt=%u",
                     brief(event->retry.url), fa_class_name(event->retry.error->class),
                     event->retry.wait, event->retry.attempt);
        break;
    case FA_EVENT_HOST:
        on_host(world, event);
        break;
    case FA_EVENT_DONE:
        on_done(world, &event->done);
        break;
    case FA_EVENT_PROGRESS:
        world->progress = event->progress;
        break;
    case FA_EVENT_NOTICE:
        if (!event->notice.detail)
            fa_trace_add(&world->trace, since_zero(world), "note %s", event->notice.text);
        break;
    case FA_EVENT_SAVED:
    case FA_EVENT_OUTPUT:
        break;
    }
}

/* The run. */

static const struct fa_clock virtual_clock = {.now = clock_now, .wait = clock_wait};

struct fa_world *fa_world_new(const char *script)
{
    struct fa_world *world = fresh(sizeof(*world));
    fa_scratch_init(&world->scratch);
    fa_config_init(&world->config);
    world->config.jobs = 64;
    world->config.per_host = 16;
    world->config.per_host_auto = false;
    world->config.dir = fa_scratch_mkdir(&world->scratch, "out");
    world->config.hash = 0;
    world->config.hash_with = FA_HASH_WITH_INLINE;
    world->config.no_state = true;
    world->config.retry_wait = 0;
    world->config.sandbox = FA_SANDBOX_OFF;
    world->config.loops = 1;
    world->seed = 1;
    world->now = world->zero = 1000;
    world->feed = world->pipe_end = -1;
    world->stopped_at = INFINITY;
    fa_script_init(&world->script, script);
    full_world = world;
    return world;
}

static void forget_run(struct fa_world *world)
{
    for (struct line *line; (line = world->lines); free(line))
        world->lines = line->next;
    for (struct origin *origin; (origin = world->origins); free(origin))
        world->origins = origin->next;
    for (struct asker *it; (it = world->askers); free(it))
        world->askers = it->next;
    world->ended = world->failed = world->received = 0;
    world->stopped_at = INFINITY;
}

static void drop_requests(struct fa_world *world)
{
    for (struct request *request; (request = world->requests); free(request))
        world->requests = request->next;
    world->active = 0;
}

static void session_end(struct fa_world *world)
{
    fa_session_free(world->session);
    world->session = NULL;
    drop_requests(world);
    if (world->pipe_end >= 0)
        close(world->pipe_end);
    feed(world, NULL);
    world->pipe_end = -1;
}

void fa_world_free(struct fa_world *world)
{
    if (!world)
        return;
    full_world = NULL;
    session_end(world);
    forget_run(world);
    for (struct version *version; (version = world->versions); free(version))
        world->versions = version->next;
    if (world->list_file)
        fclose(world->list_file);
    free(world->list);
    free(world->wrong);
    fa_script_fini(&world->script);
    fa_trace_fini(&world->trace);
    fa_scratch_fini(&world->scratch);
    free(world);
}

void fa_world_script(struct fa_world *world, const char *script)
{
    fa_script_fini(&world->script);
    fa_script_init(&world->script, script);
}

struct fa_config *fa_world_config(struct fa_world *world)
{
    return &world->config;
}

void fa_world_seed(struct fa_world *world, uint64_t seed)
{
    world->seed = seed;
}

void fa_world_list(struct fa_world *world, const char *format, ...)
{
    va_list args;
    if (!world->list_file)
        world->list_file = open_memstream(&world->list, &world->list_size);
    if (!world->list_file)
        fa_test_fail("out of memory");
    va_start(args, format);
    vfprintf(world->list_file, format, args);
    va_end(args);
    fputc('\n', world->list_file);
}

void fa_world_pipe(struct fa_world *world)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        fa_test_fail("cannot make a pipe: %s", strerror(errno));
    world->pipe_end = ends[0];
    world->feed = ends[1];
    snprintf(world->pipe_name, sizeof(world->pipe_name), "/proc/self/fd/%d", ends[0]);
}

void fa_world_list_named(struct fa_world *world, const char *name)
{
    world->named_list = name;
}

void fa_world_list_failed(struct fa_world *world)
{
    world->failed_list = true;
}

static int open_session(struct fa_world *world, struct fa_error *err)
{
    static struct fa_null_director director;
    struct fa_session_env env = {
        .strategy = &fa_strategy_null,
        .resolver = &fa_virtual_resolver,
        .clock = virtual_clock,
        .seed = world->seed,
    };
    director.begin = request_begin;
    director.end = request_end;
    director.ctx = env.clock.ctx = world;
    fa_null_direct(&director);
    fa_virtual_resolver_use(&world->script, &world->now, &world->zero);
    if (!world->session)
        world->session = fa_session_new_with(&world->config, &env, on_event, world, err);
    return world->session ? 0 : -1;
}

static int add_lists(struct fa_world *world, struct fa_error *err)
{
    int result = 0;
    if (world->list_file) {
        fclose(world->list_file);
        world->list_file = NULL;
        result = fa_session_add_list(world->session,
                                     fa_scratch_write(&world->scratch, "list", world->list), err);
        free(world->list);
        world->list = NULL;
    }
    if (!result && world->feed >= 0)
        result = fa_session_add_list(world->session, world->pipe_name, err);
    if (!result && world->failed_list)
        result = fa_session_add_failed(world->session, err);
    if (!result && world->named_list)
        result = fa_session_add_list(world->session, world->named_list, err);
    world->failed_list = false;
    world->named_list = NULL;
    return result;
}

/* What holds for each run that has come to its end. */
static void check_end(struct fa_world *world, enum fa_end end)
{
    bool now = world->stopped_at < INFINITY && end == FA_END_STOPPED;
    if (world->hangs)
        wrong(world, "the run does not end");
    if (world->progress.done != world->ended || world->progress.failed != world->failed)
        wrong(world, "the last progress has %llu entries that ended, %llu did",
              (unsigned long long)world->progress.done, (unsigned long long)world->ended);
    if (end == FA_END_COMPLETE && world->active > 0)
        wrong(world, "%u requests are left behind", world->active);
    if (!now && end == FA_END_COMPLETE && world->progress.entries != world->ended)
        wrong(world, "%llu entries were read, %llu ended",
              (unsigned long long)world->progress.entries, (unsigned long long)world->ended);
    if (end == FA_END_COMPLETE && world->progress.bytes != world->received)
        wrong(world, "%llu bytes came, and %llu were counted", (unsigned long long)world->received,
              (unsigned long long)world->progress.bytes);
    if (world->now > world->stopped_at + 5)
        wrong(world, "the stop took %.3g s", world->now - world->stopped_at);
}

enum fa_end fa_world_run_on(struct fa_world *world)
{
    static const char *const ends[] = {"complete", "stopped", "halted", "local"};
    enum fa_end end;
    struct fa_error err = {0};
    forget_run(world);
    if (open_session(world, &err) || add_lists(world, &err))
        fa_test_fail("no session: %s", err.msg);
    world->began = world->now;
    int result = fa_session_run(world->session, &end, &err);
    fa_trace_add(&world->trace, since_zero(world), "end %s", ends[end]);
    if ((result == 0) != (end != FA_END_LOCAL))
        wrong(world, "the result of the run is %d", result);
    check_end(world, end);
    return end;
}

int fa_world_open(struct fa_world *world, struct fa_error *err)
{
    int result = open_session(world, err) || add_lists(world, err) ? -1 : 0;
    session_end(world);
    return result;
}

enum fa_end fa_world_run(struct fa_world *world)
{
    enum fa_end end = fa_world_run_on(world);
    session_end(world);
    return end;
}

const char *fa_world_check(struct fa_world *world)
{
    return world->wrong;
}

void fa_world_forget(struct fa_world *world)
{
    fa_trace_fini(&world->trace);
    world->zero = world->now;
}

const char *fa_world_trace(struct fa_world *world)
{
    return fa_trace_text(&world->trace);
}

void fa_world_expect(struct fa_world *world, const char *expected)
{
    fa_trace_expect(&world->trace, expected);
    if (world->wrong)
        fa_test_fail("%s:\n%s", world->wrong, fa_trace_text(&world->trace));
}

unsigned fa_world_count(struct fa_world *world, const char *beginning)
{
    return fa_trace_count(&world->trace, beginning);
}

const char *fa_world_path(struct fa_world *world, const char *name)
{
    return fa_scratch_path(&world->scratch, "out/%s", name);
}

double fa_world_now(const struct fa_world *world)
{
    return since_zero(world);
}

unsigned fa_world_peak(const struct fa_world *world)
{
    return world->peak;
}

const char *fa_world_sha256(struct fa_world *world, const char *version, uint64_t size)
{
    char hex[FA_SHA256_HEX];
    fa_truth_sha256_pattern(version, size, hex);
    return fa_scratch_path(&world->scratch, "%s", hex) + strlen(world->scratch.path) + 1;
}

/* The disk of the world: the store takes some of it to see whether there is space again. */
int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
    if (!full_world || !full_world->full)
        return __real_fallocate(fd, mode, offset, len);
    errno = ENOSPC;
    return -1;
}
