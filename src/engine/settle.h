/**
 * Decides about a job after an attempt, or after the CPU stage.  Pure: it updates the counts of the
 * job, and returns a verdict that the turn carries out.
 */
#ifndef FA_ENGINE_SETTLE_H
#define FA_ENGINE_SETTLE_H

#include <fetchall/config.h>

#include "engine/job.h"
#include "engine/outage.h"
#include "engine/retry.h"

/** Progress: a failed attempt that left so many more bytes than any before it, to be resumed.  It
 * renews the retries.  The minimum keeps a server that sends a byte each time from being requested
 * for ever: a file takes at most size / FA_SETTLE_PROGRESS rounds of retries. */
#define FA_SETTLE_PROGRESS 16384

/** New URLs that are asked for an entry in one run. */
#define FA_SETTLE_REFRESHES 3

/** What the decision depends on besides the job. */
struct fa_settle_case {
    struct fa_outage_policy policy;
    bool has_state;     /**< Parts can be resumed by a later run. */
    bool stopped;       /**< The run is ending: nothing is requested again. */
    bool paused;        /**< The disk is full, and the run waits for space. */
    bool refreshes;     /**< There is a command for new URLs: see engine/refresh.h. */
    bool host_pauses;   /**< fa_scheduler_pauses() */
    int next_mirror;    /**< fa_scheduler_next_mirror() */
    int failing_mirror; /**< fa_scheduler_failing_mirror() */
    uint64_t random;
};

enum fa_settled_what {
    FA_SETTLED_REQUEST, /**< Request the job's target at once. */
    FA_SETTLED_MIRROR,  /**< Request fa_settled.mirror at once. */
    FA_SETTLED_RETRY,   /**< After fa_settled.wait seconds, request the first usable mirror from
                             fa_settled.mirror on. */
    FA_SETTLED_REFRESH, /**< Ask for a new URL. */
    FA_SETTLED_FAILED,  /**< With job->outcome.error. */
};

struct fa_settled {
    enum fa_settled_what what;
    unsigned mirror;
    double wait;
    bool retry;        /**< To be reported as a retry. */
    bool record_part;  /**< Record the part as it is now. */
    bool drop_part;    /**< Remove the part. */
    bool http2_failed; /**< Counts against HTTP/2 at the origin. */
    bool stops_run;    /**< No other file can be written either. */
    bool transient;    /**< FAILED: a later run may succeed. */
};

/** Call this first, once after each attempt: it updates the part if the attempt failed (see also
 * fa_settle_crashed()), and what the outcome says about later requests. */
void fa_settle_attempt(struct fa_job *job);

/** Salvage the part of a crashed worker.  @size  Of the part file; -1: it is missing or stale. */
void fa_settle_crashed(struct fa_job *job, int64_t size);

/** The file is complete.  If the process is killed before it is renamed, a later run resumes the
 * part as a complete one.  @return whether to record the part now. */
bool fa_settle_complete(struct fa_job *job);

/** The server says that the existing file is current.  @return whether it must still be compared
 * with the digest of the list. */
bool fa_settle_unchanged(struct fa_job *job);

/** An attempt failed, or the file does not match its checksum, or it cannot be renamed. */
struct fa_settled fa_settle_failure(struct fa_job *job, const struct fa_settle_case *with);

/** Bytes that the job still has to write; 0: unknown. */
uint64_t fa_settle_need(const struct fa_job *job);

/** Whether an error will hit every other file too. */
bool fa_settle_stops_run(const struct fa_error *error);

#endif
