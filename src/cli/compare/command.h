/**
 * The command line of the compared runs, as text for people and shells.
 *
 * Secrets in URLs and the values of headers are replaced by "***", as results are shown to others.
 */
#ifndef FETCHALL_CLI_COMPARE_COMMAND_H
#define FETCHALL_CLI_COMPARE_COMMAND_H

#include <stdbool.h>

#include "cli/options.h"

/** Each function returns a text to be freed, or NULL: no memory. */

/** The name of a list without secrets. */
char *fa_command_shown(const struct fa_options *options, const char *list);

/** A word for a shell, quoted if necessary. */
char *fa_command_quote(const char *word);

/** The program with the options that all runs get: "fetchall --cacert ca.pem". */
char *fa_command_program(const struct fa_options *options);

/** The command that hashes the files of a folder: "fetchall verify -d DIR". */
char *fa_command_verify(const struct fa_options *options);

/** The lists, after "--" if one looks like an option. */
char *fa_command_lists(const struct fa_options *options);

/** The title of a result: the first list, and the number of the others. */
char *fa_command_title(const struct fa_options *options);

/** Whether these texts contain "***" in place of a secret. */
bool fa_command_redacted(const struct fa_options *options);

#endif
