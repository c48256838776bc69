/**
 * A job: the download of one entry, with its retries.
 */
#ifndef FA_ENGINE_JOB_H
#define FA_ENGINE_JOB_H

#include "engine/store.h"
#include "engine/timers.h"
#include "list/entry.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/url.h"

#include <fetchall/event.h>

struct fa_origin;
struct fa_stage_result;

enum fa_job_state {
    FA_JOB_NEW,
    FA_JOB_QUEUED,  /**< In the queue of its origin. */
    FA_JOB_ACTIVE,  /**< An attempt is under way. */
    FA_JOB_WAITING, /**< For the time of its retry. */
    FA_JOB_FETCHED, /**< Its part, or the file that was there, waits for the stage. */
    FA_JOB_HASHING, /**< In the stage. */
    FA_JOB_FINAL,
};

/** What fa_job.target is. */
enum fa_leg {
    FA_LEG_LISTED,  /**< A URL of the list. */
    FA_LEG_FOREIGN, /**< A redirect has left the origin of the list's URL: secrets stay behind. */
};

#define FA_MIRRORS_MAX 64

/** What stands of a file in its part, for the next attempt. */
struct fa_part {
    uint64_t bytes;               /**< 0: nothing. */
    uint64_t mirror;              /**< Key of the list's URL that they came from. */
    struct fa_representation rep; /**< Of those bytes, or of the last that were thrown away. */
};

/** The file of an earlier run that a job finds under its name. */
struct fa_known {
    struct fa_representation rep; /**< The total is its size when it was complete. */
    struct fa_digest digest;      /**< hash 0: none. */
    bool done;                    /**< The state says so, and of nothing that came after it. */
    bool doubtful;                /**< The machine went down after it was written. */
};

struct fa_job {
    struct fa_timer timer;  /**< First: a timer's address is its job's.  Of its retry. */
    struct fa_entry *entry; /**< Owned. */
    char *path;             /**< Owned; relative to the folder. */
    uint64_t key;           /**< Of the path: names its part, and its record in the state. */
    uint64_t owner;         /**< Key of the first URL, which the path belongs to. */
    enum fa_job_state state;

    struct fa_url target;     /**< What is asked next, or now. */
    struct fa_origin *origin; /**< Of target. */
    enum fa_leg leg;
    bool secure;         /**< An https URL of the list leads here: http is refused. */
    unsigned mirror;     /**< Index of the list's URL that is tried. */
    uint64_t exhausted;  /**< Bits of mirrors that failed for good. */
    uint64_t mirror_key; /**< Of that URL. */
    unsigned hops;       /**< Redirects since the list's URL. */

    struct fa_part part;
    struct fa_inode inode;   /**< Of the part that its last attempt wrote to. */
    bool recorded;           /**< The state has a record of it, or had one. */
    bool stale;              /**< That is not about the part as it is now. */
    bool told;               /**< The state knows the head of this attempt. */
    uint64_t durable;        /**< Bytes of the part that it calls safe from a power cut. */
    struct fa_known *known;  /**< Owned; NULL: there is no such file. */
    bool conditional;        /**< Fetch it only if it is not the one that is known. */
    enum fa_restart restart; /**< Why bytes were thrown away, the last time. */
    unsigned refusals;       /**< Ranges that were answered with an error status. */
    bool whole;              /**< All of the file is asked for, though there is a part. */
    bool whole_asked;        /**< That was done. */

    unsigned attempts; /**< Tries begun, each with its redirects. */
    unsigned rounds;   /**< Tries of all mirrors in turn. */
    unsigned once;     /**< Failures with FA_RETRYABLE_ONCE. */
    unsigned crashes;  /**< Workers that died with it. */
    unsigned mismatches;
    bool http1;      /**< HTTP/2 has failed it. */
    bool probe;      /**< ACTIVE: it probes its origin. */
    unsigned outage; /**< QUEUED: that of its origin in which it has nowhere else to go. */
    bool again;      /**< The next attempt is a retry, not a redirect. */
    bool replace;    /**< A file that is there goes. */
    bool existing;   /**< FETCHED, HASHING: it is the file that was there. */
    bool unchanged;  /**< The server says so of the file that is there. */

    double read_at;    /**< When it was read from its list. */
    double started_at; /**< Its request. */
    double staged_at;
    int64_t size; /**< Of its file; -1: none. */
    uint64_t bytes;
    char *effective_url; /**< Owned: the last that was asked, without its secrets. */
    struct fa_attempt attempt;
    const char **headers;           /**< Owned: what attempt.headers is. */
    struct fa_outcome outcome;      /**< Of the last attempt. */
    double dns;                     /**< The lookup that its request waited for. */
    struct fa_times earlier;        /**< Of its attempt's requests before this one: redirects. */
    struct fa_stage_result *hashed; /**< Owned: what came back from the stage. */

    struct fa_job *next;                 /**< In the one queue that it is in. */
    struct fa_job *newer, *older;        /**< Among the active. */
    struct fa_job *all_next, **all_back; /**< Among all jobs of the session. */
};

/** @entry  Taken, also on failure. */
struct fa_job *fa_job_new(struct fa_entry *entry);
void fa_job_free(struct fa_job *job);

/** The one way to change the state; a transition that is not allowed aborts. */
void fa_job_set_state(struct fa_job *job, enum fa_job_state state);

struct fa_job_queue {
    struct fa_job *first;
    struct fa_job **last;
    size_t count;
};

void fa_job_queue_init(struct fa_job_queue *queue);
void fa_job_queue_push(struct fa_job_queue *queue, struct fa_job *job);
void fa_job_queue_push_front(struct fa_job_queue *queue, struct fa_job *job);

/** @return the first, taken out; or NULL. */
struct fa_job *fa_job_queue_pop(struct fa_job_queue *queue);

/** @return the last, taken out, at the cost of a walk; or NULL. */
struct fa_job *fa_job_queue_pop_last(struct fa_job_queue *queue);

#endif
