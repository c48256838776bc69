/**
 * The command of --refresh: it is asked for a new URL when that of an entry was answered with 401,
 * 403 or 410.
 *
 * Each command gets the listed URL of one entry as its last argument; with fa_config.refresh_batch,
 * those of many entries on its standard input, one a line.  It prints one line for each.
 */
#ifndef FA_ENGINE_REFRESH_H
#define FA_ENGINE_REFRESH_H

#include "engine/commands.h"

/** Commands at once, without batches; batches come one after the other. */
#define FA_REFRESH_JOBS 8

/** URLs of one batch.  If so many wait for a command, no download starts. */
#define FA_REFRESH_BATCH 1000

/** Seconds that a batch waits for further URLs, while there are downloads that may need some. */
#define FA_REFRESH_WAIT 1.0

/** A command that runs. */
struct fa_refresh_call {
    struct fa_keeper_run run; /**< First, so that its address is that of the call. */
    struct fa_refresh *refresh;
    struct fa_job_queue jobs; /**< In the order of the URLs. */
    int input;                /**< Unnamed file; -1: none. */
    int output;               /**< Unnamed file. */
    char last[FA_COMMAND_LAST];
    LIST_ENTRY(fa_refresh_call) link;
};

struct fa_refresh {
    struct fa_commands commands; /**< A job that has ended has its URL in renewed, or an error. */
    int scratch;                 /**< Borrowed: the folder of unnamed files. */
    double first_at;             /**< When the first that waits came. */
    LIST_HEAD(, fa_refresh_call) calls;
};

void fa_refresh_init(struct fa_refresh *refresh);

/** After the keeper, which calls back.  The jobs are the caller's. */
void fa_refresh_fini(struct fa_refresh *refresh);

/** Queue a job, whose outcome is the refusal of its target. */
void fa_refresh_put(struct fa_refresh *refresh, struct fa_job *job, double now);

/** Start commands, as many as may run.  @idle  No other download will fail soon. */
void fa_refresh_flush(struct fa_refresh *refresh, bool idle, double now);

/** When fa_refresh_flush() has something to do, if nothing ends before; INFINITY: never. */
double fa_refresh_alarm(const struct fa_refresh *refresh);

/** Set the error of a job's outcome: that of the server, and why there is no new URL. */
void fa_refresh_explain(struct fa_job *job, const char *why);

/**
 * Split what a command printed into lines, without spaces around them.
 *
 * @text   Cut up in place.  Its last byte, text[len], is 0.
 * @lines  The first n; "" for an empty one.  Empty lines at the end do not count.
 * @return Their number, which may be more than n; or -1: a zero byte is no part of a URL.
 */
long fa_refresh_split(char *text, size_t len, const char **lines, size_t n);

#endif
