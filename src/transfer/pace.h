/**
 * How fast an attempt goes: the rate that it keeps, and the limits that end one that is too slow.
 *
 * Pure: values and a clock (fa_clock_now(), in seconds).
 */
#ifndef FA_TRANSFER_PACE_H
#define FA_TRANSFER_PACE_H

#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/settings.h"

/** A head may take so long, or twice the stall timeout if that is more. */
#define FA_PACE_HEAD 60.0
/** A body that is dropped may go on for so long, as a connection that is kept is worth it. */
#define FA_PACE_DROP 5.0

enum fa_phase {
    FA_PHASE_CONNECT, /**< libcurl's own time-outs apply. */
    FA_PHASE_HEAD,    /**< The request is out. */
    FA_PHASE_BODY,    /**< Bytes of the file come. */
    FA_PHASE_DROP,    /**< Bytes that nobody wants come. */
};

struct fa_pace {
    const struct fa_settings *settings; /**< Borrowed, as is the attempt. */
    const struct fa_attempt *attempt;
    enum fa_phase phase;
    double started;
    double last_byte;
    double checked;
    double phase_at;
    double floor_at; /**< When the time began in which enough bytes have to come. */
    uint64_t floor_bytes;
    uint64_t rate;    /**< The one that is kept now; on its way to the attempt's. */
    double rate_kept; /**< When the attempt's rate last was this one, or it rose. */
    uint64_t buffer;  /**< Bytes that are read at a time. */
};

void fa_pace_begin(struct fa_pace *pace, const struct fa_settings *settings,
                   const struct fa_attempt *attempt, double now);

void fa_pace_set_phase(struct fa_pace *pace, enum fa_phase phase, double now);

/** Something has come. */
void fa_pace_hear(struct fa_pace *pace, double now);

/**
 * Look at the clock, at least once a second.
 *
 * @return whether the attempt may go on; if not, ret_stop says why, unless it was only a body to
 *         drop that went on for too long.
 */
bool fa_pace_check(struct fa_pace *pace, double now, struct fa_outcome *ret_stop);

/** Follow the attempt's rate.  @return whether pace->rate has changed. */
bool fa_pace_follow(struct fa_pace *pace, double now);

#endif
