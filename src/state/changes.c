/*
 * Each change is appended to the log as it is in memory, with its strings; an earlier change of the
 * same key stays, and is overwritten when the log is applied in order.  The index maps a key to the
 * offset of its latest change, so that a record can be read before it is committed.
 *
 * The index uses linear probing with a load of at most one half.  Keys are hashes, so they index
 * the table directly.
 *
 * The log never outlives the process and is not checked: only the database is read by others.
 */
#include "state/changes.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PUT, REMOVE };

void fa_changes_init(struct fa_changes *changes)
{
    memset(changes, 0, sizeof(*changes));
    fa_buf_init(&changes->log);
}

static void changes_forget_archives(struct fa_changes *changes)
{
    for (size_t i = 0; i < changes->n_archives; ++i)
        free((char *)changes->archives[i].name);
    changes->n_archives = 0;
}

void fa_changes_fini(struct fa_changes *changes)
{
    fa_buf_fini(&changes->log);
    free(changes->slots);
    changes->slots = NULL;
    changes_forget_archives(changes);
    free(changes->archives);
    free(changes->limits);
}

/* Keep the memory: the next transaction will be about as large. */
void fa_changes_reset(struct fa_changes *changes)
{
    fa_buf_reset(&changes->log);
    if (changes->used)
        memset(changes->slots, 0, changes->n_slots * sizeof(*changes->slots));
    changes->used = 0;
    changes->count = 0;
    changes->n_limits = 0;
    changes_forget_archives(changes);
}

/* The slot of a key, or the unused one that it would get. */
static struct fa_change_slot *slot_find(struct fa_change_slot *slots, size_t n, uint64_t key)
{
    size_t at = (size_t)key & (n - 1);
    while (slots[at].end && slots[at].key != key)
        at = (at + 1) & (n - 1);
    return &slots[at];
}

/* Reserve the slot before appending, so that a failure leaves nothing half-done. */
static int changes_reserve_slot(struct fa_changes *changes)
{
    if (2 * (changes->used + 1) <= changes->n_slots)
        return 0;
    size_t n = changes->n_slots ? 2 * changes->n_slots : 256;
    struct fa_change_slot *slots = calloc(n, sizeof(*slots));
    if (!slots)
        return -1;
    for (size_t i = 0; i < changes->n_slots; ++i)
        if (changes->slots[i].end)
            *slot_find(slots, n, changes->slots[i].key) = changes->slots[i];
    free(changes->slots);
    changes->slots = slots;
    changes->n_slots = n;
    return 0;
}

/* Add the change that was appended at an offset to the index, or remove it from the log if it
 * is incomplete. */
static int changes_finish(struct fa_changes *changes, size_t at, uint64_t key)
{
    if (changes->log.failed) {
        changes->log.len = at;
        changes->log.failed = false;
        return -1;
    }
    struct fa_change_slot *slot = slot_find(changes->slots, changes->n_slots, key);
    changes->used += slot->end == 0;
    slot->key = key;
    slot->end = at + 1;
    ++changes->count;
    return 0;
}

/* The strings of a record, which the log has after the struct. */
static const size_t record_strings[] = {
    offsetof(struct fa_record, url),   offsetof(struct fa_record, path),
    offsetof(struct fa_record, text),  offsetof(struct fa_record, error),
    offsetof(struct fa_record, etag),  offsetof(struct fa_record, coding),
    offsetof(struct fa_record, slice),
};

#define STRINGS (sizeof(record_strings) / sizeof(*record_strings))

static const char **record_string(struct fa_record *record, size_t i)
{
    return (const char **)(void *)((char *)record + record_strings[i]);
}

int fa_changes_put(struct fa_changes *changes, const struct fa_record *record)
{
    struct fa_buf *log = &changes->log;
    struct fa_record copy = *record;
    size_t at = log->len;
    if (changes_reserve_slot(changes))
        return -1;
    fa_buf_put_u8(log, PUT);
    fa_buf_put(log, &copy, sizeof(copy));
    for (size_t i = 0; i < STRINGS; ++i)
        if (*record_string(&copy, i))
            fa_buf_put(log, *record_string(&copy, i), strlen(*record_string(&copy, i)) + 1);
    return changes_finish(changes, at, record->key);
}

/* A removal is a change like any other: it has to hide the record in the database until the
 * commit. */
int fa_changes_remove(struct fa_changes *changes, uint64_t key)
{
    size_t at = changes->log.len;
    if (changes_reserve_slot(changes))
        return -1;
    fa_buf_put_u8(&changes->log, REMOVE);
    fa_buf_put_u64(&changes->log, key);
    return changes_finish(changes, at, key);
}

/* A string that the record had follows the struct; the pointer was that of the caller. */
static void record_lend_strings(struct fa_record *record, struct fa_reader *in)
{
    for (size_t i = 0; i < STRINGS; ++i)
        if (*record_string(record, i))
            *record_string(record, i) = fa_reader_get(in, strlen((const char *)in->at) + 1);
}

bool fa_changes_next(struct fa_reader *in, bool *ret_removed, struct fa_record *ret)
{
    if (in->at == in->end)
        return false;
    *ret_removed = fa_reader_u8(in) == REMOVE;
    if (*ret_removed) {
        *ret = (struct fa_record){.key = fa_reader_u64(in)};
        return true;
    }
    const void *record = fa_reader_get(in, sizeof(*ret));
    if (!record)
        return false;
    memcpy(ret, record, sizeof(*ret));
    record_lend_strings(ret, in);
    return true;
}

/* Only the latest change of a key counts. */
bool fa_changes_find(const struct fa_changes *changes, uint64_t key, bool *ret_removed,
                     struct fa_record *ret)
{
    if (!changes->used)
        return false;
    const struct fa_change_slot *slot = slot_find(changes->slots, changes->n_slots, key);
    if (!slot->end)
        return false;
    struct fa_reader in;
    size_t at = slot->end - 1;
    fa_reader_init(&in, changes->log.data + at, changes->log.len - at);
    return fa_changes_next(&in, ret_removed, ret);
}

/* A copy, because a commit that fails is repeated. */
int fa_changes_set_limits(struct fa_changes *changes, const struct fa_state_limit *limits, size_t n)
{
    struct fa_state_limit *copy = malloc(n * sizeof(*copy) + 1);
    if (!copy)
        return -1;
    memcpy(copy, limits, n * sizeof(*copy));
    free(changes->limits);
    changes->limits = copy;
    changes->n_limits = n;
    return 0;
}

/* Only the latest change of an archive counts, and few are written at once. */
int fa_changes_put_archive(struct fa_changes *changes, const struct fa_state_archive *archive)
{
    size_t at = 0;
    while (at < changes->n_archives && changes->archives[at].id != archive->id)
        ++at;
    char *name = strdup(archive->name);
    struct fa_state_archive *archives =
        at < changes->n_archives ? changes->archives
                                 : realloc(changes->archives, (at + 1) * sizeof(*archives));
    if (archives)
        changes->archives = archives;
    if (!name || !archives) {
        free(name);
        return -1;
    }
    if (at < changes->n_archives)
        free((char *)archives[at].name);
    else
        ++changes->n_archives;
    archives[at] = *archive;
    archives[at].name = name;
    return 0;
}

uint64_t fa_changes_pending(const struct fa_changes *changes)
{
    return changes->count + changes->n_limits + changes->n_archives;
}
