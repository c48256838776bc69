/**
 * Checks files of a folder: that they are there, their sizes and their digests.
 *
 * Files are hashed by a CPU stage of its own, on a loop of its own, so findings are not in the
 * order of the calls.  Blocks.  One thread at a time.
 */
#ifndef FA_ENGINE_CHECKER_H
#define FA_ENGINE_CHECKER_H

#include "engine/volumes.h"

#include <fetchall/event.h>
#include <fetchall/verify.h>

struct fa_checker {
    fa_verify_handler handler; /**< Set by the caller, like ctx. */
    void *ctx;
    bool failed; /**< Further calls are of no use; may be set by the caller, like error. */
    struct fa_error error;

    const char *dir; /* For messages. */
    struct fa_folder *folder;
    struct event_base *base;
    struct fa_nursery *nursery;
    struct fa_stage *stage;
    size_t under_way;
    struct fa_checker_file *again;
};

/** @folder  Borrowed.  @return 0, or -1; call fa_checker_close() either way. */
int fa_checker_open(struct fa_checker *checker, const struct fa_config *config,
                    struct fa_folder *folder, struct fa_error *err);

void fa_checker_close(struct fa_checker *checker);

/** Report a finding.  @size  Bytes hashed. */
void fa_checker_report(struct fa_checker *checker, enum fa_finding finding, const char *path,
                       int64_t size, const char *why);

/** Remember an error of the system that ends the check. */
void fa_checker_fail(struct fa_checker *checker, int code);

/**
 * Check the size of a file, and submit it for its digests.
 *
 * @size     -1: unknown.
 * @digests  n of them, of different algorithms, at most FA_HASHES; copied.
 */
void fa_checker_check(struct fa_checker *checker, const char *path, int64_t size,
                      const struct fa_digest *digests, size_t n);

/** A member of an archive.  @volume  Borrowed until the checker is closed, like the store. */
struct fa_checker_member {
    struct fa_store *store;
    struct fa_volume *volume; /**< NULL: unknown, and so missing. */
    uint64_t offset;
};

/** The same for a member of an archive, whose size is known. */
void fa_checker_check_member(struct fa_checker *checker, const struct fa_checker_member *member,
                             const char *path, int64_t size, const struct fa_digest *digests,
                             size_t n);

/** Wait until all files have been reported. */
void fa_checker_finish(struct fa_checker *checker);

#endif
