/**
 * System call filters (seccomp(2)) for confine.c.  Functions return 0, or -1 with errno.
 */
#ifndef FA_CONFINE_SECCOMP_H
#define FA_CONFINE_SECCOMP_H

#include "confine/confine.h"

bool fa_seccomp_supported(void);

int fa_seccomp_apply(enum fa_confine_role role);

#endif
