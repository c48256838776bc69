/**
 * How many transfers an overloaded origin gets at once.  Pure.
 *
 * Additive increase, multiplicative decrease, as for the congestion window of TCP (RFC 5681): an
 * answer that says overload halves the number, a good one adds one.  Requests that were in
 * progress at the last cut do not cut again, because they were sent before it could help.
 */
#ifndef FA_ENGINE_THROTTLE_H
#define FA_ENGINE_THROTTLE_H

#include <stdbool.h>

/** All zero: no limit. */
struct fa_throttle {
    unsigned limit; /**< Transfers at once; 0: as many as --per-host allows. */
    double cut_at;  /**< Time of the last cut. */
};

bool fa_throttle_allows(const struct fa_throttle *throttle, unsigned active);

/** The origin answered that it is overloaded.
 * @started  When that request started.  @active  Transfers in progress, without it. */
void fa_throttle_overloaded(struct fa_throttle *throttle, double started, unsigned active,
                            double now);

/** The origin answered well.  @most  Limit at which the throttle ends. */
void fa_throttle_succeeded(struct fa_throttle *throttle, unsigned most);

#endif
