/**
 * Files that a run reads while it writes to the same folder: no entry may replace them.
 *
 * The name of one inside the folder is reserved, so that an entry of that name gets another; and
 * each is recognised by its inode, whatever path leads to it.
 */
#ifndef FA_ENGINE_KEPT_H
#define FA_ENGINE_KEPT_H

#include "engine/claims.h"
#include "engine/store.h"

#include <fetchall/config.h>

/** Reserve the names of outputs, and keep the files that the config names. */
int fa_kept_open(const struct fa_config *config, struct fa_store *store, struct fa_claims *claims,
                 struct fa_error *err);

/** Keep one file, which may not exist yet. */
int fa_kept_add(struct fa_store *store, struct fa_claims *claims, const char *file,
                struct fa_error *err);

#endif
