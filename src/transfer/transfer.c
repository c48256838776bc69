/*
 * What happens to the bytes of an answer: the head goes to response.c, which gives a verdict; the
 * body of a file goes to body.c; any other body is dropped, up to a limit so that the connection
 * stays usable.  Our own reason to end a transfer is kept in ->stop and rules over the
 * CURLcode that libcurl makes of it.
 */
#include "transfer/transfer.h"

#include "base/clock.h"
#include "transfer/body.h"
#include "transfer/classify.h"
#include "transfer/library.h"
#include "transfer/request.h"
#include "transfer/response.h"
#include "transfer/setup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER     (128 * 1024)
#define BUFFER_MIN 1024
/* In how many bursts the bytes of a second come, at least. */
#define BURSTS 10
/* So many buffers libcurl 7.88 reads at a time before it looks at the rate, and then it waits. */
#define READS_AT_ONCE 100
/* Seconds at the most from which on libcurl 7.88 measures the rate. */
#define RATE_WINDOW 3.0
/* A rate does not rise by less. */
#define RATE_STEP 1.05
#define DROP_MAX  (64 * 1024)
/* Seconds between two checks that are too many. */
#define CHECK_GAP 1.5
/* Near libcurl's own limit for the whole head of an answer. */
#define HEAD_MAX (200 * 1024)

#define RESET_EVERY 3

struct fa_transfer {
    CURL *easy;
    unsigned uses;
    const struct fa_settings *settings;
    struct fa_trust *trust;
    char *known_host; /* whose address stands in libcurl's cache because of us */
    struct curl_slist *headers;
    struct curl_slist *resolve;
    char text[CURL_ERROR_SIZE];

    /* Of the attempt under way. */
    struct fa_attempt *attempt;
    struct fa_response response;
    struct fa_outcome stop; /* our own reason to end it: error.class is set */
    struct fa_body body;
    uint64_t dropped;
    uint64_t rate;
    double rate_kept; /* when the attempt's rate last was this one, or it rose */
    uint64_t buffer;
    double started;
    double last_byte;
    double checked;
    size_t head; /* bytes */
    bool connected;
    bool watched, goodbye; /* TLS: only its end ends the body; it has come */
    void (*tick)(void *arg);
    void *tick_arg;

    void (*on_connect)(struct fa_attempt *attempt, void *arg);
    void *on_connect_arg;
};

CURL *fa_transfer_easy(struct fa_transfer *transfer)
{
    return transfer->easy;
}

struct fa_transfer *fa_transfer_of(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (struct fa_transfer *)(void *)transfer;
}

void fa_transfer_watch(struct fa_transfer *t, void (*connected)(struct fa_attempt *, void *),
                       void *arg)
{
    t->on_connect = connected;
    t->on_connect_arg = arg;
}

struct fa_attempt *fa_transfer_attempt(struct fa_transfer *transfer)
{
    return transfer->attempt;
}

static bool stopped(const struct fa_transfer *t)
{
    return t->stop.error.class != FA_CLASS_NONE;
}

/* The end of the connection will be all that says where the file ends. */
static void watch_end(struct fa_transfer *t)
{
    struct curl_tlssessioninfo *session = NULL;
    if (t->response.http2 || t->response.chunked || t->response.head.rep.total >= 0)
        return;
    curl_easy_getinfo(t->easy, CURLINFO_TLS_SSL_PTR, &session);
    if (!session || session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
        return;
    t->watched = true;
    fa_trust_watch(session->internals, &t->goodbye);
}

/* Without a length only libcurl knows whether the end of a stream is that of the file. */
static bool is_doubtful(const struct fa_response *response)
{
    return response->http2 && response->verdict == FA_VERDICT_FILE &&
           response->head.rep.total < 0 && !fa_library_http2_ends();
}

/* The part is opened for what is to come, and whoever looks at the attempt is told. */
static int begin_body(struct fa_transfer *t)
{
    const struct fa_response *response = &t->response;
    bool expect_length = t->settings->expect_length;
    if (is_doubtful(response)) {
        fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "an answer of HTTP/2 without a length, whose end libcurl %s may mistake",
                     curl_version_info(CURLVERSION_NOW)->version);
        t->stop.hope = FA_HOPE_AGAIN;
        t->stop.doubtful = true;
        return -1;
    }
    if (fa_body_open(&t->body, &response->head, expect_length, &t->stop))
        return -1;
    if (response->verdict == FA_VERDICT_FILE) {
        watch_end(t);
        t->attempt->head = response->head;
        t->attempt->has_head = true;
    }
    return 0;
}

