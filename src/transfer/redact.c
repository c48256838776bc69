/*
 * A URL is what stands before its authority, the authority, and what stands behind that: a path of
 * segments, and pairs of keys and values.  libcurl's parser tells whether there is a user, as it
 * would for a request.  All that is not secret stays as it was written, so that a URL is found
 * again in its list.
 */
#include <fetchall/redact.h>

#include "base/buf.h"
#include "transfer/percent.h"
#include "transfer/secret_key.h"

#include <curl/curl.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"
/* URLs in URLs in URLs: all is hidden of what is deeper. */
#define DEPTH_MAX 6
#define DIGITS    "0123456789"
#define SCHEME    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-." DIGITS

struct redactor {
    struct fa_buf out;
    const char *keys; /* NULL: none but those that are known */
    unsigned depth;
};

static void put(struct redactor *r, const char *at, const char *end)
{
    fa_buf_put(&r->out, at, (size_t)(end - at));
}

static void hide(struct redactor *r)
{
    fa_buf_put(&r->out, HIDDEN, sizeof(HIDDEN) - 1);
}

static const char *find_url(const char *at, const char *end)
{
    return memmem(at, (size_t)(end - at), "://", 3);
}

/* Where the scheme begins that stands before "://". */
static const char *scheme_of(const char *colon, const char *first)
{
    while (colon > first && strchr(SCHEME, colon[-1]))
        --colon;
    return colon;
}

/* ------------------------------------------------------------------ texts in texts */

static void redact_found(struct redactor *r, const char *text);

/* A text within the text, as it stands there or encoded. */
static void redact_inner(struct redactor *r, const char *at, const char *end, bool encoded)
{
    struct redactor inner = {.keys = r->keys, .depth = r->depth + 1};
    char *text = NULL;
    if (inner.depth > DEPTH_MAX) {
        hide(r);
        return;
    }
    fa_buf_init(&inner.out);
    text = encoded ? fa_percent_decode(at, end) : strndup(at, (size_t)(end - at));
    if (text)
        redact_found(&inner, text);
    fa_buf_put_u8(&inner.out, 0);
    r->out.failed |= !text || inner.out.failed;
    if (r->out.failed)
        goto out;
    const char *redacted = (const char *)inner.out.data;
    if (strcmp(redacted, text) == 0)
        put(r, at, end);
    else if (encoded)
        fa_percent_put(&r->out, redacted);
    else
        put(r, redacted, redacted + strlen(redacted));
out:
    fa_buf_fini(&inner.out);
    free(text);
}

/* What holds no key and no URL, unless they are encoded. */
static void redact_plain(struct redactor *r, const char *at, const char *end)
{
    if (fa_percent_is_encoded(at, end))
        redact_inner(r, at, end, true);
    else
        put(r, at, end);
}

/* ------------------------------------------------------------------ behind the authority */

/* "key=value", or either; "a;key=value" and "a?key=value" as well. */
static void redact_pair(struct redactor *r, const char *at, const char *end)
{
    for (bool first = true;; first = false) {
        const char *equals = memchr(at, '=', (size_t)(end - at));
        const char *url = find_url(at, end);
        if (url && (!equals || url < equals)) {
            redact_inner(r, at, end, false);
            return;
        }
        if (!equals || (!first && fa_percent_is_encoded(at, end))) {
            redact_plain(r, at, end);
            return;
        }
        const char *key = equals;
        while (key > at && !strchr(";?, \t'\"", key[-1]))
            --key;
        redact_plain(r, at, equals);
        put(r, equals, equals + 1);
        at = equals + 1;
        if (at < end && fa_secret_key(key, (size_t)(equals - key), r->keys)) {
            hide(r);
            return;
        }
    }
}

/* Where a pair ends: at "&", unless that stands in the password of a URL. */
static const char *end_of_pair(const char *at)
{
    const char *end = at + strcspn(at, "&#");
    const char *url = find_url(at, end);
    if (!url)
        return end;
    size_t len = strcspn(url + 3, "/?#");
    const char *sign = memrchr(url + 3, '@', len);
    return sign && sign > end ? sign + strcspn(sign, "&#") : end;
}

static void redact_pairs(struct redactor *r, const char *at)
{
    for (;;) {
        const char *end = end_of_pair(at);
        redact_pair(r, at, end);
        if (!*end)
            break;
        put(r, end, end + 1);
        at = end + 1;
    }
}

