/**
 * A hedge: a second request for the file of a job, while its own attempt is in progress (Dean and
 * Barroso, The Tail at Scale, 2013).
 *
 * It has a connection of its own, maybe to a mirror, and writes to a part of its own, from byte 0.
 * The first of both that brings the file ends the other.  A hedge that fails is no failure of its
 * job.  If the job's own attempt fails first, the job waits for the hedge: its failure counts only
 * if the hedge fails, too.
 *
 * A hedge requests what its job requests now: where the redirects of the job led, or a mirror.  So
 * the files of a redirector that leads to one slow host are hedged there.  A redirect that the
 * hedge itself gets is not followed: redirects belong to the entry, which decides once for each hop
 * what of the user's secrets and cookies goes there (engine/secrecy.h), and counts the hops.  A
 * hedge with hops of its own would need a second copy of that, with lookups and limits of further
 * origins, for the few files at the end of a run whose mirror redirects.
 */
#ifndef FA_ENGINE_HEDGE_H
#define FA_ENGINE_HEDGE_H

#include "engine/job.h"

enum fa_hedge_state {
    FA_HEDGE_WAITS,  /**< Until the name of its host is looked up. */
    FA_HEDGE_ACTIVE, /**< The strategy has it. */
    FA_HEDGE_ENDED,  /**< To be settled; */
    FA_HEDGE_WON,    /**< or it has the file, and the job's own attempt is being cancelled. */
    FA_HEDGE_STATES
};

struct fa_hedge {
    enum fa_hedge_state state;
    struct fa_attempt attempt;
    struct fa_outcome outcome;  /**< Once it has ended. */
    struct fa_job *job;         /**< NULL: the job does not wait for it any more. */
    struct fa_origin *origin;   /**< Counts it as active. */
    unsigned mirror;            /**< Of the job. */
    uint64_t key;               /**< Of its part. */
    struct fa_inode inode;      /**< Of its part. */
    char *printed;              /**< Owned: its URL, redacted. */
    void *texts;                /**< Owned: those of the attempt. */
    bool alone;                 /**< The job's own attempt has failed. */
    bool host_failed;           /**< With its host. */
    TAILQ_ENTRY(fa_hedge) same; /**< Those of the same state. */
};

TAILQ_HEAD(fa_hedge_list, fa_hedge);

/** Whether it has brought the file, or the proof that the existing file is current. */
bool fa_hedge_is_good(const struct fa_hedge *hedge);

/** The job, if any, has no hedge then. */
void fa_hedge_free(struct fa_hedge *hedge);

#endif
