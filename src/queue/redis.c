/*
 * The verbs as calls of the script, and its answers as values.  What they mean is in queue.lua.
 */
#include "queue/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/requests.h"

struct fa_queue {
    struct fa_requests *requests;
    const char *who; /* borrowed */
    unsigned per_host;
};

/* Values of answers; a reply of another type, which the script never sends, is empty. */

static uint64_t reply_number(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer > 0 ? (uint64_t)reply->integer : 0;
    return reply->type == REDIS_REPLY_STRING ? strtoull(reply->str, NULL, 10) : 0;
}

static const char *reply_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? reply->str : "";
}

static size_t reply_count(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

/* Whether it is an array of at least n elements. */
static bool reply_has(const redisReply *reply, size_t n)
{
    return reply_count(reply) >= n;
}

static void call_answer(const struct fa_request_call *call, struct fa_queue_answer *answer)
{
    call->then(call->ctx, answer);
}

/* @return whether there is a reply of n elements; else an error was reported */
static bool call_check(const struct fa_request_call *call, const redisReply *reply, size_t n,
                       const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {.stale = stale};
    if (reply && (n == 0 || reply_has(reply, n)))
        return true;
    if (error)
        answer.error = *error;
    else
        fa_error_set(&answer.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the queue gave an answer that makes no sense");
    call_answer(call, &answer);
    return false;
}

static void call_no_memory(const struct fa_request_call *call)
{
    struct fa_queue_answer answer = {0};
    fa_error_system(&answer.error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read an answer of the queue");
    call_answer(call, &answer);
}

static void queue_send(struct fa_queue *queue, struct fa_request *request, fa_request_answer answer,
                       fa_queue_then then, void *ctx)
{
    fa_requests_send(queue->requests, request, answer, &(struct fa_request_call){then, ctx});
}

static struct fa_request *request_of_lease(struct fa_queue *queue, const char *verb,
                                           const struct fa_queue_lease *lease)
{
    struct fa_request *request = fa_request_new(verb);
    fa_request_add_text(request, queue->who);
    fa_request_add_number(request, lease->slot);
    fa_request_add_number(request, lease->token);
    return request;
}

/* Answers without a value. */
static void answer_plain(const struct fa_request_call *call, const redisReply *reply,
                         const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {0};
    if (!call_check(call, reply, 0, error, stale))
        return;
    answer.counted = reply_number(reply);
    call_answer(call, &answer);
}

static void answer_open(const struct fa_request_call *call, const redisReply *reply,
                        const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {0};
    if (!call_check(call, reply, 2, error, stale))
        return;
    answer.partitions = (unsigned)reply_number(reply->element[0]);
    answer.lease = (double)reply_number(reply->element[1]) / 1000;
    call_answer(call, &answer);
}

static struct fa_queue *redis_open(const struct fa_queue_setup *setup, fa_queue_then then,
                                   void *ctx, struct fa_error *err)
{
    struct fa_requests_setup requests = {
        .base = setup->base,
        .auth = setup->auth,
        .cacert = setup->cacert,
        .durable = setup->create,
        .patient = setup->patient,
        .notice = setup->notice,
        .ctx = setup->ctx,
    };
    if (fa_address_parse(setup->url, &requests.address, err))
        return NULL;
    struct fa_queue *queue = calloc(1, sizeof(*queue));
    if (queue)
        queue->requests = fa_requests_new(&requests, err);
    if (!queue || !queue->requests) {
        if (!queue)
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the queue");
        free(queue);
        return NULL;
    }
    queue->who = setup->who;
    queue->per_host = setup->per_host > 0 ? setup->per_host : 1;
    struct fa_request *request = fa_request_new("open");
    fa_request_add_run(request);
    fa_request_add_text(request, setup->create ? "1" : "0");
    fa_request_add_number(request, setup->partitions);
    fa_request_add_number(request, (uint64_t)(setup->lease * 1000));
    fa_request_add_number(request, setup->results);
    queue_send(queue, request, answer_open, then, ctx);
    return queue;
}

static void redis_free(struct fa_queue *queue)
{
    if (!queue)
        return;
    fa_requests_free(queue->requests);
    free(queue);
}

static void answer_put(const struct fa_request_call *call, const redisReply *reply,
                       const struct fa_error *error, bool stale)
{
    enum fa_queue_put puts[FA_QUEUE_BATCH] = {0};
    struct fa_queue_answer answer = {.puts = puts};
    bool good = reply && reply->type == REDIS_REPLY_ARRAY; /* it may be empty */
    if (!call_check(call, good ? reply : NULL, 0, error, stale))
        return;
    for (size_t i = 0; i < reply->elements && i < FA_QUEUE_BATCH; ++i)
        puts[i] = reply->element[i]->integer > 0   ? FA_QUEUE_PUT_NEW
                  : reply->element[i]->integer < 0 ? FA_QUEUE_PUT_TAKEN
                                                   : FA_QUEUE_PUT_KNOWN;
    call_answer(call, &answer);
}

static void redis_put(struct fa_queue *queue, const struct fa_queue_entry *entries, size_t n,
                      fa_queue_then then, void *ctx)
{
    struct fa_request *request = fa_request_new("put");
    fa_request_add_text(request, queue->who);
    for (size_t i = 0; i < n; ++i) {
        fa_request_add_number(request, (uint32_t)entries[i].origin_key);
        fa_request_add(request, &entries[i].url_key, sizeof(entries[i].url_key));
        fa_request_add_text(request, entries[i].packed);
        fa_request_add_number(request, entries[i].line);
        for (size_t name = 0; name < FA_QUEUE_NAMES; ++name)
            fa_request_add_text(request, entries[i].paths[name]);
    }
    queue_send(queue, request, answer_put, then, ctx);
}

static void redis_close(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    struct fa_request *request = fa_request_new("close");
    fa_request_add_text(request, queue->who);
    queue_send(queue, request, answer_plain, then, ctx);
}

static void redis_leave(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    struct fa_request *request = fa_request_new("leave");
    fa_request_add_text(request, queue->who);
    queue_send(queue, request, answer_plain, then, ctx);
}

/* The value of an origin: see queue.lua. */
#define ORIGIN_TEXT 160

static void origin_print(const struct fa_queue_origin *origin, char ret[ORIGIN_TEXT])
{
    snprintf(ret, ORIGIN_TEXT, "%.3f %d %u %" PRIu64 " %" PRIu64 " %.3f %" PRIu64,
             origin->not_before, origin->down, origin->limit, origin->done, origin->failed,
             origin->seconds, origin->bytes);
}

static void origin_read(const char *name, const char *text, struct fa_queue_origin *ret)
{
    int down = 0;
    *ret = (struct fa_queue_origin){.name = name};
    sscanf(text, "%lf %d %u %" SCNu64 " %" SCNu64 " %lf %" SCNu64, &ret->not_before, &down,
           &ret->limit, &ret->done, &ret->failed, &ret->seconds, &ret->bytes);
    ret->down = down != 0;
}

/* The arrays of the answer to a beat. */
struct beat {
    struct fa_queue_gain *gained;
    struct fa_queue_origin *origins; /* of all gains */
    struct fa_queue_origin *late;
    unsigned *lost, *empty, *split;
};

static size_t gains_count_origins(const redisReply *gains)
{
    size_t n = 0;
    for (size_t i = 0; i < reply_count(gains); ++i)
        n += reply_has(gains->element[i], 3) ? reply_count(gains->element[i]->element[2]) / 2 : 0;
    return n;
}

static void gains_read(const redisReply *gains, struct beat *beat, struct fa_queue_answer *answer)
{
    struct fa_queue_origin *at = beat->origins;
    answer->gained = beat->gained;
    for (size_t i = 0; i < reply_count(gains); ++i) {
        const redisReply *one = gains->element[i];
        if (!reply_has(one, 4))
            continue;
        struct fa_queue_gain *gain = &beat->gained[answer->n_gained++];
        gain->lease.slot = (unsigned)reply_number(one->element[0]);
        gain->lease.token = reply_number(one->element[1]);
        gain->seats = (unsigned)reply_number(one->element[3]);
        gain->origins = at;
        gain->n_origins = reply_count(one->element[2]) / 2;
        for (size_t o = 0; o < gain->n_origins; ++o, ++at)
            origin_read(reply_text(one->element[2]->element[2 * o]),
                        reply_text(one->element[2]->element[2 * o + 1]), at);
    }
}

static void late_read(const redisReply *late, struct beat *beat, struct fa_queue_answer *answer)
{
    answer->late = beat->late;
    for (size_t i = 0; i + 1 < reply_count(late); i += 2)
        origin_read(reply_text(late->element[i]), reply_text(late->element[i + 1]),
                    &beat->late[answer->n_late++]);
}

static const unsigned *numbers_read(const redisReply *array, unsigned *to, size_t *ret_n)
{
    *ret_n = reply_count(array);
    for (size_t i = 0; i < *ret_n; ++i)
        to[i] = (unsigned)reply_number(array->element[i]);
    return to;
}

static void answer_beat(const struct fa_request_call *call, const redisReply *reply,
                        const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {0};
    if (!call_check(call, reply, 10, error, stale))
        return;
    redisReply *const *at = reply->element;
    struct beat beat = {
        .gained = calloc(reply_count(at[0]) + 1, sizeof(*beat.gained)),
        .origins = calloc(gains_count_origins(at[0]) + 1, sizeof(*beat.origins)),
        .late = calloc(reply_count(at[6]) + 1, sizeof(*beat.late)),
        .lost = calloc(reply_count(at[1]) + 1, sizeof(*beat.lost)),
        .empty = calloc(reply_count(at[2]) + 1, sizeof(*beat.empty)),
        .split = calloc(reply_count(at[7]) + 1, sizeof(*beat.split)),
    };
    if (beat.gained && beat.origins && beat.late && beat.lost && beat.empty && beat.split) {
        gains_read(at[0], &beat, &answer);
        late_read(at[6], &beat, &answer);
        answer.lost = numbers_read(at[1], beat.lost, &answer.n_lost);
        answer.empty = numbers_read(at[2], beat.empty, &answer.n_empty);
        answer.split = numbers_read(at[7], beat.split, &answer.n_split);
        answer.alive = (unsigned)reply_number(at[8]);
        answer.over = (unsigned)reply_number(at[3]);
        answer.left = reply_number(at[4]);
        answer.producers = (unsigned)reply_number(at[5]);
        answer.silent = (double)reply_number(at[9]) / 1000;
        call_answer(call, &answer);
    } else {
        call_no_memory(call);
    }
    free(beat.gained);
    free(beat.origins);
    free(beat.late);
    free(beat.lost);
    free(beat.empty);
    free(beat.split);
}

static void redis_beat(struct fa_queue *queue, const struct fa_queue_lease *leases, size_t n,
                       unsigned most, const char *info, fa_queue_then then, void *ctx)
{
    struct fa_request *request = fa_request_new("beat");
    fa_request_add_run(request);
    fa_request_add_text(request, queue->who);
    fa_request_add_number(request, most);
    fa_request_add_number(request, queue->per_host);
    fa_request_add_text(request, info);
    for (size_t i = 0; i < n; ++i) {
        fa_request_add_number(request, leases[i].slot);
        fa_request_add_number(request, leases[i].token);
    }
    queue_send(queue, request, answer_beat, then, ctx);
}

static void answer_take(const struct fa_request_call *call, const redisReply *reply,
                        const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {0};
    if (!call_check(call, reply, 0, error, stale))
        return;
    struct fa_queue_taken *taken = calloc(reply_count(reply) + 1, sizeof(*taken));
    if (!taken) {
        call_no_memory(call);
        return;
    }
    for (size_t i = 0; i < reply_count(reply); ++i) {
        const redisReply *one = reply->element[i];
        if (!reply_has(one, 5))
            continue;
        taken[answer.n_taken++] = (struct fa_queue_taken){
            .id = reply_text(one->element[0]),
            .packed = reply_text(one->element[1]),
            .path = reply_text(one->element[2]),
            .line = reply_number(one->element[3]),
            .deaths = (unsigned)reply_number(one->element[4]),
        };
    }
    answer.taken = taken;
    call_answer(call, &answer);
    free(taken);
}

static void redis_take(struct fa_queue *queue, const struct fa_queue_lease *lease, unsigned count,
                       bool held, fa_queue_then then, void *ctx)
{
    struct fa_request *request = request_of_lease(queue, "take", lease);
    fa_request_add_number(request, count);
    /* An answer that was lost had entries, which are held now. */
    if (held)
        fa_request_add_text(request, "1");
    else
        fa_request_add_again(request);
    queue_send(queue, request, answer_take, then, ctx);
}

static void redis_begin(struct fa_queue *queue, const struct fa_queue_begun *begun, size_t n,
                        fa_queue_then then, void *ctx)
{
    struct fa_request *request = fa_request_new("begin");
    fa_request_add_text(request, queue->who);
    for (size_t i = 0; i < n; ++i) {
        fa_request_add_number(request, begun[i].slot);
        fa_request_add_text(request, begun[i].id);
    }
    queue_send(queue, request, answer_plain, then, ctx);
}

static void redis_done(struct fa_queue *queue, const struct fa_queue_lease *lease,
                       const struct fa_queue_result *results, size_t n, fa_queue_then then,
                       void *ctx)
{
    struct fa_request *request = request_of_lease(queue, "done", lease);
    for (size_t i = 0; i < n; ++i) {
        fa_request_add_text(request, results[i].id);
        fa_request_add_text(request, results[i].status);
        fa_request_add_text(request, results[i].error);
        fa_request_add_number(request, results[i].bytes);
        fa_request_add_text(request, results[i].text);
    }
    queue_send(queue, request, answer_plain, then, ctx);
}

static void redis_defer(struct fa_queue *queue, const struct fa_queue_lease *lease,
                        fa_queue_then then, void *ctx)
{
    queue_send(queue, request_of_lease(queue, "defer", lease), answer_plain, then, ctx);
}

static void redis_block(struct fa_queue *queue, const struct fa_queue_lease *lease,
                        const struct fa_queue_origin *origins, size_t n, fa_queue_then then,
                        void *ctx)
{
    struct fa_request *request = request_of_lease(queue, "block", lease);
    char text[ORIGIN_TEXT];
    for (size_t i = 0; i < n; ++i) {
        origin_print(&origins[i], text);
        fa_request_add_text(request, origins[i].name);
        fa_request_add_text(request, text);
    }
    queue_send(queue, request, answer_plain, then, ctx);
}

/* The arrays of the answer to stat. */
struct stat_arrays {
    struct fa_queue_count *counts;
    struct fa_queue_worker *workers;
    struct fa_queue_origin *slowest;
};

static void stat_read(redisReply *const *at, const struct stat_arrays *arrays,
                      struct fa_queue_answer *answer)
{
    for (size_t i = 0; i + 1 < reply_count(at[5]); i += 2)
        arrays->counts[answer->n_counts++] = (struct fa_queue_count){
            reply_text(at[5]->element[i]), reply_number(at[5]->element[i + 1])};
    for (size_t i = 0; i < reply_count(at[6]); ++i) {
        const redisReply *one = at[6]->element[i];
        if (reply_has(one, 3))
            arrays->workers[answer->n_workers++] = (struct fa_queue_worker){
                reply_text(one->element[0]), (double)reply_number(one->element[1]) / 1000,
                reply_text(one->element[2])};
    }
    for (size_t i = 0; i < reply_count(at[7]); ++i) {
        const redisReply *one = at[7]->element[i];
        if (reply_has(one, 2))
            origin_read(reply_text(one->element[0]), reply_text(one->element[1]),
                        &arrays->slowest[answer->n_slowest++]);
    }
    answer->counts = arrays->counts;
    answer->workers = arrays->workers;
    answer->slowest = arrays->slowest;
}

static void answer_stat(const struct fa_request_call *call, const redisReply *reply,
                        const struct fa_error *error, bool stale)
{
    struct fa_queue_answer answer = {0};
    if (!call_check(call, reply, 8, error, stale))
        return;
    redisReply *const *at = reply->element;
    struct stat_arrays arrays = {
        .counts = calloc(reply_count(at[5]) + 1, sizeof(*arrays.counts)),
        .workers = calloc(reply_count(at[6]) + 1, sizeof(*arrays.workers)),
        .slowest = calloc(reply_count(at[7]) + 1, sizeof(*arrays.slowest)),
    };
    answer.entries = reply_number(at[0]);
    answer.left = reply_number(at[1]);
    answer.held = reply_number(at[2]);
    answer.producers = (unsigned)reply_number(at[3]);
    answer.lease = (double)reply_number(at[4]) / 1000;
    if (arrays.counts && arrays.workers && arrays.slowest) {
        stat_read(at, &arrays, &answer);
        call_answer(call, &answer);
    } else {
        call_no_memory(call);
    }
    free(arrays.counts);
    free(arrays.workers);
    free(arrays.slowest);
}

static void redis_stat(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    queue_send(queue, fa_request_new("stat"), answer_stat, then, ctx);
}

const struct fa_queue_ops fa_queue_redis = {
    .open = redis_open,
    .put = redis_put,
    .close = redis_close,
    .beat = redis_beat,
    .take = redis_take,
    .begin = redis_begin,
    .done = redis_done,
    .defer = redis_defer,
    .block = redis_block,
    .leave = redis_leave,
    .stat = redis_stat,
    .free = redis_free,
};
