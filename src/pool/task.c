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

int fa_task_reply(struct fa_task *task, const void *data, size_t len)
{
    if (len > FA_TASK_BYTES_MAX - task->reply.len)
        return -1;
    fa_buf_put(&task->reply, data, len);
    return task->reply.failed ? -1 : 0;
}

void fa_task_progress(struct fa_task *task, uint64_t value)
{
    task->progress = value;
    if (task->exchange)
        task->exchange(task);
}

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

static int no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up a worker");
    return -1;
}

int fa_crew_init(struct fa_crew *crew, const struct fa_task_type *types, const void *setup,
                 size_t len, struct fa_error *err)
{
    *crew = (struct fa_crew){.types = types};
    while (types[crew->n].name)
        ++crew->n;
    crew->shared = calloc(crew->n + 1, sizeof(*crew->shared));
    if (!crew->shared)
        return no_memory(err);
    for (; crew->n_shared < crew->n; ++crew->n_shared) {
        const struct fa_task_type *type = &types[crew->n_shared];
        if (type->share && type->share(setup, len, &crew->shared[crew->n_shared], err)) {
            fa_crew_fini(crew);
            return -1;
        }
    }
    return 0;
}

void fa_crew_fini(struct fa_crew *crew)
{
    for (size_t i = 0; i < crew->n_shared; ++i)
        if (crew->types[i].unshare)
            crew->types[i].unshare(crew->shared[i]);
    free(crew->shared);
    *crew = (struct fa_crew){0};
}

bool fa_crew_knows(const struct fa_task_type *types, const char *name)
{
    for (; types->name; ++types)
        if (strcmp(types->name, name) == 0)
            return true;
    return false;
}

int fa_hand_init(struct fa_hand *hand, const struct fa_crew *crew, struct fa_error *err)
{
    *hand = (struct fa_hand){.crew = crew};
    hand->states = calloc(crew->n + 1, sizeof(*hand->states));
    hand->opened = calloc(crew->n + 1, sizeof(*hand->opened));
    if (hand->states && hand->opened)
        return 0;
    fa_hand_fini(hand);
    return no_memory(err);
}

void fa_hand_fini(struct fa_hand *hand)
{
    for (size_t i = 0; hand->opened && i < hand->crew->n; ++i)
        if (hand->opened[i] && hand->crew->types[i].close)
            hand->crew->types[i].close(hand->states[i]);
    free(hand->states);
    free(hand->opened);
    *hand = (struct fa_hand){0};
}

static int hand_open(struct fa_hand *hand, size_t i, struct fa_error *err)
{
    const struct fa_task_type *type = &hand->crew->types[i];
    void *shared = hand->crew->shared[i];
    if (type->open && type->open(shared, &hand->states[i], err))
        return -1;
    hand->opened[i] = true;
    return hand->confines && type->confine ? type->confine(shared, err) : 0;
}

int fa_hand_run(struct fa_hand *hand, const char *name, struct fa_task *task, struct fa_error *err)
{
    const struct fa_crew *crew = hand->crew;
    size_t i = 0;
    while (i < crew->n && strcmp(crew->types[i].name, name) != 0)
        ++i;
    if (i == crew->n) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "no task type '%s'", name);
        return -1;
    }
    const struct fa_task_type *type = &crew->types[i];
    int result = hand->opened[i] ? 0 : hand_open(hand, i, err);
    if (result == 0)
        result = type->run(hand->states[i], task, err);
    if (result && err->class == FA_CLASS_NONE)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "the task failed without a reason");
    return result;
}
