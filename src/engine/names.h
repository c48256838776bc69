/**
 * The table of file names that are taken, and by which URL: a hash table that moves to a file when
 * it gets large.
 *
 * The engine claims a name before it fetches anything, so that two URLs never write one file.
 * Only hashes are stored, 16 bytes for each name; two bits of that of the URL are marks.  Up to
 * FA_NAMES_MEMORY bytes stay in memory; a larger table is an unlinked temporary file, so that
 * memory stays bounded with any number of names, while the page cache keeps it fast as long as
 * there is memory to spare.
 *
 * The caller hashes, with a hash of 64 uniform bits (XXH3).  With n names, the probability that
 * any two have the same name hash is n*n / 2^65: 3 in a million for 10 million names.  The later
 * one then gets its alternative name.  It is mistaken for a duplicate only if the hashes of both
 * URLs are equal too: n*n / 2^127.
 *
 * One thread at a time.
 */
#ifndef FA_ENGINE_NAMES_H
#define FA_ENGINE_NAMES_H

#include <stdint.h>

#include <fetchall/error.h>

/** Maximum bytes of the table in memory. */
#define FA_NAMES_MEMORY (32u << 20)

/** Owners that are not URLs. */
enum fa_name_owner { FA_OWNER_OUTPUTS, FA_OWNER_FOLDERS };

struct fa_names;

/** The result of a claim. */
enum fa_claim {
    FA_CLAIM_NEW,   /**< The name was free, and is taken now. */
    FA_CLAIM_SAME,  /**< This URL has it already: a duplicate. */
    FA_CLAIM_TAKEN, /**< Another URL has it. */
};

/**
 * @dirfd  A folder for the file, if one is needed; borrowed until fa_names_free().
 * @return What fa_names_free() releases, or NULL if there is no memory.
 */
struct fa_names *fa_names_new(int dirfd, struct fa_error *err);

/** NULL is fine. */
void fa_names_free(struct fa_names *names);

/**
 * Claim a name for a URL.
 *
 * @return 0, or -1 with FA_CLASS_LOCAL_IO (no memory, no disk space, ...): then nothing has
 *         changed, and the call may be repeated.
 */
int fa_names_claim(struct fa_names *names, uint64_t name_hash, uint64_t url_hash,
                   enum fa_claim *ret, struct fa_error *err);

/** What is known about the entries of a name. */
enum fa_name_mark {
    FA_NAME_CHECKED = 1, /**< The first one has a checksum or a size. */
    FA_NAME_FAILED = 2,  /**< All that have ended have failed. */
};

/**
 * Change the marks of a name that is taken.
 *
 * @clear  Marks to remove, then @set: those to add.
 * @ret    The marks before.
 * @return as fa_names_claim().
 */
int fa_names_mark(struct fa_names *names, uint64_t name_hash, unsigned clear, unsigned set,
                  unsigned *ret, struct fa_error *err);

/** The number of names that are taken. */
uint64_t fa_names_count(const struct fa_names *names);

#endif