static void redact_segments(struct redactor *r, const char *at, const char *end)
{
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if (memchr(at, ';', (size_t)(stop - at)))
            redact_pair(r, at, stop);
        else
            redact_plain(r, at, stop);
        if (slash)
            put(r, slash, slash + 1);
        at = slash ? slash + 1 : end;
    }
}

static const char *redact_authority(struct redactor *r, const char *text);
static void redact_odd(struct redactor *r, const char *text);

/* A path may hold a URL as it is: what stands behind it is the path of that. */
static void redact_rest(struct redactor *r, const char *at)
{
    for (;;) {
        const char *end = at + strcspn(at, "?#");
        const char *url = find_url(at, end);
        end = url ? scheme_of(url, at) : end;
        redact_segments(r, at, end);
        at = end;
        if (!url)
            break;
        at = redact_authority(r, end);
        if (!at) {
            redact_odd(r, end);
            return;
        }
    }
    if (!*at)
        return;
    put(r, at, at + 1);
    redact_pairs(r, at + 1);
}

/* ------------------------------------------------------------------ the authority */

/* It stands behind "scheme:" and slashes, or begins the text. */
static const char *authority_of(const char *text)
{
    const char *colon = text + strspn(text, SCHEME);
    size_t slashes = *colon == ':' ? strspn(colon + 1, "/\\") : 0;
    return slashes > 0 ? colon + 1 + slashes : text;
}

/* "host" or "host:port", as of most URLs: there is nothing to parse. */
static bool is_host(const char *at, const char *end)
{
    at += strspn(at, SCHEME "_");
    if (*at == ':')
        at += 1 + strspn(at + 1, DIGITS);
    return at == end;
}

/* Whether it is a URL, as far as its authority tells, and has a user. */
static bool parse_user(struct redactor *r, const char *text, const char *end, bool *ret_user)
{
    const unsigned flags = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME | CURLU_URLENCODE;
    char *user = NULL;
    char *head = strndup(text, (size_t)(end - text));
    CURLU *handle = curl_url();
    const char *url = head && strncmp(head, "://", 3) == 0 ? head + 3 : head;
    CURLUcode code =
        handle && url ? curl_url_set(handle, CURLUPART_URL, url, flags) : CURLUE_OUT_OF_MEMORY;
    *ret_user = !code && curl_url_get(handle, CURLUPART_USER, &user, 0) != CURLUE_NO_USER;
    r->out.failed |= code == CURLUE_OUT_OF_MEMORY;
    curl_free(user);
    curl_url_cleanup(handle);
    free(head);
    return code == CURLUE_OK;
}

/* The name of the user is the token. */
static bool is_no_password(const char *at, const char *end)
{
    static const char oauth[] = "x-oauth-basic";
    size_t len = (size_t)(end - at);
    return len == 0 || (len == sizeof(oauth) - 1 && strncasecmp(at, oauth, len) == 0);
}

static void redact_user(struct redactor *r, const char *user, const char *end)
{
    const char *colon = memchr(user, ':', (size_t)(end - user));
    if (colon && !is_no_password(colon + 1, end))
        put(r, user, colon + 1);
    hide(r);
}

/* @return what stands behind it; NULL: the text is no URL */
static const char *redact_authority(struct redactor *r, const char *text)
{
    bool has_user = false;
    const char *authority = authority_of(text);
    const char *end = authority + strcspn(authority, "/?#");
    const char *sign = memrchr(authority, '@', (size_t)(end - authority));
    bool known = authority > text && is_host(authority, end);
    if (!known && (!parse_user(r, text, end, &has_user) || has_user != (sign != NULL)))
        return NULL;
    put(r, text, authority);
    if (has_user)
        redact_user(r, authority, sign);
    put(r, has_user ? sign : authority, end);
    return end;
}

/* ------------------------------------------------------------------ what is no URL */

/* The colon that a secret may stand behind: not that of a scheme or a port. */
static const char *odd_colon(const char *at)
{
    while ((at = strchr(at, ':'))) {
        size_t digits = strspn(at + 1, DIGITS);
        bool port = digits > 0 && (!at[1 + digits] || strchr("/?#", at[1 + digits]));
        if (!port && at[1] != '/' && at[1] != '\\')
            return at;
        ++at;
    }
    return NULL;
}

