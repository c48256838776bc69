/*
 * Lists, certificates and the state may be inside the folder that is written to.  A name protects
 * a file that does not exist yet, for example the state of the first run; an inode protects one
 * that is reachable by several names, for example through a link or another mount.
 */
#include "engine/kept.h"

#include "engine/store_publish.h"
#include "state/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int kept_no_memory(const char *file, struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep '%s'", file);
    return -1;
}

/* The absolute name of a file that need not exist yet, with links resolved; NULL if there is
 * none. */
static char *file_resolve(const char *file)
{
    char *real = realpath(file, NULL);
    if (real || errno != ENOENT)
        return real;
    const char *slash = strrchr(file, '/');
    char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    char *above = folder ? realpath(folder, NULL) : NULL;
    if (above && asprintf(&real, "%s/%s", above[1] ? above : "", slash ? slash + 1 : file) < 0)
        real = NULL;
    free(above);
    free(folder);
    return real;
}

/* The path of a file relative to a folder, or NULL if it is not inside. */
static const char *path_below(const char *name, const char *folder)
{
    size_t len = folder[1] ? strlen(folder) : 0;
    return strncmp(name, folder, len) == 0 && name[len] == '/' ? name + len + 1 : NULL;
}

/* An entry could not replace a pipe or a device anyway. */
int fa_kept_add(struct fa_store *store, struct fa_claims *claims, const char *file,
                struct fa_error *err)
{
    struct stat st;
    int result = 0;
    if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
        return 0;
    if (fa_store_keep(store, file))
        return kept_no_memory(file, err);
    char *name = file_resolve(file);
    char *folder = name ? fa_folder_path(fa_store_folder(store)) : NULL;
    const char *path = folder ? path_below(name, folder) : NULL;
    if (path)
        result = fa_claims_reserve(claims, path, err);
    free(folder);
    free(name);
    return result;
}

static int kept_add_state(const char *state, struct fa_store *store, struct fa_claims *claims,
                          struct fa_error *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < FA_FILES; ++i) {
        char *file = NULL;
        if (asprintf(&file, "%s%s", state, fa_files_suffixes[i]) < 0)
            return kept_no_memory(state, err);
        result = fa_kept_add(store, claims, file, err);
        free(file);
    }
    return result;
}

int fa_kept_open(const struct fa_config *config, struct fa_store *store, struct fa_claims *claims,
                 struct fa_error *err)
{
    const char *const files[] = {config->cacert, config->cert, config->key, config->cookies};
    for (size_t i = 0; i < config->n_reserved; ++i)
        if (fa_claims_reserve(claims, config->reserved[i], err))
            return -1;
    for (size_t i = 0; i < config->n_kept; ++i)
        if (fa_kept_add(store, claims, config->kept[i], err))
            return -1;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); ++i)
        if (files[i] && fa_kept_add(store, claims, files[i], err))
            return -1;
    for (size_t i = 0; i < config->n_hosts; ++i) {
        const struct fa_host_config *host = config->hosts[i];
        if ((host->cert && fa_kept_add(store, claims, host->cert, err)) ||
            (host->key && fa_kept_add(store, claims, host->key, err)))
            return -1;
    }
    return config->state ? kept_add_state(config->state, store, claims, err) : 0;
}
