/**
 * The settings that --tune races.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_ENTRANTS_H
#define FETCHALL_CLI_COMPARE_ENTRANTS_H

#include "cli/compare/race.h"
#include "cli/options.h"

/** What a list is like. */
struct fa_entrants_list {
    uint64_t origins;
    bool https; /**< A URL begins with https://. */
    bool large; /**< Its files are long enough for ranges. */
};

/**
 * Add all combinations of the values that the user gave, or else of the usual ones: modes, --jobs
 * or --per-host, HTTP versions, and segments.  Those that can make no difference for the list are
 * left out.
 *
 * @race        Gets the entrants.
 * @contestants Gets the options of each of them: FA_RACE_ENTRANTS_MAX.
 * @return      0, or -1: there are too many.
 */
int fa_entrants_add(const struct fa_options *options, const struct fa_entrants_list *list,
                    struct fa_race *race, struct fa_contestant *contestants, struct fa_error *err);

/** The setting that the others are measured against: the defaults, with what the user gave. */
struct fa_contestant fa_entrants_defaults(const struct fa_options *options);

#endif
