/*
 * A hedge is a second attempt for a job whose first one is slow, with a part of its own: the bytes
 * of both are never mixed, and the one that is complete first becomes the file.
 */
#include "engine/flights_hedge.h"

#include <errno.h>
#include <stdlib.h>

/* A mirror is requested like any listed URL, and the target of the job where its redirects led. */
static struct fa_target hedge_target(const struct fa_job *job, struct fa_origin *origin,
                                     unsigned mirror)
{
    struct fa_target target = job->target;
    if (mirror == target.mirror)
        return target;
    target.mirror = mirror;
    target.url = &target.mirrors[mirror].url;
    target.origin = origin;
    target.hops = 0;
    target.secrecy = FA_SECRECY_HOME;
    target.cookies = NULL;
    target.secure = target.url->secure;
    target.digest = false;
    return target;
}

/* The texts are copied, as a hedge can outlive its job. */
static int hedge_set_texts(const struct fa_flights *flights, struct fa_hedge *hedge,
                           const struct fa_target *target)
{
    struct fa_attempt *attempt = &hedge->attempt;
    struct fa_target own = *target;
    const char **headers = NULL;
    char *cookies = NULL;
    int result =
        fa_compose_texts(&flights->env, hedge->job, target, attempt, &headers, &hedge->printed);
    if (result == 0 && flights->env.jar) {
        result = fa_compose_cookies(&flights->env, target, hedge->job->timing.started, &cookies);
        own.cookies = cookies;
    }
    fa_compose_target(&flights->env, hedge->job, &own, 0, attempt);
    if (result == 0)
        result = fa_attempt_copy_texts(attempt, &hedge->texts);
    free(cookies);
    free(headers);
    return result;
}

/* Always on a new connection: the slow one may be slow because of its path. */
static int hedge_prepare(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate,
                         struct fa_error *err)
{
    const struct fa_job *job = hedge->job;
    struct fa_attempt *attempt = &hedge->attempt;
    struct fa_target target = hedge_target(job, hedge->origin, hedge->mirror);
    if (hedge_set_texts(flights, hedge, &target)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot request a file again");
        return -1;
    }
    attempt->rate = rate;
    attempt->fresh = true;
    attempt->conditional = job->place.conditional;
    attempt->rep = attempt->conditional ? job->place.known->rep : fa_representation_none;
    attempt->owner = hedge;
    attempt->fd = fa_store_hedge_open(flights->env.store, hedge->key, err);
    if (attempt->fd < 0)
        return -1;
    fa_store_inode(flights->env.store, attempt->fd, &hedge->inode);
    return 0;
}

struct fa_hedge *fa_flights_hedge(struct fa_flights *flights, struct fa_job *job,
                                  struct fa_origin *origin, unsigned mirror)
{
    struct fa_hedge *hedge = calloc(1, sizeof(*hedge));
    if (!hedge)
        return NULL;
    hedge->origin = origin;
    hedge->mirror = mirror;
    hedge->key = job->place.key;
    hedge->attempt.fd = -1;
    hedge->job = job;
    job->hedge = hedge;
    TAILQ_INSERT_TAIL(&flights->hedges[FA_HEDGE_WAITS], hedge, same);
    return hedge;
}

/* A hedge that cannot be started is dropped without a message: the first attempt goes on. */
void fa_flights_start_hedge(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate)
{
    struct fa_job *job = hedge->job;
    struct fa_error err = {0};
    if (hedge_prepare(flights, hedge, rate, &err)) {
        fa_flights_end_hedge(flights, hedge);
        return;
    }
    ++job->tries.attempts;
    fa_emit_started(flights->emitter, job, hedge->printed);
    if (flights->ops->submit(flights->strategy, &hedge->attempt, &err))
        fa_flights_end_hedge(flights, hedge);
    else
        fa_flights_move_hedge(flights, hedge, FA_HEDGE_ACTIVE);
}
