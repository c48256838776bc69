/**
 * Decides which job starts next, and when to look again.  Pure: no I/O, no libcurl, and every
 * call gets the time as an argument.
 *
 * A job is held back by limits: of all transfers (slots), of those of one origin, of the rates,
 * by a pause that the server asked for, by the breaker of a host that is down, and by the lookup
 * of a name.  An origin that cannot start anything now is in no ring, and costs nothing. 
 * Limits, pauses and failures are those of the host that was requested, never of the one that
 * redirected.
 *
 * During an outage each queued job is examined once after every failure of the host: it moves to
 * a mirror that is not down, or is held.
 */
#ifndef FA_ENGINE_SCHEDULER_H
#define FA_ENGINE_SCHEDULER_H

#include "engine/extra.h"
#include "engine/health.h"
#include "engine/mirrors.h"
#include "engine/queues.h"

/** Seconds after which a job that failed with its host is no longer behind the others. */
#define FA_FAILED_WAIT 10.0

enum fa_next {
    FA_NEXT_NONE,   /**< Nothing can start now: see fa_scheduler_alarm(). */
    FA_NEXT_AGAIN,  /**< Call again. */
    FA_NEXT_START,  /**< Start the job; it counts as active. */
    FA_NEXT_MOVED,  /**< The job targets another mirror now: queue it there. */
    FA_NEXT_BACK,   /**< The host behind its redirect is down: go back to the URL of the list. */
    FA_NEXT_REJECT, /**< Its last host was given up: fail the job with the error of its outcome. */
    FA_NEXT_REFILL, /**< Put back jobs from the backlog of the origin, then review it. */
};

/**
 * Decide what to do next.
 *
 * @ret_job     For START, MOVED, BACK and REJECT.
 * @ret_origin  For REFILL; and BACK: review it then.
 */
enum fa_next fa_scheduler_next(struct fa_scheduler *scheduler, double now, struct fa_job **ret_job,
                               struct fa_origin **ret_origin);

/**
 * A response redirects a job, whose target is still that of the request.  With shared cookies only.
 *
 * @to  The target of the redirect.
 * @return whether the job has to wait for the login of another one: request the URL of the list
 *         again.
 */
bool fa_scheduler_redirected(struct fa_job *job, const struct fa_url *to, double now);

/** If the job logs in for others, its chain has ended.  Review the origin of its target then.
 * @good  With a file. */
void fa_scheduler_end_login(struct fa_scheduler *scheduler, struct fa_job *job, bool good,
                            double now);

/**
 * Replace the shares of the limits, also of known origins.  A smaller share ends no transfer: a
 * host is requested again when enough of its transfers have ended.
 *
 * @return 0, or -1: no memory.
 */
int fa_scheduler_put_shares(struct fa_scheduler *scheduler, const struct fa_share *shares,
                            unsigned parts, double now);

/** Whether no origin of a part has more transfers than its share. */
bool fa_scheduler_keeps_share(const struct fa_scheduler *scheduler, unsigned part);

#endif
