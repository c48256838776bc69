/**
 * Counters of a run, for observers and for the state.
 */
#ifndef FA_ENGINE_COUNTS_H
#define FA_ENGINE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct fa_counts {
    double began;       /**< When the run began, on the session's clock. */
    uint64_t entries;   /**< Read. */
    uint64_t done;      /**< Entries that have ended. */
    uint64_t saved;     /**< Ended entries that FA_EVENT_SAVED has covered. */
    uint64_t failed;    /**< Ended entries that failed. */
    uint64_t cancelled; /**< Failed entries that the end of the run cancelled. */
    bool lists_final;   /**< All entries have been read. */
    uint64_t bytes;     /**< Received by attempts that have ended. */
    uint64_t hedges;    /**< Transfers that were requested twice. */
    uint64_t encoded;   /**< Files that were sent with a Content-Encoding that was not requested. */
};

#endif
