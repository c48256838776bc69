/*
 * Files are queued by fa_stage_submit() and sent by fa_stage_flush(), so that a burst of small
 * files becomes few messages.  A batch holds up to BATCH_FILES files and BATCH_BYTES bytes with the
 * same algorithms; with few files waiting, batches are smaller, so that all workers get some.
 * Twice as many batches as workers are in flight, so that no worker waits for the loop.
 *
 * If a worker dies, all files of its batch are reported as lost, and the engine submits each one
 * alone: a file that kills its worker then takes no other file with it.
 *
 * Workers get descriptors instead of names: so they can be confined to read nothing else, and a
 * file that is renamed or replaced meanwhile is still the one that was downloaded.
 *
 * Inline, files are hashed on the loop itself, for INLINE_SLICE seconds between other events.  A
 * file is not divided, so a large one holds up the loop until it is read.
 *
 * With FA_HASH_WITH_AUTO the writer of a file can hash it (running.h).  What it did not comes here.
 * Sending a file to a worker takes about 14 us of CPU time (descriptors, messages, wake-ups), in
 * which SHA-256 gets through INLINE_BYTES.  So FA_HASH_WITH_AUTO hashes smaller files inline,
 * unless they may have to be read from a disk first, for which the loop must not wait.
 */
#include "stage/stage.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "stage/digest.h"
#include "stage/digest_task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

/* A batch is limited in bytes, because it occupies one worker, and in files by its message. */
#define BATCH_FILES  FA_TASK_FDS_MAX
#define BATCH_BYTES  (4 * 1024 * 1024)
#define INLINE_SLICE 0.02
#define SPARES       64
#define INLINE_BYTES (16 * 1024) /* for all algorithms together */

struct item {
    STAILQ_ENTRY(item) link;
    void *tag;
    struct fa_digest_range range; /* from may be FA_STAGE_WHOLE */
    int fd;
    unsigned hashes;
    bool alone;
};

STAILQ_HEAD(item_queue, item);

struct batch {
    LIST_ENTRY(batch) link; /* list of the batches in flight */
    struct fa_stage *stage;
    struct item_queue items; /* in the order of their descriptors */
    size_t n;
    unsigned hashes;
    /* Too large for the stack, which cannot grow if the address space is limited. */
    struct fa_stage_result results[BATCH_FILES];
};

struct fa_stage {
    struct fa_stage_env env;
    struct fa_pool *pool; /* NULL: inline */
    struct fa_digest_set *set;
    struct fa_digester *digester; /* NULL: nothing is hashed inline */
    struct event *turn;           /* for it */
    struct fa_running_digest *spare[SPARES];
    unsigned spares;
    struct item_queue inlined; /* to be hashed by it */
    struct item_queue items;   /* not yet in a batch */
    size_t waiting;            /* their number */
    size_t held;               /* queued or in flight */
    LIST_HEAD(, batch) under_way;
    unsigned batches;
};

/* Trust a worker with the bytes of a digest, but not with the set: it must contain each
 * requested algorithm once. */
static void result_get_digests(struct fa_reader *reader, unsigned hashes,
                               struct fa_stage_result *ret)
{
    for (unsigned left = hashes; left && !reader->failed; ++ret->n_digests) {
        struct fa_digest *digest = &ret->digests[ret->n_digests];
        unsigned hash = fa_reader_u32(reader);
        const void *bytes = fa_reader_get(reader, FA_DIGEST_MAX);
        if (!bytes || !(left & hash) || fa_hash_size(hash) == 0) {
            reader->failed = true;
            return;
        }
        left &= ~hash;
        digest->hash = hash;
        memcpy(digest->bytes, bytes, FA_DIGEST_MAX);
    }
}

static void result_get(struct fa_reader *reader, unsigned hashes, struct fa_stage_result *ret)
{
    uint8_t n = fa_reader_u8(reader);
    if (n == UINT8_MAX) {
        int code = (int)fa_reader_u32(reader);
        const char *msg = fa_reader_str(reader);
        fa_error_set(&ret->error, FA_DOMAIN_SYSTEM, code, FA_CLASS_LOCAL_IO, "%s",
                     msg ? msg : "cannot hash the file");
        return;
    }
    if (n != (unsigned)__builtin_popcount(hashes))
        reader->failed = true;
    result_get_digests(reader, hashes, ret);
}

