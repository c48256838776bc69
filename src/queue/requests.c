/*
 * A connection begins with AUTH, SELECT, INFO and SCRIPT LOAD; then all requests without an answer
 * are sent, in their order.  Each answer belongs to the first of them.  The script is sent once
 * INFO is answered: before AUTH, Redis accepts no more than 16 KiB, and would not say that it
 * requires a password.
 *
 * Redis that starts (LOADING), has no memory (OOM) or lost the script (NOSCRIPT) is treated like
 * one that is away: the connection is closed, and the next one repeats the request.
 */
#include "queue/requests.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "queue/channel.h"
#include "queue/script.h"

/* Seconds to the next connection, at first and at most, and until an answer is missed. */
#define WAIT_FIRST  0.1
#define WAIT_MOST   1.0
#define ANSWER_WAIT 10.0
/* What XAUTOCLAIM and its answers need. */
#define OLDEST_MAJOR 6
#define OLDEST_MINOR 2

struct fa_request {
    TAILQ_ENTRY(fa_request) next;
    char *bytes; /* the arguments, one after another */
    size_t len, size;
    size_t *lens; /* of the arguments */
    int argc, room;
    int run_at, again_at; /* indices of arguments; 0: none */
    bool sent, again, failed;
    fa_request_answer answer;
    struct fa_request_call call;
};

/* Answers that a new connection waits for. */
enum step { STEP_AUTH, STEP_SELECT, STEP_INFO, STEP_SCRIPT, STEPS };

struct fa_requests {
    struct fa_requests_setup setup;
    char *auth; /* owned */
    struct fa_channel *channel;
    TAILQ_HEAD(, fa_request) waiting;
    struct event *timer;
    enum step steps[STEPS];
    unsigned n_steps, step;
    bool ready, was_ready, reported, closing;
    double wait, since; /* the back-off; of the oldest unanswered request */
    char run[48];
    char sha[48];
    char key[FA_ADDRESS_NAME_MAX + 16];
};

struct fa_request *fa_request_new(const char *verb)
{
    struct fa_request *request = calloc(1, sizeof(*request));
    fa_request_add_text(request, verb);
    return request;
}

static void request_free(struct fa_request *request)
{
    if (!request)
        return;
    free(request->bytes);
    free(request->lens);
    free(request);
}

/* Make room for another argument of that length. */
static int request_grow(struct fa_request *request, size_t len)
{
    if (request->argc == request->room) {
        int room = request->room ? 2 * request->room : 16;
        size_t *lens = reallocarray(request->lens, (size_t)room, sizeof(*lens));
        if (!lens)
            return -1;
        request->lens = lens;
        request->room = room;
    }
    if (request->len + len > request->size) {
        size_t size = 2 * request->size + len;
        char *bytes = realloc(request->bytes, size);
        if (!bytes)
            return -1;
        request->bytes = bytes;
        request->size = size;
    }
    return 0;
}

void fa_request_add(struct fa_request *request, const void *data, size_t len)
{
    if (!request || request->failed)
        return;
    if (request_grow(request, len)) {
        request->failed = true;
        return;
    }
    if (len > 0)
        memcpy(request->bytes + request->len, data, len);
    request->lens[request->argc++] = len;
    request->len += len;
}

void fa_request_add_text(struct fa_request *request, const char *text)
{
    fa_request_add(request, text, strlen(text));
}

void fa_request_add_number(struct fa_request *request, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    fa_request_add_text(request, text);
}

void fa_request_add_run(struct fa_request *request)
{
    if (request)
        request->run_at = request->argc;
    fa_request_add_text(request, "");
}

void fa_request_add_again(struct fa_request *request)
{
    if (request)
        request->again_at = request->argc;
    fa_request_add_text(request, "0");
}

