/**
 * Opens the parts of a session.
 */
#ifndef FA_ENGINE_OPENING_H
#define FA_ENGINE_OPENING_H

#include "engine/engine.h"

/** Open all parts.  The first error wins; fa_session_free() cleans up what was opened. */
int fa_opening_session(struct fa_session *session, struct fa_error *err);

/** Open again the parts that last for one run; see fa_session_run() about a second run. */
int fa_opening_run(struct fa_session *session, struct fa_error *err);

#endif
