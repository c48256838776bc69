/*
 * The places are those of the XDG Base Directory Specification.  Only the default place may be
 * empty: a file that was named, on the command line or in the environment, has to be there.
 */
#include "cli/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/config_block.h"
#include "cli/environment.h"
#include "cli/option.h"
#include "cli/option_line.h"

struct reader {
    const char *path;
    fa_config_file_take *take;
    void *ctx;
    unsigned line;
    unsigned secret_line;
    bool skip_block; /* ignore the lines of --tune --write */
    struct fa_config_block block;
};

/* Its name, and the option or variable that gives it; NULL: it is the default. */
static const char *config_given(const struct fa_options *options, const char **ret_origin)
{
    const char *given = options->config_file;
    *ret_origin = given ? "--config" : "FETCHALL_CONFIG";
    return given ? given : fa_environment("FETCHALL_CONFIG");
}

static char *config_path(const char *given)
{
    const char *folder = fa_environment("XDG_CONFIG_HOME"), *home = fa_environment("HOME");
    char *path = NULL;
    if (given)
        return strdup(given);
    if (folder && *folder == '/')
        return asprintf(&path, "%s/fetchall/config", folder) < 0 ? NULL : path;
    return !home || asprintf(&path, "%s/.config/fetchall/config", home) < 0 ? NULL : path;
}

/* Header lines, and URLs with a login. */
static bool option_may_be_secret(const char *name, const char *value)
{
    if (!value)
        return false;
    if (strcmp(name, "header") == 0)
        return *value != '@';
    return strstr(value, "://") && strchr(value, '@');
}

static int reader_take_line(struct reader *reader, char *line, size_t len, struct fa_error *err)
{
    bool written = fa_config_block_holds(&reader->block, line);
    char *text = fa_option_line_text(line, len), *value;
    struct fa_error why = {0};
    ++reader->line;
    if (written && reader->skip_block)
        return 0;
    if (!text)
        return fa_option_refuse(err, "line %u of '%s': a zero byte", reader->line, reader->path);
    if (!*text)
        return 0;
    const char *name = fa_option_line_part(text, &value);
    name += strncmp(name, "--", 2) == 0 ? 2 : 0;
    if (reader->secret_line == 0 && option_may_be_secret(name, value))
        reader->secret_line = reader->line;
    if (reader->take(reader->ctx, reader->line, name, value, &why) == 0)
        return 0;
    return fa_option_refuse(err, "line %u of '%s': %s", reader->line, reader->path, why.msg);
}

static int reader_run(struct reader *reader, FILE *in, struct fa_error *err)
{
    char *line = NULL;
    size_t room = 0;
    int rc = 0;
    for (ssize_t got; rc == 0 && (got = getline(&line, &room, in)) >= 0;)
        rc = reader_take_line(reader, line, (size_t)got, err);
    if (rc == 0 && ferror(in))
        rc = fa_option_refuse(err, "--config: cannot read '%s': %s", reader->path, strerror(errno));
    if (line)
        explicit_bzero(line, room);
    free(line);
    return rc;
}

int fa_config_file_read(struct fa_options *options, fa_config_file_take *take, void *ctx,
                        struct fa_error *err)
{
    const char *origin, *given = config_given(options, &origin);
    struct stat st;
    if (options->no_config)
        return 0;
    char *path = config_path(given);
    FILE *in = path ? fopen(path, "re") : NULL;
    if (!in || fstat(fileno(in), &st) != 0) {
        int reason = errno;
        bool fine = !given && (!path || reason == ENOENT || reason == ENOTDIR);
        if (!fine)
            fa_option_refuse(err, "%s: cannot read '%s': %s%s", given ? origin : "the config file",
                             path ? path : "", strerror(reason),
                             given ? "" : " (use --no-config to run without it)");
        if (in)
            fclose(in);
        free(path);
        return fine ? 0 : -1;
    }
    options->config_path = path;
    /* What an earlier --tune wrote would not be raced. */
    struct reader reader = {
        .path = path, .take = take, .ctx = ctx, .skip_block = options->compare.tune};
    int rc = reader_run(&reader, in, err);
    fclose(in);
    return rc == 0 ? fa_option_line_check_mode("config", path, &st, reader.secret_line, err) : -1;
}

char *fa_config_file_path(const struct fa_options *options)
{
    const char *origin;
    return config_path(config_given(options, &origin));
}
