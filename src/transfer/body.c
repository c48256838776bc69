#include "transfer/body.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GATHER (256 * 1024)
/* Less than that is not worth asking the file system. */
#define ROOM_MIN (1024 * 1024)

void fa_body_fini(struct fa_body *body)
{
    free(body->gather);
    body->gather = NULL;
}

void fa_body_begin(struct fa_body *body, const struct fa_attempt *attempt, uint64_t stands)
{
    body->attempt = attempt;
    body->gathered = 0;
    body->written = stands;
    body->total = -1;
}

static int write_gathered(struct fa_body *body, struct fa_error *err)
{
    int fd = body->attempt->fd;
    if (fa_io_pwrite(fd, body->gather, body->gathered, body->written) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write the part");
        (void)!ftruncate(fd, (off_t)body->written); /* on a full disk, others can do with that */
        return -1;
    }
    body->written += body->gathered;
    body->gathered = 0;
    return 0;
}

static int refuse_size(struct fa_error *err, enum fa_class class, const char *what, uint64_t size,
                       uint64_t limit)
{
    fa_error_set(
        err, FA_DOMAIN_FETCHALL, 0, class, "%s %llu bytes, %s %llu", what, (unsigned long long)size,
        class == FA_CLASS_INTEGRITY ? "the list says" : "the limit is", (unsigned long long)limit);
    return -1;
}

/*
 * A declared length that does not fit is refused before a byte of it is written: for good if it
 * never can, else until a later run.  It is only a server's claim, so it is no error of the system:
 * ENOSPC is for a write that failed, and pauses the run.
 */
static int check_room(const struct fa_body *body, uint64_t length, struct fa_outcome *ret)
{
    struct fa_error *err = &ret->error;
    struct statvfs fs;
    if (length < ROOM_MIN || fstatvfs(body->attempt->fd, &fs))
        return 0;
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (length <= room)
        return 0;
    uint64_t size = (uint64_t)fs.f_blocks * fs.f_frsize;
    if (length > size) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TOO_LARGE,
                     "the server declares %llu bytes, and the file system has %llu",
                     (unsigned long long)length, (unsigned long long)size);
    } else {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "the server declares %llu bytes, and the disk has space for %llu",
                     (unsigned long long)length, (unsigned long long)room);
        ret->retryable = FA_RETRYABLE_LATER;
    }
    return -1;
}

/* What is known of the size before the first byte of the body. */
static int check_declared(const struct fa_body *body, bool expect_length, struct fa_outcome *ret)
{
    struct fa_error *err = &ret->error;
    const struct fa_attempt *a = body->attempt;
    if (body->total < 0) {
        if (!expect_length)
            return 0;
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the server declares no length, and --expect-length asks for one");
        return -1;
    }
    uint64_t total = (uint64_t)body->total;
    if (a->max_size && total > a->max_size)
        return refuse_size(err, FA_CLASS_TOO_LARGE, "the server declares", total, a->max_size);
    if (a->size >= 0 && total != (uint64_t)a->size)
        return refuse_size(err, FA_CLASS_INTEGRITY, "the server declares", total,
                           (uint64_t)a->size);
    return check_room(body, total - body->written, ret);
}

/* Other bytes than those that it was opened for. */
static int empty_part(const struct fa_body *body, uint64_t kept)
{
    int fd = body->attempt->fd;
    return fchmod(fd, FA_PART_STALE) || ftruncate(fd, (off_t)kept);
}

int fa_body_open(struct fa_body *body, const struct fa_head *head, bool expect_length,
                 struct fa_outcome *ret)
{
    if (head->kept != body->written && empty_part(body, head->kept)) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, errno, "cannot truncate the part");
        return -1;
    }
    body->written = head->kept;
    body->total = head->rep.total;
    return check_declared(body, expect_length, ret);
}

/* libcurl keeps to a Content-Length; a Content-Range is left to us. */
static int check_growth(const struct fa_body *body, uint64_t size, struct fa_outcome *ret)
{
    const struct fa_attempt *a = body->attempt;
    static const char what[] = "the body has at least";
    if (a->max_size && size > a->max_size)
        return refuse_size(&ret->error, FA_CLASS_TOO_LARGE, what, size, a->max_size);
    if (a->size >= 0 && size > (uint64_t)a->size)
        return refuse_size(&ret->error, FA_CLASS_INTEGRITY, what, size, (uint64_t)a->size);
    if (body->total < 0 || size <= (uint64_t)body->total)
        return 0;
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "the answer has more than the %lld bytes that were declared",
                 (long long)body->total);
    ret->retryable = FA_RETRYABLE_NOW;
    ret->restart = FA_RESTART_REFUSED;
    return -1;
}

int fa_body_put(struct fa_body *body, const char *data, size_t len, struct fa_outcome *ret)
{
    if (check_growth(body, body->written + body->gathered + len, ret))
        return -1;
    if (!body->gather && !(body->gather = malloc(GATHER))) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot gather the body");
        return -1;
    }
    while (len > 0) {
        size_t n = GATHER - body->gathered < len ? GATHER - body->gathered : len;
        memcpy(body->gather + body->gathered, data, n);
        body->gathered += n;
        data += n;
        len -= n;
        if (body->gathered == GATHER && write_gathered(body, &ret->error))
            return -1;
    }
    return 0;
}

/* After a failure nobody knows what is on the disk, and the next call would not tell. */
static int sync_part(struct fa_body *body, struct fa_error *err)
{
    if (!body->attempt->durable || fdatasync(body->attempt->fd) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot sync the part");
    body->written = 0;
    return -1;
}

int fa_body_close(struct fa_body *body, struct fa_outcome *ret)
{
    if (write_gathered(body, &ret->error))
        return -1;
    if (body->total >= 0 && body->written < (uint64_t)body->total) {
        fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                     "the answer ended after %llu of %lld bytes", (unsigned long long)body->written,
                     (long long)body->total);
        ret->retryable = FA_RETRYABLE_NOW;
        return -1;
    }
    int64_t want = body->attempt->size;
    if (want >= 0 && body->written != (uint64_t)want)
        return refuse_size(&ret->error, FA_CLASS_INTEGRITY, "the body has", body->written,
                           (uint64_t)want);
    return sync_part(body, &ret->error);
}

void fa_body_save(struct fa_body *body)
{
    write_gathered(body, NULL);
}
