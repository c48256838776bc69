/**
 * The manifest: lines for sha256sum -c and similar tools.  The file appears at the end of the run.
 */
#ifndef FETCHALL_CLI_MANIFEST_H
#define FETCHALL_CLI_MANIFEST_H

#include <stdint.h>

#include <fetchall/error.h>
#include <fetchall/event.h>

#include "cli/whole.h"

/** All zero: not open. */
struct fa_manifest {
    struct fa_whole whole;
    unsigned hash;    /**< The enum fa_hash of its lines. */
    uint64_t missing; /**< Files without such a digest. */
};

/** @hash  The enum fa_hash of its digests.  @return 0, or -1. */
int fa_manifest_open(struct fa_manifest *manifest, const char *path, unsigned hash,
                     struct fa_error *err);

/** Add a line if the entry has a file.  @return 0, or -1 for the first error only. */
int fa_manifest_add(struct fa_manifest *manifest, const struct fa_result *result,
                    struct fa_error *err);

/** Rename it to its final name, unless it is incomplete.  @return 0, or -1 as above. */
int fa_manifest_publish(struct fa_manifest *manifest, struct fa_error *err);

/** Close it; remove it if it was not published. */
void fa_manifest_fini(struct fa_manifest *manifest);

/** The line for a name without a newline, escaped like coreutils do.  To be freed; NULL: no
 * memory. */
char *fa_manifest_line(const struct fa_digest *digest, const char *name);

#endif
