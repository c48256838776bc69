/*
 * Text from lists and servers may be any bytes, but JSON is UTF-8, and jansson rejects anything
 * else.  Invalid bytes become \xNN.  On a terminal, non-ASCII characters are escaped, too, so that
 * none controls it.
 */
#include "cli/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

json_t *fa_json_text(const char *text)
{
    if (!text)
        return json_null();
    json_t *string = json_string(text);
    if (string)
        return string;
    char *copy = fa_utf8_repair(text);
    if (!copy)
        return NULL;
    string = json_string(copy);
    free(copy);
    return string;
}

/* Whether the text can be quoted without escapes.  Most URLs and names can, and need no jansson
 * object then. */
static bool is_plain(const char *text)
{
    for (; *text; ++text)
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    return true;
}

char *fa_json_string(const char *text, bool ascii)
{
    char *quoted = NULL;
    if (text && is_plain(text))
        return asprintf(&quoted, "\"%s\"", text) < 0 ? NULL : quoted;
    json_t *string = fa_json_text(text);
    size_t flags = JSON_ENCODE_ANY | (ascii ? JSON_ENSURE_ASCII : 0);
    char *encoded = string ? json_dumps(string, flags) : NULL;
    json_decref(string);
    return encoded;
}

/* JSON integers of jansson are signed 64-bit numbers. */
json_t *fa_json_count(uint64_t count)
{
    return json_integer(count > LLONG_MAX ? LLONG_MAX : (json_int_t)count);
}

json_t *fa_json_size(int64_t size)
{
    return size < 0 ? json_null() : json_integer(size);
}

/* NaN, which JSON does not have, becomes 0.  The upper limit keeps microseconds in a long long. */
json_t *fa_json_seconds(double seconds)
{
    if (!(seconds > 0))
        return json_real(0);
    if (seconds > 1e12)
        seconds = 1e12;
    return json_real((double)(long long)(seconds * 1e6 + 0.5) / 1e6);
}

/* The *_new functions release the value if they fail, and fail if it is NULL. */
json_t *fa_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

json_t *fa_json_set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new_nocheck(object, name, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

char *fa_json_line(const json_t *object, bool ascii)
{
    /* 15 digits print microseconds as they were rounded, not as 0.12300000000000001. */
    return json_dumps(object, JSON_REAL_PRECISION(15) | (ascii ? JSON_ENSURE_ASCII : 0));
}

int fa_json_print(json_t *object)
{
    char *line = object ? fa_json_line(object, isatty(STDOUT_FILENO)) : NULL;
    json_decref(object);
    if (line)
        puts(line);
    free(line);
    return line ? 0 : -1;
}
