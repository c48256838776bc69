/**
 * The texts of the subcommands, for --help, the manual and the completion.
 */
#ifndef FETCHALL_CLI_SUBCOMMANDS_H
#define FETCHALL_CLI_SUBCOMMANDS_H

#include "cli/option.h"

/** The texts of a command. */
struct fa_command_text {
    enum fa_command command;
    const char *name;
    const char *args; /**< What follows its options: " LIST...", or "". */
    const char *help; /**< Lower case, no full stop. */
    const char *more; /**< Sentences for the man page. */
};

/** All commands; ends with a row without a name. */
extern const struct fa_command_text fa_subcommands_table[];

/** The command of that name, or NULL. */
const struct fa_command_text *fa_subcommands_find(const char *name);

/** The texts of a command; NULL: FA_COMMAND_FETCH. */
const struct fa_command_text *fa_subcommands_of(enum fa_command command);

#endif
