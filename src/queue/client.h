/**
 * A queue for programs without a loop: each call waits for its answer.
 */
#ifndef FA_QUEUE_CLIENT_H
#define FA_QUEUE_CLIENT_H

#include "queue/queue.h"

struct fa_client;

/** @setup  Its base is set by the client.  @return NULL with an error. */
struct fa_client *fa_client_new(const struct fa_queue_ops *ops, const struct fa_queue_setup *setup,
                                struct fa_error *err);

/** @ret  n of them. */
int fa_client_put(struct fa_client *client, const struct fa_queue_entry *entries, size_t n,
                  enum fa_queue_put *ret, struct fa_error *err);

/** No more entries. */
int fa_client_close(struct fa_client *client, struct fa_error *err);

/** @then  Called with the answer before this returns. */
int fa_client_stat(struct fa_client *client, fa_queue_then then, void *ctx, struct fa_error *err);

void fa_client_free(struct fa_client *client);

#endif
