/**
 * Confines the process of a session: the rights that it keeps.
 */
#ifndef FA_ENGINE_RIGHTS_H
#define FA_ENGINE_RIGHTS_H

#include <fetchall/config.h>
#include <fetchall/error.h>

/** Check that this kernel supports what the config requires.  @return 0, or -1 with
 * FA_CLASS_REFUSED */
int fa_rights_check(const struct fa_config *config, struct fa_error *err);

/** A message about what this kernel lacks; NULL: nothing, or nothing was requested. */
const char *fa_rights_missing(const struct fa_config *config);

/** Confine the calling thread: see fa_config.sandbox_self. */
int fa_rights_drop(const struct fa_config *config, struct fa_error *err);

#endif
