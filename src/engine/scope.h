/**
 * Whom a Retry-After is about: the host, or only the URL that was answered with it.  Pure.
 *
 * There are maintenance pages (503 for all), limiters (429 for all that come too soon), archives
 * that prepare single files (202, 404) and files that are broken for good.  What tells them apart
 * is whether the host serves other URLs:
 *
 *     answer                     of that URL alone, if the host served others
 *     429, spent rate limit      since it last refused this URL
 *     502, 503, 504              since this URL asked, or after a pause of the host
 *     any other status           ever
 *
 * Several in a row are of the host again, because nobody knows whether it still serves others.
 */
#ifndef FA_ENGINE_SCOPE_H
#define FA_ENGINE_SCOPE_H

#include "engine/job.h"

/** Answers with Retry-After in a row, for single URLs, after which the next one is of the host. */
#define FA_SCOPE_ROW 8

/** What is known about an origin.  All zero: nothing. */
struct fa_scope {
    double served_at; /**< Start of the latest request that was answered well; 0: none. */
    bool asked;       /**< It has asked for a pause. */
    double paused;    /**< End of its last pause; 0: none. */
    bool recovered;   /**< After a pause it served others. */
    bool limits;      /**< It served a URL that it had refused with 429. */
    unsigned row;     /**< Answers for single URLs since it served one. */
};

/** Note what a job's answer with Retry-After, or with overload, is compared with later. */
void fa_scope_note(struct fa_job *job, double now);

/** The origin pauses until that time. */
void fa_scope_paused(struct fa_scope *scope, double until);

/** The origin answered a job well. */
void fa_scope_served(struct fa_scope *scope, const struct fa_job *job);

/**
 * A job was answered with Retry-After, and fa_scope_note() was called.
 *
 * @closed  The origin is not paused or down.
 * @return whether only that job waits.
 */
bool fa_scope_is_url(struct fa_scope *scope, const struct fa_job *job, bool closed);

/** Whether the origin has served others since the job was first answered with overload. */
bool fa_scope_fails_alone(const struct fa_scope *scope, const struct fa_job *job);

#endif
