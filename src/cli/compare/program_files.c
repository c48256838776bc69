/*
 * Writes for each program what it reads: a URL and the name of its file for each entry, and the
 * options that all contestants have in common, as far as the program has them.
 *
 * Each URL is written once: for a duplicate, fetchall sends no request either.  A name that belongs
 * to another entry is replaced by the next one of the entry, as a session does.
 */
#include "cli/compare/program_files.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fetchall/entries.h>

#include "cli/compare/workspace.h"

static const char *const place_names[FA_PROGRAM_FILES] = {"list",   "curl",    "aria2",  "pairs",
                                                          "curlrc", "aria2rc", "wget2rc"};

struct writer {
    struct fa_program_files *files;
    const struct fa_options *options;
    FILE *out[FA_PROGRAM_FILES];
    void *names; /* of tsearch(3): the paths and URLs in use */
    bool failed; /* no memory */
};

static int text_by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Insert a text.  @return whether it is new. */
static bool names_add(struct writer *writer, const char *kind, const char *text)
{
    char *key = NULL;
    if (asprintf(&key, "%s%s", kind, text) < 0) {
        writer->failed = true;
        return false;
    }
    char **found = tsearch(key, &writer->names, text_by_bytes);
    bool added = found && *found == key;
    writer->failed |= !found;
    if (!added)
        free(key);
    return added;
}

/* A field of a packed entry, up to the next TAB; to be freed. */
static char *packed_field(const char *at)
{
    size_t len = strcspn(at, "\t"), n = 0;
    char *field = malloc(len + 1);
    for (size_t i = 0; field && i < len; ++i) {
        bool escaped = at[i] == '\\' && i + 1 < len;
        i += escaped;
        field[n++] = at[i];
        if (escaped && at[i] == 't')
            field[n - 1] = '\t';
    }
    if (field)
        field[n] = '\0';
    return field;
}

/* A quoted value of a config file of curl. */
static void curl_put(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s = \"", name);
    for (; *value; ++value) {
        if (*value == '"' || *value == '\\')
            putc('\\', out);
        putc(*value, out);
    }
    fputs("\"\n", out);
}

static void config_put(FILE *out, const char *format, const char *name, const char *value)
{
    if (value)
        fprintf(out, format, name, value);
}

static void writer_put_entry(struct writer *writer, const char *url, const char *name,
                             const char *packed)
{
    FILE *const *out = writer->out;
    static const char header[] = "\theader=";
    fprintf(out[FA_PROGRAM_LIST], "%s\n", url);
    fprintf(out[FA_PROGRAM_PAIRS], "%s\n%s\n", name, url);
    curl_put(out[FA_PROGRAM_CURL], "url", url);
    curl_put(out[FA_PROGRAM_CURL], "output", name);
    fprintf(out[FA_PROGRAM_ARIA2], "%s\n out=%s\n", url, name);
    const char *at = strstr(packed, header);
    writer->files->headers += at != NULL;
    for (; at; at = strstr(at + 1, header)) {
        char *line = packed_field(at + sizeof(header) - 1);
        config_put(out[FA_PROGRAM_ARIA2], " %s=%s\n", "header", line);
        writer->failed |= !line;
        free(line);
    }
}

static bool writer_add(void *ctx, const struct fa_listed *entry)
{
    struct writer *writer = ctx;
    const char *name = NULL;
    if (entry->error.class != FA_CLASS_NONE)
        return true;
    char *url = packed_field(entry->packed + (*entry->packed == '\t'));
    writer->failed |= !url;
    /* A line end would begin another entry. */
    if (url && !strpbrk(url, "\r\n") && names_add(writer, "url ", url)) {
        for (size_t i = 0; !name && i < FA_LISTED_NAMES; ++i)
            if (entry->paths[i] && !strpbrk(entry->paths[i], "\r\n") &&
                names_add(writer, "path ", entry->paths[i]))
                name = entry->paths[i];
        writer->files->secret += strcmp(url, entry->url) != 0;
        if (name)
            writer_put_entry(writer, url, name, entry->packed);
    }
    free(url);
    return !writer->failed;
}

/* --fail: an error page is not the file.  Globbing is off: a bracket in a URL is a bracket. */
static void writer_put_curlrc(const struct writer *writer, FILE *out)
{
    const struct fa_config *config = &writer->options->config;
    const struct fa_picks *http = &writer->options->compare.http;
    bool http2 = http->count > 0 && http->values[0] == FA_HTTP_2;
    fprintf(out, "silent\nfail\nlocation\ngloboff\ncreate-dirs\nretry = %u\n", config->retries);
    fputs(http2 ? "http2\n" : "http1.1\n", out);
    for (size_t i = 0; i < writer->options->headers.count; ++i)
        curl_put(out, "header", writer->options->headers.items[i]);
    if (config->user_agent)
        curl_put(out, "user-agent", config->user_agent);
    if (config->cacert)
        curl_put(out, "cacert", config->cacert);
    if (config->insecure)
        fputs("insecure\n", out);
    if (config->connect_timeout > 0)
        fprintf(out, "connect-timeout = %.3f\n", config->connect_timeout);
}

