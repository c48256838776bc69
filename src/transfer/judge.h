/**
 * Decides what a response means for the file (RFC 9110), once its header is complete.
 */
#ifndef FA_TRANSFER_JUDGE_H
#define FA_TRANSFER_JUDGE_H

#include "transfer/outcome.h"
#include "transfer/response.h"

/** Set the verdict of a response, and with it head, restart and the reasons of an error. */
void fa_judge(struct fa_response *response);

/** Set the error of outcome after FA_VERDICT_ERROR. */
void fa_judge_explain(const struct fa_response *response, struct fa_outcome *outcome);

#endif
