/**
 * The payload manifest of a bag (RFC 8493), as an index from paths to digests.
 *
 * Nothing here blocks for long.  One thread at a time.
 */
#ifndef FA_LIST_BAG_H
#define FA_LIST_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/lines.h"

#include <fetchall/config.h>
#include <fetchall/error.h>

struct fa_bag {
    enum fa_hash hash;  /**< Of the manifest: the one with the longest digests. */
    char *path;         /**< Owned. */
    int fd;             /**< -1: not open. */
    bool reading, done; /**< The index is being made; it is complete. */
    struct fa_lines lines;
    uint64_t offset;
    struct fa_bag_slot *slots; /**< Open addressing; owned. */
    size_t n_slots, count;
};

/** Whether the list is the fetch.txt of a bag: a bagit.txt is next to it. */
bool fa_bag_has(const char *list);

/** @return 0, or -1: the bag of the list has no manifest that can be read. */
int fa_bag_open(struct fa_bag *bag, const char *list, struct fa_error *err);
void fa_bag_close(struct fa_bag *bag);

/** Read a part of the manifest.  @return 1: all of it was read; 0: call again; -1 */
int fa_bag_read(struct fa_bag *bag, struct fa_error *err);

/**
 * Look up a file.
 *
 * @path  As in the manifest: percent-encoded.
 * @hex   FA_BAG_HEX_MAX bytes: the digest.
 * @return whether it is in the manifest.
 */
#define FA_BAG_HEX_MAX (2 * 64 + 1)
bool fa_bag_find(const struct fa_bag *bag, const char *path, size_t len, char *hex);

#endif
