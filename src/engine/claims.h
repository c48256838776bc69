/**
 * The names of files: each belongs to one URL, so that no two jobs write to one file.
 *
 * A path is claimed in three steps, because the state is queried in between: build the path, check
 * that the state does not assign it to another URL, claim it.  A path that is taken has two
 * alternatives (engine/name.h): "x-0123abcd.gz" has a hash of the URL, and of its range, without
 * what signs it, so that it is the same for every signature.  The second has one more hash, of the
 * whole URL, for thousands of URLs with one name, where two of 32 bits may be equal.
 *
 * A path is held from its claim until the job ends, so that a second entry of the URL and path
 * waits for that.  Held paths are counted by a few bits of their keys, to need no memory for each:
 * at worst, one that is free looks held until another one is not.
 */
#ifndef FA_ENGINE_CLAIMS_H
#define FA_ENGINE_CLAIMS_H

#include "engine/folder.h"
#include "engine/job.h"
#include "engine/names.h"

#include <fetchall/config.h>

/** Counters of held paths. */
#define FA_CLAIMS_HELD 4096
/** Folders whose claims are remembered. */
#define FA_CLAIMS_FOLDERS 1024

struct fa_claims {
    struct fa_names *names; /**< Owned. */
    uint32_t held[FA_CLAIMS_HELD];
    uint64_t
        folders[FA_CLAIMS_FOLDERS]; /**< Keys of claimed folders, each at its place; 0: none. */
    enum fa_layout layout;
    unsigned fan_out;
    const char *name; /**< fa_config.name.  Borrowed. */
    enum fa_match match;
    const char *dir; /**< fa_config.dir, if absolute, else NULL.  Borrowed. */
    char *real;      /**< The same without links, or NULL.  Owned. */
    size_t part_max; /**< fa_folder_name_max() */
    bool folds;      /**< fa_folder.folds */
};

/**
 * @folder  Of the session.  Borrowed during the call.
 * @dirfd   A folder for temporary files; borrowed until fa_claims_fini().
 */
int fa_claims_init(struct fa_claims *claims, const struct fa_config *config,
                   const struct fa_folder *folder, int dirfd, struct fa_error *err);
void fa_claims_fini(struct fa_claims *claims);

/** Build the path of a job, and claim its folders.  Sets path, key and owner of job->place. */
int fa_claims_build(struct fa_claims *claims, struct fa_job *job, struct fa_error *err);

/** The key of a path in this folder. */
uint64_t fa_claims_key(const struct fa_claims *claims, const char *path);

/** Claim the path; FA_CLAIM_NEW: the job holds it then.  @return 0 and *ret, or -1 */
int fa_claims_take(struct fa_claims *claims, struct fa_job *job, enum fa_claim *ret,
                   struct fa_error *err);

/** FA_CLAIM_SAME: whether the job may end otherwise than the one that has the path, as one of them
 * has a checksum, a size or mirrors.  @return 0 and *ret, or -1 */
int fa_claims_differ(struct fa_claims *claims, const struct fa_job *job, bool *ret,
                     struct fa_error *err);

/** Whether a job holds that path. */
bool fa_claims_is_held(const struct fa_claims *claims, const struct fa_job *job);

/** FA_CLAIM_SAME: hold the path, which nobody holds.  @ret  Its marks (engine/names.h). */
int fa_claims_hold(struct fa_claims *claims, struct fa_job *job, unsigned *ret,
                   struct fa_error *err);

/** A job that has not ended leaves: hold its path no longer. */
void fa_claims_release(struct fa_claims *claims, struct fa_job *job);

/** A job ends.  @good  Its file is there. */
int fa_claims_end(struct fa_claims *claims, struct fa_job *job, bool good, struct fa_error *err);

/** Alternatives of a path. */
#define FA_CLAIMS_ALTERNATIVES 2

/**
 * Make an alternative of the path of a job.
 *
 * @n    Which one, from 0: made from the path if 0, else from the previous one.
 * @ret  Owned by the caller: free(3).
 */
int fa_claims_alternative(const struct fa_claims *claims, const struct fa_job *job,
                          const char *path, unsigned n, char **ret, struct fa_error *err);

/** Give the job another path.  @path  Taken. */
void fa_claims_rename(const struct fa_claims *claims, struct fa_job *job, char *path);

/** Claim a second path for the URL of a job, which it does not hold.  @path  Owned by the caller;
 * replaced if a file has the name of its folder.  @return 0 and *ret, or -1 */
int fa_claims_add(struct fa_claims *claims, const struct fa_job *job, char **path,
                  enum fa_claim *ret, struct fa_error *err);

/** Reserve a path, relative to the folder, for a file that is not an entry. */
int fa_claims_reserve(struct fa_claims *claims, const char *path, struct fa_error *err);

#endif
