#include "cli/option_line.h"

#include <string.h>

#include "cli/option.h"

static char *text_trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    return text;
}

char *fa_option_line_text(char *line, size_t len)
{
    if (memchr(line, '\0', len))
        return NULL;
    char *text = text_trim(line);
    return *text == '#' || *text == ';' ? text + strlen(text) : text;
}

char *fa_option_line_part(char *text, char **ret_value)
{
    char *equals = strchr(text, '=');
    *ret_value = equals ? text_trim(equals + 1) : NULL;
    if (equals)
        *equals = '\0';
    return text_trim(text);
}

int fa_option_line_check_mode(const char *option, const char *path, const struct stat *st,
                              unsigned line, struct fa_error *err)
{
    if (line == 0 || !(st->st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)))
        return 0;
    return fa_option_refuse(err,
                            "--%s: line %u of '%s' may be a secret, and other users can read or "
                            "write the file: run chmod 600 on it",
                            option, line, path);
}
