/*
 * The table of transitions in fa_job_set_state() is the life of a job.  A transition that is not
 * in it is a bug that could lose a file or report it twice, so it aborts.
 *
 * A job is in at most one queue: `queued` is its link in that of an origin, of the stage, or of
 * ended attempts.  The URLs of the entry are parsed once, to mirrors, and only those of valid ones
 * are used.
 */
#include "engine/job.h"

#include "base/key.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor is -1 before the first attempt, so that freeing never closes descriptor 0. */
struct fa_job *fa_job_new(struct fa_entry *entry)
{
    struct fa_job *job = calloc(1, sizeof(*job));
    if (!job) {
        fa_entry_free(entry);
        return NULL;
    }
    job->entry = entry;
    job->place.size = -1;
    job->attempt.fd = -1;
    return job;
}

void fa_job_free(struct fa_job *job)
{
    if (!job)
        return;
    fa_job_close_part(job);
    for (unsigned i = 0; i < job->target.n_mirrors; ++i)
        fa_url_fini(&job->target.mirrors[i].url);
    free(job->target.mirrors);
    fa_url_fini(&job->target.redirect);
    free(job->target.cookies);
    fa_entry_free(job->entry);
    fa_outcome_fini(&job->outcome);
    fa_capture_free(job->redirects);
    fa_split_free(job->part.split);
    free(job->hashed);
    fa_running_digest_free(job->running);
    free(job->repair);
    free(job->hook);
    free(job->renewed);
    free(job->place.known);
    free(job->place.path);
    free(job->place.plain);
    free(job->place.served);
    free(job->headers);
    free(job->effective_url);
    free(job);
}

int fa_job_name_part(struct fa_job *job, struct fa_store *store, struct fa_error *err)
{
    struct fa_part *part = &job->part;
    if (fa_store_part_name(store, job->place.key, job->attempt.fd, &part->inode, err))
        return -1;
    part->unnamed = false;
    return 0;
}

void fa_job_close_part(struct fa_job *job)
{
    if (job->attempt.lent && job->attempt.fd >= 0) {
        close(job->attempt.fd);
        job->attempt.fd = -1;
    }
    job->attempt.lent = false;
    job->part.unnamed = false;
}

/* Thousands of jobs may wait for another attempt, whose response is the one that counts. */
static void job_drop_capture(struct fa_job *job)
{
    fa_capture_free(job->outcome.capture);
    job->outcome.capture = NULL;
}

#define TO(state) (1u << FA_JOB_##state)

void fa_job_set_state(struct fa_job *job, enum fa_job_state state)
{
    static const unsigned allowed[] = {
        [FA_JOB_NEW] = TO(QUEUED) | TO(FETCHED) | TO(HOOKED) | TO(FINAL),
        [FA_JOB_QUEUED] = TO(ACTIVE) | TO(QUEUED) | TO(WAITING) | TO(FINAL),
        [FA_JOB_ACTIVE] = TO(QUEUED) | TO(SPLIT) | TO(WAITING) | TO(ASKING) | TO(FETCHED) |
                          TO(PACKING) | TO(HOOKED) | TO(FINAL),
        [FA_JOB_SPLIT] = TO(QUEUED) | TO(WAITING) | TO(ASKING) | TO(FETCHED) | TO(PACKING) |
                         TO(HOOKED) | TO(FINAL),
        [FA_JOB_WAITING] = TO(QUEUED) | TO(FINAL),
        [FA_JOB_ASKING] = TO(QUEUED) | TO(WAITING) | TO(PACKING) | TO(FINAL),
        [FA_JOB_FETCHED] = TO(HASHING) | TO(FINAL) | TO(QUEUED),
        [FA_JOB_HASHING] =
            TO(FETCHED) | TO(QUEUED) | TO(WAITING) | TO(PACKING) | TO(HOOKED) | TO(FINAL),
        [FA_JOB_PACKING] = TO(QUEUED) | TO(WAITING) | TO(HOOKED) | TO(FINAL),
        [FA_JOB_HOOKED] = TO(FINAL),
        [FA_JOB_FINAL] = 0,
    };
    if (!(allowed[job->state] & (1u << state)))
        abort();
    job->state = state;
    if (state == FA_JOB_QUEUED || state == FA_JOB_WAITING)
        job_drop_capture(job);
}

/* An existing file in the stage is not a part. */
bool fa_job_has_part(const struct fa_job *job)
{
    bool written = job->state == FA_JOB_ACTIVE || job->state == FA_JOB_SPLIT ||
                   job->state == FA_JOB_FETCHED || job->state == FA_JOB_HASHING ||
                   job->state == FA_JOB_PACKING;
    return written && !job->place.existing;
}

static int mirror_parse(struct fa_mirror *mirror, const char *text, struct fa_error *err)
{
    if (fa_url_parse(&mirror->url, text, NULL, err)) {
        fa_url_init(&mirror->url);
        return -1;
    }
    mirror->key = fa_key_str(mirror->url.whole);
    mirror->origin = fa_key_str(mirror->url.origin);
    return 0;
}

/* An invalid mirror is exhausted from the start; the entry fails only if all of its URLs are
 * invalid. */
