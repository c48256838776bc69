/**
 * A contestant as options of the command line.
 */
#ifndef FETCHALL_CLI_COMPARE_CONTESTANT_H
#define FETCHALL_CLI_COMPARE_CONTESTANT_H

#include "cli/compare/picks.h"
#include "cli/compare/trial.h"

/** Buffer size for the options of a contestant, including the final zero. */
#define FA_CONTESTANT_OPTIONS_MAX 256

/**
 * The options that make fetchall work as this contestant did: "-m async -j 32 --loops 1".
 *
 * Defaults that do not depend on other options are omitted.  For the CPU stage, the options are
 * those of hashing: "--hash-with thread --hash-jobs 4".
 */
const char *fa_contestant_options(const struct fa_contestant *contestant, bool stage,
                                  char buf[FA_CONTESTANT_OPTIONS_MAX]);

/** The same as lines of the config file: "mode = async\njobs = 32\n"; "": the defaults. */
const char *fa_contestant_lines(const struct fa_contestant *contestant,
                                char buf[FA_CONTESTANT_OPTIONS_MAX]);

/** Options that contestants may differ in, besides strategy, --jobs, --loops and --http. */
#define FA_PICKED_MAX 3
struct fa_picked {
    const char *option; /**< "per-host" */
    char value[FA_PICK_TEXT_MAX];
};

/** Those that were given for a contestant.  @return their number */
size_t fa_contestant_picked(const struct fa_contestant *contestant,
                            struct fa_picked ret[FA_PICKED_MAX]);

/** Maximum transfers at once of a contestant. */
uint64_t fa_contestant_slots(const struct fa_contestant *contestant, uint64_t origins);

/**
 * The command line that works as this contestant did, as text for people; NULL: the user gave it,
 * or there is no memory.  To be freed.
 */
char *fa_contestant_command(const struct fa_contestant *contestant,
                            const struct fa_comparison *comparison);

#endif
