/*
 * Hides secrets in URLs and in texts that contain URLs.
 *
 * A URL is split into its scheme, its authority, and the rest: path segments and key=value pairs.
 * libcurl's parser decides whether the authority has a user, because it decides so for a request,
 * too. A value is hidden if secret_key.c knows its key, or if it signs the query by one of the
 * schemes of signature.c: their keys are too short to be secret by themselves.  A URL may contain
 * further URLs, as they are or percent-encoded; these are redacted recursively.  Text that is not a
 * URL is redacted as if it were a mistyped URL, or a line of a file of headers, options or
 * passwords.
 *
 * Everything that is not secret is copied unchanged, so that a redacted URL can be found in its
 * list.  Redacting twice changes nothing: a text may be redacted where it is made, and again where
 * it is printed.
 */
#include <fetchall/redact.h>

#include "base/buf.h"
#include "transfer/percent.h"
#include "transfer/secret_key.h"
#include "transfer/secret_line.h"
#include "transfer/signature.h"

#include <curl/curl.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"
/* Hide everything that is nested deeper than this: each level is a decoded copy, and a hostile text
 * could nest without end. */
#define DEPTH_MAX 6

struct redactor {
    struct fa_buf out;
    const char *keys;                     /* NULL: built-in names only */
    const struct fa_signature *signature; /* of the query that is redacted; NULL: none */
    unsigned depth;
};

static void redactor_put(struct redactor *r, const char *at, const char *end)
{
    fa_buf_put(&r->out, at, (size_t)(end - at));
}

static void redactor_hide(struct redactor *r)
{
    fa_buf_put(&r->out, HIDDEN, sizeof(HIDDEN) - 1);
}

static bool is_scheme_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

static bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Not strspn(3), whose set-up costs more than the scan. */
static size_t scheme_span(const char *text)
{
    size_t len = 0;
    while (is_scheme_char(text[len]))
        ++len;
    return len;
}

static const char *find_url(const char *at, const char *end)
{
    return memmem(at, (size_t)(end - at), "://", 3);
}

/* The start of the scheme that precedes "://". */
static const char *scheme_start(const char *colon, const char *first)
{
    while (colon > first && is_scheme_char(colon[-1]))
        --colon;
    return colon;
}

/* ------------------------------------------------------------------ nested texts */

static void redact_found(struct redactor *r, const char *text);

/* Redact a text inside a text, which may be percent-encoded. */
static void redact_inner(struct redactor *r, const char *at, const char *end, bool encoded)
{
    struct redactor inner = {.keys = r->keys, .depth = r->depth + 1};
    char *text = NULL;
    if (inner.depth > DEPTH_MAX) {
        redactor_hide(r);
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
        redactor_put(r, at, end);
    else if (encoded)
        fa_percent_put(&r->out, redacted);
    else
        redactor_put(r, redacted, redacted + strlen(redacted));
out:
    fa_buf_fini(&inner.out);
    free(text);
}

/* Redact text without keys and URLs, unless it contains encoded ones. */
static void redact_plain(struct redactor *r, const char *at, const char *end)
{
    if (fa_percent_is_encoded(at, end))
        redact_inner(r, at, end, true);
    else
        redactor_put(r, at, end);
}

/* ------------------------------------------------------------------ after the authority */

/* A scheme knows its own keys: "st" is a secret, but for Azure a date. */
static bool key_is_secret(const struct redactor *r, const char *key, size_t len, size_t value)
{
    if (fa_signature_signs(r->signature, key, len))
        return true;
    size_t least = fa_signature_has(r->signature, key, len) ? 0 : value;
    return fa_secret_key(key, len, least, r->keys);
}

/* Redact "key=value", or one of the two; also "a;key=value" and "a?key=value", and "a=b~key=value"
 * of CDNs. */
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
        const char *key_end = equals;
        while (key_end > at && char_is_blank(key_end[-1]))
            --key_end;
        const char *key = key_end;
        while (key > at && !strchr(";?~, \t'\"", key[-1]))
            --key;
        redact_plain(r, at, equals);
        redactor_put(r, equals, equals + 1);
        at = equals + 1;
        if (at < end && key_is_secret(r, key, (size_t)(key_end - key), (size_t)(end - at))) {
            redactor_put(r, at, at + strspn(at, " \t"));
            redactor_hide(r);
            return;
        }
    }
}

/* The end of a pair: the next "&" that is not part of a password in a nested URL. */
static const char *pair_end(const char *at)
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
    r->signature = fa_signature_find(at);
    for (;;) {
        const char *end = pair_end(at);
        redact_pair(r, at, end);
        if (!*end)
            break;
        redactor_put(r, end, end + 1);
        at = end + 1;
    }
}

static void redact_segments(struct redactor *r, const char *at, const char *end)
{
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if (memchr(at, ';', (size_t)(stop - at)) || memchr(at, '~', (size_t)(stop - at)))
            redact_pair(r, at, stop);
        else
            redact_plain(r, at, stop);
        if (slash)
            redactor_put(r, slash, slash + 1);
        at = slash ? slash + 1 : end;
    }
}

static const char *redact_authority(struct redactor *r, const char *text);
static void redact_non_url(struct redactor *r, const char *text);

