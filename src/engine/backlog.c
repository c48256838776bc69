/*
 * All queues share one sequence of bytes: first those of the file, then those of the buffer.  A
 * position is an offset in that sequence, so it stays valid when the buffer is appended to the
 * file.
 *
 * Records of different queues are interleaved as they came, so appending is sequential.  The link
 * to the next record is written into the previous one later; while that is still in the buffer,
 * this costs no system call.
 */
#include "engine/backlog.h"

#include "base/io.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Followed by the bytes of the record. */
struct header {
    uint64_t next; /* Position of the next record of the queue; invalid in its last one. */
    uint64_t len;
};

/* Bytes read together with a header: most records fit. */
#define AHEAD 1024

struct fa_backlog {
    int dirfd; /* Borrowed. */
    int fd;    /* Owned; -1: no file yet. */
    size_t memory;
    uint64_t count;
    uint64_t written; /* Bytes in the file; those of buf follow. */
    struct fa_buf buf;
};

static int backlog_io_failed(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot keep the waiting part of the list");
    return -1;
}

struct fa_backlog *fa_backlog_new(int dirfd, size_t memory, struct fa_error *err)
{
    struct fa_backlog *backlog = calloc(1, sizeof(*backlog));
    if (!backlog) {
        backlog_io_failed(err);
        return NULL;
    }
    backlog->dirfd = dirfd;
    backlog->memory = memory;
    backlog->fd = -1;
    fa_buf_init(&backlog->buf);
    return backlog;
}

void fa_backlog_free(struct fa_backlog *backlog)
{
    if (!backlog)
        return;
    if (backlog->fd >= 0)
        close(backlog->fd);
    fa_buf_fini(&backlog->buf);
    free(backlog);
}

/* The file is created only when memory is not enough, so most runs have none. */
static int backlog_flush(struct fa_backlog *backlog, struct fa_error *err)
{
    if (backlog->fd < 0)
        backlog->fd = fa_io_unlinked(backlog->dirfd);
    if (backlog->fd < 0)
        return backlog_io_failed(err);
    if (fa_io_pwrite(backlog->fd, backlog->buf.data, backlog->buf.len, backlog->written) < 0)
        return backlog_io_failed(err);
    backlog->written += backlog->buf.len;
    fa_buf_reset(&backlog->buf);
    return 0;
}

/* Write the position of the next record into the record at `at`. */
static int record_link(struct fa_backlog *backlog, uint64_t at, uint64_t next, struct fa_error *err)
{
    at += offsetof(struct header, next);
    if (at >= backlog->written)
        memcpy(backlog->buf.data + (at - backlog->written), &next, sizeof(next));
    else if (fa_io_pwrite(backlog->fd, &next, sizeof(next), at) < 0)
        return backlog_io_failed(err);
    return 0;
}

/* On failure nothing has changed, and the caller keeps the job in memory. */
int fa_backlog_push(struct fa_backlog *backlog, struct fa_backlog_queue *queue, const void *data,
                    size_t len, struct fa_error *err)
{
    struct fa_buf *buf = &backlog->buf;
    if (buf->len >= backlog->memory && backlog_flush(backlog, err) < 0)
        return -1;
    size_t before = buf->len;
    uint64_t at = backlog->written + before;
    struct header header = {0, len};
    fa_buf_put(buf, &header, sizeof(header));
    fa_buf_put(buf, data, len);
    if (buf->failed) {
        errno = ENOMEM;
        backlog_io_failed(err);
        goto fail;
    }
    if (queue->count > 0 && record_link(backlog, queue->tail, at, err) < 0)
        goto fail;
    if (queue->count++ == 0)
        queue->head = at;
    queue->tail = at;
    backlog->count++;
    return 0;

fail:
    buf->failed = false;
    buf->len = before;
    return -1;
}

/* The buffer may move at the next push, so the record is copied. */
static int record_get_buffered(struct fa_backlog *backlog, uint64_t at, struct header *header,
                               struct fa_buf *ret)
{
    const unsigned char *from = backlog->buf.data + (at - backlog->written);
    memcpy(header, from, sizeof(*header));
    fa_buf_put(ret, from + sizeof(*header), header->len);
    return 0;
}

static int record_get_written(struct fa_backlog *backlog, uint64_t at, struct header *header,
                              struct fa_buf *ret, struct fa_error *err)
{
    unsigned char ahead[sizeof(*header) + AHEAD];
    ssize_t got = fa_io_pread(backlog->fd, ahead, sizeof(*header), sizeof(ahead), at);
    if (got < 0)
        return backlog_io_failed(err);
    memcpy(header, ahead, sizeof(*header));
    size_t have = (size_t)got - sizeof(*header);
    fa_buf_put(ret, ahead + sizeof(*header), have < header->len ? have : header->len);
    at += (uint64_t)got;
    for (size_t left = header->len > have ? header->len - have : 0; left > 0;) {
        size_t part = left < sizeof(ahead) ? left : sizeof(ahead);
        if (fa_io_pread(backlog->fd, ahead, part, part, at) < 0)
            return backlog_io_failed(err);
        fa_buf_put(ret, ahead, part);
        at += part;
        left -= part;
    }
    return 0;
}

/* All queues are empty: reuse the disk space.  If truncating fails, only space is lost. */
static void backlog_reset(struct fa_backlog *backlog)
{
    if (backlog->written > 0 && ftruncate(backlog->fd, 0) == 0)
        backlog->written = 0;
    fa_buf_reset(&backlog->buf);
}

/* The queue is changed only after the record was read: an error loses nothing. */
int fa_backlog_pop(struct fa_backlog *backlog, struct fa_backlog_queue *queue, struct fa_buf *ret,
                   struct fa_error *err)
{
    struct header header;
    fa_buf_reset(ret);
    int rc = queue->head < backlog->written
                 ? record_get_written(backlog, queue->head, &header, ret, err)
                 : record_get_buffered(backlog, queue->head, &header, ret);
    if (rc < 0)
        return -1;
    if (ret->failed) {
        errno = ENOMEM;
        return backlog_io_failed(err);
    }
    if (--queue->count > 0)
        queue->head = header.next;
    if (--backlog->count == 0)
        backlog_reset(backlog);
    return 0;
}

uint64_t fa_backlog_count(const struct fa_backlog *backlog)
{
    return backlog->count;
}
