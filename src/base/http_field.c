#include "base/http_field.h"

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

/* As of -H: "Name: value", or "Name;" for a field without a value. */
bool fa_http_lines_match(const char *one, const char *other)
{
    size_t len = strcspn(one, ":;");
    return strcspn(other, ":;") == len && strncasecmp(one, other, len) == 0;
}

bool fa_http_line_is(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && strchr(":; \t", line[len]);
}

/* The end of an element of a list: a comma that is not quoted. */
static const char *element_end(const char *at, const char *end)
{
    bool quoted = false;
    for (; at < end && (quoted || *at != ','); ++at) {
        if (quoted && *at == '\\' && at + 1 < end)
            ++at;
        else if (*at == '"')
            quoted = !quoted;
    }
    return at;
}

/* A list of challenges and of their parameters: an element begins with a scheme if its first word
 * has no "=" after it. */
bool fa_http_has_challenge(const char *value, size_t len, const char *scheme)
{
    const char *end = value + len;
    while (value < end) {
        while (value < end && (char_is_blank(*value) || *value == ','))
            ++value;
        const char *word = value;
        while (value < end && !char_is_blank(*value) && !strchr(",=", *value))
            ++value;
        size_t n = (size_t)(value - word);
        while (value < end && char_is_blank(*value))
            ++value;
        if ((value == end || *value != '=') && fa_http_is(word, n, scheme))
            return true;
        value = element_end(value, end);
    }
    return false;
}
