/**
 * Downloaded files become members of an archive: the turn's use of engine/pack.h.
 */
#ifndef FA_ENGINE_PACKING_H
#define FA_ENGINE_PACKING_H

#include "engine/engine.h"
#include "engine/recall.h"

/** Open the part.  The state is open. */
int fa_packing_open(struct fa_session *s, struct fa_error *err);

/** What exists at the path of a job: in an archive, or in the folder.
 *
 * @again  As fa_folder_look_again() does. */
enum fa_presence fa_packing_look(struct fa_session *s, const struct fa_job *job,
                                 const struct fa_recalled *record, bool again, int64_t *ret_size,
                                 struct fa_error *err);

/** Give a job its object and its name (--output cas), as far as job->place.twin says that they
 * lack.
 *
 * @return  As fa_finish_publish(). */
int fa_packing_publish(struct fa_session *s, struct fa_job *job, bool sync, struct fa_error *err);

/** Take the next job that is a member, or has failed.  @return FA_PACKED_NONE: none now */
enum fa_packed fa_packing_take(struct fa_session *s, struct fa_job **ret, struct fa_error *err,
                               double now);

/** Add the response to a job that has failed to the archive, if that is for responses.
 *
 * @transient  A later run may succeed.
 * @return whether the job has been queued for that */
bool fa_packing_put_failure(struct fa_session *s, struct fa_job *job, bool transient);

/** Record how long the open archive is, with the record of its last member. */
void fa_packing_record(struct fa_session *s);

/** Close the open volume at the end of a run.  @return 0, or -1 */
int fa_packing_end(struct fa_session *s, struct fa_error *err);

#endif