/* EVALSHA SHA 1 KEY, then the arguments. */
static int requests_write(struct fa_requests *requests, struct fa_request *request)
{
    enum { BEFORE = 4 };
    int argc = request->argc + BEFORE;
    const char **argv = calloc((size_t)argc, sizeof(*argv));
    size_t *lens = calloc((size_t)argc, sizeof(*lens));
    int result = -1;
    if (argv && lens) {
        const char *before[BEFORE] = {"EVALSHA", requests->sha, "1", requests->key};
        const char *at = request->bytes;
        for (int i = 0; i < BEFORE; ++i) {
            argv[i] = before[i];
            lens[i] = strlen(before[i]);
        }
        for (int i = 0; i < request->argc; at += request->lens[i++]) {
            argv[BEFORE + i] = at;
            lens[BEFORE + i] = request->lens[i];
        }
        if (request->run_at) {
            argv[BEFORE + request->run_at] = requests->run;
            lens[BEFORE + request->run_at] = strlen(requests->run);
        }
        if (request->again_at && request->again)
            argv[BEFORE + request->again_at] = "1";
        result = fa_channel_send(requests->channel, argc, argv, lens);
        request->sent = true;
    }
    free(argv);
    free(lens);
    if (TAILQ_FIRST(&requests->waiting) == request)
        requests->since = fa_clock_now();
    return result;
}

static void requests_set_timer(struct fa_requests *requests, double seconds)
{
    struct timeval wait = {.tv_sec = (time_t)seconds};
    wait.tv_usec = (suseconds_t)((seconds - (double)wait.tv_sec) * 1e6);
    event_add(requests->timer, &wait);
}

static void requests_answer(struct fa_requests *requests, const redisReply *reply,
                            const struct fa_error *error, bool stale)
{
    struct fa_request *request = TAILQ_FIRST(&requests->waiting);
    TAILQ_REMOVE(&requests->waiting, request, next);
    requests->since = fa_clock_now();
    request->answer(&request->call, reply, error, stale);
    request_free(request);
}

/* Nothing can be done: wrong password, or an old Redis. */
static void requests_fail(struct fa_requests *requests, const struct fa_error *error)
{
    while (!TAILQ_EMPTY(&requests->waiting))
        requests_answer(requests, NULL, error, false);
}

static void requests_refuse(struct fa_requests *requests, enum fa_class class, const char *why)
{
    struct fa_error error;
    char where[FA_ADDRESS_TEXT];
    fa_address_print(&requests->setup.address, where);
    fa_error_set(&error, FA_DOMAIN_FETCHALL, 0, class, "cannot use the queue at %.80s: %.120s",
                 where, why);
    requests_fail(requests, &error);
}

static void requests_notice(const struct fa_requests *requests, const char *what, const char *why)
{
    char where[FA_ADDRESS_TEXT], text[FA_ADDRESS_TEXT + 300];
    fa_address_print(&requests->setup.address, where);
    snprintf(text, sizeof(text), "the queue at %s %s%s%s", where, what, why ? ": " : "",
             why ? why : "");
    if (requests->setup.notice)
        requests->setup.notice(requests->setup.ctx, text);
}

/* Wait, and connect again; the first failure is reported. */
static void requests_on_lost(void *ctx, const char *why)
{
    struct fa_requests *requests = ctx;
    struct fa_request *request;
    fa_channel_free(requests->channel);
    requests->channel = NULL;
    requests->ready = false;
    if (!requests->was_ready && !requests->setup.patient) {
        requests_refuse(requests, FA_CLASS_CONNECT, why);
        return;
    }
    if (!requests->reported)
        requests_notice(requests, "is away, waiting for it", why);
    requests->reported = true;
    TAILQ_FOREACH (request, &requests->waiting, next)
        if (request->sent) {
            request->sent = false;
            request->again = true;
        }
    requests->wait = requests->wait > 0 ? 2 * requests->wait : WAIT_FIRST;
    if (requests->wait > WAIT_MOST)
        requests->wait = WAIT_MOST;
    /* Half of it at random, so that a thousand workers do not come back at once. */
    requests_set_timer(requests,
                       requests->wait * (0.5 + 0.5 * (double)arc4random() / (double)UINT32_MAX));
}

static bool text_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Errors that another connection, later, will not have. */
static bool error_is_transient(const char *text)
{
    static const char *const kinds[] = {"LOADING",  "NOSCRIPT", "OOM",        "BUSY ",
                                        "TRYAGAIN", "READONLY", "MASTERDOWN", "CLUSTERDOWN"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); ++i)
        if (text_begins(text, kinds[i]) || (i == 2 && strstr(text, "OOM command not allowed")))
            return true;
    return false;
}

