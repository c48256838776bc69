/**
 * One sentence for people: why this contestant is the one to use, or why none is named.
 */
#ifndef FETCHALL_CLI_COMPARE_REASON_H
#define FETCHALL_CLI_COMPARE_REASON_H

#include "cli/compare/choice.h"

/** Fill in the reason of a verdict that is complete but for it. */
void fa_reason_write(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                     const struct fa_choice *choice);

#endif
