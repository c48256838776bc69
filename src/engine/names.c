/*
 * Open addressing with linear probing.  The home slot is the top bits of the (multiplied) hash, so
 * the table is nearly sorted by hash, and stays so when it grows: reading the old table from its
 * first slot fills the new one from its first slot.  Growing a table in a file is therefore a
 * sequential copy, although it is a hash table.
 *
 * A table in a file is accessed through one block of slots, which is written back before another
 * one is read.  Slots are never removed, so there are no tombstones.
 */
#include "engine/names.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_FIRST 1024u
#define BLOCK       32u /* slots */
#define MARKS       62  /* The marks are the bits of a URL's hash from this one on. */

/* name is 0 in a free slot; the hash 0 is stored as 1. */
struct slot {
    uint64_t name;
    uint64_t url;
};

static uint64_t url_without_marks(uint64_t url)
{
    return url & ((UINT64_C(1) << MARKS) - 1);
}

struct table {
    uint64_t size; /* Slots: a power of two. */
    unsigned shift;
    struct slot *memory; /* Owned; NULL: the table is in the file. */
    int fd;              /* Owned; -1: the table is in memory. */
    bool loaded;
    bool dirty;
    uint64_t first; /* The first slot of the block. */
    struct slot block[BLOCK];
};

struct fa_names {
    int dirfd; /* Borrowed. */
    uint64_t count;
    struct table table;
};

static int names_io_failed(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot keep the table of names");
    return -1;
}

static int table_init(struct table *table, uint64_t size, int dirfd, struct fa_error *err)
{
    *table = (struct table){.size = size, .shift = 64, .fd = -1};
    for (; size > 1; size /= 2)
        table->shift--;
    if (table->size * sizeof(struct slot) <= FA_NAMES_MEMORY) {
        table->memory = calloc(table->size, sizeof(struct slot));
        return table->memory ? 0 : names_io_failed(err);
    }
    table->fd = fa_io_unlinked(dirfd);
    if (table->fd < 0)
        return names_io_failed(err);
    /* Read-ahead is useless here, and creates large folios, which make small writes slow on
     * ext4. */
    posix_fadvise(table->fd, 0, 0, POSIX_FADV_RANDOM);
    if (ftruncate(table->fd, (off_t)(table->size * sizeof(struct slot))) < 0) {
        names_io_failed(err);
        close(table->fd);
        table->fd = -1;
        return -1;
    }
    return 0;
}

static void table_fini(struct table *table)
{
    free(table->memory);
    if (table->fd >= 0)
        close(table->fd);
}

/* The file has its full size, and blocks never straddle its end. */
static int table_write_block(struct table *table, struct fa_error *err)
{
    uint64_t at = table->first * sizeof(struct slot);
    if (table->dirty && fa_io_pwrite(table->fd, table->block, sizeof(table->block), at) < 0)
        return names_io_failed(err);
    table->dirty = false;
    return 0;
}

/* Invalid until it was read whole: a failed read must not leave half of another block. */
static int table_read_block(struct table *table, uint64_t first, struct fa_error *err)
{
    size_t size = sizeof(table->block);
    table->loaded = false;
    if (fa_io_pread(table->fd, table->block, size, size, first * sizeof(struct slot)) < 0)
        return names_io_failed(err);
    table->first = first;
    table->loaded = true;
    return 0;
}

/* The slot, borrowed until the next call, or NULL. */
static struct slot *table_slot(struct table *table, uint64_t i, struct fa_error *err)
{
    if (table->memory)
        return table->memory + i;
    uint64_t first = i - i % BLOCK;
    if (!table->loaded || table->first != first)
        if (table_write_block(table, err) < 0 || table_read_block(table, first, err) < 0)
            return NULL;
    return table->block + i % BLOCK;
}

/* The slot of the name, or the free slot to put it into. */
static struct slot *table_find(struct table *table, uint64_t name, struct fa_error *err)
{
    /* Fibonacci hashing, for hashes with weak top bits.  A table has at least two slots, so the
     * shift is less than 64.  NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    uint64_t i = (name * 0x9e3779b97f4a7c15u) >> table->shift;
    struct slot *slot;
    while ((slot = table_slot(table, i, err)) && slot->name != 0 && slot->name != name)
        i = (i + 1) & (table->size - 1);
    return slot;
}

/* The old table is kept until the new one is complete. */
static int names_grow(struct fa_names *names, struct fa_error *err)
{
    struct table *old = &names->table;
    struct table new;
    if (table_init(&new, old->size * 2, names->dirfd, err) < 0)
        return -1;
    for (uint64_t i = 0; i < old->size; ++i) {
        struct slot *from = table_slot(old, i, err);
        if (!from)
            goto fail;
        if (from->name == 0)
            continue;
        struct slot *to = table_find(&new, from->name, err);
        if (!to)
            goto fail;
        *to = *from;
        new.dirty = true;
    }
    table_fini(old);
    names->table = new;
    return 0;

fail:
    table_fini(&new);
    return -1;
}

/* Small at first: most lists are short, and a session may have several tables. */
struct fa_names *fa_names_new(int dirfd, struct fa_error *err)
{
    struct fa_names *names = calloc(1, sizeof(*names));
    if (!names) {
        names_io_failed(err);
        return NULL;
    }
    names->dirfd = dirfd;
    if (table_init(&names->table, SLOTS_FIRST, dirfd, err) < 0) {
        free(names);
        return NULL;
    }
    return names;
}

void fa_names_free(struct fa_names *names)
{
    if (names)
        table_fini(&names->table);
    free(names);
}

/* The table is at most 70 % full: linear probing gets slow beyond that. */
int fa_names_claim(struct fa_names *names, uint64_t name_hash, uint64_t url_hash,
                   enum fa_claim *ret, struct fa_error *err)
{
    struct table *table = &names->table;
    if (names->count >= table->size / 10 * 7 && names_grow(names, err) < 0)
        return -1;
    uint64_t name = name_hash ? name_hash : 1;
    struct slot *slot = table_find(table, name, err);
    if (!slot)
        return -1;
    if (slot->name == name) {
        *ret = url_without_marks(slot->url) == url_without_marks(url_hash) ? FA_CLAIM_SAME
                                                                           : FA_CLAIM_TAKEN;
        return 0;
    }
    *slot = (struct slot){name, url_without_marks(url_hash)};
    table->dirty = true;
    names->count++;
    *ret = FA_CLAIM_NEW;
    return 0;
}

int fa_names_mark(struct fa_names *names, uint64_t name_hash, unsigned clear, unsigned set,
                  unsigned *ret, struct fa_error *err)
{
    uint64_t name = name_hash ? name_hash : 1;
    struct slot *slot = table_find(&names->table, name, err);
    if (!slot)
        return -1;
    *ret = slot->name == name ? (unsigned)(slot->url >> MARKS) : 0;
    unsigned marks = (*ret & ~clear) | set;
    if (slot->name != name || marks == *ret)
        return 0;
    slot->url = url_without_marks(slot->url) | (uint64_t)marks << MARKS;
    names->table.dirty = true;
    return 0;
}

uint64_t fa_names_count(const struct fa_names *names)
{
    return names->count;
}
