/**
 * One connection to a Redis server: bytes to replies (hiredis) on a loop of libevent.
 *
 * The asynchronous context of hiredis has no TLS and no time-outs in Debian 12, so a bufferevent
 * moves the bytes, and hiredis formats commands and parses replies.
 */
#ifndef FA_QUEUE_CHANNEL_H
#define FA_QUEUE_CHANNEL_H

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "queue/address.h"

struct fa_channel;

/** Called on the loop.  In lost(), the channel may be freed, and in no other one. */
struct fa_channel_handlers {
    void (*ready)(void *ctx);                          /**< Connected. */
    void (*reply)(void *ctx, const redisReply *reply); /**< In the order of the commands. */
    void (*lost)(void *ctx, const char *why);          /**< Failed, or ended; once. */
    void *ctx;
};

/**
 * Connect.
 *
 * @address  Borrowed until fa_channel_free().
 * @cacert   A file of CA certificates for TLS; NULL: the system's.
 * @return   NULL with FA_CLASS_CONNECT or FA_CLASS_TLS.
 */
struct fa_channel *fa_channel_new(struct event_base *base, const struct fa_address *address,
                                  const char *cacert, const struct fa_channel_handlers *handlers,
                                  struct fa_error *err);
void fa_channel_free(struct fa_channel *channel);

/** Send a command.  @return 0, or -1: no memory. */
int fa_channel_send(struct fa_channel *channel, int argc, const char **argv, const size_t *lens);

/** End a connection: lost() is called from the loop. */
void fa_channel_fail(struct fa_channel *channel, const char *why);

#endif