/* A path may contain a URL: what follows that is its own path. */
static void redact_rest(struct redactor *r, const char *at)
{
    for (;;) {
        const char *end = at + strcspn(at, "?#");
        const char *url = find_url(at, end);
        end = url ? scheme_start(url, at) : end;
        redact_segments(r, at, end);
        at = end;
        if (!url)
            break;
        at = redact_authority(r, end);
        if (!at) {
            redact_non_url(r, end);
            return;
        }
    }
    if (!*at)
        return;
    redactor_put(r, at, at + 1);
    redact_pairs(r, at + 1);
}

/* ------------------------------------------------------------------ the authority */

/* It follows "scheme:" and slashes, or is the start of the text. */
static const char *authority_start(const char *text)
{
    const char *colon = text + scheme_span(text), *at = colon + 1;
    if (*colon != ':' || (*at != '/' && *at != '\\'))
        return text;
    while (*at == '/' || *at == '\\')
        ++at;
    return at;
}

/* Whether it is "host" or "host:port", as in most URLs: then there is nothing to parse. */
static bool authority_is_host(const char *at, const char *end)
{
    while (is_scheme_char(*at) || *at == '_')
        ++at;
    if (*at == ':')
        for (++at; *at >= '0' && *at <= '9';)
            ++at;
    return at == end;
}

/* Whether the authority is valid, and has a user. */
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

/* Whether the password is a placeholder: then the user name is the token. */
static bool password_is_placeholder(const char *at, const char *end)
{
    static const char oauth[] = "x-oauth-basic";
    size_t len = (size_t)(end - at);
    return len == 0 || (len == sizeof(oauth) - 1 && strncasecmp(at, oauth, len) == 0);
}

static void redact_user(struct redactor *r, const char *user, const char *end)
{
    const char *colon = memchr(user, ':', (size_t)(end - user));
    if (colon && !password_is_placeholder(colon + 1, end))
        redactor_put(r, user, colon + 1);
    redactor_hide(r);
}

/* @return the text after the authority; NULL: the text is not a URL */
static const char *redact_authority(struct redactor *r, const char *text)
{
    bool has_user = false;
    const char *authority = authority_start(text);
    const char *end = authority + strcspn(authority, "/?#");
    const char *sign = memrchr(authority, '@', (size_t)(end - authority));
    bool known = authority > text && authority_is_host(authority, end);
    if (!known && (!parse_user(r, text, end, &has_user) || has_user != (sign != NULL)))
        return NULL;
    redactor_put(r, text, authority);
    if (has_user)
        redact_user(r, authority, sign);
    redactor_put(r, has_user ? sign : authority, end);
    return end;
}

/* ------------------------------------------------------------------ not a URL */

/* Redact text that is not a URL: it may be a mistyped URL, or a line of another file. */
static void redact_non_url(struct redactor *r, const char *text)
{
    const char *authority = authority_start(text);
    struct fa_secret_line line = fa_secret_line_find(text, authority, r->keys);
    if (!line.secret) {
        redactor_put(r, text, authority);
        redact_pairs(r, authority);
        return;
    }
    redactor_put(r, text, line.secret);
    redactor_hide(r);
    if (!line.host)
        return;
    redactor_put(r, line.host - 1, line.host);
    if (fa_secret_line_colon(line.host))
        redactor_hide(r);
    else
        redact_rest(r, line.host);
}

static void redact_url(struct redactor *r, const char *text)
{
    r->signature = NULL;
    const char *rest = fa_secret_line_is_option(text) ? NULL : redact_authority(r, text);
    if (rest)
        redact_rest(r, rest);
    else
        redact_non_url(r, text);
}

/* A URL inside a text extends to the end of the text.  If "=", "&" or "#" precedes its scheme, it
 * is the value of a pair, whose key may be secret. */
static void redact_found(struct redactor *r, const char *text)
{
    const char *url = strstr(text, "://");
    const char *scheme = url ? scheme_start(url, text) : NULL;
    if (scheme && !memchr(text, '=', (size_t)(scheme - text)) &&
        !memchr(text, '&', (size_t)(scheme - text)) &&
        !memchr(text, '#', (size_t)(scheme - text))) {
        redactor_put(r, text, scheme);
        redact_url(r, scheme);
    } else {
        redact_pairs(r, text);
    }
}

/* ------------------------------------------------------------------ public functions */

/* Whether a URL has none of the characters that could introduce a secret, as most have not. */
static bool url_is_plain(const char *text)
{
    const char *at = authority_start(text);
    const char *end = strchrnul(at, '/');
    return at > text && authority_is_host(at, end) && !strpbrk(end, "@?#%;~\t") &&
           !strstr(end, "://");
}

/* Terminate the output.  @return it, or NULL when memory ran out */
static char *redactor_finish(struct redactor *r)
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
    if (url_is_plain(text))
        return strdup(text);
    fa_buf_init(&r.out);
    for (;;) {
        /* A malformed line of a list may contain several URLs, or none and be of another file. */
        size_t len = strstr(text, "://") ? strcspn(text, "\t") : strlen(text);
        char *one = text[len] ? strndup(text, len) : NULL;
        if (one || !text[len])
            redact_url(&r, one ? one : text);
        else
            r.out.failed = true;
        free(one);
        if (!text[len])
            break;
        redactor_put(&r, text + len, text + len + 1);
        text += len + 1;
    }
    return redactor_finish(&r);
}

/* A word may be "user:password@host"; a path is not. */
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
        redactor_put(&r, text, text + gap);
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
        redactor_put(&r, text + len, next);
        text = next;
    }
    return redactor_finish(&r);
}
