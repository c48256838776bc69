/*
 * The number of shards is found in the names of the files, as nobody need remember it.  Lines are
 * copied as they are; a last line without a newline, which a killed run leaves, is left out.
 */
#include "cli/joined.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/shards.h"
#include "cli/whole.h"

/* @return N if the name is that of a shard's file, else 0. */
static unsigned name_count(const char *name, const char *file)
{
    unsigned shard = 0, shards = 0;
    /* Whatever precedes the numbers is compared by making the name again. */
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        if (sscanf(dot, ".%9u-of-%9u", &shard, &shards) != 2 || shard >= shards)
            continue;
        char *again = fa_shards_file(file, shard, shards);
        bool same = again && strcmp(again, name) == 0;
        free(again);
        if (same)
            return shards;
    }
    return 0;
}

/* Files of an earlier division would be joined into a wrong report, so they are refused. */
static int count_shards(const char *what, const char *file, unsigned *ret, struct fa_error *err)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    DIR *dir = folder ? opendir(folder) : NULL;
    bool several = false;
    *ret = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        unsigned n = name_count(entry->d_name, base);
        several |= n > 0 && *ret > 0 && n != *ret;
        *ret = n > 0 ? n : *ret;
    }
    if (!dir)
        fa_error_system(err, FA_CLASS_LOCAL_IO, folder ? errno : ENOMEM, "cannot read '%s'",
                        folder ? folder : file);
    else if (several)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "there are %ss '%s' of several numbers of shards: remove the old ones", what,
                     file);
    else if (*ret == 0)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "there is no %s of a shard for '%s'", what, file);
    if (dir)
        closedir(dir);
    free(folder);
    return dir && !several && *ret > 0 ? 0 : -1;
}

static int copy_lines(FILE *in, const char *name, struct fa_output *output, struct fa_error *err)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int result = 0;
    while (result == 0 && (len = getline(&line, &size, in)) > 0 && line[len - 1] == '\n') {
        line[len - 1] = '\0';
        result = fa_output_line(output, line, err);
    }
    if (result == 0 && ferror(in)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s'", name);
        result = -1;
    }
    free(line);
    return result;
}

/* A shard without a file is reported, and the others are joined. */
static int copy_shard(const char *name, struct fa_output *output,
                      void (*missing)(void *ctx, const char *name), void *ctx, struct fa_error *err)
{
    FILE *in = fopen(name, "re");
    if (!in && errno == ENOENT) {
        missing(ctx, name);
        return 0;
    }
    if (!in) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s'", name);
        return -1;
    }
    int result = copy_lines(in, name, output, err);
    fclose(in);
    return result;
}

int fa_joined_write(const char *what, const char *file,
                    void (*missing)(void *ctx, const char *name), void *ctx, struct fa_error *err)
{
    unsigned n;
    struct fa_whole whole = {0};
    if (count_shards(what, file, &n, err) || fa_whole_open(&whole, what, file, err))
        return -1;
    int result = 0;
    for (unsigned i = 0; result == 0 && i < n; ++i) {
        char *name = fa_shards_file(file, i, n);
        result = name ? copy_shard(name, &whole.output, missing, ctx, err) : -1;
        if (!name)
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot join '%s'", file);
        free(name);
    }
    if (result == 0)
        result = fa_whole_publish(&whole, err);
    fa_whole_fini(&whole);
    return result;
}
