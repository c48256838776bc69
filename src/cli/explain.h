/**
 * fetchall explain: what a class of failures means, what causes it, and what helps.
 */
#ifndef FETCHALL_CLI_EXPLAIN_H
#define FETCHALL_CLI_EXPLAIN_H

#include <fetchall/error.h>

#include "cli/exit.h"
#include "cli/options.h"

/** Texts about a class. */
struct fa_explanation {
    const char *meaning;      /**< Lower case, no full stop. */
    const char *const *pairs; /**< A cause and what helps, in turns; ends with NULL. */
};

/** @return NULL for FA_CLASS_NONE, and for a class that does not exist. */
const struct fa_explanation *fa_explain_class(enum fa_class class);

/** Explain the given class; without one, list all of them. */
enum fa_exit_status fa_explain_command(const struct fa_options *options);

#endif
