/*
 * Open addressing with linear probing.  The home slot is the top bits of the (multiplied) hash, so
 * a table is nearly sorted by hash: reading one from its first slot fills another one from its first
 * slot.  Growing a table, and adding one to another, is therefore a sequential copy, although both
 * are hash tables.
 *
 * New names are put into a table in memory.  When that has its largest size and is full, it is added
 * to a table in a file, and begins again.  Bits in memory tell for most names that they are not in
 * the file, so that a new name costs no access to it.
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
#include <string.h>
#include <unistd.h>

#define SLOTS_FIRST 1024u
#define SLOTS_MAX   (FA_NAMES_MEMORY / sizeof(struct slot)) /* in memory */
#define BLOCK       4096u                                   /* slots, for a copy */
#define BLOCK_ONE   32u                                     /* slots, for one name */
#define MARKS       62 /* The marks are the bits of a URL's hash from this one on. */

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
    uint64_t count;      /* Names. */
    struct slot *memory; /* Owned; NULL: the table is in the file. */
    int fd;              /* Owned; -1: the table is in memory. */
    bool dirty;
    uint64_t first;     /* The first slot of the block. */
    unsigned block_len; /* 0: no block has been read. */
    struct slot *block; /* Owned: room for BLOCK slots. */
};

struct fa_names {
    int dirfd; /* Borrowed. */
    uint64_t count;
    struct table recent; /* In memory. */
    struct table older;  /* In the file; size 0: none. */
    uint64_t *filter;    /* Owned: a byte for each slot of older; NULL: there is none. */
};

static int names_io_failed(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot keep the table of names");
    return -1;
}

static void table_fini(struct table *table)
{
    free(table->memory);
    free(table->block);
    if (table->size > 0 && table->fd >= 0)
        close(table->fd);
}

static void table_init(struct table *table, uint64_t size)
{
    *table = (struct table){.size = size, .shift = 64, .fd = -1};
    for (; size > 1; size /= 2)
        table->shift--;
}

static int table_init_memory(struct table *table, uint64_t size, struct fa_error *err)
{
    table_init(table, size);
    table->memory = calloc(size, sizeof(struct slot));
    return table->memory ? 0 : names_io_failed(err);
}

static int table_init_file(struct table *table, uint64_t size, int dirfd, struct fa_error *err)
{
    table_init(table, size);
    table->block = malloc(BLOCK * sizeof(struct slot));
    table->fd = table->block ? fa_io_unlinked(dirfd) : -1;
    if (table->fd < 0)
        goto fail;
    /* Read-ahead is useless here, and creates large folios, which make small writes slow on
     * ext4. */
    posix_fadvise(table->fd, 0, 0, POSIX_FADV_RANDOM);
    if (ftruncate(table->fd, (off_t)(size * sizeof(struct slot))) == 0)
        return 0;
fail:
    names_io_failed(err);
    table_fini(table);
    return -1;
}

/* The file has its full size, and blocks never straddle its end. */
static int table_write_block(struct table *table, struct fa_error *err)
{
    uint64_t at = table->first * sizeof(struct slot);
    size_t size = table->block_len * sizeof(struct slot);
    if (table->dirty && fa_io_pwrite(table->fd, table->block, size, at) < 0)
        return names_io_failed(err);
    table->dirty = false;
    return 0;
}

/* Invalid until it was read whole: a failed read must not leave half of another block. */
static int table_read_block(struct table *table, uint64_t first, unsigned len, struct fa_error *err)
{
    size_t size = len * sizeof(struct slot);
    table->block_len = 0;
    if (fa_io_pread(table->fd, table->block, size, size, first * sizeof(struct slot)) < 0)
        return names_io_failed(err);
    table->first = first;
    table->block_len = len;
    return 0;
}

/* @len  Slots of a block to read.  @return the slot, borrowed until the next call; or NULL */
static struct slot *table_slot(struct table *table, uint64_t i, unsigned len, struct fa_error *err)
{
    if (table->memory)
        return table->memory + i;
    if (i - table->first >= table->block_len)
        if (table_write_block(table, err) < 0 || table_read_block(table, i - i % len, len, err) < 0)
            return NULL;
    return table->block + (i - table->first);
}

/* Fibonacci hashing, for hashes with weak top bits. */
static uint64_t name_spread(uint64_t name)
{
    return name * 0x9e3779b97f4a7c15u;
}

