/**
 * The runs that are compared: fetchall itself, as a child, with the options of a contestant.
 */
#ifndef FETCHALL_CLI_COMPARE_RUN_H
#define FETCHALL_CLI_COMPARE_RUN_H

#include <stdint.h>

#include "cli/compare/inventory.h"
#include "cli/compare/listing.h"
#include "cli/compare/program_files.h"
#include "cli/compare/trial.h"
#include "cli/compare/workspace.h"
#include "cli/options.h"

/** The folder of the runs, and their cost so far. */
struct fa_runs {
    const struct fa_options *options; /**< Borrowed. */
    struct fa_workspace folder;       /**< Contains the files below. */
    char *list;                       /**< The sample. */
    char *files;                      /**< The folder that a run fetches into. */
    char *events;
    char *said;
    struct fa_texts passed; /**< Options that are passed on to the runs.  Headers are written to a
                               file, and a proxy to the environment, as other users can read the
                               arguments of a process. */
    uint64_t entries;       /**< Of the sample, as are origins and listing. */
    uint64_t origins;
    struct fa_listing listing;
    uint64_t requests;
    uint64_t bytes;
    double until;       /**< Time on the monotonic clock when a run is killed.  0: never. */
    double watching;    /**< Seconds of CPU for measuring. */
    unsigned jobs_most; /**< Of other programs, which have no limit per host; 0: no limit. */
    struct fa_program_files programs; /**< What other programs read. */
    struct fa_inventory reference;    /**< The files of the first run of fetchall, if there are
                                         other programs. */
    uint64_t reference_failed;        /**< Failed entries of that run. */
};

/** Create the folder.  @return 0, or -1. */
int fa_runs_init(struct fa_runs *runs, const struct fa_options *options, struct fa_error *err);

/** The rounds of a comparison, once the list is known. */
unsigned fa_runs_rounds(const struct fa_runs *runs);

/** Remove the folder and everything in it. */
void fa_runs_fini(struct fa_runs *runs);

/**
 * Fetch the sample into an empty folder, which is kept until the next run.
 *
 * If there are other programs, the first run has to be one of fetchall.  A program whose files
 * differ from those of that run is a success; then contestant->wrong says why.
 *
 * @ret   Filled in except for round and place.
 * @return 0; or -1 if the run failed for a reason other than its entries: then its output was
 *         shown, and err has FA_CLASS_LOCAL_IO if that was the cause.
 */
int fa_runs_fetch(struct fa_runs *runs, struct fa_contestant *contestant, struct fa_trial *ret,
                  struct fa_error *err);

/**
 * Hash the files of a folder that a manifest names.  Its digests are zeros; mismatches are
 * expected.
 */
int fa_runs_hash(struct fa_runs *runs, const struct fa_contestant *contestant, const char *dir,
                 const char *manifest, struct fa_trial *ret, struct fa_error *err);

#endif
