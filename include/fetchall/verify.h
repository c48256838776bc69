/**
 * Hash the files of a folder again, to find out whether they are still what was downloaded.
 */
#ifndef FETCHALL_VERIFY_H
#define FETCHALL_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** The result for one file. */
enum fa_finding {
    FA_FINDING_GOOD,       /**< Size and digest match. */
    FA_FINDING_UNHASHED,   /**< The size matches, and no digest is known. */
    FA_FINDING_MISSING,    /**< The file does not exist. */
    FA_FINDING_CHANGED,    /**< Size or digest differ, or it is not a regular file. */
    FA_FINDING_UNREADABLE, /**< The file or the line of the manifest cannot be read. */
    FA_FINDING_UNKNOWN,    /**< Neither the state nor the manifest knows the file. */
    FA_FINDING_INVALID,    /**< Of a bag: something in it is not as RFC 8493 says. */
    FA_FINDINGS
};

/** The stable name of a finding ("missing").  Can be called from any thread. */
const char *fa_finding_name(enum fa_finding finding);

/** One file.  Valid until the handler returns. */
struct fa_checked {
    enum fa_finding finding;
    const char *path; /**< Relative to the folder; may contain any byte but zero. */
    uint64_t size;    /**< Bytes hashed. */
    const char *why;  /**< The reason for CHANGED, UNREADABLE and INVALID; else NULL. */
};

/** Called on the thread that called fa_verify_run(). */
typedef void (*fa_verify_handler)(void *ctx, const struct fa_checked *checked);

/**
 * Hash all files that the state records as done, and report each; then report the unknown files.
 * Changes nothing.  Memory does not grow with the number of files.
 *
 * Blocks until all files are hashed.  If worker processes hash them, the program calls
 * fa_worker_main() first, and has one thread.
 *
 * @config   Only dir, state, hash_with, hash_jobs, sandbox and worker_program are used.
 * @manifest A file of checksums (sha256sum(1)) to use instead of the state; NULL: the state.
 * @ret_busy The id of a process that runs a session in the folder; 0: none; -1: unknown.
 * @return   0 if all files were examined, whatever was found; or -1 with FA_CLASS_REFUSED if there
 *           is no state, and with FA_CLASS_LOCAL_IO otherwise.
 */
int fa_verify_run(const struct fa_config *config, const char *manifest, fa_verify_handler handler,
                  void *ctx, int64_t *ret_busy, struct fa_error *err);

/** Whether a folder is a bag: a bagit.txt is in it.  Can be called from any thread. */
bool fa_verify_has_bag(const char *dir);

/**
 * Check that a bag (RFC 8493) is whole, and report each file of its manifests, as fa_verify_run()
 * does: all files of all manifests are there with their digests, all files below data are in all
 * payload manifests (before version 1.0: in one of them), Payload-Oxum and the lengths of fetch.txt
 * are right.  Tag files that no manifest has are not reported.
 *
 * Memory grows by about 32 bytes for each line of a manifest.
 *
 * @config   As for fa_verify_run(); dir is the bag, and the state is not used.
 * @return   0 if all files were examined, whatever was found; -1 with FA_CLASS_LOCAL_IO.
 */
int fa_verify_bag(const struct fa_config *config, fa_verify_handler handler, void *ctx,
                  int64_t *ret_busy, struct fa_error *err);

FA_API_END

#endif
