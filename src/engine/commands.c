/*
 * What a command gets is data of lists and servers, so none of it is part of a shell's text: it
 * comes as an argument and in variables, and URLs in variables are redacted, as commands write
 * logs.  A job is in one of the two queues, or its command is running.
 */
#include "engine/commands.h"

#include <fetchall/redact.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Without those of columns. */
#define VARIABLES 2

/* @name  Taken. */
static void variables_add(struct fa_variables *variables, char *name, char *value)
{
    variables->failed |= !name || !value;
    variables->items[variables->count++] =
        (struct fa_keeper_variable){.name = name, .value = value};
}

void fa_variables_put(struct fa_variables *variables, const char *name, char *value)
{
    if (variables->items)
        variables_add(variables, strdup(name), value);
    else
        free(value);
}

/* "FETCHALL_COLUMN_IMAGE_URL" for "image url". */
static char *column_variable(const char *name)
{
    char *variable = NULL;
    if (asprintf(&variable, "FETCHALL_COLUMN_%s", name) < 0)
        return NULL;
    for (char *c = variable; *c; ++c)
        *c = *c >= 'a' && *c <= 'z'                                 ? (char)(*c - 'a' + 'A')
             : (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ? *c
                                                                    : '_';
    return variable;
}

void fa_variables_init(struct fa_variables *variables, const struct fa_emitter *emitter,
                       const struct fa_entry *entry, size_t more)
{
    char line[24];
    *variables = (struct fa_variables){0};
    variables->items = calloc(VARIABLES + more + entry->n_columns, sizeof(*variables->items));
    variables->failed = !variables->items;
    if (variables->failed)
        return;
    fa_variables_put(variables, "FETCHALL_URL",
                     fa_redact_url(entry->urls[0], emitter->secret_keys));
    snprintf(line, sizeof(line), "%llu", (unsigned long long)entry->line);
    fa_variables_put(variables, "FETCHALL_LINE", strdup(line));
    for (size_t i = 0; i < entry->n_columns; ++i)
        variables_add(variables, column_variable(entry->columns[i].name),
                      fa_emit_redact_column(emitter, &entry->columns[i]));
}

void fa_variables_fini(struct fa_variables *variables)
{
    for (size_t i = 0; i < variables->count; ++i) {
        free((char *)variables->items[i].name);
        free((char *)variables->items[i].value);
    }
    free(variables->items);
}

void fa_commands_init(struct fa_commands *commands, size_t max)
{
    commands->max = max;
    fa_job_queue_init(&commands->waiting);
    fa_job_queue_init(&commands->ended);
}

/* Without memory for the variables no command runs at all: it would take one that is missing for
 * one that is not set. */
int fa_commands_run(struct fa_commands *commands, struct fa_keeper_run *run,
                    struct fa_keeper_call call, struct fa_variables *variables,
                    struct fa_error *err)
{
    int result = -1;
    call.program = commands->program;
    call.variables = variables->items;
    call.n_variables = variables->count;
    if (variables->failed)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot run a command");
    else
        result = fa_keeper_run(commands->keeper, run, &call, err);
    if (result == 0)
        ++commands->running;
    fa_variables_fini(variables);
    return result;
}

bool fa_commands_are_full(const struct fa_commands *commands)
{
    return commands->waiting.count >= commands->max;
}

/* What waits does not count after a stop, else the run would never end. */
bool fa_commands_are_busy(const struct fa_commands *commands)
{
    return commands->running > 0 || commands->ended.count > 0 ||
           (!commands->stopped && commands->waiting.count > 0);
}

void fa_commands_stop(struct fa_commands *commands)
{
    commands->stopped = true;
    if (commands->keeper && commands->running > 0)
        fa_keeper_stop(commands->keeper);
}

void fa_command_keep_line(char last[FA_COMMAND_LAST], const char *text)
{
    if (text[strspn(text, " \t\r")])
        snprintf(last, FA_COMMAND_LAST, "%s", text);
}

int fa_command_judge(const struct fa_keeper_run *run, double timeout,
                     const char last[FA_COMMAND_LAST], char *ret, size_t size)
{
    char end[100];
    int status = run->status;
    if (!run->lost && !run->timed_out && status == 0)
        return 0;
    if (run->lost)
        snprintf(end, sizeof(end), "the process that ran the command died");
    else if (run->timed_out)
        snprintf(end, sizeof(end), "the command was stopped after %.3g s (--exec-timeout)",
                 timeout);
    else if (WIFSIGNALED(status))
        snprintf(end, sizeof(end), "the command was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(end, sizeof(end), "the command ended with status %d", WEXITSTATUS(status));
    snprintf(ret, size, "%s%s%s", end, last[0] ? ": " : "", last);
    return -1;
}
