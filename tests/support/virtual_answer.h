#ifndef FETCHALL_SUPPORT_VIRTUAL_ANSWER_H
#define FETCHALL_SUPPORT_VIRTUAL_ANSWER_H

/* A reply of the script becomes the part and the outcome that a transfer would leave. */

#include "support/virtual_script.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"

/* Bytes of the body that come. */
uint64_t fa_answer_bytes(const struct fa_reply *reply, const struct fa_attempt *attempt);

/* Some of the body has come: what a strategy reports while an attempt is active. */
void fa_answer_progress(const struct fa_reply *reply, struct fa_attempt *attempt, double share);

/*
 * The attempt ends. SHARE of the body has come before it was cancelled.
 * FULL: the disk has no space.
 */
void fa_answer_end(const struct fa_reply *reply, struct fa_attempt *attempt, double share,
                   bool full, struct fa_outcome *ret);

#endif
