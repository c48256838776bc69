/**
 * Split jobs in the turn: which files are fetched in segments, and what becomes of each segment.
 */
#ifndef FA_ENGINE_SEGMENTS_H
#define FA_ENGINE_SEGMENTS_H

#include "engine/engine.h"

/** Seconds between two reviews while connections share a file, or may be about to. */
#define FA_SEGMENTS_EVERY 0.025

/** Whether a review is due. */
bool fa_segments_are_due(const struct fa_session *s, double now);

/** When the next turn is needed for a review; INFINITY: the tick suffices. */
double fa_segments_alarm(const struct fa_session *s);

/** Note the progress of all split jobs, stop connections that have reached their limit or whose
 * slot a job waits for, and start new ones on slots that no job waits for. */
void fa_segments_review(struct fa_session *s, double now);

/** The own attempt of a split job has ended: call it before its outcome is settled. */
void fa_segments_take_own(struct fa_session *s, struct fa_job *job);

/**
 * Settle segments that have ended.
 *
 * @ret_origin  Review it after the job.
 * @return  the next job of which nothing is in progress any more; or NULL.
 */
struct fa_job *fa_segments_settle(struct fa_session *s, struct fa_origin **ret_origin, double now);

/** What becomes of a split job whose own attempt or last segment has ended. */
enum fa_joined {
    FA_JOINED_WAIT,    /**< Others are in progress. */
    FA_JOINED_FILE,    /**< The file is complete, and the outcome is that of a whole file. */
    FA_JOINED_REQUEST, /**< Request what is missing. */
    FA_JOINED_OUTCOME, /**< Settle the outcome like any other. */
};
enum fa_joined fa_segments_join(struct fa_session *s, struct fa_job *job, double now);

#endif
