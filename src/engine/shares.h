/**
 * Shares of the limits of hosts, for sessions that request from the same hosts at once, such as the
 * workers of a queue: fa_session_put_shares().  Pure.
 */
#ifndef FA_ENGINE_SHARES_H
#define FA_ENGINE_SHARES_H

#include <fetchall/session.h>

#include "engine/hosts.h"

/** All zero: no origin is shared. */
struct fa_shares {
    struct fa_share *at; /**< Of each part of the origins. */
    unsigned parts;
};

/** Replace all shares.  @shares  Copied.  @return 0, or -1: no memory. */
int fa_shares_put(struct fa_shares *shares, const struct fa_share *from, unsigned parts);
void fa_shares_fini(struct fa_shares *shares);

/** Whether an origin belongs to a part. */
bool fa_shares_has(const struct fa_shares *shares, unsigned part, const struct fa_origin *origin);

/** Set the limits of an origin: its share of those of its host. */
void fa_shares_limit(const struct fa_shares *shares, const struct fa_host_limits *whole,
                     struct fa_origin *origin);

#endif
