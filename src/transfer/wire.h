/**
 * Serialises attempts and outcomes for pools of workers.
 */
#ifndef FA_TRANSFER_WIRE_H
#define FA_TRANSFER_WIRE_H

#include "base/buf.h"
#include "transfer/attempt.h"
#include "transfer/outcome.h"

/** The descriptor is passed separately. */
void fa_wire_put_attempt(struct fa_buf *buf, const struct fa_attempt *attempt);

/**
 * @ret          Its strings are borrowed from the bytes.
 * @ret_headers  ret->headers, to be released with free(3).
 * @return 0, or -1 if the bytes are malformed.
 */
int fa_wire_get_attempt(struct fa_attempt *ret, const char ***ret_headers, const void *data,
                        size_t len);

/** At most a few hundred bytes. */
void fa_wire_put_head(struct fa_buf *buf, const struct fa_head *head);

/** @return 0, or -1 if the bytes are malformed. */
int fa_wire_get_head(struct fa_head *ret, const void *data, size_t len);

void fa_wire_put_outcome(struct fa_buf *buf, const struct fa_outcome *outcome);

/** @ret  To be released with fa_outcome_fini() on success. */
int fa_wire_get_outcome(struct fa_outcome *ret, const void *data, size_t len);

#endif
