/**
 * Uncommitted changes.  Those of records: a log in memory in the order of the changes, and an index
 * of the latest change of each key.  And limits of origins, and archives.
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
    size_t end; /**< Offset in the log plus 1; 0: unused slot. */
};

struct fa_changes {
    struct fa_buf log;
    uint64_t count;
    struct fa_change_slot *slots; /**< Hash table with open addressing. */
    size_t n_slots;               /**< A power of two, or 0. */
    size_t used;
    struct fa_state_limit *limits;
    size_t n_limits;
    struct fa_state_archive *archives; /**< Names are owned. */
    size_t n_archives;
};

void fa_changes_init(struct fa_changes *changes);
void fa_changes_fini(struct fa_changes *changes);

/** Discard the changes, but keep the memory. */
void fa_changes_reset(struct fa_changes *changes);

/** @return 0, or -1 when memory ran out; then nothing has changed. */
int fa_changes_put(struct fa_changes *changes, const struct fa_record *record);
int fa_changes_remove(struct fa_changes *changes, uint64_t key);

/** Replace the limits of origins.  @return 0, or -1: no memory. */
int fa_changes_set_limits(struct fa_changes *changes, const struct fa_state_limit *limits,
                          size_t n);

/** Put an archive, in place of an earlier change of it.  @return 0, or -1: no memory. */
int fa_changes_put_archive(struct fa_changes *changes, const struct fa_state_archive *archive);

/** The number of changes. */
uint64_t fa_changes_pending(const struct fa_changes *changes);

/** Find the latest change of a key.
 *
 * @return whether there is one.  ret_removed is set for a removal; otherwise ret is the record,
 *         with strings borrowed until the next change. */
bool fa_changes_find(const struct fa_changes *changes, uint64_t key, bool *ret_removed,
                     struct fa_record *ret);

/** Read the changes one by one.
 *
 * @reader  Initially at the start of the log.
 * @return whether there was another one.  For a removal only the key of ret is set. */
bool fa_changes_next(struct fa_reader *reader, bool *ret_removed, struct fa_record *ret);

#endif
