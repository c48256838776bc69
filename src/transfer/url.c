/*
 * A plain URL is scanned by plain_url.c.  Any other one is parsed by libcurl, as follows; both ways
 * end in url_store().
 *
 * The text is checked before libcurl sees it, because libcurl repairs some malformed URLs into
 * different ones: see url_check_shape().  Then libcurl parses and normalises it, url_host.c
 * normalises the host further, url_login.c decides about a login, and the components are copied
 * out.  A relative reference is resolved by setting the base first and the reference
 * second on the same handle; the result is checked again like an absolute URL.
 *
 * A URL identifies an entry in the state, and its origin a group of connections with limits of its
 * own.  So equal URLs must become equal texts, and an origin always names its port.
 */
#include "transfer/url.h"

#include "transfer/component.h"
#include "transfer/encode.h"
#include "transfer/plain_url.h"
#include "transfer/url_host.h"
#include "transfer/url_login.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fa_url_init(struct fa_url *url)
{
    memset(url, 0, sizeof(*url));
}

void fa_url_fini(struct fa_url *url)
{
    free(url->whole);
    free(url->sent);
    fa_url_init(url);
}

static char *span_put(char *to, const struct fa_span *span)
{
    return mempcpy(to, span->at, span->len);
}

/* The port is always written, so that the text can be a key and an argument of
 * CURLOPT_RESOLVE(3). */
static char *host_port_put(char *to, const struct fa_url_parts *parts, bool brackets)
{
    if (brackets)
        *to++ = '[';
    to = span_put(to, &parts->host);
    if (brackets)
        *to++ = ']';
    *to++ = ':';
    to = span_put(to, &parts->port);
    *to++ = '\0';
    return to;
}

/* Copy all parts into one block of memory. */
static int url_store(struct fa_url *url, const struct fa_url_parts *parts, struct fa_error *err)
{
    bool v6 = memchr(parts->host.at, ':', parts->host.len);
    size_t host_port = parts->host.len + parts->port.len + sizeof(":");
    size_t size = parts->front.len + parts->rest.len + 1 + parts->host.len + 1 + parts->scheme.len +
                  sizeof("://[]") + 2 * host_port + parts->path.len + 1;
    char *at = malloc(size);
    if (!at) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
        return -1;
    }
    url->whole = at;
    at = span_put(at, &parts->front);
    at = span_put(at, &parts->rest);
    *at++ = '\0';
    url->host = at;
    at = span_put(at, &parts->host);
    *at++ = '\0';
    url->origin = at;
    at = span_put(at, &parts->scheme);
    at = mempcpy(at, "://", 3);
    at = host_port_put(at, parts, v6);
    url->host_port = at;
    at = host_port_put(at, parts, false);
    url->path = at;
    at = span_put(at, &parts->path);
    *at = '\0';
    url->secure = parts->scheme.len == 5;
    url->numeric = parts->numeric;
    return 0;
}

static int url_reject(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    return -1;
}

/* Browsers take a backslash for a slash, libcurl does not: they would disagree on the host. */
static int url_check_authority(const char *authority, struct fa_error *err)
{
    size_t len = strcspn(authority, "/?#");
    if (len == 0)
        return url_reject(err, "the URL has no host");
    if (memchr(authority, '\\', len))
        return url_reject(err, "the URL has a backslash in its host");
    const char *at = memrchr(authority, '@', len);
    const char *host = at ? at + 1 : authority;
    for (; host < authority + len; ++host)
        if (strchr(" \"<>^`{|}", *host)) {
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                         "the URL has a '%c' in its host", *host);
            return -1;
        }
    return 0;
}

/* libcurl would take "http:///x" for the host x and "a\b@c" for the host c. */
static int url_check_shape(const char *text, struct fa_error *err)
{
    const char *authority;
    if (strncasecmp(text, "http://", 7) == 0)
        authority = text + 7;
    else if (strncasecmp(text, "https://", 8) == 0)
        authority = text + 8;
    else
        return url_reject(err, strstr(text, "://")
                                   ? "unsupported URL scheme: only http and https are supported"
                                   : "not a URL: missing http:// or https://");
    return url_check_authority(authority, err);
}

