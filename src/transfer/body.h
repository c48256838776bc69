/**
 * Writes the body of a response to a part file.
 *
 * Data is buffered up to 256 KiB before it is written, because libcurl delivers at most 16 KiB at a
 * time whatever the buffer size.  Sizes count from the start of the file, including the bytes of
 * earlier attempts.
 *
 * A function that fails sets error, retryable and restart of its outcome.
 */
#ifndef FA_TRANSFER_BODY_H
#define FA_TRANSFER_BODY_H

#include "transfer/attempt.h"
#include "transfer/outcome.h"

/** Initialise to zero. */
struct fa_body {
    const struct fa_attempt *attempt;
    unsigned char *gather; /**< Owned; kept for the next attempt. */
    size_t space;          /**< Of gather. */
    size_t gathered;
    double since;     /**< When gather was empty the last time. */
    uint64_t written; /**< Valid bytes in the part file. */
    int64_t total;    /**< Where the body has to end: the declared size of the whole file, or the
                           end of a range; -1: unknown. */
};

void fa_body_fini(struct fa_body *body);

/** Begin an attempt, which is borrowed until the next one.
 *
 * @part_bytes  Size of the part file. */
void fa_body_begin(struct fa_body *body, const struct fa_attempt *attempt, uint64_t part_bytes);

/** A response with the file has arrived that starts at head->kept: truncate the part file there.
 * @return -1 if its declared length is rejected. */
int fa_body_open(struct fa_body *body, const struct fa_head *head, bool expect_length,
                 struct fa_outcome *ret);

/** @now  The current time (fa_clock_now()). */
int fa_body_put(struct fa_body *body, const char *data, size_t len, double now,
                struct fa_outcome *ret);

/** The response is complete: flush the buffer and check the size. */
int fa_body_close(struct fa_body *body, struct fa_outcome *ret);

/** The response is incomplete: try to flush the buffer, so that a later attempt can resume. */
void fa_body_save(struct fa_body *body);

#endif
