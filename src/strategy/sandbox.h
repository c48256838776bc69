/**
 * The sandbox of a download worker process.
 */
#ifndef FA_STRATEGY_SANDBOX_H
#define FA_STRATEGY_SANDBOX_H

#include "transfer/settings.h"

#include <fetchall/error.h>

/** Confine the calling process: see confine/confine.h. */
int fa_sandbox_enter_worker(const struct fa_settings *settings, struct fa_error *err);

#endif
