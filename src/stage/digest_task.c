/*
 * The input of a task is the set of algorithms, and for each descriptor its range.  The output for
 * each is the number of digests and the digests, or UINT8_MAX and an error: the stage reads it with
 * result_get(), which trusts a worker with nothing but the bytes of digests.
 */
#include "stage/digest_task.h"

#include "base/buf.h"
#include "confine/confine.h"
#include "stage/stage.h"

#include <errno.h>
#include <stdlib.h>

struct digest_shared {
    struct fa_digest_set *set;
    bool confined;
};

/* Also for a half-built one. */
static void digest_unshare(void *arg)
{
    struct digest_shared *shared = arg;
    if (shared)
        fa_digest_set_free(shared->set);
    free(shared);
}

/* Runs in the nursery, so that forked workers inherit the fetched algorithms.  The setup is one
 * byte: whether to confine the worker. */
static int digest_share(const void *setup, size_t len, void **ret, struct fa_error *err)
{
    struct digest_shared *shared = calloc(1, sizeof(*shared));
    if (!shared || !(shared->set = fa_digest_set_new(err))) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up digests");
        digest_unshare(shared);
        return -1;
    }
    shared->confined = len == 1 && *(const unsigned char *)setup;
    *ret = shared;
    return 0;
}

static int digest_open(void *arg, void **ret, struct fa_error *err)
{
    struct digest_shared *shared = arg;
    *ret = fa_digester_new(shared->set, err);
    return *ret ? 0 : -1;
}

/* From here on the worker can read only the descriptors that the pool sends. */
static int digest_confine(void *arg, struct fa_error *err)
{
    struct digest_shared *shared = arg;
    return shared->confined ? fa_confine(FA_CONFINE_DIGEST, NULL, 0, err) : 0;
}

static void digest_close(void *state)
{
    fa_digester_free(state);
}

/* Progress of bytes is of no interest to the stage, but shows the pool that the worker is alive. */
static void digest_tick(void *arg, uint64_t bytes)
{
    fa_task_progress(arg, bytes);
}

/* UINT8_MAX in place of a number of digests marks an error. */
static void result_put(struct fa_buf *buf, const struct fa_digest *digests, int n,
                       const struct fa_error *error)
{
    fa_buf_put_u8(buf, n < 0 ? UINT8_MAX : (uint8_t)n);
    for (int i = 0; i < n; ++i) {
        fa_buf_put_u32(buf, digests[i].hash);
        fa_buf_put(buf, digests[i].bytes, FA_DIGEST_MAX);
    }
    if (n < 0) {
        fa_buf_put_u32(buf, (uint32_t)error->code);
        fa_buf_put_str(buf, error->msg);
    }
}

int fa_digest_task_read(struct fa_digester *digester, int fd, const struct fa_digest_range *range,
                        unsigned hashes, void (*tick)(void *arg, uint64_t bytes), void *arg,
                        struct fa_digest *ret, struct fa_error *err)
{
    return range->from != FA_STAGE_WHOLE
               ? fa_digester_read_member(digester, fd, range, hashes, tick, arg, ret, err)
               : fa_digester_read(digester, fd, range->size, hashes, tick, arg, ret, err);
}

/* A file that cannot be read is a result of its own, not a failure of the batch. */
static int digest_run(void *state, struct fa_task *task, struct fa_error *err)
{
    struct fa_buf buf;
    struct fa_reader reader;
    size_t len;
    const void *input = fa_task_input(task, &len);
    fa_reader_init(&reader, input, len);
    unsigned hashes = fa_reader_u32(&reader);
    fa_buf_init(&buf);
    for (size_t i = 0; i < fa_task_fd_count(task); ++i) {
        struct fa_digest digests[FA_HASHES];
        struct fa_error error = {0};
        struct fa_digest_range range = {.from = fa_reader_u64(&reader)};
        range.size = fa_reader_u64(&reader);
        range.deflated = fa_reader_u8(&reader) != 0;
        int n = fa_digest_task_read(state, fa_task_fd(task, i), &range, hashes, digest_tick, task,
                                    digests, &error);
        result_put(&buf, digests, n, &error);
    }
    int result = buf.failed ? -1 : fa_task_reply(task, buf.data, buf.len);
    if (result)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot reply with digests");
    fa_buf_fini(&buf);
    return result;
}

const struct fa_task_type fa_digest_tasks[] = {
    {
        .name = "digest",
        .share = digest_share,
        .open = digest_open,
        .confine = digest_confine,
        .run = digest_run,
        .close = digest_close,
        .unshare = digest_unshare,
    },
    {0},
};
