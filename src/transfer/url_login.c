#include "transfer/url_login.h"

#include "transfer/component.h"

#include <string.h>
#include <strings.h>

/* Digest sends a user name as it is: with CR and LF in it, whoever wrote the URL could send any
 * request (RFC 7617, 2, forbids control characters in both). */
bool fa_url_login_is_clean(CURLU *handle)
{
    static const CURLUPart parts[] = {CURLUPART_USER, CURLUPART_PASSWORD};
    CURLUcode code = CURLUE_OK;
    for (size_t i = 0; code != CURLUE_URLDECODE && i < sizeof(parts) / sizeof(*parts); ++i) {
        char *decoded = NULL;
        code = curl_url_get(handle, parts[i], &decoded, CURLU_URLDECODE);
        curl_free(decoded);
    }
    return code != CURLUE_URLDECODE;
}

/* A missing port counts as the default; another component that one of them lacks differs. */
static bool component_equal(CURLU *one, CURLU *other, CURLUPart what)
{
    char *a = fa_component_get(one, what, CURLU_DEFAULT_PORT);
    char *b = fa_component_get(other, what, CURLU_DEFAULT_PORT);
    bool same = a && b && strcasecmp(a, b) == 0;
    curl_free(a);
    curl_free(b);
    return same;
}

/* Most URLs have no zone.  Names of interfaces are case-sensitive. */
static bool zone_equal(CURLU *one, CURLU *other)
{
    char *a = fa_component_get(one, CURLUPART_ZONEID, 0);
    char *b = fa_component_get(other, CURLUPART_ZONEID, 0);
    bool same = a && b ? strcmp(a, b) == 0 : a == b;
    curl_free(a);
    curl_free(b);
    return same;
}

static bool origin_equal(CURLU *one, CURLU *other)
{
    return component_equal(one, other, CURLUPART_SCHEME) &&
           component_equal(one, other, CURLUPART_HOST) && zone_equal(one, other) &&
           component_equal(one, other, CURLUPART_PORT);
}

/* A component that is missing is no error. */
static CURLUcode component_copy(CURLU *to, CURLU *from, CURLUPart what)
{
    char *part = NULL;
    CURLUcode code = curl_url_get(from, what, &part, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(to, what, part, 0);
    curl_free(part);
    return code == CURLUE_OUT_OF_MEMORY ? code : CURLUE_OK;
}

/* Keep the user and password of the base within its origin, unless the reference has its own: the
 * target of a redirect requires them as well.  Another origin must never see them. */
CURLUcode fa_url_login_keep(CURLU *handle, const char *base)
{
    char *user = NULL;
    CURLU *from = curl_url();
    CURLUcode code = from ? curl_url_get(handle, CURLUPART_USER, &user, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_NO_USER)
        code = curl_url_set(from, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK && !user && origin_equal(handle, from)) {
        code = component_copy(handle, from, CURLUPART_USER);
        if (code == CURLUE_OK)
            code = component_copy(handle, from, CURLUPART_PASSWORD);
    }
    curl_free(user);
    curl_url_cleanup(from);
    return code;
}

CURLUcode fa_url_login_replace(CURLU *handle, CURLU *from)
{
    CURLUcode code = curl_url_set(handle, CURLUPART_USER, NULL, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0);
    if (code == CURLUE_OK)
        code = component_copy(handle, from, CURLUPART_USER);
    return code == CURLUE_OK ? component_copy(handle, from, CURLUPART_PASSWORD) : code;
}
