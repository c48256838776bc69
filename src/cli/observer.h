/**
 * Observes a run: passes each event of the session to the display, the outputs and the summary.
 */
#ifndef FETCHALL_CLI_OBSERVER_H
#define FETCHALL_CLI_OBSERVER_H

#include <stdint.h>

#include <fetchall/event.h>
#include <fetchall/session.h>

#include "cli/display.h"
#include "cli/events.h"
#include "cli/exit.h"
#include "cli/manifest.h"
#include "cli/metrics.h"
#include "cli/notify.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/run_id.h"
#include "cli/summary.h"

struct fa_observer {
    const struct fa_options *options; /**< Borrowed. */
    struct fa_display display;
    struct fa_output report;
    struct fa_output plan;
    struct fa_events events;
    struct fa_manifest manifest;
    struct fa_metrics metrics;
    struct fa_notify notify;
    struct fa_summary summary;
    struct fa_exit exit;
    char run[FA_RUN_ID_MAX];
    double began;      /**< Start of the run, on the monotonic clock. */
    double flushed;    /**< When the report was last flushed; seconds since the start. */
    unsigned failures; /**< Number of failures printed so far. */
    unsigned notices;  /**< Number of notices printed so far. */
    bool stop_was_reported;
    char refusal[FA_MESSAGE_MAX]; /**< The last printed reason of a refused entry. */
};

/** @options  Borrowed until fini. */
void fa_observer_init(struct fa_observer *observer, const struct fa_options *options);

/** Open the outputs.  @return 0, or -1. */
int fa_observer_open(struct fa_observer *observer, struct fa_error *err);

/** An fa_event_handler; ctx is the observer. */
void fa_observer_handle(void *ctx, const struct fa_event *event);

/** Print an error of the whole run, and count it as local or permanent. */
void fa_observer_fail(struct fa_observer *observer, const struct fa_error *err);

/** Print and count an error that has ended the run, with a hint.  @begun  Whether it had begun. */
void fa_observer_stop(struct fa_observer *observer, const struct fa_error *err, bool begun);

/** The program is alive although the session does not run: call it about ten times per second. */
void fa_observer_alive(struct fa_observer *observer);

/** Finish the outputs and print the summary.  @how  How the run ended. */
void fa_observer_finish(struct fa_observer *observer, enum fa_end how);

void fa_observer_fini(struct fa_observer *observer);

#endif
