#include "state/files.h"

#include "base/owner.h"

#include <fetchall/state.h>

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int check_file(const char *file, const char *suffix, struct fa_owner *owner, int folder,
                      struct fa_error *err)
{
    struct stat st;
    char name[PATH_MAX + 16];
    snprintf(name, sizeof(name), "%s%s", file, suffix);
    if (lstat(name, &st))
        return 0;
    if (S_ISREG(st.st_mode))
        return fa_owner_check(owner, &st, folder, name, err);
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                 "cannot open '%s': it is no regular file", name);
    return -1;
}

/* Whether it lies where a run without --state keeps it. */
static bool is_home(const char *file)
{
    static const char tail[] = "/" FA_STATE_FILE;
    size_t rest = sizeof(tail) - 1, len = strlen(file);
    return len >= rest && strcmp(file + len - rest, tail) == 0;
}

int fa_files_check(const char *file, struct fa_error *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char folder[PATH_MAX];
    struct stat st;
    struct fa_owner owner;
    int result = 0;
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file, '/') - file + 1), file);
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fa_owner_init(&owner);
    /* DIR/.fetchall is ours as a whole; a folder of the user's choice need not be. */
    if (fd >= 0 && is_home(file) && fstat(fd, &st) == 0)
        result = fa_owner_check(&owner, &st, fd, folder, err);
    for (size_t i = 0; result == 0 && i < sizeof(suffixes) / sizeof(*suffixes); ++i)
        result = check_file(file, suffixes[i], &owner, fd, err);
    if (fd >= 0)
        close(fd);
    return result;
}
