/**
 * Prepared easy handles, which the transfers of one multi handle copy: one for each set of options
 * that was used lately.
 */
#ifndef FA_TRANSFER_MODELS_H
#define FA_TRANSFER_MODELS_H

#include "transfer/settings.h"

#include <curl/curl.h>

#define FA_MODELS_MAX 8

/** Initialise to zero. */
struct fa_models {
    struct fa_model {
        const struct fa_settings *settings; /**< Borrowed; only its address counts. */
        CURL *easy;                         /**< Owned; NULL: none. */
    } kept[FA_MODELS_MAX];
    unsigned next; /**< The one that is replaced next. */
};

void fa_models_fini(struct fa_models *models);

/** @return The model for settings; NULL: none. */
CURL *fa_models_find(const struct fa_models *models, const struct fa_settings *settings);

/** Keep a model for settings that have none, in place of the oldest one.  @easy  Taken. */
void fa_models_put(struct fa_models *models, const struct fa_settings *settings, CURL *easy);

#endif
