/**
 * The bytes of a file on their way into its part.
 *
 * They are gathered to 256 KiB before they are written (libcurl hands them over in pieces of at
 * most 16 KiB whatever the buffer size), and counted from the start of the file: what an earlier
 * attempt brought counts too.
 *
 * A function that fails sets error, retryable and restart of its outcome.
 */
#ifndef FA_TRANSFER_BODY_H
#define FA_TRANSFER_BODY_H

#include "transfer/attempt.h"
#include "transfer/outcome.h"

/** All zero to begin with. */
struct fa_body {
    const struct fa_attempt *attempt;
    unsigned char *gather; /**< Owned; kept for the next attempt. */
    size_t gathered;
    uint64_t written; /**< Bytes of the part that are good. */
    int64_t total;    /**< What the answer declares of the whole file; -1: nothing. */
};

void fa_body_fini(struct fa_body *body);

/** Begin with an attempt, which is borrowed until the next.  @stands  Bytes in the part. */
void fa_body_begin(struct fa_body *body, const struct fa_attempt *attempt, uint64_t stands);

/** An answer has come that goes on from head->kept: what lies behind that in the part goes.
 * @return -1 if what it declares cannot be. */
int fa_body_open(struct fa_body *body, const struct fa_head *head, bool expect_length,
                 struct fa_outcome *ret);

int fa_body_put(struct fa_body *body, const char *data, size_t len, struct fa_outcome *ret);

/** The answer has ended well: write out what is gathered, and say whether it is all. */
int fa_body_close(struct fa_body *body, struct fa_outcome *ret);

/** It has not: save what there is for a later attempt, if that works. */
void fa_body_save(struct fa_body *body);

#endif