/* A reference may lack a scheme and a host; check what it has. */
static int url_check_reference(const char *text, struct fa_error *err)
{
    if (strncmp(text, "//", 2) == 0)
        return url_check_authority(text + 2, err);
    if (strncasecmp(text, "http:", 5) == 0 || strncasecmp(text, "https:", 6) == 0)
        return url_check_shape(text, err);
    return 0;
}

/* Such a host needs no lookup, and none is requested for it. */
static int host_is_numeric(const char *host)
{
    struct in6_addr addr;
    return inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

/* The zone is part of the host: the same address is another host there. */
static int host_with_zone(CURLU *handle, const char *host, char **ret, struct fa_error *err)
{
    char *zone = fa_component_get(handle, CURLUPART_ZONEID, 0);
    int len = asprintf(ret, "%s%s%s", host, zone ? "%25" : "", zone ? zone : "");
    curl_free(zone);
    if (len >= 0)
        return 0;
    *ret = NULL;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
    return -1;
}

/* The port is always explicit, so that "http://h" and "http://h:80" share limits. */
static int url_fill(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    char *host = NULL, *zoned = NULL, *path = NULL, *whole = NULL;
    char *scheme = fa_component_get(handle, CURLUPART_SCHEME, 0);
    char *port = fa_component_get(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    int result = -1;
    const char *why = fa_url_host_normalise(handle, &host);
    if (why ? url_reject(err, why) : host_with_zone(handle, host, &zoned, err))
        goto out;
    curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    path = fa_component_get(handle, CURLUPART_PATH, 0);
    whole = fa_component_get(handle, CURLUPART_URL, 0);
    if (!scheme || !port) {
        url_reject(err, "the URL has no valid port");
    } else if (strcmp(port, "0") == 0) {
        url_reject(err, "the URL has port 0");
    } else if (!fa_url_login_is_clean(handle)) {
        url_reject(err, "the user name or password of the URL has a control character");
    } else if (!path || !whole) {
        url_reject(err, "the URL cannot be normalised");
    } else {
        struct fa_url_parts parts = {
            .front = fa_span_text(whole),
            .rest = {"", 0},
            .scheme = fa_span_text(scheme),
            .host = fa_span_text(zoned),
            .port = fa_span_text(port),
            .path = fa_span_text(path),
            .numeric = host_is_numeric(host),
        };
        result = url_store(url, &parts, err);
    }
out:
    curl_free(scheme);
    curl_free(port);
    curl_free(host);
    free(zoned);
    curl_free(path);
    curl_free(whole);
    return result;
}

/* libcurl would make a space of a query a plus; browsers do not. */
static CURLUcode url_set_text(CURLU *handle, const char *text)
{
    char *spaced = strchr(text, ' ') ? fa_encode_spaces(text) : NULL;
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, spaced ? spaced : text, CURLU_URLENCODE);
    free(spaced);
    return code;
}

/* With a base the reference is checked before and the result afterwards: the shape that libcurl
 * would repair may be in the reference, or arise only from both. */
static int url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err)
{
    if (base ? url_check_reference(text, err) : url_check_shape(text, err))
        return -1;

    CURLU *handle = curl_url();
    if (!handle) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
        return -1;
    }
    int result = -1;
    CURLUcode code = CURLUE_OK;
    if (base)
        code = curl_url_set(handle, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK)
        code = url_set_text(handle, text);
    if (code == CURLUE_OK && base)
        code = fa_url_login_keep(handle, base);
    if (code != CURLUE_OK) {
        url_reject(err, curl_url_strerror(code));
    } else {
        char *whole = base ? fa_component_get(handle, CURLUPART_URL, 0) : NULL;
        if (base && !whole)
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
        else if (!base || url_check_shape(whole, err) == 0)
            result = url_fill(url, handle, err);
        curl_free(whole);
    }
    curl_url_cleanup(handle);
    return result;
}

/* libcurl encodes with lower-case digits.  That text is in states of earlier versions, so it goes
 * on to identify the URL. */
static int url_find_sent(struct fa_url *url, const char *text, const char *base,
                         struct fa_error *err)
{
    char *encoded = fa_encode_non_ascii(text);
    if (!encoded && errno == 0)
        return 0;
    struct fa_url other = {0};
    int result = -1;
    if (!encoded)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
    else
        result = url_parse(&other, encoded, base, err);
    free(encoded);
    url->sent = other.whole;
    return result;
}

