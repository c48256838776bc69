#ifndef FETCHALL_SUPPORT_TRUTH_H
#define FETCHALL_SUPPORT_TRUTH_H

/* What files must contain, computed without the program under test.  Differences fail the test. */

#include <stddef.h>
#include <stdint.h>

#define FA_SHA256_HEX 65

/* Digests in lower-case hex. */
void fa_truth_sha256_file(const char *path, char hex[FA_SHA256_HEX]);
void fa_truth_sha256_pattern(const char *seed, uint64_t size, char hex[FA_SHA256_HEX]);

/* The file DIR/NAME is a regular file with the SIZE bytes of the pattern of SEED. */
void fa_expect_file(const char *dir, const char *name, const char *seed, uint64_t size);

/* Nothing has that name, not even a dangling link. */
void fa_expect_no_file(const char *dir, const char *name);

struct fa_truth {
    const char *name;
    const char *seed;
    uint64_t size;
};

/*
 * The folder DIR contains these files, COUNT of them, and no others.  Names may be in folders below
 * it; DIR/.fetchall is not checked.
 */
void fa_expect_files(const char *dir, const struct fa_truth *files, size_t count);

/* DIR/.fetchall contains this many parts and, besides the state, nothing else.  It may be
 * missing. */
void fa_expect_parts(const char *dir, size_t count);

/* The files, links and so on in DIR and the folders below it, without DIR/.fetchall. */
size_t fa_truth_count_files(const char *dir);

#endif
