#include "engine/session.h"

#include <fetchall/redact.h>

#include "base/key.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fa_dispatch_aim_at(struct fa_job *job, unsigned mirror, struct fa_error *err)
{
    struct fa_url url;
    if (job->exhausted & 1ull << mirror)
        return -1;
    if (fa_url_parse(&url, job->entry->urls[mirror], NULL, err)) {
        job->exhausted |= 1ull << mirror;
        return -1;
    }
    fa_url_fini(&job->target);
    job->target = url;
    job->mirror = mirror;
    job->mirror_key = fa_key_str(url.whole);
    job->leg = FA_LEG_LISTED;
    job->secure = url.secure;
    job->hops = 0;
    job->again = true;
    job->origin = NULL;
    return 0;
}

int fa_dispatch_aim(struct fa_job *job, unsigned mirror, struct fa_error *err)
{
    size_t listed = job->entry->n_urls;
    unsigned n = listed < FA_MIRRORS_MAX ? (unsigned)listed : FA_MIRRORS_MAX;
    for (unsigned i = 0; i < n; ++i)
        if (fa_dispatch_aim_at(job, (mirror + i) % n, err) == 0)
            return 0;
    return -1;
}

/* --resolve HOST:PORT:ADDR, as an origin names itself; "*" is any host that no other line names. */
static const char *fixed_address(const struct fa_session *s, const char *host_port)
{
    const char *any = NULL, *port = strrchr(host_port, ':');
    size_t len = strlen(host_port), port_len = strlen(port);
    for (size_t i = s->config.n_resolve; i > 0; --i) {
        const char *line = s->config.resolve[i - 1];
        line += *line == '+';
        if (strncasecmp(line, host_port, len) == 0 && line[len] == ':')
            return line + len + 1;
        if (!any && *line == '*' && strncmp(line + 1, port, port_len) == 0 &&
            line[1 + port_len] == ':')
            any = line + 1 + port_len + 1;
    }
    return any;
}

struct fa_origin *fa_dispatch_origin(struct fa_session *s, const struct fa_url *url)
{
    struct fa_origin *origin = fa_hosts_get(&s->hosts, url);
    if (!origin || origin->lookup != FA_LOOKUP_NEEDED || origin->addresses)
        return origin;
    const char *fixed = fixed_address(s, url->host_port);
    if (fixed) {
        origin->addresses = strdup(fixed);
        if (!origin->addresses)
            return NULL;
    }
    if (fixed || origin->numeric || !s->resolver) {
        origin->lookup = FA_LOOKUP_KNOWN;
        origin->known_at = INFINITY;
    }
    return origin;
}

void fa_dispatch_count(struct fa_session *s, const struct fa_origin *origin, int more)
{
    s->queued += (size_t)more;
    if (origin->prev_down)
        s->stuck += (size_t)more;
}

void fa_dispatch_queue(struct fa_session *s, struct fa_job *job, bool front)
{
    struct fa_origin *origin = fa_dispatch_origin(s, &job->target);
    if (!origin) {
        struct fa_error err;
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot queue a download");
        fa_tell_end(s, job, FA_STATUS_FAILED, &err, true);
        return;
    }
    job->origin = origin;
    job->outage = 0;
    fa_job_set_state(job, FA_JOB_QUEUED);
    if (front)
        fa_job_queue_push_front(&origin->queue, job);
    else
        fa_job_queue_push(&origin->queue, job);
    fa_dispatch_count(s, origin, 1);
    fa_dispatch_review(s, origin, fa_session_now(s));
}

/* A lookup that cannot be asked for, without a thread say, is one that failed. */
static bool look_up(struct fa_session *s, struct fa_origin *origin)
{
    struct fa_error err;
    origin->lookup = FA_LOOKUP_ASKED;
    if (s->lookups->ask(s->resolver, origin->host, s->config.connect_timeout, origin, &err) == 0)
        return true;
    origin->lookup = FA_LOOKUP_NEEDED;
    fa_outage_lookup_failed(s, origin, &err, false, fa_session_now(s));
    return false;
}

