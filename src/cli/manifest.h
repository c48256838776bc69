/**
 * The manifest: lines for sha256sum -c and its sisters.  It appears when the run has ended.
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
    uint64_t missing; /**< Files that are there without such a digest. */
};

/** @hash  The digest that it holds.  @return 0, or -1. */
int fa_manifest_open(struct fa_manifest *manifest, const char *path, unsigned hash,
                     struct fa_error *err);

/** Add a line if the entry left a file.  @return 0, or -1 for the first error only. */
int fa_manifest_add(struct fa_manifest *manifest, const struct fa_result *result,
                    struct fa_error *err);

/** Give it its name, unless something is missing from it.  @return 0, or -1 as above. */
int fa_manifest_publish(struct fa_manifest *manifest, struct fa_error *err);

/** Release it; what was not published is removed. */
void fa_manifest_fini(struct fa_manifest *manifest);

/** The line for a name, without its newline, escaped as coreutils do.  To be freed; or NULL. */
char *fa_manifest_line(const struct fa_digest *digest, const char *name);

#endif
