/*
 * The options are the rows of a table.  Values are parsed by the same functions as those of the
 * command line, and checked as a whole by the library at the end of each section, so that messages
 * can name the line of the section.
 *
 * What could be understood in two ways is refused: an option twice, a section twice, and a line
 * without a section, which may have lost its heading.
 */
#include "cli/host_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cli/option.h"
#include "cli/option_line.h"
#include "cli/request_options.h"
#include "cli/value.h"

#define SECTIONS_MAX 10000

struct reader {
    struct fa_host_file *file;
    struct fa_host_section *section; /* the current one; NULL: none yet */
    const char *path;
    unsigned line;
    struct fa_error *err;
};

static int reader_refuse(const struct reader *reader, const char *why)
{
    return fa_option_refuse(reader->err, "--hosts: line %u of '%s': %s", reader->line, reader->path,
                            why);
}

static int reader_no_memory(const struct reader *reader)
{
    return reader_refuse(reader, "out of memory");
}

/* @return a copy that lives as long as the file, or NULL */
static const char *reader_keep(const struct reader *reader, const char *text)
{
    struct fa_texts *texts = &reader->file->texts;
    return fa_texts_add(texts, text, strlen(text)) == 0 ? texts->items[texts->count - 1] : NULL;
}

/* A file with secrets must not be readable by others: the first such line is named if it is. */
static void reader_mark_secret(const struct reader *reader)
{
    if (reader->file->secret_line == 0)
        reader->file->secret_line = reader->line;
}

static int store_per_host(const struct reader *reader, struct fa_host_config *host,
                          const char *value)
{
    host->set |= FA_HOST_PER_HOST;
    if (fa_value_per_host(value, &host->per_host, &host->per_host_auto) == 0)
        return 0;
    return reader_refuse(reader, "per-host requires a number from 1 to 20000, auto or auto:MAX");
}

static int store_host_rate(const struct reader *reader, struct fa_host_config *host,
                           const char *value)
{
    host->set |= FA_HOST_RATE;
    if (fa_value_host_rate(value, &host->host_rate) == 0)
        return 0;
    return reader_refuse(reader, "host-rate requires requests per second, such as 3 or 0.5");
}

/* The array of the config is set at the end of the section, because it may move. */
static int store_header(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    struct fa_texts *headers = &reader->section->headers;
    size_t bytes = strlen(value);
    (void)host;
    if (fa_value_header(value, bytes) != 0)
        return reader_refuse(reader, "header requires 'Name: value'");
    for (size_t i = 0; i < headers->count; ++i)
        bytes += strlen(headers->items[i]);
    if (headers->count >= FA_REQUEST_HEADERS_MAX || bytes > FA_REQUEST_BYTES_MAX)
        return reader_refuse(reader, "too many headers");
    reader_mark_secret(reader);
    return fa_texts_add(headers, value, strlen(value)) == 0 ? 0 : reader_no_memory(reader);
}

static int store_text(const struct reader *reader, const char **field, const char *value)
{
    *field = reader_keep(reader, value);
    return *field ? 0 : reader_no_memory(reader);
}

static int store_user_agent(const struct reader *reader, struct fa_host_config *host,
                            const char *value)
{
    host->set |= FA_HOST_USER_AGENT;
    return store_text(reader, &host->user_agent, value);
}

static int store_proxy(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    host->set |= FA_HOST_PROXY;
    if (strchr(value, '@'))
        reader_mark_secret(reader);
    return store_text(reader, &host->proxy, value);
}

static int store_http(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    host->set |= FA_HOST_HTTP;
    for (unsigned i = 0; fa_value_http(i); ++i)
        if (strcmp(value, fa_value_http(i)) == 0) {
            host->http = (enum fa_http)i;
            return 0;
        }
    return reader_refuse(reader, "http requires 1.1 or 2");
}

static int store_flag(const struct reader *reader, bool *field, const char *value)
{
    *field = strcmp(value, "no") != 0;
    if (!*field || !*value || strcmp(value, "yes") == 0)
        return 0;
    return reader_refuse(reader, "the option requires yes or no");
}

