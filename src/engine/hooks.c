/*
 * Commands are run by the keeper (pool/keeper.h), in the order in which files became complete.  A
 * job keeps its hook until it is freed, so that its entry has the line that the command printed
 * last.
 *
 * A file that a run has downloaded gets its command at least once, whatever kills the run: the
 * state has it as pending before the file gets its name, and as done after the command ended well
 * (engine/hooking.c).
 */
#include "engine/hooks.h"

#include "base/cores.h"
#include "base/hex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those that only files have. */
#define VARIABLES 2

void fa_hooks_init(struct fa_hooks *hooks, char *dir)
{
    hooks->dir = dir;
    hooks->jobs =
        hooks->commands.config->exec_jobs ? hooks->commands.config->exec_jobs : fa_cores();
    fa_commands_init(&hooks->commands, FA_HOOKS_MAX);
}

void fa_hooks_fini(struct fa_hooks *hooks)
{
    free(hooks->dir);
    hooks->dir = NULL;
}

bool fa_hooks_are_due(const struct fa_hooks *hooks, const struct fa_job *job)
{
    return hooks->commands.keeper && job->place.hook == FA_HOOK_PENDING;
}

static void hook_on_line(struct fa_keeper_run *run, const char *text)
{
    struct fa_hook *hook = (struct fa_hook *)run;
    fa_command_keep_line(hook->last, text);
    fa_emit_output(hook->hooks->commands.emitter, hook->job, text);
}

static void hook_on_ended(struct fa_keeper_run *run)
{
    struct fa_hook *hook = (struct fa_hook *)run;
    struct fa_commands *commands = &hook->hooks->commands;
    --commands->running;
    fa_job_queue_push(&commands->ended, hook->job);
    commands->wake(commands->ctx);
}

int fa_hooks_put(struct fa_hooks *hooks, struct fa_job *job, enum fa_status status)
{
    struct fa_hook *hook = calloc(1, sizeof(*hook));
    if (!hook)
        return -1;
    hook->run = (struct fa_keeper_run){.line = hook_on_line, .ended = hook_on_ended};
    hook->hooks = hooks;
    hook->job = job;
    hook->status = status;
    free(job->hook);
    job->hook = hook;
    fa_job_set_state(job, FA_JOB_HOOKED);
    fa_job_queue_push(&hooks->commands.waiting, job);
    return 0;
}

/* The digest of this run, or that of the state. */
static const struct fa_digest *job_find_digest(const struct fa_job *job, enum fa_hash hash)
{
    const struct fa_known *known = job->place.known;
    for (size_t i = 0; job->hashed && i < job->hashed->n_digests; ++i)
        if (job->hashed->digests[i].hash == hash)
            return &job->hashed->digests[i];
    return known && job->place.existing && known->digest.hash == hash ? &known->digest : NULL;
}

/* @path  Taken. */
static void environment_init(struct fa_variables *env, const struct fa_hook *hook, char *path)
{
    const struct fa_digest *digest = job_find_digest(hook->job, FA_HASH_SHA256);
    char hex[2 * FA_DIGEST_MAX + 1];
    fa_variables_init(env, hook->hooks->commands.emitter, hook->job->entry, VARIABLES);
    fa_variables_put(env, "FETCHALL_PATH", path);
    if (!digest)
        return;
    fa_hex_write(digest->bytes, fa_hash_size(digest->hash), hex);
    fa_variables_put(env, "FETCHALL_DIGEST_SHA256", strdup(hex));
}

/* @return as fa_keeper_run() */
static int hook_start(struct fa_hook *hook)
{
    struct fa_variables env;
    char *path = NULL;
    if (asprintf(&path, "%s/%s", hook->hooks->dir, hook->job->place.path) < 0)
        path = NULL;
    environment_init(&env, hook, path);
    struct fa_keeper_call call = {.argument = path, .input = -1, .output = -1};
    return fa_commands_run(&hook->hooks->commands, &hook->run, call, &env, &hook->error);
}

void fa_hooks_flush(struct fa_hooks *hooks)
{
    struct fa_commands *commands = &hooks->commands;
    while (!commands->stopped && commands->running < hooks->jobs) {
        struct fa_job *job = fa_job_queue_pop(&commands->waiting);
        if (!job)
            return;
        int result = hook_start(job->hook);
        if (result == 1) {
            fa_job_queue_push_front(&commands->waiting, job);
            return;
        }
        if (result < 0) {
            fa_job_queue_push(&commands->ended, job);
            commands->wake(commands->ctx);
        }
    }
}

int fa_hook_judge(const struct fa_hook *hook, struct fa_error *err)
{
    char end[FA_MESSAGE_MAX];
    if (hook->error.class != FA_CLASS_NONE) {
        *err = hook->error;
        err->class = FA_CLASS_HOOK;
        return -1;
    }
    if (fa_command_judge(&hook->run, hook->hooks->commands.config->exec_timeout, hook->last, end,
                         sizeof(end)) == 0)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_HOOK, "%s", end);
    return -1;
}