/* Parse the results of a batch.  @return 0, or -1 if they do not match the request. */
static int batch_get_results(struct batch *batch, const struct fa_task_result *result)
{
    struct fa_reader reader;
    fa_reader_init(&reader, result->data, result->len);
    for (size_t i = 0; i < batch->n; ++i)
        result_get(&reader, batch->hashes, &batch->results[i]);
    return fa_reader_ok(&reader) ? 0 : -1;
}

/* If a batch failed as a whole, each file gets that error. */
static void batch_get_outcome(struct batch *batch, const struct fa_task_result *result)
{
    struct fa_stage_result all = {.error = result->error, .lost = result->lost};
    if (result->ok) {
        if (batch_get_results(batch, result) == 0)
            return;
        fa_error_set(&all.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "a worker sent a malformed reply");
        all.lost = true;
    }
    for (size_t i = 0; i < batch->n; ++i)
        batch->results[i] = all;
}

static struct item *item_pop(struct item_queue *items)
{
    struct item *item = STAILQ_FIRST(items);
    STAILQ_REMOVE_HEAD(items, link);
    return item;
}

/* The descriptor is -1 once the pool has taken it. */
static void item_free(struct item *item)
{
    if (item->fd >= 0)
        close(item->fd);
    free(item);
}

/* Callbacks may submit files and flush; the batch is complete before the first one. */
static void batch_on_done(void *arg, const struct fa_task_result *result)
{
    struct batch *batch = arg;
    struct fa_stage *stage = batch->stage;
    batch_get_outcome(batch, result);
    LIST_REMOVE(batch, link);
    --stage->batches;
    stage->held -= batch->n;
    for (size_t i = 0; !STAILQ_EMPTY(&batch->items); ++i) {
        struct item *item = item_pop(&batch->items);
        stage->env.done(stage->env.ctx, item->tag, &batch->results[i]);
        free(item);
    }
    free(batch);
    fa_stage_flush(stage);
}

static void item_list_free(struct item_queue *items)
{
    while (!STAILQ_EMPTY(items))
        item_free(item_pop(items));
}

/* `waiting` counts the queue, whose length STAILQ does not know. */
static struct item *stage_take_item(struct fa_stage *stage)
{
    --stage->waiting;
    return item_pop(&stage->items);
}

/* Distribute few files over the idle workers, and fill batches with many.  The first file always
 * fits, whatever its size. */
static struct batch *stage_take_batch(struct fa_stage *stage, unsigned free_slots)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return NULL;
    batch->stage = stage;
    size_t share = (stage->waiting + free_slots - 1) / free_slots;
    uint64_t bytes = 0;
    STAILQ_INIT(&batch->items);
    while (!STAILQ_EMPTY(&stage->items) && batch->n < share && batch->n < BATCH_FILES) {
        struct item *next = STAILQ_FIRST(&stage->items);
        if (batch->n > 0 && (next->alone || next->hashes != batch->hashes ||
                             bytes + next->range.size > BATCH_BYTES))
            break;
        stage_take_item(stage);
        STAILQ_INSERT_TAIL(&batch->items, next, link);
        batch->hashes = next->hashes;
        bytes += next->range.size;
        ++batch->n;
        if (next->alone)
            break;
    }
    return batch;
}

/* The pool takes the descriptors, also if it fails: then the files get its error, as if the batch
 * had run. */
