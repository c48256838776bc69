/*
 * Each change is appended to the log in serialised form; an earlier change of the same key stays,
 * and is overwritten when the log is applied in order.  The index maps a key to the offset of its
 * latest change, so that a record can be read before it is committed.
 *
 * The index uses linear probing with a load of at most one half.  Keys are hashes, so they index
 * the table directly.
 *
 * The log uses the serialisation of base/buf.h, which has no version.  It needs none: the log never
 * outlives the process, and only the database is read by other versions.
 */
#include "state/changes.h"

#include "base/field.h"

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

/* Without the key, which a removal has too, and without the bytes of the digest. */
static const struct fa_field record_fields[] = {
    FA_FIELD(U64, uint64_t, struct fa_record, owner),
    FA_FIELD_ENUM(enum fa_standing, FA_STANDINGS, struct fa_record, standing),
    FA_FIELD(STR, const char *, struct fa_record, url),
    FA_FIELD(STR, const char *, struct fa_record, path),
    FA_FIELD(STR, const char *, struct fa_record, text),
    FA_FIELD(I64, int64_t, struct fa_record, line),
    FA_FIELD_ENUM(enum fa_class, FA_CLASSES, struct fa_record, class),
    FA_FIELD(BOOL, bool, struct fa_record, replaces),
    FA_FIELD(BOOL, bool, struct fa_record, transient),
    FA_FIELD(BOOL, bool, struct fa_record, tried),
    FA_FIELD(STR, const char *, struct fa_record, slice),
    FA_FIELD(BOOL, bool, struct fa_record, secret),
    FA_FIELD(BOOL, bool, struct fa_record, unverified),
    FA_FIELD(INT, int, struct fa_record, http),
    FA_FIELD(STR, const char *, struct fa_record, error),
    FA_FIELD(I64, int64_t, struct fa_record, size),
    FA_FIELD(U64, uint64_t, struct fa_record, durable),
    FA_FIELD(U64, uint64_t, struct fa_record, mirror),
    FA_FIELD(STR, const char *, struct fa_record, etag),
    FA_FIELD(I64, int64_t, struct fa_record, modified),
    FA_FIELD(BOOL, bool, struct fa_record, strong),
    FA_FIELD(STR, const char *, struct fa_record, coding),
    FA_FIELD_ENUM(enum fa_hash, FA_HASH_SHA384 + 1, struct fa_record, digest.hash),
    FA_FIELD(U64, uint64_t, struct fa_record, run),
    FA_FIELD_ENUM(enum fa_hook_standing, FA_HOOK_STANDINGS, struct fa_record, hook),
    FA_FIELD(U64, uint64_t, struct fa_record, archive),
    FA_FIELD(U64, uint64_t, struct fa_record, offset),
    FA_FIELD(BOOL, bool, struct fa_record, seen),
    FA_FIELD(I64, int64_t, struct fa_record, seen_size),
    FA_FIELD(BOOL, bool, struct fa_record, alias),
};

int fa_changes_put(struct fa_changes *changes, const struct fa_record *record)
{
    struct fa_buf *log = &changes->log;
    size_t at = log->len;
    if (changes_reserve_slot(changes))
        return -1;
    fa_buf_put_u8(log, PUT);
    fa_buf_put_u64(log, record->key);
    fa_fields_put(record_fields, FA_FIELD_COUNT(record_fields), record, log);
    if (record->digest.hash)
        fa_buf_put(log, record->digest.bytes, fa_hash_size(record->digest.hash));
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

/* The order of the fields is that of fa_changes_put(). */
bool fa_changes_next(struct fa_reader *in, bool *ret_removed, struct fa_record *ret)
{
    if (in->at == in->end)
        return false;
    *ret_removed = fa_reader_u8(in) == REMOVE;
    memset(ret, 0, sizeof(*ret));
    ret->key = fa_reader_u64(in);
    if (*ret_removed)
        return !in->failed;
    fa_fields_get(record_fields, FA_FIELD_COUNT(record_fields), ret, in);
    size_t len = ret->digest.hash ? fa_hash_size(ret->digest.hash) : 0;
    const void *digest = fa_reader_get(in, len);
    if (len && digest)
        memcpy(ret->digest.bytes, digest, len);
    return !in->failed;
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
