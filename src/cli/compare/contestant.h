/**
 * How a contestant is written in a command line.
 */
#ifndef FETCHALL_CLI_COMPARE_CONTESTANT_H
#define FETCHALL_CLI_COMPARE_CONTESTANT_H

#include "cli/compare/trial.h"

/** Room for the options of a contestant, their final zero included. */
#define FA_CONTESTANT_OPTIONS_MAX 96

/**
 * The options that make fetchall work as this contestant did: "-m async -j 32 --loops 1".
 *
 * What is the default whatever else is said is left out.  Of the CPU stage, it is what says how
 * files are hashed: "--hash-with thread --hash-jobs 4".
 */
const char *fa_contestant_options(const struct fa_contestant *contestant, bool stage,
                                  char buf[FA_CONTESTANT_OPTIONS_MAX]);

#endif
