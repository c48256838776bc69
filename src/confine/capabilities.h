/**
 * Capabilities (capabilities(7)) for confine.c.
 */
#ifndef FA_CONFINE_CAPABILITIES_H
#define FA_CONFINE_CAPABILITIES_H

#include "confine/confine.h"

/** Drop the capabilities of root that a role does not need, in the calling thread.
 *
 * @return 0, or -1 with errno. */
int fa_confine_capabilities(enum fa_confine_role role);

#endif