static enum fa_ring ring_of(struct fa_session *s, struct fa_origin *origin, double now)
{
    if (fa_origin_waiting(origin) == 0)
        return FA_RING_NONE;
    if (origin->lookup == FA_LOOKUP_KNOWN && now - origin->known_at > FA_ADDRESS_LIFE)
        origin->lookup = FA_LOOKUP_NEEDED;
    /* Each lookup that fails at once is a failure for the breaker, which ends this. */
    do {
        if (fa_breaker_rejects(&origin->breaker, now))
            return FA_RING_READY; /* to be told so */
        if (s->draining)
            return FA_RING_NONE;
        if (!fa_breaker_allows(&origin->breaker, now)) {
            if (origin->breaker.state == FA_BREAKER_OPEN)
                fa_timers_set(&s->host_timers, &origin->timer, origin->breaker.until);
            return fa_outage_wants_turn(s, origin) ? FA_RING_READY : FA_RING_NONE;
        }
        if (origin->active >= s->config.per_host)
            return FA_RING_NONE;
    } while (origin->lookup == FA_LOOKUP_NEEDED && !look_up(s, origin));
    if (origin->lookup != FA_LOOKUP_KNOWN)
        return FA_RING_NONE;
    return origin->breaker.state == FA_BREAKER_CLOSED ? FA_RING_READY : FA_RING_PROBES;
}

void fa_dispatch_review(struct fa_session *s, struct fa_origin *origin, double now)
{
    fa_hosts_set_ring(&s->hosts, origin, ring_of(s, origin, now));
    fa_hosts_forget(&s->hosts, origin);
}

void fa_dispatch_resolved(void *ctx, void *tag, const struct fa_resolution *resolution)
{
    struct fa_session *s = ctx;
    struct fa_origin *origin = tag;
    double now = fa_session_now(s);
    origin->lookup_seconds = resolution->seconds;
    if (resolution->addresses) {
        char *addresses = strdup(resolution->addresses);
        if (addresses) {
            free(origin->addresses);
            origin->addresses = addresses;
        }
        origin->lookup = origin->addresses ? FA_LOOKUP_KNOWN : FA_LOOKUP_NEEDED;
        origin->known_at = now;
    } else {
        origin->lookup = FA_LOOKUP_NEEDED;
        fa_outage_lookup_failed(s, origin, &resolution->error, resolution->final, now);
    }
    fa_dispatch_review(s, origin, now);
    fa_session_wake(s);
}

static int give_headers(struct fa_session *s, struct fa_job *job)
{
    struct fa_attempt *attempt = &job->attempt;
    attempt->n_headers = 0;
    if (job->leg == FA_LEG_FOREIGN)
        return 0;
    size_t ours = s->config.n_headers, theirs = job->entry->n_headers;
    if (!job->headers && ours + theirs > 0) {
        job->headers = calloc(ours + theirs, sizeof(*job->headers));
        if (!job->headers)
            return -1;
        for (size_t i = 0; i < ours; ++i)
            job->headers[i] = s->config.headers[i];
        for (size_t i = 0; i < theirs; ++i)
            job->headers[ours + i] = job->entry->headers[i];
    }
    attempt->headers = job->headers;
    attempt->n_headers = ours + theirs;
    return 0;
}

/* As many transfers as there will be in a moment: what begins too fast has to wait later. */
static unsigned soon_active(const struct fa_session *s)
{
    size_t soon = s->active + s->queued;
    return soon < s->slots.now ? (unsigned)soon : s->slots.now;
}

/*
 * Whether a connection is to be closed: nothing more waits for its origin, and the origin is not
 * one that comes back again and again.  To leave this to the cache of libcurl 7.88 would be slow:
 * each host that it evicts leaves an empty entry, which every later eviction looks at.
 */
static bool is_last(struct fa_session *s, const struct fa_origin *origin)
{
    uint64_t *seen = &s->lone[origin->hash % FA_LONE];
    if (fa_origin_waiting(origin) > 0 || *seen == origin->hash)
        return false;
    *seen = origin->hash;
    return ++s->n_lone > FA_LONE_KEPT;
}

/* Whether an open part is the one that this run has written before, if it has. */
static bool is_same_part(struct fa_job *job, int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return false;
    bool same = job->inode.number == 0 ||
                (job->inode.number == st.st_ino && job->inode.device == st.st_dev);
    job->inode = (struct fa_inode){st.st_dev, st.st_ino};
    return same;
}

static int write_part(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    uint64_t *offset = &job->attempt.offset;
    int fd = fa_store_part_write(s->store, job->key, job->recorded, offset, err);
    if (fd >= 0 && !is_same_part(job, fd) && *offset > 0) {
        close(fd);
        *offset = 0;
        fd = fa_store_part_write(s->store, job->key, job->recorded, offset, err);
        if (fd >= 0) {
            job->inode.number = 0;
            is_same_part(job, fd);
        }
    }
    return fd;
}