static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_transfer *t = arg;
    t->last_byte = fa_clock_now();
    t->head += len;
    enum fa_verdict before = t->response.verdict;
    fa_response_line(&t->response, line, len, time(NULL));
    enum fa_verdict verdict = t->response.verdict;
    bool decided = before == FA_VERDICT_NONE;
    if (decided && (verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE))
        return begin_body(t) ? 0 : len;
    return len;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_transfer *t = arg;
    t->last_byte = fa_clock_now();
    t->attempt->received += len;
    if (t->response.verdict == FA_VERDICT_FILE)
        return fa_body_put(&t->body, data, len, &t->stop) ? 0 : len;
    t->dropped += len;
    return t->dropped > DROP_MAX ? 0 : len;
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    struct fa_transfer *t = arg;
    t->connected = true;
    t->last_byte = fa_clock_now();
    if (t->on_connect)
        t->on_connect(t->attempt, t->on_connect_arg);
    return CURL_PREREQFUNC_OK;
}

static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct fa_transfer *t = arg;
    if (t->settings->insecure)
        return CURLE_OK;
    return fa_trust_install(t->trust, ssl_ctx, &t->stop.error) ? CURLE_SSL_CACERT_BADFILE
                                                               : CURLE_OK;
}

/* Out of descriptors, libcurl would only say that it could not connect. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct fa_transfer *t = arg;
    int sock = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (sock < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS)) {
        fa_error_system(&t->stop.error, FA_CLASS_LOCAL_IO, errno, "cannot open a connection");
        t->stop.hope = FA_HOPE_AGAIN;
    }
    return sock < 0 ? CURL_SOCKET_BAD : sock;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up)
{
    (void)total, (void)now, (void)up_total, (void)up;
    struct fa_transfer *t = arg;
    if (t->tick)
        t->tick(t->tick_arg);
    return fa_transfer_check(t, fa_clock_now()) ? 0 : 1;
}

/* Silence up to here is no stall: after a burst, libcurl itself waits until the rate is met. */
static double patience(const struct fa_transfer *t)
{
    double burst = (double)t->attempt->received;
    double most = (double)(t->buffer * READS_AT_ONCE);
    double wait = t->rate ? (burst < most ? burst : most) / (double)t->rate : 0;
    return t->settings->stall_timeout + wait;
}

/*
 * The rate on the way to the attempt's.  To libcurl a rate is one from the beginning of its window
 * on: all that a higher one would have brought until now would come at once.  So it rises no faster
 * than what comes because of that, with what the present rate brings, is what the goal would bring.
 */
static uint64_t next_rate(const struct fa_transfer *t, uint64_t goal, double now)
{
    if ((double)goal <= (double)t->rate * RATE_STEP)
        return goal;
    double window = fmin(now - t->started, RATE_WINDOW);
    if (window <= 0)
        return goal;
    double risen = now - t->rate_kept;
    double next = ((double)t->rate * window + (double)goal * risen) / (window + risen);
    return next < (double)t->rate * RATE_STEP ? t->rate : (uint64_t)next;
}

static void follow_rate(struct fa_transfer *t, double now)
{
    uint64_t goal = t->attempt->rate;
    uint64_t rate = next_rate(t, goal, now);
    if (rate != t->rate || rate == goal)
        t->rate_kept = now;
    if (rate == t->rate)
        return;
    t->rate = rate;
    curl_easy_setopt(t->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)t->rate);
    /* On a loop it would sit out the wait that the old rate asked for. */
    if (t->connected && !t->tick) {
        curl_easy_pause(t->easy, CURLPAUSE_RECV);
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
}

bool fa_transfer_check(struct fa_transfer *t, double now)
{
    if (t->attempt->cancelled) {
        fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "cancelled");
        return false;
    }
    /* Whoever was stopped for a while has not heard what came meanwhile. */
    if (now - t->checked > CHECK_GAP)
        t->last_byte += now - t->checked;
    t->checked = now;
    double stall = t->settings->stall_timeout;
    if (stall > 0 && t->connected && now - t->last_byte > patience(t)) {
        fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_STALLED, "no byte for %.3g s",
                     stall);
        t->stop.hope = FA_HOPE_AGAIN;
        return false;
    }
    follow_rate(t, now);
    return true;
}

static void set_callbacks(struct fa_transfer *t)
{
    CURL *easy = t->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
}

