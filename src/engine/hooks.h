/**
 * The command of --exec: it runs for each file that is complete, and the entry ends after it.
 *
 * At most FA_HOOKS_MAX files wait for a command; with more, no download starts.
 */
#ifndef FA_ENGINE_HOOKS_H
#define FA_ENGINE_HOOKS_H

#include "engine/commands.h"
#include "engine/job.h"

/** Files that may wait for the command. */
#define FA_HOOKS_MAX 256

struct fa_hooks {
    struct fa_commands commands;
    char *dir;     /**< Owned: where files are, as an absolute path. */
    unsigned jobs; /**< Commands at once. */
};

/** The command of one job. */
struct fa_hook {
    struct fa_keeper_run run; /**< First, so that its address is that of the hook. */
    struct fa_hooks *hooks;
    struct fa_job *job;
    enum fa_status status;      /**< Of the entry, if the command ends well. */
    struct fa_error error;      /**< It could not be started. */
    char last[FA_COMMAND_LAST]; /**< Line of output that is not empty. */
};

/** The config is set.  @dir  Taken. */
void fa_hooks_init(struct fa_hooks *hooks, char *dir);
void fa_hooks_fini(struct fa_hooks *hooks);

/** Whether the command has to run for the file of a job. */
bool fa_hooks_are_due(const struct fa_hooks *hooks, const struct fa_job *job);

/** Queue a job for the command.  @return 0, or -1: no memory. */
int fa_hooks_put(struct fa_hooks *hooks, struct fa_job *job, enum fa_status status);

/** Start commands, as many as may run. */
void fa_hooks_flush(struct fa_hooks *hooks);

/** How the command of a job has ended.  @return 0: well; or -1, with FA_CLASS_HOOK. */
int fa_hook_judge(const struct fa_hook *hook, struct fa_error *err);

#endif
