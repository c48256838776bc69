/**
 * The settings of a session, given to a libcurl handle.
 */
#ifndef FA_TRANSFER_SETUP_H
#define FA_TRANSFER_SETUP_H

#include "transfer/settings.h"

#include <curl/curl.h>

/** Set what all attempts have in common; the handle is new, or curl_easy_reset(3). */
void fa_setup_apply(CURL *easy, const struct fa_settings *settings);

#endif
