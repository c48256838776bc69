/*
 * Lines are checked here, so that a malformed header fails the command line and not every transfer.
 * Messages contain the name of the file and the number of the line, never the line.
 *
 * "Name:" and "Name;" have the meaning that curl gives them.  The number of lines is limited,
 * because every request contains them all.
 */
#include "cli/request_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/value.h"

static int no_memory(struct fa_error *err)
{
    return fa_option_refuse(err, "out of memory");
}

static int add_header(struct fa_options *options, const char *line, size_t len,
                      struct fa_error *err)
{
    size_t bytes = len;
    for (size_t i = 0; i < options->headers.count; ++i)
        bytes += strlen(options->headers.items[i]);
    if (options->headers.count >= FA_REQUEST_HEADERS_MAX || bytes > FA_REQUEST_BYTES_MAX)
        return fa_option_refuse(err, "--header: more than %d lines or %d bytes",
                                FA_REQUEST_HEADERS_MAX, FA_REQUEST_BYTES_MAX);
    return fa_texts_add(&options->headers, line, len) == 0 ? 0 : no_memory(err);
}

/* Add the lines of a file; path is for messages only.  Lines may end with CR LF; empty ones are
 * skipped. */
static int add_file(struct fa_options *options, FILE *file, const char *path, struct fa_error *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;
    int rc = 0;
    for (ssize_t got; rc == 0 && (got = getline(&line, &room, file)) >= 0;) {
        size_t len = (size_t)got;
        ++number;
        if (len && line[len - 1] == '\n')
            --len;
        if (len && line[len - 1] == '\r')
            --len;
        if (len == 0)
            continue;
        if (fa_value_header(line, len) == 0)
            rc = add_header(options, line, len, err);
        else
            rc = fa_option_refuse(err, "--header: line %u of '%s' is not 'Name: value'", number,
                                  path);
    }
    if (rc == 0 && ferror(file))
        rc = fa_option_refuse(err, "--header: cannot read '%s': %s", path, strerror(errno));
    free(line);
    return rc;
}

int fa_request_options_header(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (value[0] == '@') {
        FILE *file = fopen(value + 1, "re");
        if (!file)
            return fa_option_refuse(err, "--header: cannot read '%s': %s", value + 1,
                                    strerror(errno));
        int rc = add_file(options, file, value + 1, err);
        fclose(file);
        /* Remember the name: no output may overwrite the file. */
        if (rc == 0 && fa_texts_add(&options->header_files, value + 1, strlen(value + 1)) != 0)
            return no_memory(err);
        return rc;
    }

    size_t len = strlen(value);
    if (len && value[len - 1] == '\n')
        --len;
    if (len && value[len - 1] == '\r')
        --len;
    if (memchr(value, '\r', len) || memchr(value, '\n', len))
        return fa_option_refuse(err, "--header requires a single line: repeat the option for more");
    if (fa_value_header(value, len) != 0)
        return fa_option_refuse(err,
                                "--header requires 'Name: value', or @ and the name of a file");
    return add_header(options, value, len, err);
}

int fa_request_options_resolve(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_resolve(value) != 0)
        return fa_option_refuse(
            err, "--resolve requires HOST:PORT:ADDR, such as example.org:443:192.0.2.7, not '%s'",
            value);
    return fa_texts_add(&options->resolve, value, strlen(value)) == 0 ? 0 : no_memory(err);
}

int fa_request_options_trust_host(struct fa_options *options, const char *value,
                                  struct fa_error *err)
{
    if (fa_config_check_trust_host(value, err) != 0)
        return -1;
    return fa_texts_add(&options->trust_hosts, value, strlen(value)) == 0 ? 0 : no_memory(err);
}
