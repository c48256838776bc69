/**
 * The line of entries whose URL and path an earlier entry of the run has, and that may end
 * otherwise than that one: with a checksum, a size or mirrors of their own.  They wait until the
 * path is free.
 */
#ifndef FA_ENGINE_REPEATS_H
#define FA_ENGINE_REPEATS_H

#include "engine/engine.h"

/** Let a job wait for its path. */
void fa_repeats_put(struct fa_session *s, struct fa_job *job);

/** Take the first job of the line, if its path is free.  @return NULL: it is not. */
struct fa_job *fa_repeats_take(struct fa_session *s, double now);

#endif
