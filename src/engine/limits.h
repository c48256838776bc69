/**
 * Limits of the machine and of the process.
 */
#ifndef FA_ENGINE_LIMITS_H
#define FA_ENGINE_LIMITS_H

/** fa_cores(), but at most `most`. */
unsigned fa_limits_cores(unsigned most);

/** The number of open descriptors. */
unsigned fa_limits_open_files(void);

#endif
