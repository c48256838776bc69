/**
 * The state of a folder, for those who only look.
 */
#ifndef FA_ENGINE_INSPECT_H
#define FA_ENGINE_INSPECT_H

#include "engine/store.h"
#include "list/entry.h"
#include "state/state.h"

/**
 * Open the state for reading.
 *
 * @dir   The folder as the user named it.
 * @file  NULL: DIR/.fetchall/state.db.
 * @return What fa_state_close() releases; or NULL: the class is FA_CLASS_REFUSED if there is no
 *         state.
 */
struct fa_state *fa_inspect_open(struct fa_store *store, const char *dir, const char *file,
                                 struct fa_error *err);

/** Whether a file stands under the name of a record, as far as the state knows. */
bool fa_inspect_stands(const struct fa_record *record);

/**
 * Whether an entry holds what is not printed: headers, or secrets in its URLs.
 *
 * @keys  As fa_config.secret_keys.
 */
bool fa_inspect_is_secret(const struct fa_entry *entry, const char *keys);

#endif
