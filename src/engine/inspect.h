/**
 * Read access to the state of a folder, without taking part in a run.
 */
#ifndef FA_ENGINE_INSPECT_H
#define FA_ENGINE_INSPECT_H

#include "engine/store.h"
#include "list/entry.h"
#include "state/state.h"

/**
 * Open the state for reading.
 *
 * @dir   The folder as the user named it, for messages.
 * @file  NULL: DIR/.fetchall/state.db.
 * @return What fa_state_close() releases; or NULL, with FA_CLASS_REFUSED if there is no state.
 */
struct fa_state *fa_inspect_open(struct fa_store *store, const char *dir, const char *file,
                                 struct fa_error *err);

/** The shard whose state is DIR/.fetchall/shard-I-of-N/state.db; count 0: another file, or NULL. */
struct fa_shard fa_inspect_shard(const char *file);

/** Whether the file of a record exists, as far as the state knows. */
bool fa_inspect_has_file(const struct fa_record *record);

/**
 * Whether an entry contains secrets: headers, or secrets in its URLs.
 *
 * @keys  As fa_config.secret_keys.
 */
bool fa_inspect_is_secret(const struct fa_entry *entry, const char *keys);

#endif
