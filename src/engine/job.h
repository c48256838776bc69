/**
 * A job: the download of one entry, with all of its attempts.
 */
#ifndef FA_ENGINE_JOB_H
#define FA_ENGINE_JOB_H

#include "engine/split.h"
#include "engine/store_part.h"
#include "engine/timers.h"
#include "list/entry.h"
#include "stage/stage.h"
#include "state/state.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/url.h"

#include <sys/queue.h>

struct fa_hedge;
struct fa_hook;
struct fa_origin;
struct fa_repair;

enum fa_job_state {
    FA_JOB_NEW,
    FA_JOB_QUEUED,  /**< In the queue of its origin. */
    FA_JOB_ACTIVE,  /**< An attempt is in progress. */
    FA_JOB_SPLIT,   /**< Only segments of it are in progress: see engine/split.h. */
    FA_JOB_WAITING, /**< Until the time of its retry. */
    FA_JOB_ASKING,  /**< For a new URL: see engine/refresh.h. */
    FA_JOB_FETCHED, /**< Its part, or the existing file, waits for the stage. */
    FA_JOB_HASHING, /**< In the stage. */
    FA_JOB_PACKING, /**< Its part waits for the archive, or is being appended. */
    FA_JOB_HOOKED,  /**< Its file is complete, and the command of --exec waits or runs. */
    FA_JOB_FINAL,
};

/** Mirrors of one entry that are used; any more are ignored. */
#define FA_MIRRORS_MAX 64

/** A URL of the entry, parsed once. */
struct fa_mirror {
    struct fa_url url;
    uint64_t key;    /**< Of the URL. */
    uint64_t origin; /**< Key of its origin. */
};

/** Who is requested, as seen from the URL of the list: see engine/secrecy.h. */
enum fa_secrecy {
    FA_SECRECY_HOME,       /**< The origin of the listed URL. */
    FA_SECRECY_TRUSTED,    /**< A host of fa_config.trust_hosts. */
    FA_SECRECY_FOREIGN,    /**< Any other origin. */
    FA_SECRECY_DOWNGRADED, /**< A redirect from https to http led there. */
};

/** What is requested. */
struct fa_target {
    struct fa_mirror *mirrors; /**< Owned: n_mirrors of them, in the order of the entry. */
    unsigned n_mirrors;
    unsigned mirror;          /**< The one that is used. */
    uint64_t exhausted;       /**< Bits of mirrors that failed for good. */
    struct fa_url redirect;   /**< Target of the last redirect; whole is NULL: none. */
    const struct fa_url *url; /**< What to request next: of the mirror, or redirect. */
    uint64_t origin_key;      /**< Of url's origin. */
    struct fa_origin *origin; /**< Valid in states QUEUED and ACTIVE. */
    unsigned hops;            /**< Redirects since the mirror's URL. */
    enum fa_secrecy secrecy;  /**< Of url. */
    char *cookies;            /**< Owned: of the redirects since the mirror's URL; NULL: none. */
    bool secure;              /**< url is https. */
    bool digest;              /**< Its origin asks for HTTP Digest authentication. */
};

/** An existing file of an earlier run at the path of a job. */
struct fa_known {
    struct fa_representation rep; /**< total is the size of the complete file. */
    struct fa_digest digest;      /**< hash 0: none. */
    bool done;                    /**< The state has it as complete. */
    bool doubtful;                /**< The machine crashed in the run that wrote it. */
};

/** The object of a digest: see engine/objects.h. */
enum fa_twin {
    FA_TWIN_NONE,    /**< There is none. */
    FA_TWIN_DAMAGED, /**< It has other bytes. */
    FA_TWIN_SAME,
};

/** The file. */
struct fa_place {
    char *path;             /**< Owned; relative to the folder. */
    char *plain;            /**< Owned: the name by its URL, if path is the server's; else NULL. */
    char *served;           /**< Owned: the name that the server gives, as it is; NULL: none. */
    uint64_t key;           /**< Of plain, or else of path: names the part, and the record in the
                                     state. */
    uint64_t owner;         /**< Key of the first URL, which the path belongs to. */
    struct fa_known *known; /**< Owned; NULL: no such file. */
    int64_t size;           /**< Of the complete file; -1: none. */
    bool conditional;       /**< Fetch it only if it differs from the known one. */
    bool replace;           /**< The existing file is replaced. */
    bool existing;          /**< FETCHED, HASHING: it is the existing file. */
    bool unchanged;         /**< The server says that the existing file is current. */
    bool folder_closed;     /**< Only its folder below DIR cannot be written. */
    enum fa_hook_standing hook; /**< The command of --exec, as the record has it. */
    bool hooked;                /**< It ran in this run, and ended well. */
    bool holds;                 /**< No other job may have the path: see engine/claims.h. */
    bool repeat;                /**< An earlier entry has its URL and path: see engine/repeats.h. */
    uint64_t archive;           /**< The archive that the file is in; 0: none. */
    uint64_t offset;            /**< Of its first byte there. */
    enum fa_twin twin;          /**< PACKING: the object of its digest. */
    bool shared;                /**< existing: that entry's file, only to be compared. */
};

