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
/** The default of --sample. */
#define FA_PICKS_SAMPLE 1000

struct fa_options;

/** Maxima of --rounds auto: the default, that within a --budget or on this machine, and that with
 * --tune, which shall ask less of the servers. */
#define FA_PICKS_ROUNDS       20
#define FA_PICKS_ROUNDS_MANY  100
#define FA_PICKS_ROUNDS_TUNED 3
/** On this machine, those beyond the default end after so many seconds. */
#define FA_PICKS_LOCAL_SECONDS 60

/** A set of values, in the order given. */
struct fa_picks {
    unsigned values[FA_PICKS_MAX];
    size_t count; /**< 0: not given. */
};

/** In a value of --per-host: find the limit, up to the number in the other bits; 0: --jobs. */
#define FA_PICK_AUTO 0x80000000u
/** As a value of --hash: no digest. */
#define FA_PICK_NO_HASH 0x80000000u

/** Parse the values of --modes, --jobs, --loops, --http, --hash-with, --per-host, --segments and
 * --hash of a comparison.  If there is one value of the last three, it is that of the config,
 * too. */
int fa_picks_parse_modes(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_jobs(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_loops(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_http(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_hash_with(struct fa_options *options, const char *value, struct fa_error *err);

/** Parse the value of --sample. */
int fa_picks_parse_sample(struct fa_options *options, const char *value, struct fa_error *err);

/** Parse the value of --rounds. */
int fa_picks_parse_rounds(struct fa_options *options, const char *value, struct fa_error *err);

int fa_picks_parse_per_host(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_segments(struct fa_options *options, const char *value, struct fa_error *err);
int fa_picks_parse_hash(struct fa_options *options, const char *value, struct fa_error *err);

#define FA_PICK_TEXT_MAX 96

/** A value as the text of the option: "auto:64", "sha256,md5". */
const char *fa_pick_per_host(unsigned value, char buf[FA_PICK_TEXT_MAX]);
const char *fa_pick_segments(unsigned value, char buf[FA_PICK_TEXT_MAX]);
const char *fa_pick_hash(unsigned value, char buf[FA_PICK_TEXT_MAX]);

/** Whether the set contains a value. */
bool fa_picks_hold(const struct fa_picks *picks, unsigned value);

#endif
