/**
 * Lists of values to compare with each other: "thread,async", "8,32,128".
 */
#ifndef FETCHALL_CLI_COMPARE_PICKS_H
#define FETCHALL_CLI_COMPARE_PICKS_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/** Maximum values in a list. */
#define FA_PICKS_MAX 16
/** --jobs of a comparison, the same for all strategies. */
#define FA_PICKS_JOBS 64

struct fa_options;

/** Default maximum of --rounds auto. */
#define FA_PICKS_ROUNDS 20

/** A set of values, in the order given. */
struct fa_picks {
    unsigned values[FA_PICKS_MAX];
    size_t count; /**< 0: not given. */
};

/** Parse the values of --modes, --jobs, --loops, --http and --hash-with of a comparison. */
int fa_picks_parse_modes(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_jobs(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_loops(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_http(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_hash_with(struct fa_options *options, const char *value, struct fa_error *err);

/** Parse the value of --rounds. */
int fa_picks_parse_rounds(struct fa_options *options, const char *value, struct fa_error *err);

/** Whether the set contains a value. */
bool fa_picks_hold(const struct fa_picks *picks, unsigned value);

#endif
