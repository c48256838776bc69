/*
 * The exchange has what libcurl's callbacks have seen, and the handle what was asked of libcurl.
 * At the end, the verdict over both becomes the outcome: what went wrong, whether another attempt
 * can help, and how much of the part file it can use.
 */
#include "transfer/transfer.h"

#include "base/clock.h"
#include "transfer/classify.h"
#include "transfer/cookies.h"
#include "transfer/exchange.h"
#include "transfer/handle.h"
#include "transfer/judge.h"
#include "transfer/request.h"
#include "transfer/watchdog.h"
#include "transfer/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Close to libcurl's own limit for a whole response header. */
#define HEAD_MAX (200 * 1024)

#define REQUEST_TIMEOUT 408

struct fa_transfer {
    const struct fa_settings *all; /* of all hosts */
    struct fa_handle handle;
    struct fa_exchange exchange;
};

CURL *fa_transfer_easy(struct fa_transfer *transfer)
{
    return transfer->handle.easy;
}

struct fa_transfer *fa_transfer_of(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (struct fa_transfer *)(void *)transfer;
}

void fa_transfer_watch(struct fa_transfer *t, void (*connected)(struct fa_attempt *, void *),
                       void (*headed)(struct fa_attempt *, void *), void *arg)
{
    t->exchange.on_connect = connected;
    t->exchange.on_head = headed;
    t->exchange.watch_arg = arg;
}

struct fa_attempt *fa_transfer_attempt(struct fa_transfer *transfer)
{
    return transfer->exchange.attempt;
}

bool fa_transfer_check(struct fa_transfer *t, double now)
{
    if (t->exchange.attempt->cancelled) {
        fa_error_set(&t->exchange.stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED,
                     "cancelled");
        return false;
    }
    if (!fa_pace_check(&t->exchange.pace, now, &t->exchange.stop))
        return false;
    if (fa_pace_follow(&t->exchange.pace, now))
        fa_handle_set_rate(&t->handle);
    return true;
}

struct fa_transfer *fa_transfer_new(const struct fa_settings *settings, struct fa_trust *trust,
                                    struct fa_connections *connections, struct fa_error *err)
{
    struct fa_transfer *t = calloc(1, sizeof(*t));
    if (!t) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a transfer");
        return NULL;
    }
    fa_response_init(&t->exchange.response, NULL);
    t->exchange.settings = t->all = settings;
    t->exchange.trust = trust;
    t->exchange.connections = connections;
    fa_handle_init(&t->handle, &t->exchange, t);
    return t;
}

void fa_transfer_free(struct fa_transfer *t)
{
    if (!t)
        return;
    fa_handle_fini(&t->handle);
    fa_exchange_fini(&t->exchange);
    free(t);
}

int fa_transfer_start(struct fa_transfer *t, struct fa_attempt *a, struct fa_error *err)
{
    struct fa_asked asked;
    if (fa_request_choose(a, &asked, err))
        return -1;
    fa_exchange_reset(&t->exchange);
    t->handle.text[0] = '\0';
    t->exchange.settings = fa_settings_of(t->all, (unsigned)a->rule);
    fa_response_init(&t->exchange.response, &asked);
    fa_body_begin(&t->exchange.body, a, asked.part_bytes);
    fa_pace_begin(&t->exchange.pace, t->exchange.settings, a, fa_clock_now());
    t->exchange.attempt = a;
    a->received = 0;
    if (a->capture)
        t->exchange.capture = fa_capture_new();
    if (a->capture == (t->exchange.capture != NULL) && fa_handle_renew(&t->handle) == 0 &&
        fa_handle_set_up(&t->handle, a, &asked) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
    return -1;
}

/* The kernel only says that an argument is invalid. */
static void transfer_explain_zone(const struct fa_transfer *t, CURLcode code,
                                  struct fa_outcome *ret)
{
    const char *host = t->exchange.attempt->host_port;
    char *zone = fa_zone_missing(host);
    if (zone)
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT,
                     "there is no network interface '%s'", zone);
    else if (fa_zone_is_needed(host))
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT,
                     "a link-local address requires its interface: http://[fe80::1%%25eth0]/");
    free(zone);
}

