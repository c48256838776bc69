/**
 * What is shown on standard error during a run: a bar, plain lines, JSON lines, or nothing; and
 * messages, which are printed above the bar.
 *
 * Each message and each redraw is one write(2), so that the lines of several programs on a
 * terminal do not mix.
 */
#ifndef FETCHALL_CLI_DISPLAY_H
#define FETCHALL_CLI_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include <fetchall/event.h>

#include "cli/options.h"
#include "cli/progress.h"

/** Erases the line of the bar. */
#define FA_DISPLAY_CLEAR "\r\033[K"

struct fa_display {
    enum fa_progress_mode mode; /**< Never FA_PROGRESS_AUTO. */
    struct fa_rate rate;
    double shown; /**< When progress was last shown; seconds since the start. */
    bool drawn;   /**< The bar is on the terminal. */
    char line[FA_PROGRESS_LINE_MAX];
    FILE *message; /**< The message that is being written. */
    char *text;
    size_t len;
};

/** @quiet  Show no progress unless a mode was requested. */
void fa_display_init(struct fa_display *display, enum fa_progress_mode mode, bool quiet);

/** Erase the bar, and stop showing it. */
void fa_display_fini(struct fa_display *display);

/** Show progress.  @event  Of FA_EVENT_PROGRESS.  @time  Seconds since the start. */
void fa_display_progress(struct fa_display *display, const struct fa_event *event, double time);

/** Begin a message of one or more whole lines.  The caller escapes its text. */
FILE *fa_display_begin(struct fa_display *display);

/** Print the message. */
void fa_display_end(struct fa_display *display);

#endif