struct fa_transfer *fa_transfer_new(const struct fa_settings *settings, struct fa_trust *trust,
                                    struct fa_error *err)
{
    struct fa_transfer *t = calloc(1, sizeof(*t));
    if (t) {
        fa_response_init(&t->response, NULL);
        t->settings = settings;
        t->trust = trust;
        t->easy = curl_easy_init();
    }
    if (!t || !t->easy) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a transfer");
        fa_transfer_free(t);
        return NULL;
    }
    return t;
}

void fa_transfer_free(struct fa_transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    fa_response_fini(&t->response);
    free(t->known_host);
    fa_body_fini(&t->body);
    free(t);
}

/* The cache of libcurl holds the hosts of the handles, not all hosts of the list: each attempt
 * takes out the name that the one before it put in. */
static int set_address(struct fa_transfer *t, const struct fa_attempt *a)
{
    curl_slist_free_all(t->resolve);
    t->resolve = NULL;
    bool moved = !t->known_host || strcmp(t->known_host, a->host_port) != 0;
    char *line = NULL;
    int result = -1;
    if (moved && t->known_host) {
        if (asprintf(&line, "-%s", t->known_host) < 0 || fa_request_append(&t->resolve, line))
            goto out;
        free(line);
        line = NULL;
    }
    if (a->addresses && (asprintf(&line, "%s:%s", a->host_port, a->addresses) < 0 ||
                         fa_request_append(&t->resolve, line)))
        goto out;
    if (moved) {
        free(t->known_host);
        t->known_host = strdup(a->host_port);
        if (!t->known_host)
            goto out;
    }
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
    result = 0;
out:
    free(line);
    return result;
}

/* Less at a time when the rate is low, so that bytes come steadily. */
static uint64_t choose_buffer(uint64_t rate)
{
    uint64_t size = rate / READS_AT_ONCE / BURSTS;
    if (rate == 0 || size > BUFFER)
        return BUFFER;
    return size < BUFFER_MIN ? BUFFER_MIN : size;
}

/* libcurl 7.88 would take a connection of HTTP/2 for HTTP/1.1 too, but not one whose TLS was set up
 * otherwise: by the one that names the maximum, which is the same. */
static void set_version(struct fa_transfer *t, bool http2)
{
    long tls = CURL_SSLVERSION_TLSv1_2;
    if (http2)
        tls |= CURL_SSLVERSION_MAX_TLSv1_3;
    curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, tls);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                     (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
}

int fa_transfer_start(struct fa_transfer *t, struct fa_attempt *a, struct fa_error *err)
{
    struct fa_asked asked;
    if (fa_request_choose(a, &asked, err))
        return -1;
    /* Now and then, as libcurl 7.88 counts its own retries over the life of a handle, and gives up
     * at five; each time would cost more than the rest of a small transfer's set-up. */
    if (t->uses++ % RESET_EVERY == 0) {
        curl_easy_reset(t->easy);
        fa_setup_apply(t->easy, t->settings);
        set_callbacks(t);
    }
    bool netrc = t->settings->netrc && !a->foreign;
    curl_easy_setopt(t->easy, CURLOPT_NETRC,
                     (long)(netrc ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
    set_version(t, t->settings->http2 && !a->http1);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, (long)a->close);
    fa_response_fini(&t->response);
    fa_response_init(&t->response, &asked);
    fa_body_begin(&t->body, a, asked.stands);
    t->stop = (struct fa_outcome){0};
    t->text[0] = '\0';
    t->attempt = a;
    t->dropped = 0;
    t->connected = t->watched = t->goodbye = false;
    t->started = t->last_byte = t->checked = t->rate_kept = fa_clock_now();
    t->head = 0;
    t->rate = a->rate;
    t->buffer = choose_buffer(t->rate);
    a->received = 0;
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)t->buffer);
    curl_easy_setopt(t->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)t->rate);
    if (fa_request_set(t->easy, &t->headers, a, &asked) || set_address(t, a) ||
        curl_easy_setopt(t->easy, CURLOPT_URL, a->url) != CURLE_OK) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
        return -1;
    }
    return 0;
}

static double seconds_between(curl_off_t from, curl_off_t to)
{
    return to > from ? (double)(to - from) / 1e6 : 0;
}

static void read_times(CURL *easy, struct fa_times *time)
{
    curl_off_t lookup = 0, connect = 0, tls = 0, first = 0, total = 0;
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
    time->dns = seconds_between(0, lookup);
    time->connect = seconds_between(lookup, connect);
    time->tls = seconds_between(connect, tls);
    time->ttfb = seconds_between(0, first);
    time->total = seconds_between(0, total);
}

