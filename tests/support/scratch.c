#include "scratch.h"

#include "fail.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DIRS 32

void fa_scratch_init(struct fa_scratch *scratch)
{
    *scratch = (struct fa_scratch){0};
    const char *base = getenv("TMPDIR");
    snprintf(scratch->path, sizeof(scratch->path), "%s/fetchall-test-XXXXXX",
             base && *base ? base : "/tmp");
    if (!mkdtemp(scratch->path)) {
        fa_test_fail("cannot make \"%s\": %s", scratch->path, strerror(errno));
    }
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void fa_file_remove(const char *path)
{
    if (nftw(path, remove_one, OPEN_DIRS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        fa_test_fail("cannot remove \"%s\": %s", path, strerror(errno));
    }
}

void fa_scratch_fini(struct fa_scratch *scratch)
{
    if (getenv("FA_KEEP")) {
        fprintf(stderr, "kept \"%s\"\n", scratch->path);
    } else {
        fa_file_remove(scratch->path);
    }
    for (size_t i = 0; i < scratch->name_count; i++) {
        free(scratch->names[i]);
    }
    free(scratch->names);
    *scratch = (struct fa_scratch){0};
}

static const char *keep(struct fa_scratch *scratch, char *name)
{
    size_t size = (scratch->name_count + 1) * sizeof(*scratch->names);
    char **names = realloc(scratch->names, size);
    if (!names) {
        fa_test_fail("out of memory");
    }
    names[scratch->name_count++] = name;
    scratch->names = names;
    return name;
}

const char *fa_scratch_path(struct fa_scratch *scratch, const char *format, ...)
{
    char *name = NULL;
    char *path = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&name, format, args);
    va_end(args);
    if (len < 0 || asprintf(&path, "%s/%s", scratch->path, name) < 0) {
        fa_test_fail("out of memory");
    }
    free(name);
    return keep(scratch, path);
}

/* Makes every folder of PATH that ends before a slash. */
static void make_parents(const char *path)
{
    char *copy = strdup(path);
    for (char *at = copy ? strchr(copy + 1, '/') : NULL; at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            fa_test_fail("cannot make \"%s\": %s", copy, strerror(errno));
        }
        *at = '/';
    }
    free(copy);
}

const char *fa_scratch_write_bytes(struct fa_scratch *scratch, const char *name, const void *bytes,
                                   size_t len)
{
    const char *path = fa_scratch_path(scratch, "%s", name);
    make_parents(path);
    FILE *file = fopen(path, "we");
    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0) {
        fa_test_fail("cannot write \"%s\": %s", path, strerror(errno));
    }
    return path;
}

const char *fa_scratch_write(struct fa_scratch *scratch, const char *name, const char *text)
{
    return fa_scratch_write_bytes(scratch, name, text, strlen(text));
}

const char *fa_scratch_mkdir(struct fa_scratch *scratch, const char *name)
{
    make_parents(fa_scratch_path(scratch, "%s/", name));
    return fa_scratch_path(scratch, "%s", name);
}

char *fa_file_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    char *bytes = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&bytes, &size);
    if (!file || !memory) {
        fa_test_fail("cannot read \"%s\": %s", path, strerror(errno));
    }
    char piece[16384];
    size_t got;
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        fwrite(piece, 1, got, memory);
    }
    if (ferror(file) || fclose(memory) != 0) {
        fa_test_fail("cannot read \"%s\": %s", path, strerror(errno));
    }
    fclose(file);
    if (len) {
        *len = size;
    }
    return bytes;
}
