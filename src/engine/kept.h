/**
 * Files that a run reads while it writes to the same folder: no entry may replace them.
 *
 * The name of a file inside the folder is reserved, so that an entry of that name gets its
 * alternative.  The inode is remembered too, as another path may lead to the same file.
 */
#ifndef FA_ENGINE_KEPT_H
#define FA_ENGINE_KEPT_H

#include "engine/claims.h"
#include "engine/store.h"

#include <fetchall/config.h>

/** Reserve the names of outputs, and protect the files that the config names. */
int fa_kept_open(const struct fa_config *config, struct fa_store *store, struct fa_claims *claims,
                 struct fa_error *err);

/** Protect one file, which need not exist yet. */
int fa_kept_add(struct fa_store *store, struct fa_claims *claims, const char *file,
                struct fa_error *err);

#endif
