/**
 * The race of --tune: runs the settings on growing samples of the list, and leaves the finalists,
 * which are then compared as usual.
 */
#ifndef FETCHALL_CLI_COMPARE_TUNE_H
#define FETCHALL_CLI_COMPARE_TUNE_H

#include "cli/compare/plan.h"
#include "cli/compare/race.h"
#include "cli/compare/run.h"

struct fa_tune {
    struct fa_runs *runs; /**< With the list of the final; the same afterwards. */
    double began;         /**< As in struct fa_rounds. */
    bool pointless;       /**< Set if every entry failed. */
    struct fa_race *race; /**< Gets the race; zeroed by the caller. */
};

/**
 * Race.  The progress is printed on standard error, unless --quiet.
 *
 * The race gets half of --budget and of --max-bytes, and ends early when it has used them.  After a
 * run whose servers requested a pause (Retry-After), it waits for its end.
 *
 * @ret_contestants  Gets the finalists: an array of FA_PLAN_CONTESTANTS_MAX.
 * @return           0, or -1 if a run failed, or a signal came.
 */
int fa_tune_run(struct fa_tune *tune, struct fa_contestant *ret_contestants, size_t *ret_n,
                struct fa_error *err);

#endif
