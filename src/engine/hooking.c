/*
 * The state knows of each file whether its command is pending.  The record is committed before the
 * rename, so that a run that is killed at any time leaves no file without a record of its command;
 * a command is done only in a commit after its end.  A command may run twice if the run is killed
 * in between, and never after its end was recorded.
 *
 * The file of a command that failed is complete.  Its record is that of a failed entry with an
 * existing file, so the next run does not download it, but runs the command again.
 */
#include "engine/hooking.h"

#include "engine/ending.h"

#include <errno.h>
#include <stdlib.h>

static void commands_attach(struct fa_commands *commands, struct fa_session *s)
{
    commands->config = &s->config;
    commands->emitter = &s->emitter;
    commands->wake = fa_engine_wake;
    commands->ctx = s;
}

int fa_hooking_open(struct fa_session *s, struct fa_error *err)
{
    const struct fa_config *config = &s->config;
    struct fa_hooks *hooks = &s->hooks;
    struct fa_keeper_program programs[2];
    size_t n = 0;
    commands_attach(&hooks->commands, s);
    char *dir = config->exec ? fa_folder_path(fa_store_folder(s->store)) : NULL;
    fa_hooks_init(hooks, dir);
    commands_attach(&s->refresh.commands, s);
    s->refresh.scratch = fa_store_scratch(s->store);
    fa_refresh_init(&s->refresh);
    if (config->exec && !dir) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot run commands");
        return -1;
    }
    hooks->commands.program = n;
    if (config->exec)
        programs[n++] =
            (struct fa_keeper_program){config->exec, config->exec_shell, config->exec_timeout};
    s->refresh.commands.program = n;
    if (config->refresh)
        programs[n++] = (struct fa_keeper_program){config->refresh, false, config->exec_timeout};
    if (n == 0)
        return 0;
    s->keeper = fa_keeper_new(s->base, config->worker_program, programs, n, err);
    hooks->commands.keeper = config->exec ? s->keeper : NULL;
    s->refresh.commands.keeper = config->refresh ? s->keeper : NULL;
    return s->keeper ? 0 : -1;
}

int fa_hooking_prepare(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    job->place.hook = s->hooks.commands.keeper ? FA_HOOK_PENDING : FA_HOOK_NONE;
    if (job->place.replace && job->place.known)
        return fa_ledger_disown(&s->ledger, job, &s->counts, err);
    bool pending = s->hooks.commands.keeper || job->place.plain;
    return pending ? fa_ledger_put_pending(&s->ledger, job, &s->counts, err) : 0;
}

void fa_hooking_end(struct fa_session *s, struct fa_job *job, enum fa_status status)
{
    struct fa_error err;
    if (!fa_hooks_are_due(&s->hooks, job)) {
        fa_ending_hashed(s, job, status);
    } else if (fa_hooks_put(&s->hooks, job, status)) {
        fa_error_system(&err, FA_CLASS_HOOK, ENOMEM, "cannot run a command");
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, true);
    }
}

/* From now on the file is one of an earlier download. */
static void job_know_file(struct fa_job *job)
{
    struct fa_known *known = job->place.known ? job->place.known : calloc(1, sizeof(*known));
    job->part.bytes = 0;
    job->place.known = known;
    if (!known || job->hook->status != FA_STATUS_OK)
        return;
    *known = (struct fa_known){.rep = job->outcome.head.rep};
    known->rep.total = job->place.size;
    for (size_t i = 0; job->hashed && i < job->hashed->n_digests; ++i)
        if (job->hashed->digests[i].hash == FA_HASH_SHA256)
            known->digest = job->hashed->digests[i];
}

/* A command that ends badly during a stop was stopped, and is run again by the next run. */
static void job_end_hook(struct fa_session *s, struct fa_job *job)
{
    struct fa_error err;
    if (fa_hook_judge(job->hook, &err) == 0) {
        job->place.hook = FA_HOOK_DONE;
        job->place.hooked = true;
        fa_ending_hashed(s, job, job->hook->status);
    } else if (!s->ending.draining) {
        job_know_file(job);
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
    }
}

void fa_hooking_review(struct fa_session *s)
{
    struct fa_job *job;
    bool full = fa_commands_are_full(&s->hooks.commands);
    while ((job = fa_job_queue_pop(&s->hooks.commands.ended)))
        job_end_hook(s, job);
    fa_hooks_flush(&s->hooks);
    if (full && !fa_commands_are_full(&s->hooks.commands))
        fa_engine_wake(s);
}