/** What is in the part file, for the next attempt. */
struct fa_part {
    uint64_t bytes;               /**< 0: nothing. */
    uint64_t mirror;              /**< Key of the mirror that they came from. */
    struct fa_representation rep; /**< Of those bytes, or of the last that were discarded. */
    struct fa_inode inode;        /**< Of the file that the last attempt wrote to. */
    bool unnamed;                 /**< It has no name yet: attempt.fd is all that refers to it. */
    bool recorded;                /**< The state has, or had, a record of it. */
    bool stale;                   /**< That record does not describe the present bytes. */
    bool withdrawn;               /**< That record was replaced by one that describes no bytes. */
    bool head_recorded;           /**< The state has the head of this attempt. */
    struct fa_split *split;       /**< Owned: several attempts write to it, and bytes is the sum of
                                       what is there; NULL: it is bytes from the start. */
    uint64_t synced;              /**< Bytes that are on the disk according to the record. */
};

/** Attempts so far. */
struct fa_tries {
    unsigned attempts; /**< Started, each with its redirects. */
    unsigned rounds;   /**< Failures of the last mirror of a round. */
    unsigned once;     /**< Failures with FA_RETRYABLE_ONCE. */
    unsigned crashes;  /**< Workers that crashed with it. */
    unsigned mismatches;
    unsigned repairs;        /**< Bad pieces were fetched again. */
    unsigned refusals;       /**< Ranges that were answered with an error status. */
    uint64_t reached;        /**< Bytes of the part at the last progress, or at the start. */
    bool progress;           /**< The last attempt brought the part FA_SETTLE_PROGRESS further. */
    enum fa_restart restart; /**< Why bytes were discarded, the last time. */
    bool again;              /**< The next request starts an attempt; it is not a redirect. */
    bool http1;              /**< HTTP/2 has failed it. */
    bool fresh;              /**< It opens a connection of its own: see fa_outcome.idle. */
    bool whole;              /**< Request the whole file, though there is a part. */
    bool whole_requested;    /**< That was done once. */
    unsigned draws;          /**< Redirects in a row to hosts that could not be requested. */
    bool unsplit;            /**< Its part cannot be split. */
    bool probe;              /**< ACTIVE: it probes its origin. */
    uint32_t round;          /**< ACTIVE: what fa_concurrency_started() returned. */
    uint64_t counted;        /**< ACTIVE: received bytes that the origin has counted. */
    bool failed;             /**< With its host, in this run or the last: others go first. */
    uint64_t failed_key;     /**< URL and origin that the three fields below are about. */
    double failed_at;        /**< First time that it was answered with overload; 0: never. */
    double asked_at;         /**< First time that it was answered with Retry-After; 0: never. */
    bool limited;            /**< With 429, or with a rate limit that is spent. */
    struct fa_origin *leads; /**< It logs in for the others of that origin; NULL: no. */
    unsigned outage;         /**< QUEUED: the outage in which it has no mirror to go to. */
    bool hedged;             /**< It has, or had, a hedge. */
    unsigned refreshes;      /**< New URLs that were asked for. */
    bool unrefreshed;        /**< None was got: do not ask again. */
};

/** Times on the session's clock, and in seconds. */
struct fa_timing {
    double read;             /**< When the entry was read. */
    double started;          /**< When its request started. */
    double queued;           /**< When it came into its line. */
    double staged;           /**< When it went to the stage. */
    double dns;              /**< Seconds of the lookup that its request waited for. */
    struct fa_times earlier; /**< Of the requests of its attempt before this one: redirects. */
};

