/**
 * The map of a split part: which of its bytes are there.  It is stored in the part file itself,
 * after the bytes of the file, so that neither can be without the other.
 */
#ifndef FA_ENGINE_PART_MAP_H
#define FA_ENGINE_PART_MAP_H

#include "engine/extents.h"
#include "transfer/representation.h"

struct fa_part_map {
    struct fa_extents extents;
    uint64_t size;     /**< Of the complete file. */
    uint64_t version;  /**< fa_part_map_version(): what the bytes belong to. */
    uint64_t sequence; /**< Of the last one that was written; 0: none. */
    bool synced;       /**< The bytes were on the disk before the map was written. */
};

/** A number for the version of a file, which differs for different versions. */
uint64_t fa_part_map_version(const struct fa_representation *rep);

/** The size of a split part file. */
uint64_t fa_part_map_file_size(uint64_t size);

/**
 * Write the map.  The one before it remains valid until the new one is complete.
 *
 * @sync   Sync the bytes of the part first, so that the map also holds after a power cut.
 * @return 0, or -1 with errno: the file has the previous map.
 */
int fa_part_map_write(int fd, struct fa_part_map *map, bool sync);

/**
 * Read the latest map.
 *
 * @map     size and version are set.
 * @synced  Accept only one whose bytes were synced.
 * @return  0, or -1: there is none for that version, or the file is not a split part of that size.
 */
int fa_part_map_read(int fd, struct fa_part_map *map, bool synced);

#endif
