/**
 * The runs that are compared: the program itself, as a child, with the options of a contestant.
 */
#ifndef FETCHALL_CLI_COMPARE_RUN_H
#define FETCHALL_CLI_COMPARE_RUN_H

#include <stdint.h>

#include "cli/compare/trial.h"
#include "cli/compare/workspace.h"
#include "cli/options.h"

/** Where the runs are made, and what they have cost so far. */
struct fa_runs {
    const struct fa_options *options; /**< Borrowed. */
    struct fa_workspace folder;       /**< All below is in it. */
    char *list;                       /**< The sample. */
    char *files;                      /**< Where a run puts what it fetches. */
    char *events;
    char *said;
    struct fa_texts passed; /**< The options that a fetch takes too.  A header that was given as a
                               line stands in a file, and a proxy in the environment, as others can
                               read the runs' arguments. */
    uint64_t entries;       /**< Of the sample. */
    uint64_t requests;
    uint64_t bytes;
    double until;    /**< On the monotonic clock: no run goes on for longer.  0: none. */
    double watching; /**< Seconds of CPU that measuring took. */
};

/** Make the folder.  @return 0, or -1. */
int fa_runs_init(struct fa_runs *runs, const struct fa_options *options, struct fa_error *err);

/** Remove the folder with all that is in it. */
void fa_runs_fini(struct fa_runs *runs);

/**
 * Fetch the sample into an empty folder, which stays until the next run.
 *
 * @ret   Filled in but for round and place.
 * @return 0; or -1 if it ended in a way that is not that of its entries: what it said was shown, and
 *         err is of FA_CLASS_LOCAL_IO if that was its cause.
 */
int fa_runs_fetch(struct fa_runs *runs, const struct fa_contestant *contestant,
                  struct fa_trial *ret, struct fa_error *err);

/**
 * Hash the files of a folder that a manifest names.  Its digests are wrong, and that is no failure.
 */
int fa_runs_hash(struct fa_runs *runs, const struct fa_contestant *contestant, const char *dir,
                 const char *manifest, struct fa_trial *ret, struct fa_error *err);

#endif
