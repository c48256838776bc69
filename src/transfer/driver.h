/**
 * Runs one transfer after another on the calling thread, and keeps their connections open.
 */
#ifndef FA_TRANSFER_DRIVER_H
#define FA_TRANSFER_DRIVER_H

#include "transfer/attempt.h"
#include "transfer/outcome.h"
#include "transfer/settings.h"
#include "transfer/trust.h"
#include "transfer/watchdog.h"

struct fa_driver;

/** All are borrowed until fa_driver_free().  @return NULL when memory ran out. */
struct fa_driver *fa_driver_new(const struct fa_settings *settings, struct fa_trust *trust,
                                struct fa_watchdog *watchdog, struct fa_error *err);
void fa_driver_free(struct fa_driver *driver);

/** Run a whole attempt.  Calls tick a few times per second.  Does not close the attempt's fd. */
void fa_driver_perform(struct fa_driver *driver, struct fa_attempt *attempt,
                       void (*tick)(void *arg), void *arg, struct fa_outcome *ret);

#endif
