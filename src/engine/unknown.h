/**
 * Notices about options of entries that have no effect.
 */
#ifndef FA_ENGINE_UNKNOWN_H
#define FA_ENGINE_UNKNOWN_H

#include "engine/emit.h"
#include "list/entry.h"

#include <stddef.h>
#include <stdint.h>

/** Names that are remembered; further ones are not reported. */
#define FA_UNKNOWN_MAX 128

/** Names that were reported: their hashes.  All zero: none. */
struct fa_unknown {
    uint64_t keys[FA_UNKNOWN_MAX];
    size_t count;
};

/**
 * Report the unknown options of an entry, each name once.
 *
 * @keys  As fa_config.secret_keys.
 */
void fa_unknown_report(struct fa_unknown *unknown, struct fa_emitter *emitter,
                       const struct fa_entry *entry, const char *keys);

#endif
