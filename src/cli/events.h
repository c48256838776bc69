/**
 * The events file: events as JSON lines while the run is in progress, each written at once.
 */
#ifndef FETCHALL_CLI_EVENTS_H
#define FETCHALL_CLI_EVENTS_H

#include <jansson.h>

#include <fetchall/error.h>
#include <fetchall/event.h>

#include "cli/output.h"

/** All zero: not open. */
struct fa_events {
    struct fa_output output;
    double shown; /**< When progress was last written; seconds since the start. */
};

/** The word for a change of an origin. */
const char *fa_events_change(enum fa_host_change change);

/**
 * One event as an object.
 *
 * @time    Seconds since the start of the run.
 * @return  NULL: no memory.
 */
json_t *fa_events_object(const struct fa_event *event, double time);

/**
 * Whether to write this progress event: one per second, and the last one.
 *
 * @shown  When progress was last written; updated.
 */
bool fa_events_due(const struct fa_progress *progress, double time, double *shown);

/** Write an event.  @return 0, or -1 for the first error only. */
int fa_events_write(struct fa_events *events, const struct fa_event *event, double time,
                    struct fa_error *err);

#endif