static void requests_on_error(struct fa_requests *requests, const char *text)
{
    struct fa_error error;
    if (error_is_transient(text)) {
        fa_channel_fail(requests->channel,
                        strstr(text, "OOM ") ? "its memory is full (maxmemory)" : text);
        return;
    }
    bool refused = text_begins(text, "NOQUEUE ");
    fa_error_set(&error, FA_DOMAIN_FETCHALL, 0, refused ? FA_CLASS_REFUSED : FA_CLASS_PROTOCOL,
                 "%s'%s': %.160s", refused ? "queue " : "error of the queue ",
                 requests->setup.address.name, refused ? text + strlen("NOQUEUE ") : text);
    requests_answer(requests, NULL, &error, text_begins(text, "STALE "));
}

/* The value of a line "NAME:VALUE" of INFO. */
static void info_get(const char *info, const char *name, char *ret, size_t size)
{
    const char *at = strstr(info, name);
    size_t len = at ? strcspn(at + strlen(name), "\r\n") : 0;
    snprintf(ret, size, "%.*s", (int)len, at ? at + strlen(name) : "");
}

static int requests_read_info(struct fa_requests *requests, const char *info)
{
    char version[24], why[100];
    int major = 0, minor = 0;
    info_get(info, "redis_version:", version, sizeof(version));
    info_get(info, "run_id:", requests->run, sizeof(requests->run));
    if (sscanf(version, "%d.%d", &major, &minor) == 2 &&
        (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR))) {
        if (requests->setup.durable && strstr(info, "aof_enabled:0"))
            requests_notice(requests, "is lost if Redis ends",
                            "it has no append-only file (appendonly no)");
        requests->setup.durable = false;
        return 0;
    }
    snprintf(why, sizeof(why), "it is Redis %.20s, and at least %d.%d is needed",
             *version ? version : "of an unknown version", OLDEST_MAJOR, OLDEST_MINOR);
    requests_refuse(requests, FA_CLASS_REFUSED, why);
    return -1;
}

static void requests_begin(struct fa_requests *requests)
{
    struct fa_request *request;
    requests->ready = requests->was_ready = true;
    if (requests->reported)
        requests_notice(requests, "answers again", NULL);
    requests->reported = false;
    requests->since = fa_clock_now();
    TAILQ_FOREACH (request, &requests->waiting, next)
        if (requests_write(requests, request))
            fa_channel_fail(requests->channel, strerror(ENOMEM));
    requests_set_timer(requests, ANSWER_WAIT / 4);
}

static void requests_send_step(struct fa_requests *requests, enum step step, int argc,
                               const char **argv)
{
    requests->steps[requests->n_steps++] = step;
    if (fa_channel_send(requests->channel, argc, argv, NULL))
        fa_channel_fail(requests->channel, strerror(ENOMEM));
}

static void requests_on_step(struct fa_requests *requests, const redisReply *reply)
{
    enum step step = requests->steps[requests->step++];
    if (reply->type == REDIS_REPLY_ERROR && error_is_transient(reply->str)) {
        requests->setup.patient = true; /* there is a server */
        fa_channel_fail(requests->channel, reply->str);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        bool auth = step == STEP_AUTH || text_begins(reply->str, "NOAUTH");
        requests_refuse(requests, FA_CLASS_REFUSED,
                        auth ? "it refuses the password (see --queue-auth)" : reply->str);
        fa_channel_fail(requests->channel, reply->str);
    } else if (step == STEP_INFO && reply->str) {
        if (requests_read_info(requests, reply->str))
            fa_channel_fail(requests->channel, "its version is too old");
        else
            requests_send_step(requests, STEP_SCRIPT, 3,
                               (const char *[]){"SCRIPT", "LOAD", fa_queue_script});
    } else if (step == STEP_SCRIPT && reply->str) {
        snprintf(requests->sha, sizeof(requests->sha), "%s", reply->str);
        requests_begin(requests);
    }
}

static void requests_on_reply(void *ctx, const redisReply *reply)
{
    struct fa_requests *requests = ctx;
    if (requests->step < requests->n_steps)
        requests_on_step(requests, reply);
    else if (TAILQ_EMPTY(&requests->waiting))
        fa_channel_fail(requests->channel, "an answer without a question");
    else if (reply->type == REDIS_REPLY_ERROR)
        requests_on_error(requests, reply->str);
    else {
        requests->wait = 0;
        requests_answer(requests, reply, NULL, false);
    }
}

