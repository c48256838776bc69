#include "cli/compare/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* @return 0, or an errno. */
static int fill(FILE *out, const char *text, size_t len)
{
    errno = 0;
    if (fwrite(text, 1, len, out) != len || fflush(out) != 0)
        return errno ? errno : EIO;
    return 0;
}

static int fill_and_close(FILE *out, const char *text, size_t len)
{
    int code = fill(out, text, len);
    if (fclose(out) != 0 && !code)
        code = errno;
    return code;
}

static int write_in_place(const char *file, const char *text, size_t len)
{
    FILE *out = fopen(file, "we");
    return out ? fill_and_close(out, text, len) : errno;
}

/* The name has the process's number, so that two runs do not meet in one file. */
static int write_beside(const char *file, const char *text, size_t len)
{
    char *temp = NULL;
    if (asprintf(&temp, "%s.%ld.tmp", file, (long)getpid()) < 0)
        return ENOMEM;
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    int code = out ? fill_and_close(out, text, len) : errno;
    if (fd >= 0 && !out)
        close(fd);
    if (!code && rename(temp, file) != 0)
        code = errno;
    if (code && fd >= 0)
        unlink(temp);
    free(temp);
    return code;
}

static int write_file(const char *file, const char *text, size_t len)
{
    struct stat st;
    bool there = stat(file, &st) == 0;
    if (there && !S_ISREG(st.st_mode))
        return write_in_place(file, text, len);
    char *path = there ? realpath(file, NULL) : strdup(file);
    int code = path ? write_beside(path, text, len) : errno;
    free(path);
    return code;
}

int fa_whole_write(const char *file, const char *what, const char *text, size_t len,
                   struct fa_error *err)
{
    int code = strcmp(file, "-") == 0 ? fill(stdout, text, len) : write_file(file, text, len);
    if (!code)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write the %s '%s'", what, file);
    return -1;
}
