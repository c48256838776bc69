#ifndef FETCHALL_SUPPORT_SCRATCH_H
#define FETCHALL_SUPPORT_SCRATCH_H

/*
 * A folder of the test's own below $TMPDIR or /tmp. fa_scratch_fini() removes it with all that is
 * in it, unless FA_KEEP is set in the environment. Every function fails the test on an error.
 */

#include <limits.h>
#include <stddef.h>

struct fa_scratch {
    char path[PATH_MAX];
    char **names; /* what fa_scratch_path() gave out */
    size_t name_count;
};

void fa_scratch_init(struct fa_scratch *scratch);
void fa_scratch_fini(struct fa_scratch *scratch);

/* The path of a name below the folder. Lives as long as the scratch. */
const char *fa_scratch_path(struct fa_scratch *scratch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Write a file, making the folders on its way. Return its path, as fa_scratch_path() does. */
const char *fa_scratch_write(struct fa_scratch *scratch, const char *name, const char *text);
const char *fa_scratch_write_bytes(struct fa_scratch *scratch, const char *name, const void *bytes,
                                   size_t len);

/* Makes a folder and those above it. Returns its path, as fa_scratch_path() does. */
const char *fa_scratch_mkdir(struct fa_scratch *scratch, const char *name);

/* A whole file, with a NUL after it; free() it. LEN may be NULL. */
char *fa_file_read(const char *path, size_t *len);

/* Removes a file or a whole folder, without following symbolic links. */
void fa_file_remove(const char *path);

#endif
