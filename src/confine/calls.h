/**
 * System call filters (seccomp(2)) for confine.c.  Functions return 0, or -1 with errno.
 */
#ifndef FA_CONFINE_CALLS_H
#define FA_CONFINE_CALLS_H

#include "confine/confine.h"

bool fa_confine_has_calls(void);

int fa_confine_calls(enum fa_confine_role role);

#endif