/* An option of a list's entry that gives it a header. */
static bool is_option(const char *text)
{
    return strncmp(text, "header=", 7) == 0;
}

/* It may have been meant as a URL, or as a line of a header. */
static void redact_odd(struct redactor *r, const char *text)
{
    const char *authority = authority_of(text);
    const char *colon = odd_colon(authority);
    const char *sign = strrchr(authority, '@');
    const char *equals = colon ? memchr(text, '=', (size_t)(colon - text)) : NULL;
    bool header = colon && (colon[1] == ' ' || is_option(text));
    if (sign && !header) {
        bool named = colon && !equals && colon < strchr(authority, '@');
        put(r, text, named ? colon + 1 : authority);
        hide(r);
        put(r, sign, sign + 1);
        if (odd_colon(sign))
            hide(r);
        else
            redact_rest(r, sign + 1);
    } else if (colon) {
        colon = equals && !is_option(text) ? equals : colon;
        put(r, text, colon + 1 + (colon[1] == ' '));
        hide(r);
    } else {
        put(r, text, authority);
        redact_pairs(r, authority);
    }
}

static void redact_url(struct redactor *r, const char *text)
{
    const char *rest = is_option(text) ? NULL : redact_authority(r, text);
    if (rest)
        redact_rest(r, rest);
    else
        redact_odd(r, text);
}

/* A URL in a text goes up to its end. */
static void redact_found(struct redactor *r, const char *text)
{
    const char *url = strstr(text, "://");
    const char *scheme = url ? scheme_of(url, text) : NULL;
    if (scheme && !memchr(text, '=', (size_t)(scheme - text)) &&
        !memchr(text, '&', (size_t)(scheme - text)) &&
        !memchr(text, '#', (size_t)(scheme - text))) {
        put(r, text, scheme);
        redact_url(r, scheme);
    } else {
        redact_pairs(r, text);
    }
}

/* ------------------------------------------------------------------ from outside */

/* One of most: nothing in it can be a secret. */
static bool is_plain(const char *text)
{
    const char *at = authority_of(text);
    const char *end = at + strcspn(at, "/");
    return at > text && is_host(at, end) && !strpbrk(end, "@?#%;\t") && !strstr(end, "://");
}

/* Ends what a redactor has put together. */
static char *finish(struct redactor *r)
{
    fa_buf_put_u8(&r->out, 0);
    if (!r->out.failed)
        return (char *)r->out.data;
    fa_buf_fini(&r->out);
    return NULL;
}

char *fa_redact_url(const char *text, const char *keys)
{
    struct redactor r = {.keys = keys};
    if (is_plain(text))
        return strdup(text);
    fa_buf_init(&r.out);
    for (;;) {
        /* A line that is not to be taken apart may hold several. */
        size_t len = strcspn(text, "\t");
        char *one = text[len] ? strndup(text, len) : NULL;
        if (one || !text[len])
            redact_url(&r, one ? one : text);
        else
            r.out.failed = true;
        free(one);
        if (!text[len])
            break;
        put(&r, text + len, text + len + 1);
        text += len + 1;
    }
    return finish(&r);
}

/* A word may be a login with a host; a path is none. */
static void redact_word(struct redactor *r, const char *word)
{
    const char *sign = strchr(word, '@');
    const char *colon = strchr(word, ':');
    bool login = sign && colon && colon < sign && strncmp(colon, "://", 3) != 0;
    if (login && *word != '/' && *word != '.')
        redact_url(r, word);
    else
        redact_found(r, word);
}

char *fa_redact_text(const char *text, const char *keys)
{
    static const char blanks[] = " \t\r\n", before[] = "'\"`(<[{", behind[] = "'\"`)>]},.:;!";
    struct redactor r = {.keys = keys};
    if (!strpbrk(text, "@=%"))
        return strdup(text);
    fa_buf_init(&r.out);
    while (*text) {
        size_t gap = strspn(text, blanks);
        gap += strspn(text + gap, before);
        put(&r, text, text + gap);
        text += gap;
        size_t len = strcspn(text, blanks);
        const char *next = text + len;
        while (len > 0 && strchr(behind, text[len - 1]))
            --len;
        char *word = strndup(text, len);
        if (word)
            redact_word(&r, word);
        else
            r.out.failed = true;
        free(word);
        put(&r, text + len, next);
        text = next;
    }
    return finish(&r);
}
