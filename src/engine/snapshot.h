/**
 * Snapshots of a run, for the observer.
 */
#ifndef FA_ENGINE_SNAPSHOT_H
#define FA_ENGINE_SNAPSHOT_H

#include "engine/engine.h"

void fa_snapshot_send(const struct fa_session *s);

#endif
