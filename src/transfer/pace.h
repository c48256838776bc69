/**
 * The speed of an attempt: the rate limit that it follows, and the minimum that it must keep.
 *
 * Pure: values and a clock (fa_clock_now(), in seconds).
 */
#ifndef FA_TRANSFER_PACE_H
#define FA_TRANSFER_PACE_H

#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/settings.h"

/** Maximum time for a response header with all interim responses before it, in stall timeouts. */
#define FA_PACE_HEAD 2.0
/** Maximum time to drain an unwanted body: longer costs more than a new connection. */
#define FA_PACE_DROP 5.0

enum fa_phase {
    FA_PHASE_CONNECT, /**< libcurl's own time-outs apply. */
    FA_PHASE_HEAD,    /**< The request has been sent. */
    FA_PHASE_BODY,    /**< Bytes of the file arrive. */
    FA_PHASE_DROP,    /**< Bytes of an unwanted body arrive. */
};

struct fa_pace {
    const struct fa_settings *settings; /**< Borrowed, as is the attempt. */
    const struct fa_attempt *attempt;
    enum fa_phase phase;
    double started;
    double last_byte;
    double checked;
    double phase_at;
    double floor_at; /**< Start of the current --speed-limit interval. */
    uint64_t floor_bytes;
    uint64_t rate;    /**< The rate in effect, on its way to the attempt's. */
    double rate_kept; /**< When the rate last equalled the attempt's, or rose. */
    uint64_t buffer;  /**< Receive buffer size in bytes. */
};

void fa_pace_begin(struct fa_pace *pace, const struct fa_settings *settings,
                   const struct fa_attempt *attempt, double now);

void fa_pace_set_phase(struct fa_pace *pace, enum fa_phase phase, double now);

/** Bytes have arrived. */
void fa_pace_bytes_arrived(struct fa_pace *pace, double now);

/**
 * Check the time limits.  Call at least once per second.
 *
 * @return whether the attempt may continue; if not, ret_stop has the reason, unless it was only the
 *         draining of a body that took too long.
 */
bool fa_pace_check(struct fa_pace *pace, double now, struct fa_outcome *ret_stop);

/** Follow the attempt's rate.  @return whether pace->rate has changed. */
bool fa_pace_follow(struct fa_pace *pace, double now);

#endif
