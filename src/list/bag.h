/**
 * The files that describe a bag (RFC 8493): its declaration, fetch.txt, and manifests, each as an
 * index from paths to digests.
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
#include <fetchall/event.h>

/** bagit.txt. */
struct fa_bag_declaration {
    unsigned major, minor; /**< The version. */
    char encoding[32];     /**< Of the other tag files. */
};

/** @return 0, or -1: it cannot be read, or has another form. */
int fa_bag_declare(const char *path, struct fa_bag_declaration *ret, struct fa_error *err);

/** Whether a version is at least that of RFC 8493, 1.0. */
bool fa_bag_is_rfc(const struct fa_bag_declaration *declaration);

/** A manifest. */
struct fa_bag {
    enum fa_hash hash;
    bool percent;       /**< A "%" in a path is encoded, as from version 1.0 on. */
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

/** Open the manifest with the longest digests.
 * @return 0, or -1: the bag of the list has no manifest that can be read. */
int fa_bag_open(struct fa_bag *bag, const char *list, struct fa_error *err);

/** Open a manifest.  @percent  See struct fa_bag.  @return 0, or -1 */
int fa_bag_open_manifest(struct fa_bag *bag, const char *path, enum fa_hash hash, bool percent,
                         struct fa_error *err);
void fa_bag_close(struct fa_bag *bag);

/** Read a part of the manifest.  @return 1: all of it was read; 0: call again; -1 */
int fa_bag_read(struct fa_bag *bag, struct fa_error *err);

/** Bytes of a path, with its zero. */
#define FA_BAG_PATH_MAX 4096

/** A line of a manifest. */
struct fa_bag_line {
    unsigned char digest[FA_DIGEST_MAX];
    char path[FA_BAG_PATH_MAX]; /**< Decoded, without "./". */
    size_t len;
};

/** @return whether the line, which is without its LF, is one of the manifest's. */
bool fa_bag_parse(const struct fa_bag *bag, const char *line, size_t len, struct fa_bag_line *ret);

/**
 * Look up a file.
 *
 * @path    Decoded.
 * @digest  fa_hash_size(bag->hash) bytes; NULL: not wanted.
 * @ret_at  Offset of its first line; NULL: not wanted.
 * @return whether it is in the manifest.
 */
bool fa_bag_find(const struct fa_bag *bag, const char *path, size_t len, unsigned char *digest,
                 uint64_t *ret_at);

/** A line of fetch.txt. */
struct fa_bag_fetch {
    const char *url, *size; /**< Inside the line. */
    size_t url_len, size_len;
    int64_t bytes;              /**< -1: unknown ("-"). */
    char path[FA_BAG_PATH_MAX]; /**< Decoded, without "./"; begins with "data/". */
};

/** @return whether the line, which is without its LF, is one of fetch.txt. */
bool fa_bag_parse_fetch(const char *line, size_t len, bool percent, struct fa_bag_fetch *ret);

#endif
