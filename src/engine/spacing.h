/**
 * The request rate of one origin: requests start at even distances.  Pure.
 *
 * Servers count requests in windows of a second or a minute, wherever these begin.  A token bucket
 * would let a burst through after each lull; with even distances no window has more requests than
 * the rate allows.
 */
#ifndef FA_ENGINE_SPACING_H
#define FA_ENGINE_SPACING_H

/** All zero: nothing was requested yet. */
struct fa_spacing {
    double next; /**< Time of the next request. */
};

/** Requests start.  @rate  Per second; 0: no limit.  @count  How many requests. */
void fa_spacing_start(struct fa_spacing *spacing, double rate, unsigned count, double now);

/** A request that was to start did not. */
void fa_spacing_undo(struct fa_spacing *spacing, double rate);

/** Seconds until the next request may start. */
double fa_spacing_wait(const struct fa_spacing *spacing, double now);

#endif
