/**
 * What the machine gives us.
 */
#ifndef FA_ENGINE_LIMITS_H
#define FA_ENGINE_LIMITS_H

/** fa_cores(); @most  No more than that. */
unsigned fa_limits_cores(unsigned most);

/** Descriptors that are open now. */
unsigned fa_limits_open_files(void);

#endif