int fa_url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err)
{
    struct fa_url_parts parts;
    fa_url_init(url);
    if (!base && fa_plain_url_scan(&parts, text))
        return url_store(url, &parts, err);
    int result = url_parse(url, text, base, err);
    if (result == 0 && (result = url_find_sent(url, text, base, err)))
        fa_url_fini(url);
    return result;
}

/* A login ends at an "@" before the path; libcurl encodes one that is part of it. */
bool fa_url_has_login(const struct fa_url *url)
{
    const char *authority = strstr(url->whole, "://") + 3;
    return memchr(authority, '@', strcspn(authority, "/?#"));
}

/* @text  Of a URL that was parsed.  @from  NULL: no login. */
static int url_change_login(struct fa_url *ret, const char *text, const struct fa_url *from,
                            struct fa_error *err)
{
    CURLU *handle = curl_url(), *other = curl_url();
    CURLUcode code =
        handle && other ? curl_url_set(handle, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK && from)
        code = curl_url_set(other, CURLUPART_URL, from->whole, 0);
    if (code == CURLUE_OK)
        code = fa_url_login_replace(handle, other);
    fa_url_init(ret);
    int result =
        code == CURLUE_OK ? url_fill(ret, handle, err) : url_reject(err, curl_url_strerror(code));
    curl_url_cleanup(handle);
    curl_url_cleanup(other);
    return result;
}

int fa_url_set_login(struct fa_url *url, const struct fa_url *from, struct fa_error *err)
{
    if (!fa_url_has_login(url) && (!from || !fa_url_has_login(from)))
        return 0;
    struct fa_url changed, sent = {0};
    if (url_change_login(&changed, url->whole, from, err))
        return -1;
    if (url->sent && url_change_login(&sent, url->sent, from, err)) {
        fa_url_fini(&changed);
        return -1;
    }
    changed.sent = sent.whole;
    fa_url_fini(url);
    *url = changed;
    return 0;
}

#define STRINGS 5

/* For the backlog (engine/spill.c): entries that wait are kept as bytes, in memory or in a file. */
void fa_url_pack(const struct fa_url *url, struct fa_buf *buf)
{
    fa_buf_put_str(buf, url->whole);
    fa_buf_put_str(buf, url->host);
    fa_buf_put_str(buf, url->origin);
    fa_buf_put_str(buf, url->host_port);
    fa_buf_put_str(buf, url->path);
    fa_buf_put_u8(buf, url->secure);
    fa_buf_put_u8(buf, url->numeric);
    fa_buf_put_str(buf, url->sent);
}

/* The lengths are added up before the block is allocated, as in url_store(). */
int fa_url_unpack(struct fa_url *url, struct fa_reader *reader)
{
    const char *from[STRINGS];
    char **to[STRINGS] = {&url->whole, &url->host, &url->origin, &url->host_port, &url->path};
    size_t size = 0;
    fa_url_init(url);
    for (size_t i = 0; i < STRINGS; ++i) {
        from[i] = fa_reader_str(reader);
        size += from[i] ? strlen(from[i]) + 1 : 0;
    }
    url->secure = fa_reader_u8(reader);
    url->numeric = fa_reader_u8(reader);
    const char *sent = fa_reader_str(reader);
    if (reader->failed || !from[0])
        return reader->failed ? -1 : 0;
    if (sent && !(url->sent = strdup(sent)))
        return -1;
    char *block = malloc(size);
    for (size_t i = 0; block && i < STRINGS; ++i) {
        size_t len = from[i] ? strlen(from[i]) + 1 : 0;
        *to[i] = len ? memcpy(block, from[i], len) : NULL;
        block += len;
    }
    if (!block)
        fa_url_fini(url);
    return block ? 0 : -1;
}

int fa_url_parse_any(struct fa_url *url, const char *const *texts, size_t n, struct fa_error *err)
{
    struct fa_error first = {0}, other;
    for (size_t i = 0; i < n; ++i)
        if (fa_url_parse(url, texts[i], NULL, i == 0 ? &first : &other) == 0)
            return (int)i;
    if (err)
        *err = first;
    return -1;
}
