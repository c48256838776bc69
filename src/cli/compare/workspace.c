#include "cli/compare/workspace.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MOST 16

/* Cut the last segment off a path.  Returns false if there is none. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

char *fa_workspace_new(const char *beside, struct fa_error *err)
{
    char *path = NULL;
    struct stat st;
    char *above = strdup(beside);
    bool up = above != NULL;
    while (up && stat(above, &st) != 0 && errno == ENOENT)
        up = go_up(above);
    const char *where = up ? above : beside[0] == '/' ? "/" : ".";
    if (above && asprintf(&path, "%s/.fetchall-compare-XXXXXX", where) < 0)
        path = NULL;
    if (!path)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a temporary folder");
    if (path && !mkdtemp(path)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot make a temporary folder in '%s'",
                        where);
        free(path);
        path = NULL;
    }
    free(above);
    return path;
}

char *fa_workspace_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    (void)!remove(path); /* what stays is not worth leaving the rest */
    return 0;
}

void fa_workspace_remove(const char *folder)
{
    nftw(folder, remove_one, OPEN_MOST, FTW_DEPTH | FTW_PHYS);
}
