/*
 * URLs are compared as texts, because the state has the text of a URL with its secrets replaced.
 * Parameters that sign are skipped on both sides.  Any other value that was replaced is unknown: it
 * differs from every value, and the entry is downloaded under a name of its own.  The same holds
 * for passwords and for another spelling of the same URL.
 */
#include "engine/identity.h"

#include "base/buf.h"
#include "base/key.h"
#include "transfer/signature.h"

#include <string.h>

/* The parameters of a query, one by one. */
struct query {
    const char *at; /* NULL: at the end */
    const struct fa_signature *signature;
};

/* The text before the query, and its length; the fragment belongs to neither. */
static size_t url_head(const char *url)
{
    return strcspn(url, "?#");
}

/* An empty query counts as one: "a?" and "a" are different URLs to a server. */
static const char *url_query(const char *url)
{
    const char *end = url + url_head(url);
    return *end == '?' ? end + 1 : NULL;
}

/* An opaque token counts: it may be all that tells two files apart. */
static const struct fa_signature *query_signature(const char *query)
{
    const struct fa_signature *signature = fa_signature_find(query);
    return fa_signature_is_opaque(signature) ? NULL : signature;
}

static struct query query_of(const char *url)
{
    const char *text = url_query(url);
    return (struct query){text, query_signature(text)};
}

/* @return the next parameter that counts, and its length; or NULL. */
static const char *query_next(struct query *query, size_t *ret_len)
{
    while (query->at) {
        const char *param = query->at;
        *ret_len = fa_signature_param(&query->at);
        if (!fa_signature_has(query->signature, param, *ret_len))
            return param;
    }
    return NULL;
}

bool fa_identity_is_signed(const char *url)
{
    return query_signature(url_query(url)) != NULL;
}

/* Without memory the whole URL is the key: then a new signature is a new file, which is safe. */
uint64_t fa_identity_key(const char *url, enum fa_match match)
{
    struct query query = {0};
    struct fa_buf buf;
    size_t len;
    const char *param;
    if (match != FA_MATCH_PATH)
        query = query_of(url);
    fa_buf_init(&buf);
    fa_buf_put(&buf, url, url_head(url));
    while ((param = query_next(&query, &len))) {
        fa_buf_put_u8(&buf, '&');
        fa_buf_put(&buf, param, len);
    }
    uint64_t key = buf.failed ? fa_key_str(url) : fa_key(buf.data, buf.len);
    fa_buf_fini(&buf);
    return key;
}

static bool urls_have_same_path(const char *one, const char *other)
{
    size_t len = url_head(one);
    return len == url_head(other) && memcmp(one, other, len) == 0;
}

/* In the same order: servers may give the order a meaning. */
static bool urls_have_same_query(const char *one, const char *other)
{
    struct query a = query_of(one), b = query_of(other);
    for (;;) {
        size_t a_len = 0, b_len = 0;
        const char *x = query_next(&a, &a_len), *y = query_next(&b, &b_len);
        if (!x || !y)
            return !x && !y;
        if (a_len != b_len || memcmp(x, y, a_len) != 0)
            return false;
    }
}

static bool urls_are_same(enum fa_match match, const char *one, const char *other)
{
    return urls_have_same_path(one, other) &&
           (match == FA_MATCH_PATH || urls_have_same_query(one, other));
}

/* The list may have the plain URL of which the new one is signed. */
bool fa_identity_is_same(enum fa_match match, const char *listed, const char *renewed)
{
    bool related = match == FA_MATCH_PATH || match == FA_MATCH_NAME ||
                   (match == FA_MATCH_AUTO &&
                    (fa_identity_is_signed(listed) || fa_identity_is_signed(renewed)));
    return related && urls_are_same(match, listed, renewed);
}

/* With `out` the name always decides; but only the same file can be resumed or compared. */
enum fa_kin fa_identity_kin(enum fa_match match, const struct fa_entry *entry, const char *recorded)
{
    const char *url = entry->urls[0];
    bool named = match == FA_MATCH_NAME || entry->out;
    bool related =
        named || match == FA_MATCH_PATH || (match == FA_MATCH_AUTO && fa_identity_is_signed(url));
    bool same = related && recorded && urls_are_same(match, url, recorded);
    return same ? FA_KIN_URL : named ? FA_KIN_NAME : FA_KIN_NONE;
}

/* Whether other URLs have the identity of this one. */
static bool url_has_kin(const char *url, enum fa_match match)
{
    return match == FA_MATCH_PATH   ? url_query(url) != NULL
           : match == FA_MATCH_AUTO ? fa_identity_is_signed(url)
                                    : false;
}

bool fa_identity_is_ambiguous(enum fa_match match, enum fa_kin alternative)
{
    return match == FA_MATCH_PATH && alternative == FA_KIN_URL;
}

/* Other URLs keep the names that they have always had. */
uint32_t fa_identity_name_hash(const char *url, uint64_t key, const char *range,
                               enum fa_match match, unsigned n)
{
    if (n > 0)
        return (uint32_t)(key >> 32);
    if (url_has_kin(url, match))
        key = fa_identity_key(url, match) ^ (range ? fa_key_str(range) : 0);
    return (uint32_t)key;
}
