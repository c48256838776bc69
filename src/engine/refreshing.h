/**
 * What the turn does with the command of --refresh: see engine/refresh.h.
 */
#ifndef FA_ENGINE_REFRESHING_H
#define FA_ENGINE_REFRESHING_H

#include "engine/engine.h"

/** Continue with the jobs whose commands have ended, and start further commands. */
void fa_refreshing_review(struct fa_session *s, double now);

#endif
