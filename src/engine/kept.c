/*
 * Files that a run reads while it writes into the same folder: no file of a list takes their place.
 * One that lies in the folder has its name reserved, so that a URL of that name gets another; and
 * each is known by its inode, however it may be spelled.
 */
#include "engine/session.h"

#include "base/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int no_memory(const char *file, struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep '%s'", file);
    return -1;
}

/* The name of a file that may be missing yet, links resolved; NULL: it has none. */
static char *resolve(const char *file)
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

/* The rest of a name that lies in a folder, or NULL. */
static const char *below(const char *name, const char *folder)
{
    size_t len = folder[1] ? strlen(folder) : 0;
    return strncmp(name, folder, len) == 0 && name[len] == '/' ? name + len + 1 : NULL;
}

int fa_kept_add(struct fa_session *s, const char *file, struct fa_error *err)
{
    struct stat st;
    enum fa_claim claim;
    int result = 0;
    if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
        return 0;
    if (fa_store_keep(s->store, file))
        return no_memory(file, err);
    char *name = resolve(file);
    char *folder = name ? fa_folder_path(fa_store_folder(s->store)) : NULL;
    const char *path = folder ? below(name, folder) : NULL;
    if (path)
        result = fa_names_claim(s->names, fa_key_str(path), FA_OWNER_OUTPUTS, &claim, err);
    free(folder);
    free(name);
    return result;
}

static int keep_state(struct fa_session *s, struct fa_error *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    int result = 0;
    for (size_t i = 0; result == 0 && s->config.state && i < 4; ++i) {
        char *file = NULL;
        if (asprintf(&file, "%s%s", s->config.state, suffixes[i]) < 0)
            return no_memory(s->config.state, err);
        result = fa_kept_add(s, file, err);
        free(file);
    }
    return result;
}

int fa_kept_open(struct fa_session *s, struct fa_error *err)
{
    const char *const files[] = {s->config.cacert, s->config.cert, s->config.key};
    enum fa_claim claim;
    for (size_t i = 0; i < s->config.n_reserved; ++i)
        if (fa_names_claim(s->names, fa_key_str(s->config.reserved[i]), FA_OWNER_OUTPUTS, &claim,
                           err))
            return -1;
    for (size_t i = 0; i < s->config.n_kept; ++i)
        if (fa_kept_add(s, s->config.kept[i], err))
            return -1;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); ++i)
        if (files[i] && fa_kept_add(s, files[i], err))
            return -1;
    return keep_state(s, err);
}
