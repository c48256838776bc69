/*
 * Walks a directory and sorts its files into small and large ones, in the form of manifests, which
 * fetchall verify can hash.
 *
 * The two kinds are compared separately: for small files the cost of handing a file to a worker
 * dominates, for large ones the hash itself.
 *
 * The digests are zeros, because computing real ones would read every file before the comparison.
 * Every file then mismatches, which the runs expect (run.c).
 */
#include "cli/compare/stage_files.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fetchall/event.h>
#include <fetchall/state.h>

#include "cli/compare/workspace.h"
#include "cli/manifest.h"

static const char *const manifest_names[FA_STAGE_KINDS] = {"small", "large"};

static int stage_add_file(struct fa_stage_set *set, FILE *const out[FA_STAGE_KINDS],
                          const FTSENT *entry, const char *name, enum fa_hash hash)
{
    /* A file that cannot be read would make every run fail. */
    if (access(entry->fts_accpath, R_OK) != 0) {
        ++set->unreadable;
        return 0;
    }
    struct fa_digest digest = {.hash = hash};
    uint64_t size = (uint64_t)entry->fts_statp->st_size;
    enum fa_stage_kind kind = size <= FA_STAGE_SMALL ? FA_STAGE_SMALL_FILES : FA_STAGE_LARGE_FILES;
    char *line = fa_manifest_line(&digest, name);
    if (!line)
        return ENOMEM;
    int code = fprintf(out[kind], "%s\n", line) < 0 ? errno : 0;
    free(line);
    ++set->kinds[kind].files;
    set->kinds[kind].bytes += size;
    return code;
}

/* The state of the directory, and files of the comparison itself.  The workspace is compared by
 * inode, as it may be reached by another path. */
static bool entry_is_ours(const FTSENT *entry, const struct stat *own)
{
    const struct stat *st = entry->fts_statp;
    return (st->st_ino == own->st_ino && st->st_dev == own->st_dev) ||
           (entry->fts_level == 1 && strcmp(entry->fts_name, ".fetchall") == 0);
}

/* @return an errno. */
static int stage_walk(struct fa_stage_set *set, FTS *fts, FILE *const out[FA_STAGE_KINDS],
                      size_t skip, enum fa_hash hash, const struct stat *own)
{
    int code = 0;
    FTSENT *entry;
    /* fts_read(3) returns NULL with errno 0 at the end, and with another errno after an error. */
    while (code == 0 && (errno = 0, entry = fts_read(fts))) {
        switch (entry->fts_info) {
        case FTS_D:
            if (entry_is_ours(entry, own))
                fts_set(fts, entry, FTS_SKIP);
            break;
        case FTS_F:
            code = stage_add_file(set, out, entry, entry->fts_path + skip, hash);
            break;
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
            if (entry->fts_level == 0)
                return entry->fts_errno;
            ++set->unreadable;
            break;
        default:
            break;
        }
    }
    return code ? code : errno;
}

/* A path below the directory continues after its name and one slash. */
static size_t prefix_of(const char *dir)
{
    size_t len = strlen(dir);
    return len > 0 && dir[len - 1] == '/' ? len : len + 1;
}

int fa_stage_set_init(struct fa_stage_set *set, const char *dir, const char *folder,
                      enum fa_hash hash, struct fa_error *err)
{
    FILE *out[FA_STAGE_KINDS] = {0};
    char *const roots[] = {(char *)dir, NULL};
    struct stat own;
    int code = stat(folder, &own) == 0 ? 0 : errno;
    *set = (struct fa_stage_set){0};
    for (int i = 0; code == 0 && i < FA_STAGE_KINDS; ++i) {
        set->kinds[i].manifest = fa_workspace_path(folder, manifest_names[i]);
        out[i] = set->kinds[i].manifest ? fopen(set->kinds[i].manifest, "we") : NULL;
        code = out[i] ? 0 : errno;
    }
    /* FTS_PHYSICAL: links are not followed, except for the folder itself (FTS_COMFOLLOW). */
    FTS *fts = code ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (fts)
        code = stage_walk(set, fts, out, prefix_of(dir), hash, &own);
    else if (code == 0)
        code = errno;
    if (fts)
        fts_close(fts);
    for (int i = 0; i < FA_STAGE_KINDS; ++i)
        if (out[i] && fclose(out[i]) != 0 && code == 0)
            code = errno;
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot look through '%s'", dir);
    return code ? -1 : 0;
}

void fa_stage_set_fini(struct fa_stage_set *set)
{
    for (int i = 0; i < FA_STAGE_KINDS; ++i)
        free(set->kinds[i].manifest);
    *set = (struct fa_stage_set){0};
}

bool fa_stage_is_folder(const char *name)
{
    struct stat st;
    return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fa_stage_has_state(const char *dir)
{
    char *path = fa_workspace_path(dir, FA_STATE_FILE);
    bool has = path && access(path, F_OK) == 0;
    free(path);
    return has;
}
