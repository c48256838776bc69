/**
 * --sample fresh: each run downloads entries that no run before it has asked for, and then the same
 * ones again.  So the caches of the servers are cold in the first run, and warm in the second.
 */
#ifndef FETCHALL_CLI_COMPARE_FRESH_H
#define FETCHALL_CLI_COMPARE_FRESH_H

#include "cli/compare/parts.h"
#include "cli/compare/rounds.h"

/** The most entries that a comparison needs. */
uint64_t fa_fresh_entries(const struct fa_compare_options *options, size_t contestants);

/**
 * Divide the sample of the runs into parts.  From then on they download a part.
 *
 * @runs         Its entries become those of a part.
 * @contestants  Their number.
 * @ret          To be released with fa_fresh_end(), also after a failure.
 * @ret_rounds   In: the rounds that the user wants.  Out: less, if they are a maximum only, and the
 *               list is too short for them.
 * @return 0, or -1: the list is too short.
 */
int fa_fresh_begin(struct fa_parts *ret, struct fa_runs *runs, size_t contestants, uint64_t seed,
                   unsigned *ret_rounds, struct fa_error *err);

void fa_fresh_end(struct fa_parts *parts, struct fa_runs *runs);

/** For fa_rounds.once. */
int fa_fresh_once(struct fa_rounds *rounds, struct fa_contestant *contestant, struct fa_trial *ret,
                  struct fa_error *err);

#endif
