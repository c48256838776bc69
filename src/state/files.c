/*
 * SQLite opens up to four files by name.  Each must be a regular file of ours that nobody else can
 * write to; for the default location the directory must be, too.
 */
#include "state/files.h"

#include "base/owner.h"

#include <fetchall/state.h>

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const fa_files_suffixes[FA_FILES] = {"-wal", "-shm", "-journal", ""};

/* lstat(2): a symbolic link is not a regular file, wherever it points. */
static int file_check(const char *file, const char *suffix, struct fa_owner *owner, int folder,
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
                 "cannot open '%s': not a regular file", name);
    return -1;
}

size_t fa_files_home(const char *file)
{
    static const char own[] = "/.fetchall/";
    const char *base = strrchr(FA_STATE_FILE, '/') + 1, *at = NULL;
    for (const char *next = file; (next = strstr(next, own)); ++next)
        at = next;
    if (!at)
        return 0;
    const char *rest = at + sizeof(own) - 1, *slash = strchr(rest, '/');
    bool shard = slash && strncmp(rest, "shard-", 6) == 0;
    return strcmp(shard ? slash + 1 : rest, base) == 0 ? (size_t)(at - file) + 1 : 0;
}

int fa_files_check(const char *file, struct fa_error *err)
{
    char folder[PATH_MAX];
    struct stat st;
    struct fa_owner owner;
    int result = 0;
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file, '/') - file + 1), file);
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fa_owner_init(&owner);
    /* DIR/.fetchall must be ours; a directory chosen by the user need not be. */
    if (fd >= 0 && fa_files_home(file) > 0 && fstat(fd, &st) == 0)
        result = fa_owner_check(&owner, &st, fd, folder, err);
    for (size_t i = 0; result == 0 && i < FA_FILES; ++i)
        result = file_check(file, fa_files_suffixes[i], &owner, fd, err);
    if (fd >= 0)
        close(fd);
    return result;
}
