/*
 * Checks the size of a file three times, as early as each check is possible: the declared length
 * against the limits and the disk before the first byte is written, the running size against the
 * same limits with each write, and the final size at the end.
 *
 * The buffer grows with the rate: thousands of slow transfers would each fill a large one,
 * gradually, and a fast one would need a write(2) for each small one.
 *
 * On failure the part file keeps exactly the bytes that are known to be valid, so that a later
 * attempt can resume after them.  If that cannot be known (a failed fdatasync(2)), it keeps none.
 */
#include "transfer/body.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BUFFER_SIZE  (256 * 1024)
#define BUFFER_FIRST 1024
#define BUFFER_GROW  4
/* Seconds: a buffer that fills sooner grows. */
#define FILLS_FAST 0.5
/* Besides the buffer, what libcurl delivers at once is counted before it is written. */
_Static_assert(BUFFER_SIZE + 64 * 1024 <= FA_PART_UNWRITTEN, "more is unwritten than the limit");
/* Below this, free disk space is not worth a system call. */
#define CHECK_SPACE_MIN (1024 * 1024)

void fa_body_fini(struct fa_body *body)
{
    free(body->gather);
    body->gather = NULL;
    body->space = 0;
}

void fa_body_begin(struct fa_body *body, const struct fa_attempt *attempt, uint64_t part_bytes)
{
    body->attempt = attempt;
    body->gathered = 0;
    body->written = part_bytes;
    body->total = -1;
}

/* `written` advances only after a complete write, so it never counts bytes that a failed or short
 * pwrite(2) may have left behind. */
static int body_flush(struct fa_body *body, struct fa_error *err)
{
    int fd = body->attempt->fd;
    if (fa_io_pwrite(fd, body->gather, body->gathered, body->written) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write the part file");
        /* Free the space for other transfers if the disk is full. */
        if (!body->attempt->end && !body->attempt->shared)
            (void)!ftruncate(fd, (off_t)body->written);
        return -1;
    }
    if (body->attempt->written)
        body->attempt->written(body->attempt->written_arg, body->gather, body->gathered,
                               body->written);
    body->written += body->gathered;
    body->gathered = 0;
    return 0;
}

static int size_reject(struct fa_error *err, enum fa_class class, const char *what, uint64_t size,
                       uint64_t limit)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, class, "%s %llu bytes, %s %llu", what,
                 (unsigned long long)size,
                 class == FA_CLASS_INTEGRITY ? "the list says"
                 : class == FA_CLASS_CONTENT ? "and --min-size is"
                                             : "the limit is",
                 (unsigned long long)limit);
    return -1;
}

/*
 * Reject a declared length that does not fit before writing a byte: for good if it exceeds the file
 * system, else until a later run.  The length is only the server's claim: do not report ENOSPC,
 * which is reserved for a write that failed, and pauses the run.
 */
static int body_check_space(const struct fa_body *body, uint64_t length, struct fa_outcome *ret)
{
    struct fa_error *err = &ret->error;
    struct statvfs fs;
    if (length < CHECK_SPACE_MIN || fstatvfs(body->attempt->fd, &fs))
        return 0;
    uint64_t space = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (length <= space)
        return 0;
    uint64_t size = (uint64_t)fs.f_blocks * fs.f_frsize;
    if (length > size) {
        fa_error_set(err, FA_DOMAIN_SYSTEM, EFBIG, FA_CLASS_TOO_LARGE,
                     "the server declares %llu bytes, but the file system has only %llu",
                     (unsigned long long)length, (unsigned long long)size);
    } else {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "the server declares %llu bytes, but only %llu bytes are free on the disk",
                     (unsigned long long)length, (unsigned long long)space);
        ret->retryable = FA_RETRYABLE_LATER;
    }
    return -1;
}

/* Check the declared size before the first byte of the body. */
static int body_check_declared(const struct fa_body *body, bool expect_length,
                               struct fa_outcome *ret)
{
    struct fa_error *err = &ret->error;
    const struct fa_attempt *a = body->attempt;
    if (body->total < 0) {
        if (!expect_length)
            return 0;
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the server declares no length, but --expect-length requires one");
        return -1;
    }
    uint64_t total = (uint64_t)body->total;
    if (a->max_size && total > a->max_size)
        return size_reject(err, FA_CLASS_TOO_LARGE, "the server declares", total, a->max_size);
    if (a->size >= 0 && total != (uint64_t)a->size)
        return size_reject(err, FA_CLASS_INTEGRITY, "the server declares", total,
                           (uint64_t)a->size);
    if (total < a->min_size)
        return size_reject(err, FA_CLASS_CONTENT, "the server declares", total, a->min_size);
    return body_check_space(body, total - body->written, ret);
}

