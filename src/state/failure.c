/*
 * SQLite often reports a consequence: it opens files in fallback modes, so that the first error
 * comes from a later call.  The errno is what tells a full disk, which the run can wait for, from a
 * permission, so that it is found out again.
 */
#include "state/failure.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* If SQLite cannot create a file, it tries to open it without creating it, and reports ENOENT. */
static int folder_errno(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    int dirfd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int fd = dirfd >= 0 ? fa_io_unlinked(dirfd) : -1;
    int code = fd < 0 ? errno : ENOENT;
    if (fd >= 0)
        close(fd);
    if (dirfd >= 0)
        close(dirfd);
    free(folder);
    return code;
}

/* SQLite opens a journal that it cannot write to for reading, and then fails to write (EBADF).  If it
 * can be opened by now, there is space again on a disk that was full. */
static int journal_errno(const char *file)
{
    char journal[PATH_MAX + 16];
    snprintf(journal, sizeof(journal), "%s-journal", file);
    int fd = open(journal, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    int code = fd < 0 ? errno : ENOSPC;
    if (fd >= 0)
        close(fd);
    return code == ENOENT ? folder_errno(file) : code;
}

/* The errno behind an error of SQLite, or 0.  A full disk must be recognisable as ENOSPC: then the
 * run pauses instead of failing. */
static int database_errno(sqlite3 *db, int rc, int code, const char *file)
{
    switch (rc) {
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_NOMEM:
        return ENOMEM;
    case SQLITE_READONLY: /* the file system, or a permission */
        return access(file, W_OK) ? errno : 0;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        code = code ? code : sqlite3_system_errno(db);
        if (code == ENOENT && access(file, F_OK) == 0)
            code = folder_errno(file);
        else if (code == EBADF)
            code = journal_errno(file);
        return code ? code : EIO;
    default:
        return 0;
    }
}

int fa_failure_set(sqlite3 *db, int code, const char *what, const char *file, struct fa_error *err)
{
    int rc = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    errno = database_errno(db, rc, code, file);
    if (rc == SQLITE_CANTOPEN)
        fa_io_not_created(err, AT_FDCWD, file, what, file);
    else if (errno)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot %s '%s': %s", what, file, why);
    else
        fa_error_set(
            err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot %s '%s': %s%s", what, file, why,
            rc == SQLITE_CORRUPT ? "; run fetchall again: it replaces a damaged state" : "");
    return -1;
}