static int store_insecure(const struct reader *reader, struct fa_host_config *host,
                          const char *value)
{
    host->set |= FA_HOST_INSECURE;
    return store_flag(reader, &host->insecure, value);
}

static int store_netrc(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    host->set |= FA_HOST_NETRC;
    return store_flag(reader, &host->netrc, value);
}

/* An empty name sends no certificate. */
static int store_file(const struct reader *reader, struct fa_host_config *host, const char **field,
                      const char *value)
{
    host->set |= FA_HOST_CERT;
    if (*value && access(value, R_OK) != 0)
        return fa_option_refuse(reader->err, "--hosts: line %u of '%s': cannot read '%s': %s",
                                reader->line, reader->path, value, strerror(errno));
    return *value ? store_text(reader, field, value) : 0;
}

static int store_cert(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    return store_file(reader, host, &host->cert, value);
}

static int store_key(const struct reader *reader, struct fa_host_config *host, const char *value)
{
    return store_file(reader, host, &host->key, value);
}

static const struct row {
    const char *name;
    int (*store)(const struct reader *reader, struct fa_host_config *host, const char *value);
    bool repeats;
    bool flag; /* the value may be missing */
} rows[] = {
    {"per-host", store_per_host, false, false}, {"host-rate", store_host_rate, false, false},
    {"header", store_header, true, false},      {"user-agent", store_user_agent, false, false},
    {"proxy", store_proxy, false, false},       {"http", store_http, false, false},
    {"insecure", store_insecure, false, true},  {"cert", store_cert, false, false},
    {"key", store_key, false, false},           {"netrc", store_netrc, false, true},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* Check the section that ends. */
static int reader_end_section(const struct reader *reader)
{
    struct fa_host_section *section = reader->section;
    struct fa_error why = {0};
    if (!section)
        return 0;
    section->config.headers = (const char *const *)section->headers.items;
    section->config.n_headers = section->headers.count;
    if (fa_host_config_check(&section->config, &why) == 0)
        return 0;
    return fa_option_refuse(reader->err, "--hosts: the section in line %u of '%s': %s",
                            section->line, reader->path, why.msg);
}

/* @return the section, or NULL: no memory */
static struct fa_host_section *reader_add_section(struct reader *reader)
{
    struct fa_host_file *file = reader->file;
    struct fa_host_section *section = calloc(1, sizeof(*section));
    struct fa_host_section **longer =
        section ? realloc(file->sections, (file->count + 1) * sizeof(*longer)) : NULL;
    if (!longer) {
        free(section);
        reader_no_memory(reader);
        return NULL;
    }
    file->sections = longer;
    file->sections[file->count++] = section;
    fa_host_config_init(&section->config);
    section->line = reader->line;
    reader->section = section;
    return section;
}

/* @text  "[PATTERN]"; a pattern may have brackets of its own. */
static int reader_begin_section(struct reader *reader, char *text)
{
    size_t len = strlen(text);
    struct fa_host_file *file = reader->file;
    if (reader_end_section(reader) != 0)
        return -1;
    if (len < 3 || text[len - 1] != ']')
        return reader_refuse(reader, "a section requires a host, as in [*.example.org:443]");
    if (file->count == SECTIONS_MAX)
        return reader_refuse(reader, "too many sections");
    text[len - 1] = '\0';
    for (size_t i = 0; i < file->count; ++i)
        if (strcasecmp(file->sections[i]->config.pattern, text + 1) == 0)
            return fa_option_refuse(reader->err,
                                    "--hosts: line %u of '%s': [%s] is in line %u, too: join them",
                                    reader->line, reader->path, text + 1, file->sections[i]->line);
    struct fa_host_section *section = reader_add_section(reader);
    if (!section)
        return -1;
    section->config.pattern = reader_keep(reader, text + 1);
    if (!section->config.pattern)
        return reader_no_memory(reader);
    return reader_end_section(reader); /* of the pattern alone */
}

/* "name = value" or "name".  A line that is no option may be a secret: it is not printed. */
static int reader_take_option(const struct reader *reader, char *text)
{
    char *value;
    const char *name = fa_option_line_part(text, &value);
    size_t i = 0;
    while (i < ROWS && strcmp(rows[i].name, name) != 0)
        ++i;
    if (i == ROWS)
        return reader_refuse(reader, "unknown option; a section has per-host, host-rate, header, "
                                     "user-agent, proxy, http, insecure, cert, key and netrc, as "
                                     "in 'host-rate = 3'");
    if (!reader->section)
        return reader_refuse(reader, "an option before the first section: give those for all hosts "
                                     "on the command line");
    if (!value && !rows[i].flag)
        return fa_option_refuse(reader->err, "--hosts: line %u of '%s': %s requires a value",
                                reader->line, reader->path, name);
    if (reader->section->given & 1u << i && !rows[i].repeats)
        return fa_option_refuse(reader->err,
                                "--hosts: line %u of '%s': %s is in this section twice",
                                reader->line, reader->path, name);
    reader->section->given |= 1u << i;
    return rows[i].store(reader, &reader->section->config, value ? value : "");
}

static int reader_take_line(struct reader *reader, char *line, size_t len)
{
    ++reader->line;
    char *text = fa_option_line_text(line, len);
    if (!text)
        return reader_refuse(reader, "a zero byte");
    if (!*text)
        return 0;
    return *text == '[' ? reader_begin_section(reader, text) : reader_take_option(reader, text);
}

static int file_collect(struct fa_host_file *file)
{
    file->configs = calloc(file->count + 1, sizeof(*file->configs));
    for (size_t i = 0; file->configs && i < file->count; ++i)
        file->configs[i] = &file->sections[i]->config;
    return file->configs ? 0 : -1;
}

int fa_host_file_read(struct fa_host_file *file, FILE *in, const char *path, struct fa_error *err)
{
    struct reader reader = {.file = file, .path = path, .err = err};
    char *line = NULL;
    size_t room = 0;
    int rc = 0;
    *file = (struct fa_host_file){0};
    for (ssize_t got; rc == 0 && (got = getline(&line, &room, in)) >= 0;)
        rc = reader_take_line(&reader, line, (size_t)got);
    if (rc == 0 && ferror(in))
        rc = fa_option_refuse(err, "--hosts: cannot read '%s': %s", path, strerror(errno));
    if (rc == 0)
        rc = reader_end_section(&reader);
    if (rc == 0 && file_collect(file) != 0)
        rc = reader_no_memory(&reader);
    if (line)
        explicit_bzero(line, room);
    free(line);
    return rc;
}

int fa_host_file_open(struct fa_host_file *file, const char *path, struct fa_error *err)
{
    struct stat st;
    FILE *in = fopen(path, "re");
    *file = (struct fa_host_file){0};
    if (!in || fstat(fileno(in), &st) != 0) {
        if (in)
            fclose(in);
        return fa_option_refuse(err, "--hosts: cannot read '%s': %s", path, strerror(errno));
    }
    int rc = fa_host_file_read(file, in, path, err);
    fclose(in);
    return rc == 0 ? fa_option_line_check_mode("hosts", path, &st, file->secret_line, err) : -1;
}

static void texts_wipe(struct fa_texts *texts)
{
    for (size_t i = 0; i < texts->count; ++i)
        explicit_bzero(texts->items[i], strlen(texts->items[i]));
    fa_texts_fini(texts);
}

void fa_host_file_fini(struct fa_host_file *file)
{
    for (size_t i = 0; i < file->count; ++i) {
        texts_wipe(&file->sections[i]->headers);
        free(file->sections[i]);
    }
    texts_wipe(&file->texts);
    free(file->sections);
    free((void *)file->configs);
    *file = (struct fa_host_file){0};
}
