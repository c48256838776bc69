#ifndef FETCHALL_SUPPORT_VIRTUAL_RESOLVER_H
#define FETCHALL_SUPPORT_VIRTUAL_RESOLVER_H

/* A resolver that takes its answers and its time from a script. One at a time. */

#include "engine/resolve.h"
#include "support/virtual_script.h"

extern const struct fa_resolver_ops fa_virtual_resolver;

/* Both are borrowed. NOW counts from START of the script. */
void fa_virtual_resolver_use(const struct fa_script *script, const double *now,
                             const double *start);

/* When the next lookup ends, or INFINITY. */
double fa_virtual_resolver_due(void);

/* End the lookups that are due. */
void fa_virtual_resolver_advance(void);

#endif
