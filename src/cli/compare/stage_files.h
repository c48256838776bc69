/**
 * The files that the CPU stage is compared on.
 */
#ifndef FETCHALL_CLI_COMPARE_STAGE_FILES_H
#define FETCHALL_CLI_COMPARE_STAGE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

/** Maximum size of a small file. */
#define FA_STAGE_SMALL 65536

/** Small files, and large ones. */
enum fa_stage_kind { FA_STAGE_SMALL_FILES, FA_STAGE_LARGE_FILES, FA_STAGE_KINDS };

/** The files of one kind. */
struct fa_stage_files {
    char *manifest; /**< Lists all files; its digests are zeros. */
    uint64_t files;
    uint64_t bytes;
};

struct fa_stage_set {
    struct fa_stage_files kinds[FA_STAGE_KINDS];
    uint64_t unreadable; /**< Files and folders that are skipped. */
};

/**
 * Walk a folder, except for its .fetchall and links, and write a manifest for each kind.
 *
 * @folder  The folder for the manifests.
 * @hash    The hash of the manifests: md5, sha1, sha256 or sha512.
 * @return 0, or -1.  Call fa_stage_set_fini() in any case.
 */
int fa_stage_set_init(struct fa_stage_set *set, const char *dir, const char *folder,
                      enum fa_hash hash, struct fa_error *err);

void fa_stage_set_fini(struct fa_stage_set *set);

/** Whether a name is that of a folder, whose files are to be hashed, and not of a list. */
bool fa_stage_is_folder(const char *name);

/** Whether a folder has a state, so that "fetchall verify" can hash its files.  Otherwise the
 * command that is recommended has to be a fetch. */
bool fa_stage_has_state(const char *dir);

#endif