struct fa_job {
    struct fa_timer timer;  /**< Of its retry.  First, so that its address is that of the job. */
    struct fa_entry *entry; /**< Owned. */
    enum fa_job_state state;
    struct fa_slice slice;    /**< Of the entry, or of the config. */
    char range[FA_SLICE_MAX]; /**< The same as a text; "": the whole file. */
    struct fa_target target;
    struct fa_place place;
    struct fa_part part;
    struct fa_tries tries;
    struct fa_timing timing;
    uint64_t bytes;      /**< Received in all attempts. */
    struct fa_tcp tcp;   /**< Of the connections of all attempts. */
    char *effective_url; /**< Owned: the last one requested, redacted. */
    struct fa_attempt attempt;
    const char **headers;              /**< Owned: what attempt.headers is. */
    struct fa_outcome outcome;         /**< Of the last attempt. */
    struct fa_capture *redirects;      /**< Owned: those that led to url, the last one first. */
    struct fa_stage_result *hashed;    /**< Owned: the result of the stage. */
    struct fa_running_digest *running; /**< Owned: of its part; NULL: none. */
    bool followed;                     /**< It is that of what the last attempt wrote. */
    struct fa_repair *repair;          /**< Owned: the check of its pieces; NULL: none. */
    bool ended;                        /**< ACTIVE: the attempt is over, and not settled yet. */
    bool failed;                       /**< PACKING: there is no file, but a response. */
    bool transient;                    /**< With failed: a later run may succeed. */
    struct fa_hook *hook;              /**< Owned: its command; NULL: none. */
    uint64_t robots;        /**< It fetches the robots.txt of that origin, and is no entry: see
                                         engine/obeying.h.  0: no. */
    char *renewed;          /**< Owned: ASKING: a new URL; NULL: none. */
    struct fa_hedge *hedge; /**< Borrowed: its second request, while it is waited for. */

    TAILQ_ENTRY(fa_job) queued; /**< In the one queue that it is in. */
    TAILQ_ENTRY(fa_job) active; /**< Among the active. */
    LIST_ENTRY(fa_job) all;     /**< Among all jobs of the session. */
};

/** @entry  Taken, also on failure. */
struct fa_job *fa_job_new(struct fa_entry *entry);
void fa_job_free(struct fa_job *job);

/** Name a part that has no name, so that it can be resumed, or hashed by the stage. */
int fa_job_name_part(struct fa_job *job, struct fa_store *store, struct fa_error *err);

/** Close the descriptor that was lent to the strategy.  A part without a name is gone then. */
void fa_job_close_part(struct fa_job *job);

/** The one way to change the state; a transition that is not allowed aborts. */
void fa_job_set_state(struct fa_job *job, enum fa_job_state state);

/** Whether the job has a part that is not published yet. */
bool fa_job_has_part(const struct fa_job *job);

/**
 * Parse the URLs of the entry.
 *
 * @bad  Called for each that is invalid, its number counted from 0.
 * @return 0; or -1, and err says why the last one is invalid: none of them can be requested.
 */
int fa_job_parse(struct fa_job *job,
                 void (*bad)(void *ctx, const struct fa_job *job, unsigned mirror,
                             const struct fa_error *why),
                 void *ctx, struct fa_error *err);

/** Target that mirror.  @return 0, or -1 if it is exhausted: then nothing has changed. */
int fa_job_target(struct fa_job *job, unsigned mirror);

/** Target the first mirror that is not exhausted, from that one on in a circle.  @return 0 or -1 */
int fa_job_target_from(struct fa_job *job, unsigned mirror);

/**
 * Replace the URL of the mirror that is used, and target it.
 *
 * @url   Taken.
 * @same  It is of the same file, so that the part of the old one can be resumed.
 */
void fa_job_renew(struct fa_job *job, struct fa_url *url, bool same);

/** Set the error of an outcome that is an HTTP status to "403 Forbidden, WHY". */
void fa_job_explain_status(struct fa_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Whether all mirrors are exhausted. */
bool fa_job_is_exhausted(const struct fa_job *job);

/** Set the cookies of the next request.  @cookies  Taken. */
void fa_job_set_cookies(struct fa_job *job, char *cookies);

/** Take the cookies of the outcome for the next request of the chain. */
void fa_job_take_cookies(struct fa_job *job);

/** Target the URL of the redirect in the outcome, whose cookies are taken.  @url  Taken. */
void fa_job_follow(struct fa_job *job, struct fa_url *url, enum fa_secrecy secrecy);

TAILQ_HEAD(fa_job_list, fa_job);

struct fa_job_queue {
    struct fa_job_list jobs;
    size_t count;
};

void fa_job_queue_init(struct fa_job_queue *queue);
void fa_job_queue_push(struct fa_job_queue *queue, struct fa_job *job);
void fa_job_queue_push_front(struct fa_job_queue *queue, struct fa_job *job);

/** @return the first, removed; or NULL. */
struct fa_job *fa_job_queue_pop(struct fa_job_queue *queue);

#endif