/* What aria2 and wget2 name alike.  @format  Of a name and its value. */
static void writer_put_request(const struct writer *writer, FILE *out, const char *format)
{
    const struct fa_config *config = &writer->options->config;
    for (size_t i = 0; i < writer->options->headers.count; ++i)
        config_put(out, format, "header", writer->options->headers.items[i]);
    config_put(out, format, "user-agent", config->user_agent);
    config_put(out, format, "ca-certificate", config->cacert);
}

static void writer_put_aria2rc(const struct writer *writer, FILE *out)
{
    const struct fa_config *config = &writer->options->config;
    fprintf(out,
            "quiet=true\nfile-allocation=none\nallow-overwrite=true\nauto-file-renaming=false\n"
            "follow-metalink=false\nfollow-torrent=false\nmax-tries=%u\n",
            config->retries + 1);
    writer_put_request(writer, out, "%s=%s\n");
    if (config->insecure)
        fputs("check-certificate=false\n", out);
}

static void writer_put_wget2rc(const struct writer *writer, FILE *out)
{
    const struct fa_config *config = &writer->options->config;
    const struct fa_picks *http = &writer->options->compare.http;
    bool http2 = http->count > 0 && http->values[0] == FA_HTTP_2;
    fprintf(out, "quiet = on\ntries = %u\nhttp2 = %s\n", config->retries + 1, http2 ? "on" : "off");
    writer_put_request(writer, out, "%s = %s\n");
    if (config->insecure)
        fputs("check-certificate = off\n", out);
}

/* @return an errno. */
static int writer_open(struct writer *writer, const char *folder)
{
    for (size_t i = 0; i < FA_PROGRAM_FILES; ++i) {
        char name[32];
        snprintf(name, sizeof(name), "program-%s", place_names[i]);
        writer->files->paths[i] = fa_workspace_path(folder, name);
        int fd = writer->files->paths[i]
                     ? open(writer->files->paths[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                     : -1;
        writer->out[i] = fd < 0 ? NULL : fdopen(fd, "w");
        if (writer->out[i])
            continue;
        int code = writer->files->paths[i] ? errno : ENOMEM;
        if (fd >= 0)
            close(fd);
        return code;
    }
    return 0;
}

/* @return an errno. */
static int writer_close(struct writer *writer, int code)
{
    for (size_t i = 0; i < FA_PROGRAM_FILES; ++i) {
        if (writer->out[i] && ferror(writer->out[i]) && code == 0)
            code = EIO;
        if (writer->out[i] && fclose(writer->out[i]) != 0 && code == 0)
            code = errno;
    }
    tdestroy(writer->names, free);
    return code == 0 && writer->failed ? ENOMEM : code;
}

int fa_program_files_write(struct fa_program_files *files, const struct fa_options *options,
                           const char *list, const char *folder, struct fa_error *err)
{
    struct writer writer = {.files = files, .options = options};
    *files = (struct fa_program_files){0};
    int rc = 0, code = writer_open(&writer, folder);
    if (code == 0) {
        writer_put_curlrc(&writer, writer.out[FA_PROGRAM_CURLRC]);
        writer_put_curlrc(&writer, writer.out[FA_PROGRAM_CURL]);
        writer_put_aria2rc(&writer, writer.out[FA_PROGRAM_ARIA2RC]);
        writer_put_wget2rc(&writer, writer.out[FA_PROGRAM_WGET2RC]);
        rc = fa_entries_read(&options->config, &list, 1, writer_add, &writer, err);
    }
    code = writer_close(&writer, code);
    if (rc == 0 && code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write the lists of other programs");
    return rc == 0 && code == 0 ? 0 : -1;
}

int fa_program_files_fill(const struct fa_program_files *files, const char *command,
                          const char *dir, unsigned jobs, struct fa_texts *ret,
                          struct fa_error *err)
{
    char number[16];
    struct fa_place places[FA_PROGRAM_FILES + 3] = {0};
    snprintf(number, sizeof(number), "%u", jobs);
    for (size_t i = 0; i < FA_PROGRAM_FILES; ++i)
        places[i] = (struct fa_place){place_names[i], files->paths[i]};
    places[FA_PROGRAM_FILES] = (struct fa_place){"dir", dir};
    places[FA_PROGRAM_FILES + 1] = (struct fa_place){"jobs", number};
    return fa_program_words(command, places, ret, err);
}

void fa_program_files_fini(struct fa_program_files *files)
{
    for (size_t i = 0; i < FA_PROGRAM_FILES; ++i)
        free(files->paths[i]);
    *files = (struct fa_program_files){0};
}
