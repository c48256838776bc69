#include "base/http_field.h"

#include <string.h>
#include <strings.h>

static bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void fa_http_trim(const char **text, size_t *len)
{
    const char *at = *text, *end = at + *len;
    while (at < end && char_is_blank(*at))
        ++at;
    while (end > at && char_is_blank(end[-1]))
        --end;
    *text = at;
    *len = (size_t)(end - at);
}

bool fa_http_is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool fa_http_line_is(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && strchr(":; \t", line[len]);
}
