/**
 * Calls of the script of a queue, which are answered in their order, whatever happens to the
 * connection: after each failure the unanswered ones are sent again on a new one, with back-off.
 * So each of them must have the same effect if it is executed twice.
 */
#ifndef FA_QUEUE_REQUESTS_H
#define FA_QUEUE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "queue/address.h"
#include "queue/queue.h"

struct fa_request;
struct fa_requests;

/** Who gets an answer; the caller of fa_requests_send() gives a meaning to it.  Copied. */
struct fa_request_call {
    fa_queue_then then;
    void *ctx;
};

/** @reply  NULL: it failed with error.  @stale  The script refused an old token. */
typedef void (*fa_request_answer)(const struct fa_request_call *call, const redisReply *reply,
                                  const struct fa_error *error, bool stale);

struct fa_requests_setup {
    struct event_base *base;
    struct fa_address address; /**< Copied. */
    const char *auth;          /**< PASSWORD or USER:PASSWORD; NULL: none.  Copied. */
    const char *cacert;        /**< Borrowed. */
    bool durable;              /**< Report a server that forgets the queue when it ends. */
    bool patient; /**< Go on when the first connection fails; else all requests fail. */
    void (*notice)(void *ctx, const char *text);
    void *ctx;
};

struct fa_requests *fa_requests_new(const struct fa_requests_setup *setup, struct fa_error *err);
void fa_requests_free(struct fa_requests *requests);

/** A call of a verb.  NULL, also as an argument of the others: no memory. */
struct fa_request *fa_request_new(const char *verb);
void fa_request_add(struct fa_request *request, const void *data, size_t len);
void fa_request_add_text(struct fa_request *request, const char *text);
void fa_request_add_number(struct fa_request *request, uint64_t number);
/** An argument that is the id of the run of Redis that answers. */
void fa_request_add_run(struct fa_request *request);
/** An argument that is "0", and "1" if the request is sent again. */
void fa_request_add_again(struct fa_request *request);

/** Send it.  @request  Taken. */
void fa_requests_send(struct fa_requests *requests, struct fa_request *request,
                      fa_request_answer answer, const struct fa_request_call *call);

#endif
