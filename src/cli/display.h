/**
 * What stands on standard error while a run goes on: a bar, plain lines, JSON lines, or nothing;
 * and messages, which are printed above the bar.
 *
 * Each message and each redrawing is one write(2), so that lines of several programs on one
 * terminal do not mix.
 */
#ifndef FETCHALL_CLI_DISPLAY_H
#define FETCHALL_CLI_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include <fetchall/event.h>

#include "cli/options.h"
#include "cli/progress.h"

/** Makes the line of the bar empty again. */
#define FA_DISPLAY_CLEAR "\r\033[K"

struct fa_display {
    enum fa_progress_mode mode; /**< Never FA_PROGRESS_AUTO. */
    struct fa_rate rate;
    double shown; /**< When the last progress was shown; seconds since the start. */
    bool drawn;   /**< The bar stands on the terminal. */
    char line[FA_PROGRESS_LINE_MAX];
    FILE *message; /**< The one that is being written. */
    char *text;
    size_t len;
};

/** @quiet  Show no progress unless a mode was asked for. */
void fa_display_init(struct fa_display *display, enum fa_progress_mode mode, bool quiet);

/** Clear the bar, for good. */
void fa_display_fini(struct fa_display *display);

/** Show how far it is.  @event is of FA_EVENT_PROGRESS.  @time  Seconds since the start. */
void fa_display_progress(struct fa_display *display, const struct fa_event *event, double time);

/** Begin a message, of one or more whole lines.  Text in it is escaped by the caller. */
FILE *fa_display_begin(struct fa_display *display);

/** Print the message. */
void fa_display_end(struct fa_display *display);

#endif
