/**
 * The line that shows how far a run is.  Pure: no clock, no terminal.
 */
#ifndef FETCHALL_CLI_PROGRESS_H
#define FETCHALL_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/event.h>

/** Room for a line of any width. */
#define FA_PROGRESS_LINE_MAX 2048

/** How fast it goes: smoothed over some five seconds.  All zero: nothing known yet. */
struct fa_rate {
    double speed;  /**< Bytes a second. */
    double ending; /**< Entries that end in a second. */
    double at;     /**< The snapshot it knows: seconds, bytes, done. */
    uint64_t bytes;
    uint64_t done;
};

/** Learn from a snapshot; those that come too soon after the last one wait for their turn. */
void fa_rate_update(struct fa_rate *rate, const struct fa_progress *progress);

/** Seconds until the end, as far as one can tell; negative if one cannot. */
double fa_progress_left(const struct fa_progress *progress, const struct fa_rate *rate);

/** Whether nothing is left to begin, and so few transfers run that they can be named. */
bool fa_progress_last_stretch(const struct fa_progress *progress);

/**
 * Format the line.
 *
 * Shows files, bytes, speed, time left and failures, what matters most first if there is no room
 * for all; in the last stretch, which transfers it waits for.  Safe for a terminal.
 *
 * @width  Columns that the line may take.
 * @bar    Fill what is left of them with a bar.
 * @return The columns that it takes.
 */
unsigned fa_progress_format(const struct fa_progress *progress, const struct fa_rate *rate,
                            unsigned width, bool bar, char *buf, size_t size);

#endif
