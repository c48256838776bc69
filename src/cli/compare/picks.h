/**
 * Lists of values, each of which is to be compared with the others: "thread,async", "8,32,128".
 */
#ifndef FETCHALL_CLI_COMPARE_PICKS_H
#define FETCHALL_CLI_COMPARE_PICKS_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/** Values in one list. */
#define FA_PICKS_MAX 16

struct fa_options;

/** No value twice. */
struct fa_picks {
    unsigned values[FA_PICKS_MAX];
    size_t count; /**< 0: not given. */
};

/** The values of --modes, --jobs, --loops, --http and --hash-with of a comparison. */
int fa_picks_parse_modes(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_jobs(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_loops(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_http(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_hash_with(struct fa_options *options, const char *value, struct fa_error *err);

/** Whether value is one of them. */
bool fa_picks_hold(const struct fa_picks *picks, unsigned value);

#endif