/* The user is that of the URL, or of the secret. */
static void requests_send_auth(struct fa_requests *requests)
{
    const char *user = requests->setup.address.user, *secret = requests->auth;
    const char *colon = strchr(secret, ':');
    char *named = colon && !*user ? strndup(secret, (size_t)(colon - secret)) : NULL;
    if (named && *named)
        requests_send_step(requests, STEP_AUTH, 3, (const char *[]){"AUTH", named, colon + 1});
    else if (*user)
        requests_send_step(requests, STEP_AUTH, 3, (const char *[]){"AUTH", user, secret});
    else
        requests_send_step(requests, STEP_AUTH, 2, (const char *[]){"AUTH", secret});
    free(named);
}

static void requests_on_ready(void *ctx)
{
    struct fa_requests *requests = ctx;
    char db[16];
    requests->n_steps = requests->step = 0;
    if (requests->auth)
        requests_send_auth(requests);
    snprintf(db, sizeof(db), "%u", requests->setup.address.db);
    if (requests->setup.address.db)
        requests_send_step(requests, STEP_SELECT, 2, (const char *[]){"SELECT", db});
    requests_send_step(requests, STEP_INFO, 2, (const char *[]){"INFO", "everything"});
}

static void requests_connect(struct fa_requests *requests)
{
    const struct fa_channel_handlers handlers = {requests_on_ready, requests_on_reply,
                                                 requests_on_lost, requests};
    struct fa_error err;
    requests->channel = fa_channel_new(requests->setup.base, &requests->setup.address,
                                       requests->setup.cacert, &handlers, &err);
    requests->since = fa_clock_now();
    if (requests->channel)
        requests_set_timer(requests, ANSWER_WAIT / 4);
    else if (requests->was_ready || requests->setup.patient)
        requests_set_timer(requests, WAIT_MOST);
    else
        requests_fail(requests, &err);
}

/* Connect again, or look whether an answer is missing. */
static void requests_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_requests *requests = arg;
    if (!requests->channel) {
        requests_connect(requests);
        return;
    }
    bool waits = !requests->ready || !TAILQ_EMPTY(&requests->waiting);
    if (waits && fa_clock_now() - requests->since > ANSWER_WAIT)
        fa_channel_fail(requests->channel, "it does not answer");
    requests_set_timer(requests, ANSWER_WAIT / 4);
}

struct fa_requests *fa_requests_new(const struct fa_requests_setup *setup, struct fa_error *err)
{
    struct fa_requests *requests = calloc(1, sizeof(*requests));
    if (requests) {
        TAILQ_INIT(&requests->waiting);
        requests->setup = *setup;
        requests->auth = setup->auth ? strdup(setup->auth) : NULL;
        requests->timer = evtimer_new(setup->base, requests_on_timer, requests);
        snprintf(requests->key, sizeof(requests->key), "{fetchall:%s}", setup->address.name);
    }
    if (!requests || !requests->timer || (setup->auth && !requests->auth)) {
        fa_requests_free(requests);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the queue");
        return NULL;
    }
    requests_set_timer(requests, 0);
    return requests;
}

void fa_requests_free(struct fa_requests *requests)
{
    struct fa_request *request;
    if (!requests)
        return;
    while ((request = TAILQ_FIRST(&requests->waiting))) {
        TAILQ_REMOVE(&requests->waiting, request, next);
        request_free(request);
    }
    fa_channel_free(requests->channel);
    if (requests->timer)
        event_free(requests->timer);
    if (requests->auth)
        explicit_bzero(requests->auth, strlen(requests->auth));
    free(requests->auth);
    free(requests);
}

void fa_requests_send(struct fa_requests *requests, struct fa_request *request,
                      fa_request_answer answer, const struct fa_request_call *call)
{
    if (!request || request->failed) {
        struct fa_error error;
        fa_error_system(&error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot use the queue");
        request_free(request);
        answer(call, NULL, &error, false);
        return;
    }
    request->answer = answer;
    request->call = *call;
    TAILQ_INSERT_TAIL(&requests->waiting, request, next);
    if (requests->ready && requests->channel && requests_write(requests, request))
        fa_channel_fail(requests->channel, strerror(ENOMEM));
}
