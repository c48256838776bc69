/**
 * The command line that a comparison speaks for, as a text for people and shells.
 *
 * Secrets in URLs and the values of headers are "***": results are shown to others.
 */
#ifndef FETCHALL_CLI_COMPARE_COMMAND_H
#define FETCHALL_CLI_COMPARE_COMMAND_H

#include <stdbool.h>

#include "cli/options.h"

/** Each returns a text to be freed, or NULL when memory ran out. */

/** The name of a list as it may be shown. */
char *fa_command_shown(const struct fa_options *options, const char *list);

/** A word for a shell, in quotes where it needs them. */
char *fa_command_quote(const char *word);

/** The program with all that its runs are given: "fetchall --cacert ca.pem". */
char *fa_command_program(const struct fa_options *options);

/** What hashes the files of a folder: "fetchall verify -d DIR". */
char *fa_command_verify(const struct fa_options *options);

/** The lists, behind "--" if one looks like an option. */
char *fa_command_lists(const struct fa_options *options);

/** What a result is called after: the first list, and how many others there are. */
char *fa_command_title(const struct fa_options *options);

/** Whether something is left out of what these show, "***" in its place. */
bool fa_command_redacted(const struct fa_options *options);

#endif
