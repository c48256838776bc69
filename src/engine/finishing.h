/**
 * What is done with a complete part in a session: hash, publish or pack it; finish.h has the CPU
 * stage itself.  Single-threaded, like the session.
 */
#ifndef FA_ENGINE_FINISHING_H
#define FA_ENGINE_FINISHING_H

#include "engine/engine.h"

/** The part of a job is complete: hash it if that is needed, else publish it. */
void fa_finishing_put(struct fa_session *s, struct fa_job *job, double now);

/** A file has come back from the CPU stage. */
void fa_finishing_hashed(struct fa_session *s, struct fa_job *job, enum fa_hashed hashed,
                         double now);

/** Handle a job that is a member of an archive now, or has failed to become one. */
void fa_finishing_packed(struct fa_session *s, struct fa_job *job, enum fa_packed packed,
                         const struct fa_error *err, double now);

#endif
