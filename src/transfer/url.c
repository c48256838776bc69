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

static int bad(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    return -1;
}

static int check_authority(const char *authority, struct fa_error *err)
{
    size_t len = strcspn(authority, "/?#");
    if (len == 0)
        return bad(err, "the URL has no host");
    if (memchr(authority, '\\', len))
        return bad(err, "the URL has a backslash in its host");
    return 0;
}

/* libcurl takes "http:///x" for the host x and "a\b@c" for the host c: be stricter first. */
static int check_shape(const char *text, struct fa_error *err)
{
    const char *authority;
    if (strncasecmp(text, "http://", 7) == 0)
        authority = text + 7;
    else if (strncasecmp(text, "https://", 8) == 0)
        authority = text + 8;
    else
        return bad(err, strstr(text, "://")
                            ? "only http and https are fetched"
                            : "not a URL: it does not begin with http:// or https://");
    return check_authority(authority, err);
}

/* A reference may have no scheme and no host; what it has is checked like a URL's. */
static int check_reference(const char *text, struct fa_error *err)
{
    if (strncmp(text, "//", 2) == 0)
        return check_authority(text + 2, err);
    if (strncasecmp(text, "http:", 5) == 0 || strncasecmp(text, "https:", 6) == 0)
        return check_shape(text, err);
    return 0;
}

/* A part of the URL in malloc()ed memory of ours, so that free() is right for it. */
static char *part_of(CURLU *handle, CURLUPart what, unsigned flags)
{
    char *part = NULL;
    if (curl_url_get(handle, what, &part, flags) != CURLUE_OK)
        return NULL;
    char *copy = strdup(part);
    curl_free(part);
    return copy;
}

static int is_numeric(const char *host)
{
    struct in6_addr addr;
    return inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        ++text;
    return !*text;
}

/* The host in punycode; libidn2 reads it as the locale's text, and ours is UTF-8 in any locale. */
static char *host_of(CURLU *handle)
{
    char *host = part_of(handle, CURLUPART_HOST, 0);
    if (!host || is_ascii(host))
        return host;
    free(host);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    host = part_of(handle, CURLUPART_HOST, CURLU_PUNYCODE);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    return host;
}

static bool is_onion(const char *host)
{
    size_t len = strlen(host);
    len -= len > 0 && host[len - 1] == '.';
    return len > 6 && strncmp(host + len - 6, ".onion", 6) == 0;
}

static int fill_host(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    url->host = host_of(handle);
    if (!url->host || !url->host[0])
        return bad(err, "the URL has no usable host");
    for (char *c = url->host; *c; ++c)
        *c = (char)tolower((unsigned char)*c);
    if (curl_url_set(handle, CURLUPART_HOST, url->host, 0) != CURLUE_OK)
        return bad(err, "the URL has no usable host");

    size_t len = strlen(url->host);
    if (url->host[0] == '[' && url->host[len - 1] == ']') {
        memmove(url->host, url->host + 1, len - 2);
        url->host[len - 2] = '\0';
    }
    url->numeric = is_numeric(url->host);
    if (is_onion(url->host))
        return bad(err, "names below .onion are not looked up in the DNS");
    return 0;
}

static int fill_origin(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    char *scheme = part_of(handle, CURLUPART_SCHEME, 0);
    char *port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
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
            bad(err, "the URL has port 0");
        else if (url->origin && url->host_port)
            result = 0;
        else
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read a URL");
    } else {
        bad(err, "the URL has no usable port");
    }
    free(scheme);
    free(port);
    return result;
}

static int fill(struct fa_url *url, CURLU *handle, struct fa_error *err)
{
    if (fill_host(url, handle, err) || fill_origin(url, handle, err))
        return -1;
    curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    url->path = part_of(handle, CURLUPART_PATH, 0);
    url->whole = part_of(handle, CURLUPART_URL, 0);
    if (!url->path || !url->whole)
        return bad(err, "the URL cannot be put together again");
    return 0;
}

static bool same_part(CURLU *one, CURLU *other, CURLUPart what)
{
    char *a = NULL, *b = NULL;
    curl_url_get(one, what, &a, CURLU_DEFAULT_PORT);
    curl_url_get(other, what, &b, CURLU_DEFAULT_PORT);
    bool same = a && b && strcasecmp(a, b) == 0;
    curl_free(a);
    curl_free(b);
    return same;
}

static CURLUcode keep_part(CURLU *to, CURLU *from, CURLUPart what)
{
    char *part = NULL;
    CURLUcode code = curl_url_get(from, what, &part, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(to, what, part, 0);
    curl_free(part);
    return code == CURLUE_OUT_OF_MEMORY ? code : CURLUE_OK;
}

/* Within one origin the name and password of the base go on, unless there are others. */
static CURLUcode keep_login(CURLU *handle, const char *base)
{
    char *user = NULL;
    CURLU *from = curl_url();
    CURLUcode code = from ? curl_url_get(handle, CURLUPART_USER, &user, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_NO_USER)
        code = curl_url_set(from, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK && !user && same_part(handle, from, CURLUPART_SCHEME) &&
        same_part(handle, from, CURLUPART_HOST) && same_part(handle, from, CURLUPART_PORT)) {
        code = keep_part(handle, from, CURLUPART_USER);
        if (code == CURLUE_OK)
            code = keep_part(handle, from, CURLUPART_PASSWORD);
    }
    curl_free(user);
    curl_url_cleanup(from);
    return code;
}

int fa_url_parse(struct fa_url *url, const char *text, const char *base, struct fa_error *err)
{
    fa_url_init(url);
    if (base ? check_reference(text, err) : check_shape(text, err))
        return -1;

    CURLU *handle = curl_url();
    if (!handle) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read a URL");
        return -1;
    }
    int result = -1;
    CURLUcode code = CURLUE_OK;
    if (base)
        code = curl_url_set(handle, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(handle, CURLUPART_URL, text, CURLU_URLENCODE);
    if (code == CURLUE_OK && base)
        code = keep_login(handle, base);
    if (code != CURLUE_OK) {
        bad(err, curl_url_strerror(code));
    } else {
        char *whole = base ? part_of(handle, CURLUPART_URL, 0) : NULL;
        if (base && !whole)
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read a URL");
        else if (!base || check_shape(whole, err) == 0)
            result = fill(url, handle, err);
        free(whole);
    }
    curl_url_cleanup(handle);
    if (result)
        fa_url_fini(url);
    return result;
}
