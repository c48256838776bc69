/*
 * A robots.txt is fetched by a job like any other, with the limits, the retries, the proxy and the
 * options of its origin; but it is no entry: it is not counted, reported or recorded, and its part
 * is removed.  While it is in progress its origin is closed: only such jobs start there.  That
 * includes those of other origins that redirect there, so that two cannot wait for each other.
 *
 * The rules are applied whenever a job is about to be requested, so also at mirrors and after
 * redirects.
 */
#include "engine/obeying.h"
#include "engine/flights_start.h"

#include "base/io.h"
#include "base/key.h"
#include "engine/added.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void no_bad_url(void *ctx, const struct fa_job *job, unsigned mirror,
                       const struct fa_error *why)
{
    (void)ctx, (void)job, (void)mirror, (void)why;
}

/* The name of an origin always has its port, and the request should not, if it is the usual one. */
static char *robots_url(const struct fa_origin *origin)
{
    const char *port = strrchr(origin->name, ':');
    bool usual = strcmp(port, strncmp(origin->name, "https:", 6) == 0 ? ":443" : ":80") == 0;
    char *url = NULL;
    int len = usual ? (int)(port - origin->name) : (int)strlen(origin->name);
    return asprintf(&url, "%.*s/robots.txt", len, origin->name) < 0 ? NULL : url;
}

/* @return the job that fetches the robots.txt of an origin, or NULL: no memory */
static struct fa_job *robots_job(struct fa_session *s, const struct fa_origin *origin, double now)
{
    struct fa_error err;
    char *url = robots_url(origin);
    struct fa_entry *entry = !url ? NULL : fa_added_entry(url, NULL, NULL, 0, &err);
    struct fa_job *job = entry ? fa_engine_job(s, entry, now) : NULL;
    if (job) {
        job->robots = origin->hash;
        job->place.path = strdup("robots.txt");
        job->place.key = fa_key_str(url);
        job->tries.unsplit = job->tries.hedged = true;
    }
    if (job && (!job->place.path || fa_job_parse(job, no_bad_url, NULL, &err))) {
        fa_engine_forget(job);
        job = NULL;
    }
    free(url);
    return job;
}

/* The request is already counted, so the robots.txt takes the place of the job in all counts. */
static struct fa_job *job_replace(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    struct fa_job *robots = robots_job(s, origin, now);
    if (!robots)
        return NULL;
    robots->target.origin = origin;
    robots->tries.round = job->tries.round;
    robots->tries.counted = job->tries.counted;
    robots->tries.probe = job->tries.probe;
    job->tries.probe = false;
    fa_job_set_state(robots, FA_JOB_QUEUED);
    fa_job_set_state(robots, FA_JOB_ACTIVE);
    origin->closed = true;
    if (fa_scheduler_put(&s->scheduler, job, true, now))
        fa_engine_no_memory(s);
    return robots;
}

/* It ends like an attempt that could not start; so the next mirror comes, if there is one. */
static void job_refuse(struct fa_session *s, struct fa_job *job, const struct fa_error *err,
                       enum fa_retryability retryable, double now)
{
    struct fa_origin *origin = job->target.origin;
    bool first = fa_flights_begin(&s->flights, job, now);
    job->tries.attempts -= first; /* nothing was requested */
    fa_spacing_undo(&origin->spacing, origin->limits.host_rate);
    fa_flights_fail(&s->flights, job, err, retryable);
}

/* For an origin that was forgotten in between, too. */
static void origin_set_delay(struct fa_origin *origin, double delay, double now)
{
    double rate = delay > 0 ? 1 / delay : 0;
    if (rate <= 0 || (origin->limits.host_rate > 0 && origin->limits.host_rate <= rate))
        return;
    origin->limits.host_rate = rate;
    fa_spacing_start(&origin->spacing, rate, 1, now);
}

