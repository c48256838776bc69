/**
 * What the turn does with the command of --exec: see engine/hooks.h.
 */
#ifndef FA_ENGINE_HOOKING_H
#define FA_ENGINE_HOOKING_H

#include "engine/engine.h"

/** Start the process that runs the commands of the config, if there are any.  Call it before the
 * process is confined. */
int fa_hooking_open(struct fa_session *s, struct fa_error *err);

/** Record that the command is pending.  Call it before the file of a job gets its name. */
int fa_hooking_prepare(struct fa_session *s, struct fa_job *job, struct fa_error *err);

/** End a job whose file is complete, after its command if that is due. */
void fa_hooking_end(struct fa_session *s, struct fa_job *job, enum fa_status status);

/** End the jobs whose commands have ended, and start further commands. */
void fa_hooking_review(struct fa_session *s);

#endif
