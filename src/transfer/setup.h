/**
 * Applies the settings of a session to a libcurl handle.
 */
#ifndef FA_TRANSFER_SETUP_H
#define FA_TRANSFER_SETUP_H

#include "transfer/settings.h"

#include <curl/curl.h>

/** Seconds without a byte after which the kernel asks a peer whether it is alive. */
#define FA_SETUP_KEEPIDLE 30

/** Set the options that all attempts share.  The handle is new or has been reset. */
void fa_setup_apply(CURL *easy, const struct fa_settings *settings);

/** The value of the field User-Agent for fa_request_set().  @return NULL: the handle has it. */
const char *fa_setup_agent(const struct fa_settings *settings);

#endif