/* What stands of the part is built upon if it came from the URL that is asked now; what is known of
 * it is held against the answer, even if none of its bytes are left. */
static int open_part(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    struct fa_attempt *attempt = &job->attempt;
    const struct fa_part *part = &job->part;
    bool again = part->mirror == job->mirror_key && part->rep.validator.strong;
    attempt->offset = again ? part->bytes : 0;
    attempt->fd = write_part(s, job, err);
    if (attempt->fd < 0)
        return -1;
    attempt->whole = attempt->offset > 0 && job->whole;
    attempt->conditional = attempt->offset == 0 && job->conditional;
    attempt->rep = attempt->conditional ? job->known->rep
                   : again              ? part->rep
                                        : fa_representation_none;
    if (attempt->offset == 0) {
        job->part.bytes = 0;
        job->stale = job->recorded;
    }
    attempt->has_head = false;
    job->told = false;
    return 0;
}

static int prepare(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    struct fa_attempt *attempt = &job->attempt;
    char *printed = fa_redact_url(job->target.whole, s->config.secret_keys);
    if (!printed || give_headers(s, job)) {
        free(printed);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a download");
        return -1;
    }
    free(job->effective_url);
    job->effective_url = printed;
    if (open_part(s, job, err))
        return -1;
    attempt->url = job->target.whole;
    attempt->host_port = job->target.host_port;
    attempt->addresses = job->origin->addresses;
    attempt->origin = job->origin->hash;
    attempt->http1 = job->http1 || job->origin->http2_failures >= FA_HTTP2_FAILURES;
    attempt->close = is_last(s, job->origin);
    attempt->foreign = job->leg == FA_LEG_FOREIGN;
    attempt->durable = s->config.fsync == FA_FSYNC_EACH;
    attempt->size = job->entry->size;
    attempt->max_size = s->config.max_size;
    attempt->rate = fa_bucket_share(&s->bucket, soon_active(s));
    attempt->received = 0;
    attempt->cancelled = false;
    return 0;
}

static void link_active(struct fa_session *s, struct fa_job *job)
{
    job->newer = NULL;
    job->older = s->newest;
    if (s->newest)
        s->newest->newer = job;
    else
        s->oldest = job;
    s->newest = job;
}

/* Out of descriptors: with fewer transfers it goes on, for a while. */
static bool make_do_with_fewer(struct fa_session *s, struct fa_job *job, const struct fa_error *err,
                               double now)
{
    bool files = err->domain == FA_DOMAIN_SYSTEM && (err->code == EMFILE || err->code == ENFILE);
    if (!files || s->active < 2)
        return false;
    if (fa_slots_lower(&s->slots, s->active, now))
        fa_tell_notice(s, job->entry, "out of open files (ulimit -n): at most %u at once for now",
                       s->slots.now);
    return true;
}

/* A request begins: of a new attempt, or the next one of an attempt that was led on. */
static void begin_request(struct fa_job *job, bool again, double now)
{
    const struct fa_times *time = &job->outcome.time;
    if (again) {
        job->earlier = (struct fa_times){.queue = now - job->read_at};
    } else {
        job->earlier.dns += job->dns > 0 ? job->dns : time->dns;
        job->earlier.connect += time->connect;
        job->earlier.tls += time->tls;
        job->earlier.total += time->total;
    }
    job->attempts += again;
    job->again = false;
    job->started_at = now;
    job->dns = job->origin->lookup_seconds;
    job->origin->lookup_seconds = 0;
}

static void start(struct fa_session *s, struct fa_job *job, double now)
{
    bool again = job->again;
    struct fa_origin *origin = job->origin;
    struct fa_outcome failed = {.retry_after = -1};
    fa_job_set_state(job, FA_JOB_ACTIVE);
    begin_request(job, again, now);
    ++origin->active;
    ++s->active;
    link_active(s, job);
    job->probe = fa_breaker_start(&origin->breaker);
    s->probes += job->probe;
    fa_bucket_start(&s->bucket);
    fa_outcome_fini(&job->outcome);
    memset(&job->outcome, 0, sizeof(job->outcome));
    if (prepare(s, job, &failed.error)) {
        failed.retryable =
            make_do_with_fewer(s, job, &failed.error, now) ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER;
        fa_settle_done(s, &job->attempt, &failed);
        return;
    }
    if (again)
        fa_tell_started(s, job);
    if (s->ops->submit(s->strategy, &job->attempt, &failed.error))
        fa_settle_done(s, &job->attempt, &failed);
}