static void stage_send_batch(struct fa_stage *stage, struct batch *batch)
{
    int fds[BATCH_FILES];
    size_t n = 0;
    struct item *item;
    struct fa_buf input;
    fa_buf_init(&input);
    fa_buf_put_u32(&input, batch->hashes);
    STAILQ_FOREACH (item, &batch->items, link) {
        fds[n++] = item->fd;
        item->fd = -1;
        fa_buf_put_u64(&input, item->range.from);
        fa_buf_put_u64(&input, item->range.size);
        fa_buf_put_u8(&input, item->range.deflated);
    }
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = fa_digest_tasks[0].name,
                                      .data = input.data,
                                      .len = input.len,
                                      .fds = fds,
                                      .n_fds = n,
                                      .done = batch_on_done,
                                      .arg = batch};
    struct fa_task_result failed = {0};
    LIST_INSERT_HEAD(&stage->under_way, batch, link);
    ++stage->batches;
    if (fa_pool_submit(stage->pool, &request, NULL, &failed.error))
        batch_on_done(batch, &failed);
    fa_buf_fini(&input);
}

/* A batch that ends calls this again, so that the queue is emptied without further submissions. */
static void stage_flush_pool(struct fa_stage *stage)
{
    unsigned slots = 2 * stage->env.jobs;
    while (stage->waiting > 0 && stage->batches < slots) {
        struct batch *batch = stage_take_batch(stage, slots - stage->batches);
        if (!batch)
            return;
        stage_send_batch(stage, batch);
    }
}

static void stage_read(const struct fa_stage *stage, int fd, const struct fa_digest_range *range,
                       unsigned hashes, struct fa_stage_result *ret)
{
    *ret = (struct fa_stage_result){0};
    int n = fa_digest_task_read(stage->digester, fd, range, hashes, NULL, NULL, ret->digests,
                                &ret->error);
    ret->n_digests = n < 0 ? 0 : (size_t)n;
}

struct fa_running_digest *fa_stage_running_get(struct fa_stage *stage)
{
    if (stage->spares > 0)
        return stage->spare[--stage->spares];
    return stage->pool && stage->set ? fa_running_digest_new(stage->set) : NULL;
}

/* What OpenSSL allocates for a small file costs more than its hash. */
void fa_stage_running_put(struct fa_stage *stage, struct fa_running_digest *running)
{
    if (running && stage->spares < SPARES)
        stage->spare[stage->spares++] = running;
    else
        fa_running_digest_free(running);
}

/* Limit the time, so that downloads on the same loop do not stall. */
static void stage_hash_inline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_stage *stage = arg;
    double until = fa_clock_now() + INLINE_SLICE;
    while (!STAILQ_EMPTY(&stage->inlined) && fa_clock_now() < until) {
        struct item *item = item_pop(&stage->inlined);
        struct fa_stage_result one;
        stage_read(stage, item->fd, &item->range, item->hashes, &one);
        --stage->held;
        stage->env.done(stage->env.ctx, item->tag, &one);
        item_free(item);
    }
    fa_stage_flush(stage);
}

/* Inline work starts from an event: done() must not be called from the caller's stack. */
void fa_stage_flush(struct fa_stage *stage)
{
    stage_flush_pool(stage);
    if (!STAILQ_EMPTY(&stage->inlined))
        event_active(stage->turn, EV_TIMEOUT, 0);
}

/* Each file holds a descriptor until it is hashed, and descriptors are limited (RLIMIT_NOFILE). */
bool fa_stage_full(const struct fa_stage *stage)
{
    return stage->held >= stage->env.open_files;
}

/* Whether hashing a cached file costs less than sending it. */
static bool stage_is_small(const struct fa_stage *stage, uint64_t size, unsigned hashes)
{
    return stage->pool && stage->digester && size <= INLINE_BYTES &&
           size * (unsigned)__builtin_popcount(hashes) <= INLINE_BYTES;
}

bool fa_stage_hash_now(struct fa_stage *stage, int fd, uint64_t size, unsigned hashes,
                       struct fa_stage_result *ret)
{
    if (!stage_is_small(stage, size, hashes))
        return false;
    const struct fa_digest_range whole = {.from = FA_STAGE_WHOLE, .size = size};
    stage_read(stage, fd, &whole, hashes, ret);
    return true;
}

static bool stage_hashes_inline(const struct fa_stage *stage, uint64_t size, unsigned hashes,
                                enum fa_stage_how how)
{
    return !stage->pool || (how == FA_STAGE_CACHED && stage_is_small(stage, size, hashes));
}

