/**
 * Pools inside the library: they share an event base and a nursery with others.
 */
#ifndef FA_POOL_POOL_H
#define FA_POOL_POOL_H

#include "pool/nursery.h"

#include <fetchall/pool.h>

/**
 * @base     Borrowed; callbacks run there.
 * @nursery  Borrowed; NULL for threads.
 */
struct fa_pool *fa_pool_new_on(struct event_base *base, struct fa_nursery *nursery,
                               const struct fa_pool_config *config, struct fa_error *err);

/** fa_pool_submit(), but the descriptors stay the caller's, who closes them after done(). */
int fa_pool_submit_lent(struct fa_pool *pool, const struct fa_task_request *request,
                        uint64_t *ret_id, struct fa_error *err);

#endif
