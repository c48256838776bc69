/**
 * One request and its response, as libcurl's callbacks see them: a handle calls them while it
 * performs the request, and transfer.c judges what they have left.
 */
#ifndef FA_TRANSFER_EXCHANGE_H
#define FA_TRANSFER_EXCHANGE_H

#include "transfer/attempt.h"
#include "transfer/body.h"
#include "transfer/connections.h"
#include "transfer/login.h"
#include "transfer/outcome.h"
#include "transfer/pace.h"
#include "transfer/response.h"
#include "transfer/settings.h"
#include "transfer/trust.h"

#include <curl/curl.h>

struct fa_exchange {
    CURL *easy;                         /**< Borrowed: the handle that performs it. */
    const struct fa_settings *settings; /**< Borrowed: of the host of the attempt. */
    struct fa_trust *trust;             /**< Borrowed, as are connections and attempt. */
    struct fa_connections *connections;
    struct fa_attempt *attempt;
    struct fa_response response;
    struct fa_capture *capture; /**< Owned; NULL: not asked for. */
    struct fa_outcome stop;     /**< Our own reason to stop; empty if error.class is not set. */
    struct fa_body body;
    struct fa_pace pace;
    struct fa_lease lease;
    enum fa_login_source login;
    bool can_answer;     /**< A challenge, with that login. */
    unsigned challenges; /**< That libcurl may still answer. */
    uint64_t dropped;    /**< Bytes of a body that nobody wants. */
    size_t headers_size; /**< Of all header sections and trailers. */
    double asked_at;     /**< When the request was sent. */
    bool connected;
    bool collects; /**< Cookies of the response. */
    /** Set if only close_notify proves that the body is complete. */
    struct fa_close_notify *close_notify;

    /** Called once the attempt has its connection; or NULL. */
    void (*on_connect)(struct fa_attempt *attempt, void *arg);
    /** Called once the attempt has its header; or NULL. */
    void (*on_head)(struct fa_attempt *attempt, void *arg);
    void *watch_arg; /**< Of both. */
};

/** Give a handle the callbacks, which are the same for all exchanges over the connections. */
void fa_exchange_prepare(CURL *easy, struct fa_connections *connections);

/** From now on the callbacks of a handle are those of this exchange. */
void fa_exchange_attach(struct fa_exchange *x, CURL *easy);

/** Clear the state of the previous attempt. */
void fa_exchange_reset(struct fa_exchange *x);

void fa_exchange_fini(struct fa_exchange *x);

/** Whether one of our parts has ended it: x->stop says why. */
bool fa_exchange_is_stopped(const struct fa_exchange *x);

/** Call after each libcurl function that may close sockets, before fa_connections_leave():
 * exchanges whose connection was refused go on to the next address at once. */
void fa_exchange_skip_refused(struct fa_connections *connections);

#endif
