/*
 * State is created as late as possible: share() runs once for all workers, open() when a worker
 * gets the first task of a type, because most workers never see some types.  In a process,
 * confine() follows open(): what the type opens must be open before access is given up.
 *
 * Both kinds of workers use the same struct fa_task.  In a thread the pool reads its atomic fields
 * directly; in a process `exchange` sends and receives them as messages.
 */
#include "pool/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const void *fa_task_input(const struct fa_task *task, size_t *ret_len)
{
    *ret_len = task->len;
    return task->input;
}

int fa_task_fd(const struct fa_task *task, size_t i)
{
    return i < task->n_fds ? task->fds[i] : -1;
}

size_t fa_task_fd_count(const struct fa_task *task)
{
    return task->n_fds;
}

/* The limit is checked here, where the task can react; the pool checks it again. */
int fa_task_reply(struct fa_task *task, const void *data, size_t len)
{
    if (len > FA_TASK_BYTES_MAX - task->reply.len)
        return -1;
    fa_buf_put(&task->reply, data, len);
    return task->reply.failed ? -1 : 0;
}

/* A thread's task is in shared memory: there is no exchange, and the pool polls it. */
void fa_task_progress(struct fa_task *task, uint64_t value)
{
    task->progress = value;
    if (task->exchange)
        task->exchange(task);
}

/* Only one note per task, so that the pool can keep it without a queue.  `noted` is set last: it
 * tells another thread that the note is complete. */
int fa_task_note(struct fa_task *task, const void *data, size_t len)
{
    if (len == 0 || len > FA_TASK_NOTE_MAX || task->noted)
        return -1;
    fa_buf_put(&task->note, data, len);
    if (task->note.failed)
        return -1;
    task->noted = true;
    if (task->exchange)
        task->exchange(task);
    return 0;
}

/* In a process each of these calls is a chance to receive what the pool has sent meanwhile. */
bool fa_task_cancelled(struct fa_task *task)
{
    if (task->exchange)
        task->exchange(task);
    return task->cancelled;
}

uint64_t fa_task_tuned(struct fa_task *task)
{
    if (task->exchange)
        task->exchange(task);
    return task->tuned;
}

static int table_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up a worker");
    return -1;
}

/* All types are prepared, because it is not known which of them the tasks will use. */
int fa_task_table_init(struct fa_task_table *table, const struct fa_task_type *types,
                       const void *setup, size_t len, struct fa_error *err)
{
    *table = (struct fa_task_table){.types = types};
    while (types[table->n].name)
        ++table->n;
    table->shared = calloc(table->n + 1, sizeof(*table->shared));
    if (!table->shared)
        return table_no_memory(err);
    for (; table->n_shared < table->n; ++table->n_shared) {
        const struct fa_task_type *type = &types[table->n_shared];
        if (type->share && type->share(setup, len, &table->shared[table->n_shared], err)) {
            fa_task_table_fini(table);
            return -1;
        }
    }
    return 0;
}

/* Only types whose share() has succeeded are released. */
void fa_task_table_fini(struct fa_task_table *table)
{
    for (size_t i = 0; i < table->n_shared; ++i)
        if (table->types[i].unshare)
            table->types[i].unshare(table->shared[i]);
    free(table->shared);
    *table = (struct fa_task_table){0};
}

bool fa_task_table_has(const struct fa_task_type *types, const char *name)
{
    for (; types->name; ++types)
        if (strcmp(types->name, name) == 0)
            return true;
    return false;
}

/* `opened` is separate from the states, because open() may leave a null pointer, or be missing. */
int fa_task_runner_init(struct fa_task_runner *runner, const struct fa_task_table *table,
                        struct fa_error *err)
{
    *runner = (struct fa_task_runner){.table = table};
    runner->states = calloc(table->n + 1, sizeof(*runner->states));
    runner->opened = calloc(table->n + 1, sizeof(*runner->opened));
    if (runner->states && runner->opened)
        return 0;
    fa_task_runner_fini(runner);
    return table_no_memory(err);
}

/* A worker process that ends just exits, without calling close(). */
void fa_task_runner_fini(struct fa_task_runner *runner)
{
    for (size_t i = 0; runner->opened && i < runner->table->n; ++i)
        if (runner->opened[i] && runner->table->types[i].close)
            runner->table->types[i].close(runner->states[i]);
    free(runner->states);
    free(runner->opened);
    *runner = (struct fa_task_runner){0};
}

/* The order matters: after confine(), open() might no longer be permitted. */
static int runner_open(struct fa_task_runner *runner, size_t i, struct fa_error *err)
{
    const struct fa_task_type *type = &runner->table->types[i];
    void *shared = runner->table->shared[i];
    if (type->open && type->open(shared, &runner->states[i], err))
        return -1;
    runner->opened[i] = true;
    return runner->confines && type->confine ? type->confine(shared, err) : 0;
}

/* The pool refuses unknown types, but the worker program may be another one, without this type.  A
 * type that fails without setting an error still needs a class for its report. */
int fa_task_runner_run(struct fa_task_runner *runner, const char *name, struct fa_task *task,
                       struct fa_error *err)
{
    const struct fa_task_table *table = runner->table;
    size_t i = 0;
    while (i < table->n && strcmp(table->types[i].name, name) != 0)
        ++i;
    if (i == table->n) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "unknown task type '%s'", name);
        return -1;
    }
    const struct fa_task_type *type = &table->types[i];
    int result = runner->opened[i] ? 0 : runner_open(runner, i, err);
    if (result == 0)
        result = type->run(runner->states[i], task, err);
    if (result && err->class == FA_CLASS_NONE)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "the task failed without a reason");
    return result;
}