/* libcurl names the host that it tried, but does not say that it is the proxy. */
static void transfer_explain_proxy(const struct fa_transfer *t, CURLcode code,
                                   struct fa_outcome *ret)
{
    static const char begin[] = "Failed to connect to ";
    const char *colon = strrchr(t->exchange.attempt->host_port, ':');
    if (code != CURLE_COULDNT_CONNECT || !colon || !fa_settings_use_proxy(t->exchange.settings) ||
        strncmp(t->handle.text, begin, sizeof(begin) - 1) != 0)
        return;
    char own[320];
    snprintf(own, sizeof(own), "%.*s port %s ", (int)(colon - t->exchange.attempt->host_port),
             t->exchange.attempt->host_port, colon + 1);
    if (strncmp(t->handle.text + sizeof(begin) - 1, own, strlen(own)) != 0)
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT, "the proxy: %s",
                     t->handle.text);
}

/* Collect what libcurl's CURLcode alone does not say. */
static void transfer_explain_curl(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    long system = 0, proxy = 0;
    curl_easy_getinfo(t->handle.easy, CURLINFO_OS_ERRNO, &system);
    curl_easy_getinfo(t->handle.easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    struct fa_ending ending = {
        .curl = (int)code,
        .system = (int)system,
        .connected = t->exchange.connected,
        .answered = t->exchange.response.status != 0,
        .long_head = t->exchange.response.verdict == FA_VERDICT_NONE && t->exchange.connected &&
                     t->exchange.headers_size > HEAD_MAX,
        .proxy_status = (int)proxy,
        .proxied = fa_settings_use_proxy(t->exchange.settings),
        .tls_min = t->exchange.settings->tls_min,
        .text = t->handle.text,
    };
    fa_classify_curl(&ending, ret);
    if (ret->error.class == FA_CLASS_CONNECT) {
        transfer_explain_proxy(t, code, ret);
        transfer_explain_zone(t, code, ret);
    }
}

/* A response without a length ends with the connection, so over TLS only close_notify shows that
 * nothing is missing. */
static void transfer_check_complete(struct fa_transfer *t, struct fa_outcome *ret)
{
    if (!t->exchange.close_notify || fa_close_notify_received(t->exchange.close_notify)) {
        fa_body_close(&t->exchange.body, ret);
        return;
    }
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                 "the TLS connection ended without close_notify, and the length is unknown");
    ret->retryable = FA_RETRYABLE_NOW;
}

/* A server that says when to come back means that coming back helps, whatever its status.  That
 * time may be over: 0 seconds, or a date that has passed. */
static void transfer_read_wait(const struct fa_transfer *t, struct fa_outcome *ret)
{
    ret->retry_after = t->exchange.response.retry_after;
    ret->limited = t->exchange.response.rate_limit.spent;
    bool listed = fa_status_is_listed(t->exchange.settings->retry_on, t->exchange.response.status);
    if (ret->error.class == FA_CLASS_HTTP && (ret->retry_after >= 0 || listed))
        ret->retryable = FA_RETRYABLE_NOW;
}

static void transfer_redirect(struct fa_transfer *t, struct fa_outcome *ret)
{
    if (fa_cookies_get(t->handle.easy, &ret->cookies)) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot follow a redirect");
        return;
    }
    ret->location = t->exchange.response.location;
    t->exchange.response.location = NULL;
}

/* libcurl keeps a challenge even if it was not to be answered, and newer versions then take the
 * next one for a rejected password. */
static void transfer_read_challenge(struct fa_transfer *t, struct fa_outcome *ret)
{
    t->handle.spent |= t->exchange.response.digest;
    ret->digest = t->exchange.response.status == 401 && t->exchange.response.digest &&
                  t->exchange.can_answer && !t->exchange.attempt->digest &&
                  fa_cookies_get(t->handle.easy, &ret->cookies) == 0;
}

