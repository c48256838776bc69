/*
 * The lines of the user are copied as they are, byte by byte, so that nothing of them can get lost.
 * The file is written under another name and renamed: fetchall may read it at any time.
 */
#include "cli/config_block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli/whole.h"

#define BEGIN "# begin: written by fetchall compare --tune --write"
#define END   "# end: written by fetchall compare --tune --write"

static bool line_is(const char *line, const char *mark)
{
    size_t len = strlen(mark);
    return strncmp(line, mark, len) == 0 && !line[len + strspn(line + len, " \t\r\n")];
}

bool fa_config_block_holds(struct fa_config_block *block, const char *line)
{
    bool begins = line_is(line, BEGIN), ends = line_is(line, END);
    bool holds = block->inside || begins;
    block->inside = holds && !ends;
    return holds;
}

/* Copy the other lines, with the new ones in the place of the old ones.  @return 0, an errno, or -1
 * if a block does not end: its lines may be those of the user. */
static int block_copy(FILE *in, const char *lines, FILE *out)
{
    struct fa_config_block block = {0};
    char *line = NULL;
    size_t room = 0;
    bool put = !*lines, newline = true;
    for (ssize_t len; in && (len = getline(&line, &room, in)) > 0;) {
        bool holds = fa_config_block_holds(&block, line);
        if (holds && !put)
            fprintf(out, "%s\n%s%s\n", BEGIN, lines, END);
        put |= holds;
        if (holds)
            continue;
        fwrite(line, 1, (size_t)len, out);
        newline = line[len - 1] == '\n';
    }
    if (!put)
        fprintf(out, "%s%s\n%s%s\n", newline ? "" : "\n", BEGIN, lines, END);
    free(line);
    if ((in && ferror(in)) || ferror(out))
        return errno ? errno : EIO;
    return block.inside ? -1 : 0;
}

/* Create the folder of a file, and those above it, unless they exist. */
static int folder_make(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash && slash > path ? strndup(path, (size_t)(slash - path)) : NULL;
    if (!folder)
        return 0;
    int rc = mkdir(folder, 0700);
    if (rc != 0 && errno == ENOENT && folder_make(folder) == 0)
        rc = mkdir(folder, 0700);
    rc = rc != 0 && errno == EEXIST ? 0 : rc;
    free(folder);
    return rc;
}

/* The mode is set before a line is written, as the lines may be secret. */
static int block_open(struct fa_whole *whole, const char *path, FILE **ret_in, struct fa_error *err)
{
    struct stat st = {.st_mode = S_IFREG | 0600};
    *ret_in = fopen(path, "re");
    int rc = *ret_in ? fstat(fileno(*ret_in), &st) : errno == ENOENT ? folder_make(path) : -1;
    if (rc == 0 && !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        rc = -1;
    }
    if (rc == 0 && fa_whole_open(whole, "config file", path, err) != 0)
        return -1;
    if (rc == 0)
        rc = fchmod(fileno(whole->output.file), st.st_mode & 0777);
    if (rc != 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot change '%s'", path);
    return rc;
}

static int block_write(const char *path, const char *lines, bool check, struct fa_error *err)
{
    struct fa_whole whole = {0};
    FILE *in = NULL;
    int rc = block_open(&whole, path, &in, err);
    int copied = rc == 0 ? block_copy(in, lines, whole.output.file) : 0;
    if (copied > 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, copied, "cannot change '%s'", path);
    if (copied < 0)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "cannot change '%s': the line '" END "' is missing: add it, or remove the "
                     "line '" BEGIN "'",
                     path);
    if (in)
        fclose(in);
    if (rc == 0 && copied == 0 && !check)
        return fa_whole_end(&whole, 0, err);
    fa_whole_fini(&whole);
    return rc == 0 && copied == 0 ? 0 : -1;
}

int fa_config_block_write(const char *path, const char *lines, struct fa_error *err)
{
    return block_write(path, lines, false, err);
}

int fa_config_block_check(const char *path, struct fa_error *err)
{
    return block_write(path, "", true, err);
}
