/* Types are compared without case, as they are in HTTP. */
#include "base/media_type.h"

#include "base/http_field.h"

#include <string.h>
#include <strings.h>

/* tchar of RFC 9110, 5.6.2, of which "*" is one. */
static bool char_is_token(char c)
{
    static const char more[] = "!#$%&'*+-.^_`|~";
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alnum || memchr(more, c, sizeof(more) - 1);
}

static bool token_is_good(const char *at, size_t len)
{
    for (size_t i = 0; i < len; ++i)
        if (!char_is_token(at[i]))
            return false;
    return len > 0;
}

bool fa_media_types_are_good(const char *types)
{
    for (const char *at = types;; ++at) {
        size_t len = strcspn(at, ",");
        const char *slash = memchr(at, '/', len);
        if (!slash || !token_is_good(at, (size_t)(slash - at)) ||
            !token_is_good(slash + 1, len - (size_t)(slash - at) - 1))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

/* A range as in Accept (RFC 9110, 12.5.1), but without parameters. */
static bool type_fits(const char *type, size_t len, const char *value, size_t value_len)
{
    if (len == 3 && memcmp(type, "*/*", 3) == 0)
        return true;
    if (len > 2 && memcmp(type + len - 2, "/*", 2) == 0)
        return value_len >= len && strncasecmp(type, value, len - 1) == 0;
    return len == value_len && strncasecmp(type, value, len) == 0;
}

/* Remove the parameters, and spaces around the type. */
static void value_cut(const char **value, size_t *len)
{
    const char *semicolon = memchr(*value, ';', *len);
    *len = semicolon ? (size_t)(semicolon - *value) : *len;
    fa_http_trim(value, len);
}

/* For messages: the value comes from a server, and a terminal must not get its bytes. */
void fa_media_type_show(const char *value, size_t len, char ret[FA_MEDIA_TYPE_MAX])
{
    value_cut(&value, &len);
    len = len < FA_MEDIA_TYPE_MAX ? len : FA_MEDIA_TYPE_MAX - 1;
    for (size_t i = 0; i < len; ++i)
        ret[i] = value[i] == '/' || char_is_token(value[i]) ? value[i] : '?';
    ret[len] = '\0';
}

bool fa_media_types_have(const char *types, const char *value, size_t len)
{
    value_cut(&value, &len);
    for (const char *at = types;; ++at) {
        size_t n = strcspn(at, ",");
        if (type_fits(at, n, value, len))
            return true;
        at += n;
        if (!*at)
            return false;
    }
}