int fa_job_parse(struct fa_job *job,
                 void (*bad)(void *ctx, const struct fa_job *job, unsigned mirror,
                             const struct fa_error *why),
                 void *ctx, struct fa_error *err)
{
    struct fa_target *target = &job->target;
    size_t listed = job->entry->n_urls;
    target->n_mirrors = listed < FA_MIRRORS_MAX ? (unsigned)listed : FA_MIRRORS_MAX;
    target->mirrors = calloc(target->n_mirrors, sizeof(*target->mirrors));
    if (!target->mirrors) {
        target->n_mirrors = 0;
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read a URL");
        return -1;
    }
    for (unsigned i = 0; i < target->n_mirrors; ++i)
        if (mirror_parse(&target->mirrors[i], job->entry->urls[i], err)) {
            target->exhausted |= 1ull << i;
            bad(ctx, job, i, err);
        }
    return fa_job_target_from(job, 0);
}

static void target_set_cookies(struct fa_target *target, char *cookies)
{
    free(target->cookies);
    target->cookies = cookies;
}

/* A new target is a new attempt; the count of redirects starts again. */
int fa_job_target(struct fa_job *job, unsigned mirror)
{
    struct fa_target *target = &job->target;
    if (target->exhausted & 1ull << mirror)
        return -1;
    target->mirror = mirror;
    target->url = &target->mirrors[mirror].url;
    target->origin_key = target->mirrors[mirror].origin;
    target->origin = NULL;
    target->hops = 0;
    target->secrecy = FA_SECRECY_HOME;
    target->digest = false;
    target_set_cookies(target, NULL);
    fa_capture_free(job->redirects);
    job->redirects = NULL;
    target->secure = target->url->secure;
    job->tries.again = true;
    return 0;
}

/* In a circle, so that each mirror has its turn whichever failed. */
int fa_job_target_from(struct fa_job *job, unsigned mirror)
{
    unsigned n = job->target.n_mirrors;
    for (unsigned i = 0; i < n; ++i)
        if (fa_job_target(job, (mirror + i) % n) == 0)
            return 0;
    return -1;
}

/* The key of a mirror tells its parts from those of others: that of the same file remains.  What is
 * known about another file says nothing about this one. */
void fa_job_renew(struct fa_job *job, struct fa_url *url, bool same)
{
    struct fa_target *target = &job->target;
    struct fa_mirror *mirror = &target->mirrors[target->mirror];
    fa_url_fini(&mirror->url);
    mirror->url = *url;
    mirror->origin = fa_key_str(mirror->url.origin);
    if (!same) {
        mirror->key = fa_key_str(mirror->url.whole);
        job->place.conditional = false;
    }
    target->exhausted &= ~(1ull << target->mirror);
    job->tries.once = 0;
    fa_job_target(job, target->mirror);
}

/* The message may say more, after a colon. */
void fa_job_explain_status(struct fa_job *job, const char *format, ...)
{
    struct fa_error *error = &job->outcome.error;
    const struct fa_error status = *error;
    char why[FA_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    fa_error_set(error, status.domain, status.code, status.class, "%.*s, %s",
                 (int)strcspn(status.msg, ":,"), status.msg, why);
}

/* A shift by 64 bits is undefined. */
bool fa_job_is_exhausted(const struct fa_job *job)
{
    unsigned n = job->target.n_mirrors;
    uint64_t all = n == FA_MIRRORS_MAX ? UINT64_MAX : (1ull << n) - 1;
    return (job->target.exhausted & all) == all;
}

void fa_job_set_cookies(struct fa_job *job, char *cookies)
{
    target_set_cookies(&job->target, cookies);
}

void fa_job_take_cookies(struct fa_job *job)
{
    target_set_cookies(&job->target, job->outcome.cookies);
    job->outcome.cookies = NULL;
}

/* Without its URL, if there is no memory: who needs it finds out. */
static void job_keep_redirect(struct fa_job *job)
{
    struct fa_capture *capture = job->outcome.capture;
    if (!capture)
        return;
    capture->url = strdup(fa_url_sent(job->target.url));
    capture->earlier = job->redirects;
    job->redirects = capture;
    job->outcome.capture = NULL;
}

void fa_job_follow(struct fa_job *job, struct fa_url *url, enum fa_secrecy secrecy)
{
    struct fa_target *target = &job->target;
    job_keep_redirect(job);
    fa_url_fini(&target->redirect);
    target->redirect = *url;
    target->url = &target->redirect;
    target->origin_key = fa_key_str(url->origin);
    target->secrecy = secrecy;
    target->digest = false;
    fa_job_take_cookies(job);
    target->secure = url->secure;
    ++target->hops;
}

void fa_job_queue_init(struct fa_job_queue *queue)
{
    TAILQ_INIT(&queue->jobs);
    queue->count = 0;
}

void fa_job_queue_push(struct fa_job_queue *queue, struct fa_job *job)
{
    TAILQ_INSERT_TAIL(&queue->jobs, job, queued);
    ++queue->count;
}

/* For jobs that have waited already: redirects, and retries that are due. */
void fa_job_queue_push_front(struct fa_job_queue *queue, struct fa_job *job)
{
    TAILQ_INSERT_HEAD(&queue->jobs, job, queued);
    ++queue->count;
}

static struct fa_job *job_queue_remove(struct fa_job_queue *queue, struct fa_job *job)
{
    if (!job)
        return NULL;
    TAILQ_REMOVE(&queue->jobs, job, queued);
    --queue->count;
    return job;
}

struct fa_job *fa_job_queue_pop(struct fa_job_queue *queue)
{
    return job_queue_remove(queue, TAILQ_FIRST(&queue->jobs));
}
