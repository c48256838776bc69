/**
 * The archive files of a folder, which downloaded files are members of, as the state knows them.
 *
 * While one is written, it is a part in the private folder (engine/store.h).  It gets its name when
 * it is full, or at the end of the run.
 */
#ifndef FA_ENGINE_VOLUMES_H
#define FA_ENGINE_VOLUMES_H

#include "engine/store.h"
#include "stage/digest.h"
#include "state/state.h"

struct fa_volume {
    struct fa_state_archive state; /**< name is owned. */
    uint64_t key;                  /**< Of its part. */
    int64_t size;                  /**< What exists of it; -1: nothing; -2: not looked yet. */
};

struct fa_volumes {
    struct fa_volume **items; /**< Owned, by ID. */
    size_t count;
};

/** Read them from a state.  @return 0, or -1; call fa_volumes_fini() either way. */
int fa_volumes_init(struct fa_volumes *volumes, struct fa_state *state, struct fa_error *err);
void fa_volumes_fini(struct fa_volumes *volumes);

/** @return NULL: there is none. */
struct fa_volume *fa_volumes_find(const struct fa_volumes *volumes, uint64_t id);

/** Whether a file is a volume, or in the folder of objects, whose name ends with a slash. */
bool fa_volumes_have_file(const struct fa_volumes *volumes, const char *path);

/** Add an empty one that is open.  @return NULL: no memory. */
struct fa_volume *fa_volumes_add(struct fa_volumes *volumes, const char *name);

/** Whether a part is that of a volume. */
bool fa_volumes_have_part(const struct fa_volumes *volumes, uint64_t key);

/** Where the file is that a member of that size is of. */
struct fa_digest_range fa_volume_range(const struct fa_volume *volume, uint64_t offset,
                                       uint64_t size);

/** Whether a volume is long enough for a member.  How long it is if it is compressed, only reading
 * it tells. */
bool fa_volume_has(struct fa_volume *volume, struct fa_store *store, uint64_t offset,
                   uint64_t size);

/** Whether the part of an open volume exists, with all bytes that the state knows. */
bool fa_volume_has_part(const struct fa_volume *volume, struct fa_store *store);

/** Open a volume for reading.  @volume  NULL: an error.  @return a descriptor, or -1 */
int fa_volume_open(const struct fa_volume *volume, struct fa_store *store, struct fa_error *err);

#endif
