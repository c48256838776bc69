/**
 * What becomes of a job after an attempt, or after the CPU stage.  Pure: it updates the job's own
 * counts, and returns a verdict that the turn carries out.
 */
#ifndef FA_ENGINE_SETTLE_H
#define FA_ENGINE_SETTLE_H

#include "engine/job.h"
#include "engine/outage.h"
#include "engine/retry.h"

/** Redirects that are followed. */
#define FA_HOPS_MAX 10

/** What the rest of the session says about the case. */
struct fa_settle_case {
    struct fa_outage_policy policy;
    bool has_state;     /**< Parts can be resumed by a later run. */
    bool stopped;       /**< The run is ending: nothing is requested again. */
    bool paused;        /**< The disk is full, and the run waits for space. */
    int next_mirror;    /**< fa_scheduler_next_mirror() */
    int failing_mirror; /**< fa_scheduler_failing_mirror() */
    uint64_t random;
};

enum fa_settled_what {
    FA_SETTLED_REQUEST, /**< Request the job's target at once. */
    FA_SETTLED_MIRROR,  /**< Request fa_settled.mirror at once. */
    FA_SETTLED_RETRY,   /**< Request the first usable mirror after fa_settled.wait seconds. */
    FA_SETTLED_FAILED,  /**< With job->outcome.error. */
};

struct fa_settled {
    enum fa_settled_what what;
    unsigned mirror;
    double wait;
    bool retry;        /**< To be reported as a retry. */
    bool record_part;  /**< The state is to know the part as it is now. */
    bool drop_part;    /**< The part is of no use any more. */
    bool http2_failed; /**< Counts against HTTP/2 at the origin. */
    bool stops_run;    /**< No other file can be written either. */
    bool transient;    /**< FAILED: a later run may succeed. */
};

/** Before all else, once after each attempt: what the attempt has left of the part, when it failed
 * (see also fa_settle_crashed()), and what it says about later requests. */
void fa_settle_attempt(struct fa_job *job);

/** Salvage the part of a crashed worker.  @size  Of the part file; -1: it is of no use. */
void fa_settle_crashed(struct fa_job *job, int64_t size);

/** The attempt brought a redirect: follow it.  @return 0; or -1, and job->outcome.error says why not:
 * fa_settle_failure() comes next. */
int fa_settle_redirect(struct fa_job *job);

/** The attempt brought the whole file.  The part may be resumed as a complete one if the program is
 * killed before it has its name.  @return whether the state has to hear of it now. */
bool fa_settle_complete(struct fa_job *job);

/** The server says that the existing file is current.  @return whether the digest of the list is
 * still to be compared with it. */
bool fa_settle_unchanged(struct fa_job *job);

/** An attempt failed, or the file does not match its checksum, or it cannot get its name. */
struct fa_settled fa_settle_failure(struct fa_job *job, const struct fa_settle_case *with);

/** Bytes that the job still has to write, as far as that is known. */
uint64_t fa_settle_need(const struct fa_job *job);

/** Whether an error will hit every other file too. */
bool fa_settle_stops_run(const struct fa_error *error);

#endif
