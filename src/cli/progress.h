/**
 * The line that shows the progress of a run.  Pure: no clock, no terminal.
 */
#ifndef FETCHALL_CLI_PROGRESS_H
#define FETCHALL_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/event.h>

/** Buffer size for a line of any width. */
#define FA_PROGRESS_LINE_MAX 2048

/** Rates, smoothed over about five seconds.  All zero: unknown. */
struct fa_rate {
    double speed;  /**< Bytes a second. */
    double ending; /**< Entries that end per second. */
    double at;     /**< The last snapshot: seconds, bytes, done. */
    uint64_t bytes;
    uint64_t done;
};

/** Update the rates from a snapshot, unless it is too soon after the last one. */
void fa_rate_update(struct fa_rate *rate, const struct fa_progress *progress);

/** Estimated seconds until the end; negative: unknown. */
double fa_progress_left(const struct fa_progress *progress, const struct fa_rate *rate);

/** Whether no entry is left to start, and few enough transfers are active to be named. */
bool fa_progress_last_stretch(const struct fa_progress *progress);

/**
 * Format the line.
 *
 * Shows files, bytes, speed, time left and failures, the most important first if not all of them
 * fit; in the last stretch, the active transfers.  Safe for a terminal.
 *
 * @width  Maximum columns of the line.
 * @bar    Fill the rest of them with a bar.
 * @return The columns of the line.
 */
unsigned fa_progress_format(const struct fa_progress *progress, const struct fa_rate *rate,
                            unsigned width, bool bar, char *buf, size_t size);

#endif