/* Prefer a status to the way in which its discarded body ended. */
static void transfer_judge(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    if (fa_exchange_is_stopped(&t->exchange)) {
        ret->error = t->exchange.stop.error;
        ret->retryable = t->exchange.stop.retryable;
        ret->restart = t->exchange.stop.restart;
        ret->doubtful = t->exchange.stop.doubtful;
    } else if (t->exchange.response.verdict == FA_VERDICT_ERROR) {
        fa_judge_explain(&t->exchange.response, ret);
        transfer_read_wait(t, ret);
        transfer_read_challenge(t, ret);
        ret->idle = t->exchange.response.status == REQUEST_TIMEOUT && t->exchange.lease.kept &&
                    !t->exchange.response.http2;
    } else if (t->exchange.response.verdict == FA_VERDICT_REDIRECT) {
        transfer_redirect(t, ret);
    } else if (t->exchange.response.verdict == FA_VERDICT_UNCHANGED) {
        ret->unchanged = true;
    } else if (t->exchange.response.verdict == FA_VERDICT_COMPLETE) {
        fa_body_close(&t->exchange.body, ret);
    } else if (code != CURLE_OK) {
        transfer_explain_curl(t, code, ret);
    } else if (t->exchange.response.verdict == FA_VERDICT_FILE) {
        transfer_check_complete(t, ret);
    } else {
        fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the response has no status line");
        ret->retryable = FA_RETRYABLE_ONCE;
    }
}

/* Decide how much of the part file is valid for a later attempt. */
static void transfer_settle_part(struct fa_transfer *t, struct fa_outcome *ret)
{
    enum fa_class class = ret->error.class;
    enum fa_verdict verdict = t->exchange.response.verdict;
    if (verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE ||
        verdict == FA_VERDICT_UNCHANGED)
        ret->head = t->exchange.response.head;
    if (verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE) {
        ret->name = t->exchange.response.name;
        t->exchange.response.name = NULL;
    }
    if (verdict == FA_VERDICT_FILE && class != FA_CLASS_NONE && class != FA_CLASS_LOCAL_IO)
        fa_body_save(&t->exchange.body);
    /* restart with an error: the part file is refused.  restart alone: it has been replaced. */
    bool useless = class == FA_CLASS_INTEGRITY || class == FA_CLASS_TOO_LARGE ||
                   ret->restart != FA_RESTART_NONE || ret->doubtful ||
                   (verdict == FA_VERDICT_ERROR && t->exchange.response.restart != FA_RESTART_NONE);
    ret->size = useless ? 0 : t->exchange.body.written;
    if (ret->restart == FA_RESTART_NONE)
        ret->restart = t->exchange.response.restart;
}

/* If the watchdog has shut down the connection, libcurl's error is misleading. */
static void transfer_check_cut(struct fa_transfer *t, CURLcode code)
{
    if (!t->exchange.lease.cut || code == CURLE_OK || fa_exchange_is_stopped(&t->exchange))
        return;
    fa_error_set(&t->exchange.stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_STALLED,
                 "the connection blocked libcurl for more than %d s", FA_WATCHDOG_SECONDS);
    t->exchange.stop.retryable = FA_RETRYABLE_NOW;
}

/* Hand over what was sent and received, if it is an answer: a file, a redirect or an error. */
static void transfer_read_capture(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    struct fa_capture *capture = t->exchange.capture;
    const struct fa_response *response = &t->exchange.response;
    bool file = response->verdict == FA_VERDICT_FILE && ret->error.class == FA_CLASS_NONE;
    bool refused = response->verdict == FA_VERDICT_ERROR && ret->error.class == FA_CLASS_HTTP;
    if (!capture || (!file && !ret->location && !refused))
        return;
    capture->chunked = response->chunked;
    capture->cut = !file && code != CURLE_OK;
    memcpy(capture->ip, ret->ip, sizeof(capture->ip));
    if (fa_capture_failed(capture)) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep a response");
        return;
    }
    ret->capture = capture;
    t->exchange.capture = NULL;
}

/* The order matters: the lease tells whether the watchdog intervened, the judge needs that, and
 * the part file can be valued only after the judge has set the error. */
void fa_transfer_finish(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    *ret = fa_outcome_none;
    ret->cached = t->exchange.response.cached;
    fa_connections_done(t->exchange.connections, &t->exchange.lease, t->exchange.response.http2);
    ret->tcp = t->exchange.lease.tcp;
    transfer_check_cut(t, code);
    transfer_judge(t, code, ret);
    if (t->exchange.settings->cookies && !ret->cookies)
        (void)fa_cookies_get(t->handle.easy, &ret->cookies);
    ret->http = t->exchange.response.status;
    ret->login = t->exchange.login;
    ret->received = t->exchange.attempt->received;
    transfer_settle_part(t, ret);
    fa_handle_read(&t->handle, ret);
    transfer_read_capture(t, code, ret);
    if (ret->time.total <= 0)
        ret->time.total = fa_clock_now() - t->exchange.pace.started;
    t->exchange.attempt = NULL;
}
