/*
 * A name and a colon say which crawler the rules behind them are for, up to the next such name; but
 * some rules have values.  Nothing tells both apart except the names of those rules.
 */
#include "base/robots_tag.h"

#include "base/http_field.h"

#include <string.h>

/* Those of search engines, and those about training (DeviantArt, and a proposal, "noml"). */
const char fa_robots_tags[] = "noai,noimageai,noml,noindex,nofollow,none,noarchive,nocache,"
                              "nosnippet,noimageindex,notranslate,noodp,noydir";

static bool name_has_value(const char *name, size_t len)
{
    static const char *const names[] = {"unavailable_after", "max-snippet", "max-image-preview",
                                        "max-video-preview"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i)
        if (fa_http_is(name, len, names[i]))
            return true;
    return false;
}

static bool names_have(const char *names, const char *rule, size_t len, char ret[FA_ROBOTS_TAG_MAX])
{
    for (const char *at = names;; ++at) {
        size_t n = strcspn(at, ",");
        if (n == len && n < FA_ROBOTS_TAG_MAX && strncasecmp(at, rule, n) == 0) {
            memcpy(ret, at, n);
            ret[n] = '\0';
            return true;
        }
        at += n;
        if (!*at)
            return false;
    }
}

const char *fa_robots_tags_unknown(const char *names, size_t *ret_len)
{
    char found[FA_ROBOTS_TAG_MAX];
    for (const char *at = names;; ++at) {
        size_t len = *ret_len = strcspn(at, ",");
        if (len == 0 || !names_have(fa_robots_tags, at, len, found))
            return at;
        at += len;
        if (!*at)
            return NULL;
    }
}

bool fa_robots_tags_have(const char *names, const char *value, size_t len, const char *token,
                         char ret[FA_ROBOTS_TAG_MAX])
{
    bool ours = true;
    const char *end = value + len;
    for (const char *at = value; at < end; ++at) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *rule = at;
        at = comma ? comma : end;
        size_t n = (size_t)(at - rule);
        const char *colon = memchr(rule, ':', n), *name = rule;
        size_t name_len = colon ? (size_t)(colon - rule) : 0;
        fa_http_trim(&name, &name_len);
        if (colon && !name_has_value(name, name_len)) {
            ours = fa_http_is(name, name_len, token) || fa_http_is(name, name_len, "*");
            rule = colon + 1;
            n = (size_t)(at - rule);
        }
        fa_http_trim(&rule, &n);
        if (ours && names_have(names, rule, n, ret))
            return true;
    }
    return false;
}
