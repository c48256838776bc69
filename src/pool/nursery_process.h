/**
 * The code that runs inside the nursery: fa_nursery_main().
 */
#ifndef FA_POOL_NURSERY_PROCESS_H
#define FA_POOL_NURSERY_PROCESS_H

#include "pool/launch.h"

#include <stdbool.h>

/** The nursery's end of its socket, and the environment variable that announces it. */
#define FA_NURSERY_FD       FA_LAUNCH_FD
#define FA_NURSERY_VARIABLE "FETCHALL_NURSERY"

/** Whether this process was started as a nursery, and has not become one yet. */
bool fa_nursery_is_due(void);

#endif