/* Mark the part stale before its bytes change: see FA_PART_STALE. */
static int body_truncate_part(const struct fa_body *body, uint64_t kept)
{
    int fd = body->attempt->fd;
    return fa_attempt_mark_stale(body->attempt) || ftruncate(fd, (off_t)kept);
}

/* A 206 continues at the end of the kept bytes, and a 200 starts at 0.  The part file is untouched
 * if its size is right already.  A range with an end is written in place, and is complete there. */
int fa_body_open(struct fa_body *body, const struct fa_head *head, bool expect_length,
                 struct fa_outcome *ret)
{
    uint64_t end = body->attempt->end;
    if (!end && head->kept != body->written && body_truncate_part(body, head->kept)) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, errno, "cannot truncate the part file");
        return -1;
    }
    body->written = head->kept;
    body->total = end ? (int64_t)end : head->rep.total;
    return body_check_declared(body, expect_length, ret);
}

/* libcurl enforces Content-Length, but not Content-Range. */
static int body_check_growth(const struct fa_body *body, uint64_t size, struct fa_outcome *ret)
{
    const struct fa_attempt *a = body->attempt;
    static const char what[] = "the body has at least";
    if (a->max_size && size > a->max_size)
        return size_reject(&ret->error, FA_CLASS_TOO_LARGE, what, size, a->max_size);
    if (a->size >= 0 && size > (uint64_t)a->size)
        return size_reject(&ret->error, FA_CLASS_INTEGRITY, what, size, (uint64_t)a->size);
    if (body->total < 0 || size <= (uint64_t)body->total)
        return 0;
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "the response body exceeds the %lld bytes declared", (long long)body->total);
    ret->retryable = FA_RETRYABLE_NOW;
    ret->restart = FA_RESTART_REFUSED;
    return -1;
}

static int body_grow(struct fa_body *body, struct fa_error *err)
{
    size_t space = body->space ? body->space * BUFFER_GROW : BUFFER_FIRST;
    if (space > BUFFER_SIZE)
        space = BUFFER_SIZE;
    unsigned char *gather = realloc(body->gather, space);
    if (!gather) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot buffer the body");
        return -1;
    }
    body->gather = gather;
    body->space = space;
    return 0;
}

/* The buffer is full, or there is none: it is allocated with the first byte of a file, because a
 * redirect or an error needs none. */
static int body_make_space(struct fa_body *body, double now, struct fa_error *err)
{
    if (!body->gather || (body->space < BUFFER_SIZE && now - body->since < FILLS_FAST))
        return body_grow(body, err);
    body->since = now;
    return body_flush(body, err);
}

int fa_body_put(struct fa_body *body, const char *data, size_t len, double now,
                struct fa_outcome *ret)
{
    if (body_check_growth(body, body->written + body->gathered + len, ret))
        return -1;
    if (body->gathered == 0)
        body->since = now;
    while (len > 0) {
        size_t left = body->space - body->gathered, n = left < len ? left : len;
        if (n > 0)
            memcpy(body->gather + body->gathered, data, n);
        body->gathered += n;
        data += n;
        len -= n;
        if (body->gathered == body->space && (len > 0 || body->space == BUFFER_SIZE) &&
            body_make_space(body, now, &ret->error))
            return -1;
    }
    return 0;
}

/* After a failed sync the kernel may drop the dirty pages, and the next fdatasync(2) succeeds
 * without writing them: trust nothing that was written. */
static int body_sync(struct fa_body *body, struct fa_error *err)
{
    if (!body->attempt->durable || fdatasync(body->attempt->fd) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot sync the part file");
    body->written = 0;
    return -1;
}

/* Too few bytes of a declared length are a broken transfer, to be resumed.  A complete file of
 * another size than the list's is the wrong file, and would be so again. */
int fa_body_close(struct fa_body *body, struct fa_outcome *ret)
{
    if (body_flush(body, &ret->error))
        return -1;
    if (body->total >= 0 && body->written < (uint64_t)body->total) {
        fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                     "the response ended after %llu of %lld bytes",
                     (unsigned long long)body->written, (long long)body->total);
        ret->retryable = FA_RETRYABLE_NOW;
        return -1;
    }
    int64_t want = body->attempt->size;
    if (want >= 0 && body->written != (uint64_t)want)
        return size_reject(&ret->error, FA_CLASS_INTEGRITY, "the body has", body->written,
                           (uint64_t)want);
    if (body->written < body->attempt->min_size)
        return size_reject(&ret->error, FA_CLASS_CONTENT, "the body has", body->written,
                           body->attempt->min_size);
    return body_sync(body, &ret->error);
}

/* An error is not reported: the attempt has failed for another reason, and `written` tells how much
 * of the part file is valid. */
void fa_body_save(struct fa_body *body)
{
    body_flush(body, NULL);
}
