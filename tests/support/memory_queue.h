#ifndef FETCHALL_SUPPORT_MEMORY_QUEUE_H
#define FETCHALL_SUPPORT_MEMORY_QUEUE_H

/*
 * The verbs of a queue in memory: what queue.lua does, written a second time, so that one contract
 * test holds both against each other. The URL of a queue is fa_memory_store_url(); time is
 * CLOCK_MONOTONIC.
 */

#include "queue/queue.h"

struct fa_memory_store;

struct fa_memory_store *fa_memory_store_new(void);
void fa_memory_store_free(struct fa_memory_store *store);

/* Lives as long as the store. */
const char *fa_memory_store_url(struct fa_memory_store *store);

extern const struct fa_queue_ops fa_queue_memory;

#endif
