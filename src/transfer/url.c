/*
 * The text is checked before libcurl sees it, because libcurl repairs some malformed URLs into
 * different ones: see url_check_shape().  Then libcurl parses and normalises it, and the components
 * are copied out.  A relative reference is resolved by setting the base first and the reference
 * second on the same handle; the result is checked again like an absolute URL.
 */
#include "transfer/url.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <locale.h>
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
    free(url->host);
    free(url->origin);
    free(url->host_port);
    free(url->path);
    fa_url_init(url);
}

static int url_reject(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    return -1;
}

static int url_check_authority(const char *authority, struct fa_error *err)
{
    size_t len = strcspn(authority, "/?#");
    if (len == 0)
        return url_reject(err, "the URL has no host");
    if (memchr(authority, '\\', len))
        return url_reject(err, "the URL has a backslash in its host");
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

/* Copy a component to memory that may be released with free(3). */
static char *component_copy(CURLU *handle, CURLUPart what, unsigned flags)
{
    char *part = NULL;
    if (curl_url_get(handle, what, &part, flags) != CURLUE_OK)
        return NULL;
    char *copy = strdup(part);
    curl_free(part);
    return copy;
}

static int host_is_numeric(const char *host)
{
    struct in6_addr addr;
    return inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

static bool text_is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        ++text;
    return !*text;
}

/* The host in punycode.  libidn2 expects text in the encoding of the locale, but our lists are
 * UTF-8 in any locale. */
static char *component_host(CURLU *handle)
{
    char *host = component_copy(handle, CURLUPART_HOST, 0);
    if (!host || text_is_ascii(host))
        return host;
    free(host);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    host = component_copy(handle, CURLUPART_HOST, CURLU_PUNYCODE);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    return host;
}

/* RFC 7686: such a name must never reach the DNS, because the lookup would reveal it. */
static bool host_is_onion(const char *host)
{
    size_t len = strlen(host);
    len -= len > 0 && host[len - 1] == '.';
    return len > 6 && strncmp(host + len - 6, ".onion", 6) == 0;
}

static int url_fill_host(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    url->host = component_host(handle);
    if (!url->host || !url->host[0])
        return url_reject(err, "the URL has no valid host");
    for (char *c = url->host; *c; ++c)
        *c = (char)tolower((unsigned char)*c);
    if (curl_url_set(handle, CURLUPART_HOST, url->host, 0) != CURLUE_OK)
        return url_reject(err, "the URL has no valid host");

    size_t len = strlen(url->host);
    if (url->host[0] == '[' && url->host[len - 1] == ']') {
        memmove(url->host, url->host + 1, len - 2);
        url->host[len - 2] = '\0';
    }
    url->numeric = host_is_numeric(url->host);
    if (host_is_onion(url->host))
        return url_reject(err, ".onion names are not resolved (RFC 7686)");
    return 0;
}

/* The port is always explicit, so that "http://h" and "http://h:80" share limits and connections. */
static int url_fill_origin(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    char *scheme = component_copy(handle, CURLUPART_SCHEME, 0);
    char *port = component_copy(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    int result = -1;
    if (scheme && port) {
        bool v6 = strchr(url->host, ':');
        url->secure = strcmp(scheme, "https") == 0;
        if (asprintf(&url->origin, "%s://%s%s%s:%s", scheme, v6 ? "[" : "", url->host,
                     v6 ? "]" : "", port) < 0)
            url->origin = NULL;
        if (asprintf(&url->host_port, "%s:%s", url->host, port) < 0)
            url->host_port = NULL;
        if (strcmp(port, "0") == 0)
            url_reject(err, "the URL has port 0");
        else if (url->origin && url->host_port)
            result = 0;
        else
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
    } else {
        url_reject(err, "the URL has no valid port");
    }
    free(scheme);
    free(port);
    return result;
}

static int url_fill(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    if (url_fill_host(url, handle, err) || url_fill_origin(url, handle, err))
        return -1;
    curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    url->path = component_copy(handle, CURLUPART_PATH, 0);
    url->whole = component_copy(handle, CURLUPART_URL, 0);
    if (!url->path || !url->whole)
        return url_reject(err, "the URL cannot be normalised");
    return 0;
}

/* Compare a component of two URLs; a missing port counts as the default. */
static bool component_equal(CURLU *one, CURLU *other, CURLUPart what)
{
    char *a = NULL, *b = NULL;
    curl_url_get(one, what, &a, CURLU_DEFAULT_PORT);
    curl_url_get(other, what, &b, CURLU_DEFAULT_PORT);
    bool same = a && b && strcasecmp(a, b) == 0;
    curl_free(a);
    curl_free(b);
    return same;
}

static CURLUcode component_keep(CURLU *to, CURLU *from, CURLUPart what)
{
    char *part = NULL;
    CURLUcode code = curl_url_get(from, what, &part, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(to, what, part, 0);
    curl_free(part);
    return code == CURLUE_OUT_OF_MEMORY ? code : CURLUE_OK;
}

/* Keep the user and password of the base within its origin, unless the reference has its own. */
static CURLUcode url_keep_login(CURLU *handle, const char *base)
{
    char *user = NULL;
    CURLU *from = curl_url();
    CURLUcode code = from ? curl_url_get(handle, CURLUPART_USER, &user, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_NO_USER)
        code = curl_url_set(from, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK && !user && component_equal(handle, from, CURLUPART_SCHEME) &&
        component_equal(handle, from, CURLUPART_HOST) &&
        component_equal(handle, from, CURLUPART_PORT)) {
        code = component_keep(handle, from, CURLUPART_USER);
        if (code == CURLUE_OK)
            code = component_keep(handle, from, CURLUPART_PASSWORD);
    }
    curl_free(user);
    curl_url_cleanup(from);
    return code;
}

int fa_url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err)
{
    fa_url_init(url);
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
        code = curl_url_set(handle, CURLUPART_URL, text, CURLU_URLENCODE);
    if (code == CURLUE_OK && base)
        code = url_keep_login(handle, base);
    if (code != CURLUE_OK) {
        url_reject(err, curl_url_strerror(code));
    } else {
        char *whole = base ? component_copy(handle, CURLUPART_URL, 0) : NULL;
        if (base && !whole)
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot parse a URL");
        else if (!base || url_check_shape(whole, err) == 0)
            result = url_fill(url, handle, err);
        free(whole);
    }
    curl_url_cleanup(handle);
    if (result)
        fa_url_fini(url);
    return result;
}
