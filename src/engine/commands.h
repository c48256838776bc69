/**
 * What the commands of users (--exec, --refresh) have in common: their environment, and the texts
 * that say how they ended.
 */
#ifndef FA_ENGINE_COMMANDS_H
#define FA_ENGINE_COMMANDS_H

#include "engine/emit.h"
#include "list/entry.h"
#include "pool/keeper.h"

/** Bytes of the last line of output that are part of an error. */
#define FA_COMMAND_LAST 120

/** The environment of a command. */
struct fa_variables {
    struct fa_keeper_variable *items; /**< Names and values are owned. */
    size_t count;
    bool failed; /**< No memory. */
};

/**
 * Set the variables that describe an entry: FETCHALL_URL, FETCHALL_LINE and its columns.  A URL with a
 * password or a signature is that of the report: commands write logs, too.
 *
 * @more  Variables that the caller adds.
 */
void fa_variables_init(struct fa_variables *variables, const struct fa_emitter *emitter,
                       const struct fa_entry *entry, size_t more);
void fa_variables_fini(struct fa_variables *variables);

/** Add a variable.  @name  Borrowed until the end.  @value  Taken; NULL: no memory. */
void fa_variables_put(struct fa_variables *variables, const char *name, char *value);

/** Keep a line of output for fa_command_judge(), unless it is empty. */
void fa_command_keep_line(char last[FA_COMMAND_LAST], const char *text);

/**
 * How a command ended.
 *
 * @timeout  fa_config.exec_timeout
 * @ret      What failed, and the line that was kept.
 * @return   0: well; or -1.
 */
int fa_command_judge(const struct fa_keeper_run *run, double timeout,
                     const char last[FA_COMMAND_LAST], char *ret, size_t size);

#endif
