/**
 * What a worker process that downloads keeps.
 */
#ifndef FA_STRATEGY_RIGHTS_H
#define FA_STRATEGY_RIGHTS_H

#include "transfer/settings.h"

#include <fetchall/error.h>

/** Confine the calling process: see confine/confine.h. */
int fa_rights_confine(const struct fa_settings *settings, struct fa_error *err);

#endif
