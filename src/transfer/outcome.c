/*
 * Absent values are -1 where 0 would be a value: a total of 0 bytes, a Retry-After of 0 seconds.
 */
#include "transfer/outcome.h"

#include <stdlib.h>

const struct fa_outcome fa_outcome_none = {
    .retry_after = -1,
    .head = {.rep = {.validator = {.modified = -1}, .total = -1}},
};

void fa_outcome_fini(struct fa_outcome *outcome)
{
    free(outcome->location);
    free(outcome->cookies);
    free(outcome->name);
    fa_capture_free(outcome->capture);
    outcome->location = outcome->cookies = outcome->name = NULL;
    outcome->capture = NULL;
}
