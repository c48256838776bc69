/*
 * Whatever surrounds a secret in a URL, the redacted text does not hold it; and to redact a URL
 * that holds no other twice is to redact it once.
 */
#undef NDEBUG
#include "transfer/url.h"

#include <fetchall/redact.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SECRET "S3CRETs3cret"

/* How a URL holds it: the text before it and the one behind it, with fuzzed bytes between. */
static const struct {
    const char *before, *behind;
    const char *breaking; /* bytes that would end the secret's place */
} places[] = {
    {"http://u:", "@h/a", "/?#\\\t"},
    {"https://", "@h/a?b", ":/?#\\\t"},
    {"http://u:p@h/a?sig=", "&b=c", "&#\t"},
    {"http://h/a?b=c&X-Amz-Signature=", "#d", "&#\t"},
    {"http://h/a?%74oken=", "", "&#\t"},
    {"http://h/?to=http://v:", "@h/", "/?#\\\t"},
    {"http://h/?to=http%3A%2F%2Fv%3A", "%40h%2F", "/?#\\&%\t"},
    {"http://h/http://v:", "@h/", "/?#\\\t"},
    {"u:", "@h:80", "/?#\\\t"},
    {"socks5h://u:", "@h", "/?#\\\t"},
};
#define PLACES (sizeof(places) / sizeof(*places))

/* libcurl 7.88 leaks a name that is not UTF-8: only ASCII here. */
static bool is_simple(const char *text)
{
    struct fa_url url;
    for (const char *c = text; *c; ++c)
        if ((unsigned char)*c >= 0x80)
            return false;
    struct fa_error err;
    const char *scheme = strstr(text, "://");
    if (!scheme || strstr(scheme + 1, "://") || strchr(text, '%') ||
        fa_url_parse(&url, text, NULL, &err))
        return false;
    fa_url_fini(&url);
    return true;
}

static void check_twice(char *(*redact)(const char *, const char *), const char *text)
{
    char *once = redact(text, "mine");
    assert(once);
    char *twice = redact(once, "mine");
    assert(twice);
    if (is_simple(text) && strcmp(once, twice) != 0) {
        fprintf(stderr, "'%s'\n'%s'\n'%s'\n", text, once, twice);
        abort();
    }
    free(once);
    free(twice);
}

static void check_hidden(size_t place, const char *one, const char *other)
{
    char *text = NULL;
    if (strpbrk(one, places[place].breaking) || strpbrk(other, places[place].breaking))
        return;
    assert(asprintf(&text, "%s%s" SECRET "%s%s", places[place].before, one, other,
                    places[place].behind) >= 0);
    char *redacted = fa_redact_url(text, NULL);
    assert(redacted);
    if (strstr(redacted, SECRET)) {
        fprintf(stderr, "'%s'\n'%s'\n", text, redacted);
        abort();
    }
    free(redacted);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    char *text = strndup((const char *)data + 1, len - 1);
    check_twice(fa_redact_url, text);
    check_twice(fa_redact_text, text);
    size_t half = strlen(text) / 2;
    char *one = strndup(text, half);
    check_hidden(data[0] % PLACES, one, text + half);
    free(one);
    free(text);
    return 0;
}
