/**
 * Explains a verdict in a sentence: why this contestant is the one to use, or why none is named.
 */
#ifndef FETCHALL_CLI_COMPARE_REASON_H
#define FETCHALL_CLI_COMPARE_REASON_H

#include "cli/compare/choice.h"

/** Fill in the reason of a verdict, which is complete otherwise. */
void fa_reason_write(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                     const struct fa_choice *choice);

#endif
