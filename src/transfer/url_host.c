/*
 * libcurl decodes the host and checks its syntax, but keeps its case, and accepts what no resolver
 * can find: host.c refuses that.  The host is written back into the handle, because the text of the
 * URL is taken from there: two spellings of a host must not be two entries of the state.
 */
#include "transfer/url_host.h"

#include "transfer/component.h"
#include "transfer/host.h"

#include <ctype.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>

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
    char *host = fa_component_get(handle, CURLUPART_HOST, 0);
    if (!host || text_is_ascii(host))
        return host;
    curl_free(host);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    host = fa_component_get(handle, CURLUPART_HOST, CURLU_PUNYCODE);
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

/* Setting the host removes the zone.  RFC 6874: unreserved characters; libcurl decodes no
 * others. */
static const char *host_set(CURLU *handle, const char *host)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-._~";
    char *zone = fa_component_get(handle, CURLUPART_ZONEID, 0);
    const char *why = NULL;
    if (zone && zone[strspn(zone, unreserved)])
        why = "the IPv6 zone of the URL is not the name of an interface";
    else if (curl_url_set(handle, CURLUPART_HOST, host, 0) != CURLUE_OK ||
             (zone && curl_url_set(handle, CURLUPART_ZONEID, zone, 0) != CURLUE_OK))
        why = "the URL has no valid host";
    curl_free(zone);
    return why;
}

/* Refuse what browsers do; an IPv4 address gets its canonical form, in *host and in the handle. */
static const char *host_replace(CURLU *handle, char **host)
{
    char address[FA_HOST_ADDRESS] = "";
    const char *why = **host == '[' ? NULL : fa_host_check(*host, address);
    if (!why)
        why = host_set(handle, address[0] ? address : *host);
    if (why || !address[0])
        return why;
    curl_free(*host);
    *host = fa_component_get(handle, CURLUPART_HOST, 0);
    return *host ? NULL : "the URL has no valid host";
}

const char *fa_url_host_normalise(CURLU *handle, char **ret)
{
    *ret = component_host(handle);
    if (!*ret || !**ret)
        return "the URL has no valid host";
    for (char *c = *ret; *c; ++c)
        *c = (char)tolower((unsigned char)*c);
    const char *why = host_replace(handle, ret);
    if (why)
        return why;

    char *host = *ret;
    size_t len = strlen(host);
    if (host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
    return host_is_onion(host) ? ".onion names are not resolved (RFC 7686)" : NULL;
}