/* A probe is the job that came last: one that has not failed yet, and not the neighbour of one. */
static struct fa_job *take_job(struct fa_session *s, struct fa_origin *origin, bool starts)
{
    bool last = starts && origin->breaker.state == FA_BREAKER_OPEN;
    if (origin->queue.count == 0 || (!starts && origin->queue.count <= origin->held))
        fa_admit_backlog(s, origin);
    struct fa_job *job =
        last ? fa_job_queue_pop_last(&origin->queue) : fa_job_queue_pop(&origin->queue);
    if (!job)
        return NULL;
    fa_dispatch_count(s, origin, -1);
    origin->held -= origin->held > 0 && job->outage == origin->outage;
    return job;
}

/* Hosts that are down leave most slots to others, if there are any. */
static enum fa_ring next_ring(const struct fa_session *s, bool slot)
{
    bool few = s->probes < s->slots.now / 4 || s->probes == 0;
    bool others = s->hosts.rings[FA_RING_READY];
    return slot && s->hosts.rings[FA_RING_PROBES] && (few || !others) ? FA_RING_PROBES
                                                                      : FA_RING_READY;
}

/* Something is done for the origin whose turn it is.  @return whether there was one */
static bool serve_one(struct fa_session *s, double now)
{
    bool slot = s->active < s->slots.now && fa_bucket_allows(&s->bucket, s->active);
    enum fa_ring ring = next_ring(s, slot);
    struct fa_origin *origin = s->hosts.rings[ring];
    if (!origin)
        return false;
    bool rejects = fa_breaker_rejects(&origin->breaker, now);
    bool starts = !rejects && fa_breaker_allows(&origin->breaker, now);
    if (starts && !slot)
        return false;
    fa_hosts_next(&s->hosts, ring);
    if (starts && ring == FA_RING_READY && origin->breaker.state != FA_BREAKER_CLOSED) {
        fa_dispatch_review(s, origin, now); /* the time for its probe has come meanwhile */
        return true;
    }
    struct fa_job *job = take_job(s, origin, starts);
    if (job && rejects)
        fa_outage_reject(s, origin, job);
    else if (job && starts)
        start(s, job, now);
    else if (job)
        fa_outage_look(s, origin, job, now);
    fa_dispatch_review(s, origin, now);
    return true;
}

bool fa_dispatch(struct fa_session *s, double now)
{
    if (s->full || s->draining)
        return false;
    for (int i = 0; i < FA_TURN_STEPS && s->staged < FA_STAGE_BACKLOG; ++i)
        if (!serve_one(s, now))
            break;
    return s->active < s->slots.now && s->staged < FA_STAGE_BACKLOG &&
           fa_bucket_allows(&s->bucket, s->active);
}

void fa_dispatch_timers(struct fa_session *s, double now)
{
    struct fa_timer *timer;
    while ((timer = fa_timers_next(&s->job_timers)) && timer->at <= now) {
        struct fa_job *job = (struct fa_job *)timer;
        fa_timers_clear(&s->job_timers, timer);
        --s->waiting;
        fa_dispatch_queue(s, job, true);
    }
    while ((timer = fa_timers_next(&s->host_timers)) && timer->at <= now) {
        struct fa_origin *origin = (struct fa_origin *)timer;
        fa_timers_clear(&s->host_timers, timer);
        fa_dispatch_review(s, origin, now);
    }
}

void fa_dispatch_rates(struct fa_session *s, double now)
{
    if (!s->config.rate)
        return;
    double seen = (double)s->bytes;
    for (const struct fa_job *job = s->oldest; job; job = job->newer)
        seen += fmax((double)job->attempt.received, FA_BUCKET_FIRST);
    fa_bucket_update(&s->bucket, now, seen);
    uint64_t share = fa_bucket_share(&s->bucket, s->active);
    for (struct fa_job *job = s->oldest; job; job = job->newer) {
        uint64_t rate = job->attempt.rate;
        if (share > rate + rate / 10 || share < rate - rate / 10)
            s->ops->tune(s->strategy, &job->attempt, share);
    }
}
