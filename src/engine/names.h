/**
 * Which names are taken, and by which URL: a hash table that moves to a file when it gets large.
 *
 * The engine claims a name before it fetches anything, so that two URLs never write one file.
 * Only hashes are kept, 16 bytes for each name.  Up to FA_NAMES_MEMORY bytes of them stay in
 * memory; a larger table is an unlinked temporary file, so memory stays bounded with any number
 * of names, and the page cache makes it fast while there is room.
 *
 * The caller hashes, with a hash whose 64 bits are all good (XXH3).  With n names, the odds that
 * any two have one name hash are n*n / 2^65: 3 in a million for 10 million names.  Then the later
 * one just gets its alternative name.  Only if the hashes of both URLs agree too is it taken for a
 * duplicate: n*n / 2^129.
 *
 * One thread at a time.
 */
#ifndef FA_ENGINE_NAMES_H
#define FA_ENGINE_NAMES_H

#include <stdint.h>

#include <fetchall/error.h>

/** Bytes of the table in memory, at most. */
#define FA_NAMES_MEMORY (32u << 20)

/** Owners that are no URL. */
enum fa_owner { FA_OWNER_OUTPUTS, FA_OWNER_FOLDERS };

struct fa_names;

/** What became of a claim. */
enum fa_claim {
    FA_CLAIM_NEW,   /**< The name was free.  Now it is taken. */
    FA_CLAIM_SAME,  /**< This URL has it already: a duplicate. */
    FA_CLAIM_TAKEN, /**< Another URL has it. */
};

/**
 * @dirfd  A folder for the file, if it comes to that; borrowed until fa_names_free().
 * @return What fa_names_free() releases, or NULL if there is no memory.
 */
struct fa_names *fa_names_new(int dirfd, struct fa_error *err);

/** NULL is fine. */
void fa_names_free(struct fa_names *names);

/**
 * Claim a name for a URL.
 *
 * @return 0, or -1 with FA_CLASS_LOCAL_IO (no memory, no space, ...): then nothing has changed, and
 *         it may be tried again.
 */
int fa_names_claim(struct fa_names *names, uint64_t name_hash, uint64_t url_hash,
                   enum fa_claim *ret, struct fa_error *err);

/** How many names are taken. */
uint64_t fa_names_count(const struct fa_names *names);

#endif