/* The slot of the name, or the free slot to put it into. */
static struct slot *table_find(struct table *table, uint64_t name, unsigned len,
                               struct fa_error *err)
{
    /* A table has at least two slots, so the shift is less than 64.
     * NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    uint64_t i = name_spread(name) >> table->shift;
    struct slot *slot;
    while ((slot = table_slot(table, i, len, err)) && slot->name != 0 && slot->name != name)
        i = (i + 1) & (table->size - 1);
    return slot;
}

/* The table is at most 70 % full: linear probing gets slow beyond that. */
static bool table_has_room(const struct table *table, uint64_t count)
{
    return count <= table->size / 10 * 7;
}

static void table_put(struct table *table, struct slot *slot, const struct slot *value)
{
    table->count += slot->name == 0;
    *slot = *value;
    table->dirty = true;
}

/* Repeated after a failure, it puts the same again. */
static int table_add(struct table *table, struct table *other, struct fa_error *err)
{
    for (uint64_t i = 0; i < other->size; ++i) {
        struct slot *from = table_slot(other, i, BLOCK, err);
        if (!from)
            return -1;
        if (from->name == 0)
            continue;
        struct slot *to = table_find(table, from->name, BLOCK, err);
        if (!to)
            return -1;
        table_put(table, to, from);
    }
    return 0;
}

/* The old table is kept until the new one is complete. */
static int names_grow_memory(struct fa_names *names, struct fa_error *err)
{
    struct table new;
    if (table_init_memory(&new, names->recent.size * 2, err) < 0)
        return -1;
    (void)table_add(&new, &names->recent, err); /* memory does not fail */
    table_fini(&names->recent);
    names->recent = new;
    return 0;
}

/* Two bits of one word: a word for each eight slots, at the place of the name in the table. */
static uint64_t *filter_word(const struct fa_names *names, uint64_t name, uint64_t *ret_bits)
{
    uint64_t spread = name_spread(name);
    *ret_bits = UINT64_C(1) << (spread >> 20 & 63) | UINT64_C(1) << (spread >> 26 & 63);
    return &names->filter[spread >> names->older.shift >> 3];
}

static void filter_add(struct fa_names *names, uint64_t name)
{
    uint64_t bits, *word = filter_word(names, name, &bits);
    *word |= bits;
}

static bool names_may_be_older(const struct fa_names *names, uint64_t name)
{
    uint64_t bits;
    return names->filter && (*filter_word(names, name, &bits) & bits) == bits;
}

/* @return 0, or -1: then the filter lacks names, and is not to be used. */
static int filter_add_all(struct fa_names *names, struct table *table, struct fa_error *err)
{
    for (uint64_t i = 0; i < table->size; ++i) {
        const struct slot *slot = table_slot(table, i, BLOCK, err);
        if (!slot)
            return -1;
        if (slot->name != 0)
            filter_add(names, slot->name);
    }
    return 0;
}

/* A larger file, with all names of the present one.  That is kept until the new one is complete. */
static int names_grow_file(struct fa_names *names, uint64_t size, struct fa_error *err)
{
    struct table new;
    uint64_t *filter = calloc(size / 8, sizeof(*filter)), *old_filter = names->filter;
    if (!filter)
        return names_io_failed(err);
    if (table_init_file(&new, size, names->dirfd, err) < 0) {
        free(filter);
        return -1;
    }
    struct table old = names->older;
    if (table_add(&new, &old, err) < 0)
        goto fail;
    names->older = new;
    names->filter = filter;
    if (filter_add_all(names, &old, err) == 0) {
        table_fini(&old);
        free(old_filter);
        return 0;
    }
fail:
    names->older = old;
    names->filter = old_filter;
    table_fini(&new);
    free(filter);
    return -1;
}

/* Add the table in memory to that in the file. */
static int names_move(struct fa_names *names, struct fa_error *err)
{
    struct table *recent = &names->recent;
    uint64_t size = names->older.size ? names->older.size : recent->size;
    while (!table_has_room(&(struct table){.size = size}, names->count))
        size *= 2;
    if (size != names->older.size && names_grow_file(names, size, err) < 0)
        return -1;
    if (filter_add_all(names, recent, err) < 0 || table_add(&names->older, recent, err) < 0)
        return -1;
    memset(recent->memory, 0, recent->size * sizeof(struct slot));
    recent->count = 0;
    return 0;
}

/* Find the slot of a name.  @ret  NULL: it is not taken.  @ret_table  Of the slot. */
static int names_find(struct fa_names *names, uint64_t name, struct slot **ret,
                      struct table **ret_table, struct fa_error *err)
{
    *ret_table = &names->recent;
    *ret = table_find(*ret_table, name, BLOCK_ONE, err);
    if ((*ret)->name != name && names_may_be_older(names, name)) {
        *ret_table = &names->older;
        *ret = table_find(*ret_table, name, BLOCK_ONE, err);
        if (!*ret)
            return -1;
    }
    if ((*ret)->name != name)
        *ret = NULL;
    return 0;
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
    if (table_init_memory(&names->recent, SLOTS_FIRST, err) < 0) {
        free(names);
        return NULL;
    }
    return names;
}

void fa_names_free(struct fa_names *names)
{
    if (!names)
        return;
    table_fini(&names->recent);
    table_fini(&names->older);
    free(names->filter);
    free(names);
}

static int names_make_room(struct fa_names *names, struct fa_error *err)
{
    if (table_has_room(&names->recent, names->recent.count + 1))
        return 0;
    return names->recent.size < SLOTS_MAX ? names_grow_memory(names, err) : names_move(names, err);
}

int fa_names_claim(struct fa_names *names, uint64_t name_hash, uint64_t url_hash,
                   enum fa_claim *ret, struct fa_error *err)
{
    uint64_t name = name_hash ? name_hash : 1;
    struct slot *slot;
    struct table *table;
    if (names_make_room(names, err) < 0 || names_find(names, name, &slot, &table, err) < 0)
        return -1;
    if (slot) {
        *ret = url_without_marks(slot->url) == url_without_marks(url_hash) ? FA_CLAIM_SAME
                                                                           : FA_CLAIM_TAKEN;
        return 0;
    }
    struct slot value = {name, url_without_marks(url_hash)};
    table_put(&names->recent, table_find(&names->recent, name, BLOCK_ONE, err), &value);
    names->count++;
    *ret = FA_CLAIM_NEW;
    return 0;
}

int fa_names_mark(struct fa_names *names, uint64_t name_hash, unsigned clear, unsigned set,
                  unsigned *ret, struct fa_error *err)
{
    struct slot *slot;
    struct table *table;
    if (names_find(names, name_hash ? name_hash : 1, &slot, &table, err) < 0)
        return -1;
    *ret = slot ? (unsigned)(slot->url >> MARKS) : 0;
    unsigned marks = (*ret & ~clear) | set;
    if (!slot || marks == *ret)
        return 0;
    slot->url = url_without_marks(slot->url) | (uint64_t)marks << MARKS;
    table->dirty = true;
    return 0;
}

uint64_t fa_names_count(const struct fa_names *names)
{
    return names->count;
}
