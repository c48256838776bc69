/**
 * What the commands of users (--exec, --refresh) have in common: the queue of jobs that need one,
 * their environment, and the texts that say how they ended.
 */
#ifndef FA_ENGINE_COMMANDS_H
#define FA_ENGINE_COMMANDS_H

#include "engine/emit.h"
#include "engine/job.h"
#include "list/entry.h"
#include "pool/keeper.h"

#include <fetchall/config.h>

/** Bytes of the last line of output that are part of an error. */
#define FA_COMMAND_LAST 120

/** The environment of a command. */
struct fa_variables {
    struct fa_keeper_variable *items; /**< Names and values are owned. */
    size_t count;
    bool failed; /**< No memory. */
};

/**
 * Set the variables that describe an entry: FETCHALL_URL, FETCHALL_LINE and its columns.  A URL
 * with a password or a signature is that of the report: commands write logs, too.
 *
 * @more  Variables that the caller adds.
 */
void fa_variables_init(struct fa_variables *variables, const struct fa_emitter *emitter,
                       const struct fa_entry *entry, size_t more);
void fa_variables_fini(struct fa_variables *variables);

/** Add a variable.  @name  Borrowed until the end.  @value  Taken; NULL: no memory. */
void fa_variables_put(struct fa_variables *variables, const char *name, char *value);

/** The jobs that need one program of the keeper, and how many of its commands run. */
struct fa_commands {
    const struct fa_config *config;   /**< Borrowed. */
    const struct fa_emitter *emitter; /**< Borrowed. */
    struct fa_keeper *keeper;         /**< Borrowed; NULL: there is no command. */
    size_t program;                   /**< Of the keeper. */
    size_t max;                       /**< With so many that wait, no download starts. */
    unsigned running;
    bool stopped;
    struct fa_job_queue waiting;
    struct fa_job_queue ended; /**< For the turn to take. */
    void (*wake)(void *ctx);   /**< Called when a command has ended, outside of a turn. */
    void *ctx;
};

/** The queues are empty; config, emitter, keeper, program and wake are the caller's to set. */
void fa_commands_init(struct fa_commands *commands, size_t max);

/**
 * Start a command, and count it as running.
 *
 * @call       Its program and variables are set here.
 * @variables  Finished here.
 * @return     As fa_keeper_run().
 */
int fa_commands_run(struct fa_commands *commands, struct fa_keeper_run *run,
                    struct fa_keeper_call call, struct fa_variables *variables,
                    struct fa_error *err);

/** Whether no more files should be downloaded now. */
bool fa_commands_are_full(const struct fa_commands *commands);

/** Whether a command is running, or has ended, or waits to be started. */
bool fa_commands_are_busy(const struct fa_commands *commands);

/** Start no more commands, and end those that run.  What waits is left to the end of the run. */
void fa_commands_stop(struct fa_commands *commands);

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
