/*
 * hiredis parses replies; connecting, TLS and buffers are libevent's, on the loop of the session.
 * A channel that has failed says so once, from the loop: callers need not expect to be freed by a
 * function that they call.
 */
#include "queue/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* The priority of events that run before all others that are ready. */
#define FIRST 0

struct fa_channel {
    struct fa_channel_handlers handlers;
    const struct fa_address *address; /* borrowed */
    struct bufferevent *bytes;
    redisReader *reader;
    SSL_CTX *tls;
    struct event *failing; /* calls lost() from the loop */
    char why[200];
    bool failed;
};

void fa_channel_fail(struct fa_channel *channel, const char *why)
{
    if (channel->failed)
        return;
    channel->failed = true;
    snprintf(channel->why, sizeof(channel->why), "%s", why);
    bufferevent_disable(channel->bytes, EV_READ | EV_WRITE);
    event_active(channel->failing, EV_TIMEOUT, 0);
}

/* The handler frees the channel, and then uses the reason. */
static void channel_on_failing(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_channel *channel = arg;
    char why[sizeof(channel->why)];
    memcpy(why, channel->why, sizeof(why));
    channel->handlers.lost(channel->handlers.ctx, why);
}

/* A handler may fail the channel: then the replies after that one are dropped. */
static void channel_on_read(struct bufferevent *bytes, void *arg)
{
    struct fa_channel *channel = arg;
    struct evbuffer *input = bufferevent_get_input(bytes);
    void *reply = NULL;
    size_t len;
    while (!channel->failed && (len = evbuffer_get_contiguous_space(input)) > 0) {
        redisReaderFeed(channel->reader, (const char *)evbuffer_pullup(input, (ev_ssize_t)len),
                        len);
        evbuffer_drain(input, len);
    }
    while (!channel->failed) {
        if (redisReaderGetReply(channel->reader, &reply) != REDIS_OK) {
            fa_channel_fail(channel, channel->reader->errstr);
            return;
        }
        if (!reply)
            return;
        channel->handlers.reply(channel->handlers.ctx, reply);
        freeReplyObject(reply);
    }
}

/* An error of TLS says more than the errno of its connection. */
static void channel_fail_event(struct fa_channel *channel, short what)
{
    char text[160] = "the server closed the connection";
    unsigned long tls = bufferevent_get_openssl_error(channel->bytes);
    SSL *ssl = bufferevent_openssl_get_ssl(channel->bytes);
    long verified = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
    if (verified != X509_V_OK)
        snprintf(text, sizeof(text), "%s", X509_verify_cert_error_string(verified));
    else if (tls)
        ERR_error_string_n(tls, text, sizeof(text));
    else if (!(what & BEV_EVENT_EOF))
        snprintf(text, sizeof(text), "%s", strerror(EVUTIL_SOCKET_ERROR()));
    int dns = bufferevent_socket_get_dns_error(channel->bytes);
    if (dns)
        snprintf(text, sizeof(text), "%s", evutil_gai_strerror(dns));
    fa_channel_fail(channel, text);
}

/* Results are sent before the next transfers are served: what a worker has not reported when it
 * dies is downloaded again.  A bufferevent has no priority before it has a socket. */
static void channel_on_event(struct bufferevent *bytes, short what, void *arg)
{
    (void)bytes;
    struct fa_channel *channel = arg;
    if (what & BEV_EVENT_CONNECTED) {
        bufferevent_priority_set(channel->bytes, FIRST);
        channel->handlers.ready(channel->handlers.ctx);
    } else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        channel_fail_event(channel, what);
}

static int channel_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot connect to the queue");
    return -1;
}

/* The certificate must be valid for the host of the URL, be it a name or an address. */
static SSL *channel_open_tls(struct fa_channel *channel, const char *cacert, struct fa_error *err)
{
    const char *host = channel->address->host;
    channel->tls = SSL_CTX_new(TLS_client_method());
    SSL *ssl = channel->tls ? SSL_new(channel->tls) : NULL;
    if (!ssl || !SSL_CTX_set_min_proto_version(channel->tls, TLS1_2_VERSION)) {
        SSL_free(ssl);
        channel_no_memory(err);
        return NULL;
    }
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    bool loaded = cacert ? SSL_CTX_load_verify_file(channel->tls, cacert) == 1
                         : SSL_CTX_set_default_verify_paths(channel->tls) == 1;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    bool named = X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ||
                 (SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1);
    if (loaded && named)
        return ssl;
    SSL_free(ssl);
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TLS,
                 "cannot connect to the queue: cannot read the CA certificates '%s'",
                 cacert ? cacert : "of the system");
    return NULL;
}

/* Redis ends a connection without the closing alert of TLS: that is no truncation, as its replies
 * have lengths. */
static int channel_open_bytes(struct fa_channel *channel, struct event_base *base,
                              const char *cacert, struct fa_error *err)
{
    if (!channel->address->tls) {
        channel->bytes = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
        return channel->bytes ? 0 : channel_no_memory(err);
    }
    SSL *ssl = channel_open_tls(channel, cacert, err);
    if (!ssl)
        return -1;
    channel->bytes = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
                                                    BEV_OPT_CLOSE_ON_FREE);
    if (!channel->bytes) {
        SSL_free(ssl);
        return channel_no_memory(err);
    }
    bufferevent_openssl_set_allow_dirty_shutdown(channel->bytes, 1);
    return 0;
}

static int channel_connect(struct fa_channel *channel)
{
    const struct fa_address *address = channel->address;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    if (!*address->socket)
        return bufferevent_socket_connect_hostname(channel->bytes, NULL, AF_UNSPEC, address->host,
                                                   (int)address->port);
    memcpy(local.sun_path, address->socket, strlen(address->socket) + 1);
    return bufferevent_socket_connect(channel->bytes, (struct sockaddr *)&local, sizeof(local));
}

struct fa_channel *fa_channel_new(struct event_base *base, const struct fa_address *address,
                                  const char *cacert, const struct fa_channel_handlers *handlers,
                                  struct fa_error *err)
{
    struct fa_channel *channel = calloc(1, sizeof(*channel));
    if (!channel) {
        channel_no_memory(err);
        return NULL;
    }
    channel->handlers = *handlers;
    channel->address = address;
    channel->reader = redisReaderCreate();
    channel->failing = event_new(base, -1, 0, channel_on_failing, channel);
    if (!channel->reader || !channel->failing) {
        channel_no_memory(err);
        goto failed;
    }
    if (channel_open_bytes(channel, base, cacert, err))
        goto failed;
    bufferevent_setcb(channel->bytes, channel_on_read, NULL, channel_on_event, channel);
    bufferevent_enable(channel->bytes, EV_READ | EV_WRITE);
    if (channel_connect(channel))
        fa_channel_fail(channel, strerror(EVUTIL_SOCKET_ERROR()));
    return channel;

failed:
    fa_channel_free(channel);
    return NULL;
}

void fa_channel_free(struct fa_channel *channel)
{
    if (!channel)
        return;
    if (channel->bytes)
        bufferevent_free(channel->bytes);
    if (channel->failing)
        event_free(channel->failing);
    if (channel->reader)
        redisReaderFree(channel->reader);
    SSL_CTX_free(channel->tls);
    free(channel);
}

int fa_channel_send(struct fa_channel *channel, int argc, const char **argv, const size_t *lens)
{
    char *text = NULL;
    int len = redisFormatCommandArgv(&text, argc, argv, lens);
    int result = len < 0 ? -1 : bufferevent_write(channel->bytes, text, (size_t)len);
    if (len >= 0)
        redisFreeCommand(text);
    return result;
}
