/**
 * The files of a folder, hashed again: are they what was fetched?
 */
#ifndef FETCHALL_VERIFY_H
#define FETCHALL_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** What was found of a file. */
enum fa_finding {
    FA_FINDING_GOOD,
    FA_FINDING_UNHASHED, /**< Its size is right, and no digest is known. */
    FA_FINDING_MISSING,
    FA_FINDING_CHANGED,    /**< Another size, another digest, or no plain file. */
    FA_FINDING_UNREADABLE, /**< It, or the line of the manifest, cannot be read. */
    FA_FINDING_UNKNOWN,    /**< It is there, and nothing tells of it. */
    FA_FINDINGS
};

/** The stable name ("missing"). */
const char *fa_finding_name(enum fa_finding finding);

/** One file.  Borrowed until the handler returns. */
struct fa_checked {
    enum fa_finding finding;
    const char *path; /**< Relative to the folder; may hold any byte but zero. */
    uint64_t size;    /**< Bytes that were hashed. */
    const char *why;  /**< CHANGED, UNREADABLE: a sentence; else NULL. */
};

typedef void (*fa_verify_handler)(void *ctx, const struct fa_checked *checked);

/**
 * Hash all files that the state calls done, and tell of each; then name the files that nothing
 * tells of.  Nothing is changed.  Memory does not grow with the number of files.
 *
 * @config   Of it dir, state, hash_with, hash_jobs and worker_program.
 * @manifest NULL, or a file of checksums (sha256sum(1)) that stands in for the state.
 * @ret_busy The process that is at work in the folder meanwhile; 0: none; -1: it is not known.
 * @return   0 if all was looked at, whatever was found; or -1: the class is FA_CLASS_REFUSED if
 *           there is no state, else FA_CLASS_LOCAL_IO.
 */
int fa_verify_run(const struct fa_config *config, const char *manifest, fa_verify_handler handler,
                  void *ctx, int64_t *ret_busy, struct fa_error *err);

FA_API_END

#endif
