/**
 * Landlock (landlock(7)) for confine.c.  Functions return 0, or -1 with errno.
 */
#ifndef FA_CONFINE_LANDLOCK_H
#define FA_CONFINE_LANDLOCK_H

#include "confine/confine.h"

bool fa_landlock_supported(void);

int fa_landlock_apply(enum fa_confine_role role, const struct fa_confine_rule *rules,
                      size_t n_rules);

#endif