static void read_connection(CURL *easy, struct fa_outcome *ret)
{
    char *ip = NULL;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (ip)
        strncpy(ret->ip, ip, sizeof(ret->ip) - 1);
    const char *name = version == CURL_HTTP_VERSION_1_0   ? "1.0"
                       : version == CURL_HTTP_VERSION_1_1 ? "1.1"
                       : version == CURL_HTTP_VERSION_2_0 ? "2"
                                                          : "";
    strncpy(ret->version, name, sizeof(ret->version) - 1);
}

static void explain_curl(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    long system = 0, proxy = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &system);
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    struct fa_ending ending = {
        .curl = (int)code,
        .system = (int)system,
        .connected = t->connected,
        .answered = t->response.status != 0,
        .long_head = t->response.verdict == FA_VERDICT_NONE && t->connected &&
                     (t->head > HEAD_MAX || code == CURLE_OUT_OF_MEMORY),
        .proxy_status = (int)proxy,
        .text = t->text,
    };
    fa_classify_curl(&ending, ret);
}

static void check_complete(struct fa_transfer *t, struct fa_outcome *ret)
{
    if (!t->watched || t->goodbye) {
        fa_body_close(&t->body, ret);
        return;
    }
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                 "the TLS connection ended without saying so, and there was no length");
    ret->hope = FA_HOPE_AGAIN;
}

/* The status of an answer says more than how its dropped body ended. */
static void judge(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    if (stopped(t)) {
        ret->error = t->stop.error;
        ret->hope = t->stop.hope;
        ret->restart = t->stop.restart;
        ret->doubtful = t->stop.doubtful;
    } else if (t->response.verdict == FA_VERDICT_ERROR) {
        fa_response_explain(&t->response, ret);
        ret->retry_after = t->response.retry_after;
    } else if (t->response.verdict == FA_VERDICT_REDIRECT) {
        ret->location = t->response.location;
        t->response.location = NULL;
    } else if (t->response.verdict == FA_VERDICT_UNCHANGED) {
        ret->unchanged = true;
    } else if (t->response.verdict == FA_VERDICT_COMPLETE) {
        fa_body_close(&t->body, ret);
    } else if (code != CURLE_OK) {
        explain_curl(t, code, ret);
    } else if (t->response.verdict == FA_VERDICT_FILE) {
        check_complete(t, ret);
    } else {
        fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the answer has no status");
        ret->hope = FA_HOPE_ONCE;
    }
}

/* What an earlier attempt and this one have brought that a later one can build on. */
static void settle_part(struct fa_transfer *t, struct fa_outcome *ret)
{
    enum fa_class class = ret->error.class;
    enum fa_verdict verdict = t->response.verdict;
    if (verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE ||
        verdict == FA_VERDICT_UNCHANGED)
        ret->head = t->response.head;
    if (verdict == FA_VERDICT_FILE && class != FA_CLASS_NONE && class != FA_CLASS_LOCAL_IO)
        fa_body_save(&t->body);
    /* An error that comes with a restart refuses the part; a restart without has happened. */
    bool useless = class == FA_CLASS_INTEGRITY || class == FA_CLASS_TOO_LARGE ||
                   ret->restart != FA_RESTART_NONE || ret->doubtful ||
                   (verdict == FA_VERDICT_ERROR && t->response.restart != FA_RESTART_NONE);
    ret->size = useless ? 0 : t->body.written;
    if (ret->restart == FA_RESTART_NONE)
        ret->restart = t->response.restart;
}

void fa_transfer_finish(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    *ret = fa_outcome_none;
    judge(t, code, ret);
    ret->http = t->response.status;
    ret->received = t->attempt->received;
    settle_part(t, ret);
    read_times(t->easy, &ret->time);
    read_connection(t->easy, ret);
    if (ret->time.total <= 0)
        ret->time.total = fa_clock_now() - t->started;
    t->attempt = NULL;
}

void fa_transfer_perform(struct fa_transfer *t, struct fa_attempt *a, void (*tick)(void *arg),
                         void *arg, struct fa_outcome *ret)
{
    struct fa_error err = {0};
    if (fa_transfer_start(t, a, &err)) {
        *ret = fa_outcome_none;
        ret->error = err;
        return;
    }
    t->tick = tick;
    t->tick_arg = arg;
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
    fa_transfer_finish(t, curl_easy_perform(t->easy), ret);
}
