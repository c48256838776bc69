/**
 * What the turn counts, for observers and for the state.
 */
#ifndef FA_ENGINE_COUNTS_H
#define FA_ENGINE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct fa_counts {
    uint64_t entries;   /**< Read. */
    uint64_t done;      /**< Of them, those that have ended. */
    uint64_t failed;    /**< Of those. */
    uint64_t cancelled; /**< Of those: the run ended first. */
    bool lists_final;   /**< There will be no more entries. */
    uint64_t bytes;     /**< Received by attempts that have ended. */
};

#endif
