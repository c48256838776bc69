/**
 * A file that several connections fetch at once, each a range of it (RFC 9110, 14.2), into one
 * part.
 *
 * The job's own attempt is the first connection: it is like any other attempt, and starts at the
 * first byte that is missing.  The others are segments: attempts for a range that lies ahead, which
 * only add bytes.  If one fails nothing is lost: its range is given back, and the job fetches what
 * is missing in the end.  So retries, mirrors, redirects and errors of an entry are those of the
 * job's attempts, as without segments.
 *
 * What is there is in the map of the part (engine/part_map.h).  It is written from time to time,
 * and a later run continues with it.  All bytes come from answers with one strong validator and one
 * total size.
 *
 * This pair has the state of one such file, and decides about ranges; pure but for the map.
 */
#ifndef FA_ENGINE_SPLIT_H
#define FA_ENGINE_SPLIT_H

#include "engine/growth.h"
#include "engine/part_map.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"

#include <sys/queue.h>

struct fa_job;
struct fa_origin;

/** A range is not worth a connection if it is shorter. */
#define FA_SPLIT_LEAST (1 << 20)
/** Seconds between two maps that are written, and if the bytes are synced before. */
#define FA_SPLIT_SAVE      0.25
#define FA_SPLIT_SAVE_SYNC 2.0

/** What a connection fetches. */
struct fa_stretch {
    uint64_t first; /**< Where its answer begins. */
    uint64_t at;    /**< The bytes before it are in the part file. */
    uint64_t got;   /**< The bytes before it were received. */
    uint64_t limit; /**< It is stopped there, as the rest is not its own. */
    uint64_t end;   /**< Where its answer ends, if it is not stopped. */
};

/** A connection besides the job's own attempt. */
struct fa_segment {
    struct fa_attempt attempt;
    struct fa_outcome outcome; /**< Once it has ended. */
    struct fa_job *job;        /**< NULL: its bytes are not wanted any more. */
    struct fa_origin *origin;  /**< Counts it as active. */
    struct fa_stretch stretch;
    bool stopped; /**< It was cancelled on purpose. */
    bool ended;   /**< It waits to be settled. */
    bool trial;   /**< Its range is short, so it need not be stopped if it does not pay. */
    void *texts;  /**< Owned: those of the attempt. */
    LIST_ENTRY(fa_segment) sibling;
    TAILQ_ENTRY(fa_segment) flight;
};

TAILQ_HEAD(fa_segment_list, fa_segment);

struct fa_split {
    struct fa_job *job; /**< Once it has started. */
    int fd;             /**< Of the part, for the map; -1: none is written. */
    struct fa_part_map map;
    bool syncs; /**< Sync the bytes before a map that claims them. */
    double saved_at;
    uint64_t saved; /**< Bytes in the map that was written. */
    uint64_t kept;  /**< Bytes of an earlier run. */
    LIST_HEAD(, fa_segment) segments;
    unsigned n_segments;
    bool active;           /**< The job's own attempt is in progress, with an answer. */
    struct fa_stretch own; /**< What it fetches. */
    bool stopped;          /**< It was cancelled at its limit. */
    bool proven;           /**< The server has answered a range with that range. */
    bool tried;            /**< A connection has found, or is finding, whether more of them pay. */
    bool host_failed;      /**< It failed with its host. */
    struct fa_growth growth;
    LIST_ENTRY(fa_split) all;
};

/** @fd  Taken.  @return NULL: no memory. */
struct fa_split *fa_split_new(int fd, const struct fa_part_map *map);

/** Frees no segments: there may be none. */
void fa_split_free(struct fa_split *split);

/** Note how far an attempt in progress has come. */
void fa_split_note(struct fa_split *split, struct fa_stretch *stretch,
                   const struct fa_attempt *attempt);

/** An attempt has ended with those bytes in the part file. */
void fa_split_note_end(struct fa_split *split, struct fa_stretch *stretch,
                       const struct fa_outcome *outcome);

/** Whether every byte is there. */
bool fa_split_is_whole(const struct fa_split *split);

/** The first range that is missing: what the job's own attempt requests. */
bool fa_split_missing(const struct fa_split *split, struct fa_extent *ret);

/**
 * Choose a range for another segment, and take it from the connection that has it.
 *
 * @more    Segments that will be started now, including this one.
 * @most    Bytes, but at least FA_SPLIT_LEAST; 0: no limit.
 * @return  whether there is one that is worth it.
 */
bool fa_split_take(struct fa_split *split, unsigned more, uint64_t most, struct fa_extent *ret);

/** A segment has failed, and was removed: what nobody fetches after the range of a connection is
 * given back to that one, if its answer has it.  So a server that answers no request any more, for
 * example because a signature has expired, does not fail the file. */
void fa_split_give_back(struct fa_split *split);

/** No segment will be added: the job's own attempt fetches all that its answer has, so that it
 * needs no other request. */
void fa_split_run_on(struct fa_split *split);

/** The file has changed: only the job's own answer counts, up to its end. */
void fa_split_forget_segments(struct fa_split *split);

/** Bytes that are there. */
uint64_t fa_split_bytes(const struct fa_split *split);

/** Connections that have an answer, or wait for one. */
unsigned fa_split_live(const struct fa_split *split);

/** Write the map.  An error leaves the map before it. */
void fa_split_save(struct fa_split *split, double now);

/** Whether it is time for that. */
bool fa_split_is_due(const struct fa_split *split, double now);

#endif
