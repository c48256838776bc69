/**
 * Queues of records that wait: one first-in, first-out queue for each origin.
 *
 * The list is read on while a slow host has no free slot, so that other hosts find work; the jobs
 * of the slow host wait here.  A record is smaller than a job, and stays in memory as long as all
 * records fit in a given number of bytes; after that they are written to one unlinked temporary
 * file.  Each record holds the position of the next record of its queue.  Disk space is reused
 * only after all queues are empty: then the file is truncated.
 *
 * One thread at a time.
 */
#ifndef FA_ENGINE_BACKLOG_H
#define FA_ENGINE_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#include <fetchall/error.h>

/** Bytes in memory for a session: about 100,000 records. */
#define FA_BACKLOG_MEMORY (48u << 20)

struct fa_backlog;

/** One queue, owned by the caller.  All zero: empty.  It owns nothing. */
struct fa_backlog_queue {
    uint64_t head;  /**< Position of its first record. */
    uint64_t tail;  /**< Position of its last record. */
    uint64_t count; /**< Records in it. */
};

/**
 * @dirfd   A folder for the file, which is created once it is needed; borrowed until
 *          fa_backlog_free().
 * @memory  Bytes that are kept in memory before they are written.
 * @return What fa_backlog_free() releases, or NULL if there is no memory.
 */
struct fa_backlog *fa_backlog_new(int dirfd, size_t memory, struct fa_error *err);

/** Drops all records.  NULL is fine. */
void fa_backlog_free(struct fa_backlog *backlog);

/**
 * Put a record at the end of a queue.
 *
 * @data  Copied; less than 4 GiB.
 * @return 0, or -1 with FA_CLASS_LOCAL_IO: then the queue has not changed, and the call may be
 *         repeated when there is disk space.
 */
int fa_backlog_push(struct fa_backlog *backlog, struct fa_backlog_queue *queue, const void *data,
                    size_t len, struct fa_error *err);

/**
 * Take the first record off a queue that is not empty.
 *
 * @ret  Its contents are replaced by the record.
 * @return 0, or -1 with FA_CLASS_LOCAL_IO: then the queue has not changed.
 */
int fa_backlog_pop(struct fa_backlog *backlog, struct fa_backlog_queue *queue, struct fa_buf *ret,
                   struct fa_error *err);

/** The number of records in all queues. */
uint64_t fa_backlog_count(const struct fa_backlog *backlog);

#endif