bool fa_obeying_starts(struct fa_session *s, struct fa_job **job, double now)
{
    struct fa_origin *origin = (*job)->target.origin;
    struct fa_error err = {0};
    if (s->config.robots != FA_ROBOTS_OBEY || (*job)->robots)
        return true;
    const struct fa_robots_file *file = fa_robots_find(&s->robots, origin->hash, now);
    if (!file) {
        struct fa_job *robots = job_replace(s, *job, now);
        if (robots) {
            *job = robots;
            return true;
        }
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot fetch robots.txt");
        job_refuse(s, *job, &err, FA_RETRYABLE_LATER, now);
        return false;
    }
    origin_set_delay(origin, file->txt.delay, now);
    if (fa_robots_judge(file, (*job)->target.url, &err) == 0)
        return true;
    job_refuse(s, *job, &err, file->transient ? FA_RETRYABLE_LATER : FA_RETRYABLE_NEVER, now);
    return false;
}

/* The origin may be that of an attempt whose end is being handled, so the next turn reviews it. */
static void robots_end(struct fa_session *s, struct fa_job *job, const struct fa_robots_file *file,
                       double now)
{
    struct fa_origin *origin =
        fa_hosts_find(&s->scheduler.hosts, &job->target.mirrors[0].url, job->robots);
    if (!file)
        fa_engine_no_memory(s);
    if (origin && file)
        origin_set_delay(origin, file->txt.delay, now);
    if (origin)
        fa_scheduler_open(&s->scheduler, origin, now);
    fa_job_close_part(job);
    fa_store_part_remove(s->store, job->place.key);
    fa_engine_forget(job);
    fa_engine_wake(s);
}

/* @return malloc'd bytes, or NULL with errno */
static char *robots_read(struct fa_session *s, struct fa_job *job, size_t *ret_len)
{
    uint64_t size = job->outcome.size;
    size_t len = size < FA_ROBOTS_MAX ? (size_t)size : FA_ROBOTS_MAX;
    struct fa_error err = {.code = EIO};
    int fd = job->part.unnamed
                 ? job->attempt.fd
                 : fa_store_part_open(s->store, job->place.key, &job->part.inode, &err);
    char *text = fd >= 0 ? malloc(len + 1) : NULL;
    int code = fd < 0 ? err.code : ENOMEM;
    if (text && fa_io_pread(fd, text, len, len, 0) < 0) {
        code = errno;
        free(text);
        text = NULL;
    }
    if (fd >= 0 && !job->part.unnamed)
        close(fd);
    errno = code;
    *ret_len = len;
    return text;
}

static void robots_report(struct fa_session *s, const struct fa_job *job,
                          const struct fa_robots_file *file)
{
    const char *origin = job->target.mirrors[0].url.origin;
    if (file && file->txt.delay > 0)
        fa_emit_notice(&s->emitter, NULL, "robots.txt of %s: a request every %g s (Crawl-delay)",
                       origin, file->txt.delay);
}

void fa_obeying_fetched(struct fa_session *s, struct fa_job *job, double now)
{
    size_t len;
    char *text = robots_read(s, job, &len);
    if (!text) {
        fa_error_system(&job->outcome.error, FA_CLASS_LOCAL_IO, errno, "cannot read it");
        fa_obeying_failed(s, job, now);
        return;
    }
    const struct fa_robots_file *file = fa_robots_put(&s->robots, job->robots, text, len, now);
    free(text);
    robots_report(s, job, file);
    robots_end(s, job, file, now);
}

void fa_obeying_failed(struct fa_session *s, struct fa_job *job, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool transient = outcome->retryable != FA_RETRYABLE_NEVER;
    const struct fa_robots_file *file =
        fa_robots_is_missing(outcome)
            ? fa_robots_put(&s->robots, job->robots, "", 0, now)
            : fa_robots_put_error(&s->robots, job->robots, &outcome->error, transient, now);
    robots_end(s, job, file, now);
}