/* Only queue the file: done() must not be called from here. */
int fa_stage_submit_member(struct fa_stage *stage, int fd, const struct fa_digest_range *range,
                           unsigned hashes, enum fa_stage_how how, void *tag, struct fa_error *err)
{
    struct item *item = calloc(1, sizeof(*item));
    if (!item) {
        close(fd);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot hash a file");
        return -1;
    }
    *item = (struct item){.tag = tag, .range = *range, .fd = fd, .hashes = hashes};
    item->alone = how == FA_STAGE_ALONE;
    ++stage->held;
    if (stage_hashes_inline(stage, range->size, hashes, how)) {
        STAILQ_INSERT_TAIL(&stage->inlined, item, link);
        return 0;
    }
    STAILQ_INSERT_TAIL(&stage->items, item, link);
    ++stage->waiting;
    return 0;
}

int fa_stage_submit(struct fa_stage *stage, int fd, uint64_t size, unsigned hashes,
                    enum fa_stage_how how, void *tag, struct fa_error *err)
{
    const struct fa_digest_range whole = {.from = FA_STAGE_WHOLE, .size = size};
    return fa_stage_submit_member(stage, fd, &whole, hashes, how, tag, err);
}

bool fa_stage_has_processes(enum fa_hash_with with)
{
    return with == FA_HASH_WITH_PROCESS || with == FA_HASH_WITH_AUTO;
}

/* A worker that reads from a broken disk may block for long, so the hang timeout is generous. */
static int stage_open_pool(struct fa_stage *stage, struct fa_error *err)
{
    bool processes = fa_stage_has_processes(stage->env.with);
    const unsigned char confined = stage->env.confined;
    struct fa_pool_config config = {
        .size = sizeof(config),
        .setup = &confined,
        .setup_len = sizeof(confined),
        .kind = processes ? FA_POOL_PROCESSES : FA_POOL_THREADS,
        .workers = stage->env.jobs,
        .types = fa_digest_tasks,
        .hang_timeout = 60,
    };
    stage->pool = fa_pool_new_on(stage->env.base, stage->env.nursery, &config, err);
    return stage->pool ? 0 : -1;
}

/* Outside of a pool there is no share() and open(): the stage has a set and a digester of its
 * own. */
static int stage_open_inline(struct fa_stage *stage, struct fa_error *err)
{
    stage->set = fa_digest_set_new(err);
    if (!stage->set)
        return -1;
    stage->digester = fa_digester_new(stage->set, err);
    stage->turn = event_new(stage->env.base, -1, 0, stage_hash_inline, stage);
    if (stage->digester && stage->turn)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up digests");
    return -1;
}

struct fa_stage *fa_stage_new(const struct fa_stage_env *env, struct fa_error *err)
{
    struct fa_stage *stage = calloc(1, sizeof(*stage));
    if (!stage) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up digests");
        return NULL;
    }
    stage->env = *env;
    STAILQ_INIT(&stage->items);
    STAILQ_INIT(&stage->inlined);
    LIST_INIT(&stage->under_way);
    bool inlines = env->with == FA_HASH_WITH_INLINE || env->with == FA_HASH_WITH_AUTO;
    if ((inlines && stage_open_inline(stage, err)) ||
        (env->with != FA_HASH_WITH_INLINE && stage_open_pool(stage, err))) {
        fa_stage_free(stage);
        return NULL;
    }
    return stage;
}

/* The pool goes first: its callbacks refer to the batches. */
void fa_stage_free(struct fa_stage *stage)
{
    if (!stage)
        return;
    fa_pool_free(stage->pool);
    while (!LIST_EMPTY(&stage->under_way)) {
        struct batch *batch = LIST_FIRST(&stage->under_way);
        LIST_REMOVE(batch, link);
        item_list_free(&batch->items);
        free(batch);
    }
    item_list_free(&stage->items);
    item_list_free(&stage->inlined);
    if (stage->turn)
        event_free(stage->turn);
    while (stage->spares > 0)
        fa_running_digest_free(stage->spare[--stage->spares]);
    fa_digester_free(stage->digester);
    fa_digest_set_free(stage->set);
    free(stage);
}
