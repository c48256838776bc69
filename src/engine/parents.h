/**
 * Descriptors of the folders that files went to last, so that a path in one of them costs one call
 * however many folders a list goes through in turn.
 *
 * A descriptor stays valid if its folder is renamed or removed meanwhile: then it is not the folder
 * of that path any more.
 */
#ifndef FA_ENGINE_PARENTS_H
#define FA_ENGINE_PARENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct fa_parent {
    uint64_t key;
    char *path;   /**< Owned; relative to the root of all of them. */
    int fd;       /**< Owned. */
    bool checked; /**< For the caller: false at first. */
    TAILQ_ENTRY(fa_parent) used;
    struct fa_parent *next_same; /**< Of its bucket. */
};

struct fa_parents {
    unsigned max; /**< Descriptors, at most. */
    unsigned count;
    struct fa_parent **buckets; /**< As many as max. */
    TAILQ_HEAD(fa_parent_list, fa_parent)
    least_recent; /**< First the one that was not used for longest. */
};

/** Choose the number by the limit of open files.  @return 0, or -1: no memory. */
int fa_parents_init(struct fa_parents *parents);

/** Accepts a struct that is zeroed only. */
void fa_parents_fini(struct fa_parents *parents);

/** @path  Its first `len` bytes.  @return borrowed until the next call but this; NULL: not kept. */
struct fa_parent *fa_parents_find(struct fa_parents *parents, const char *path, size_t len);

/** The one that was used last; NULL: none is kept. */
const struct fa_parent *fa_parents_last(const struct fa_parents *parents);

/**
 * Keep a folder that is not kept yet; the one that was not used for longest is closed for it.
 *
 * @fd      Taken, even on failure.
 * @return  As fa_parents_find(); NULL: no memory.
 */
struct fa_parent *fa_parents_add(struct fa_parents *parents, const char *path, size_t len, int fd);

/** Close a folder, if it is kept. */
void fa_parents_forget(struct fa_parents *parents, const char *path, size_t len);

#endif
