/**
 * Changes of records that are not committed yet: a log in memory, in the order in which they were
 * made, and the newest change of each key.
 */
#ifndef FA_STATE_CHANGES_H
#define FA_STATE_CHANGES_H

#include "base/buf.h"
#include "state/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fa_change_slot {
    uint64_t key;
    size_t end; /**< One more than its offset in the log; 0: the slot is free. */
};

struct fa_changes {
    struct fa_buf log;
    uint64_t count;
    struct fa_change_slot *slots; /**< A table with open addressing. */
    size_t n_slots;               /**< A power of two, or 0. */
    size_t used;
};

void fa_changes_init(struct fa_changes *changes);
void fa_changes_fini(struct fa_changes *changes);

/** Forget them, keep the room. */
void fa_changes_reset(struct fa_changes *changes);

/** @return 0; -1: there is no memory, and nothing has changed. */
int fa_changes_put(struct fa_changes *changes, const struct fa_record *record);
int fa_changes_remove(struct fa_changes *changes, uint64_t key);

/** The newest change of a key.
 * @return Whether there is one; ret_removed tells which, and if it was put, it is in ret, with
 *         strings borrowed until the next change. */
bool fa_changes_find(const struct fa_changes *changes, uint64_t key, bool *ret_removed,
                     struct fa_record *ret);

/** Read the changes one by one.
 * @reader  Begins at the log's beginning.
 * @return Whether there was one more; of one removed, ret has only the key. */
bool fa_changes_next(struct fa_reader *reader, bool *ret_removed, struct fa_record *ret);

#endif
