/*
 * A header is shown by its name only, whatever it is: names of headers with secrets are not
 * standardized, so a list of them would miss some.
 */
#include "cli/shown.h"

#include <stdio.h>
#include <string.h>

#include <fetchall/redact.h>

/* "Name: ***", but "Name:" and "Name;" as they are. */
static char *header_shown(const char *line)
{
    char *text = NULL;
    size_t len = strcspn(line, ":;");
    if (line[len] != ':' || !line[len + 1])
        return strdup(line);
    return asprintf(&text, "%.*s: ***", (int)len, line) < 0 ? NULL : text;
}

static char *command_shown(const char *value)
{
    char *text = NULL;
    return asprintf(&text, "%.*s=***", (int)strcspn(value, "="), value) < 0 ? NULL : text;
}

char *fa_option_shown(const char *name, const char *value, const char *keys)
{
    /* "@FILE" names a file, which is no secret. */
    if (strcmp(name, "header") == 0 && *value != '@')
        return header_shown(value);
    /* A command may contain anything, such as a header for curl. */
    if (strcmp(name, "with") == 0 && strchr(value, '='))
        return command_shown(value);
    if (strcmp(name, "proxy") == 0 || strcmp(name, "queue") == 0)
        return fa_redact_url(value, keys);
    return fa_redact_text(value, keys);
}
