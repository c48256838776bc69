/*
 * URLs are compared as texts, because the state has the text of a URL with its secrets replaced.
 * Parameters that sign are skipped on both sides.  Any other value that was replaced is unknown: it
 * differs from every value, and the entry is downloaded under a name of its own.  The same holds
 * for passwords and for another spelling of the same URL.
 *
 * Names of parameters are short and common ("sp", "token"), so a scheme is recognised by those that
 * it cannot do without, and only its own parameters are skipped.
 */
#include "engine/identity.h"

#include "base/buf.h"
#include "base/key.h"

#include <string.h>
#include <strings.h>

/* Names are separated by spaces; "x-*" is any name that begins with "x-". */
struct scheme {
    const char *needs; /* one of these */
    const char *with;  /* and one of these; NULL: that is enough */
    const char *skips;
};

#define ANSWER " response-*" /* parameters that set header fields of the answer */
#define CLASSIC                                                                            \
    "Signature Expires AWSAccessKeyId GoogleAccessId OSSAccessKeyId x-amz-security-token " \
    "security-token Key-Pair-Id Policy Hash-Algorithm" ANSWER
#define TOKENS "token access_token jwt md5 hmac hash"
#define EXPIRY "expires expiry expire exp"
#define EDGE   "hdnts hdnea hdntl __token__"

static const struct scheme schemes[] = {
    {"X-Amz-Signature", NULL, "X-Amz-* x-id" ANSWER},
    {"X-Goog-Signature", NULL, "X-Goog-*" ANSWER},
    {"x-oss-signature", NULL,
     "x-oss-signature x-oss-signature-version x-oss-credential x-oss-date x-oss-expires "
     "x-oss-security-token x-oss-additional-headers" ANSWER},
    {"q-signature", NULL, "q-* x-cos-security-token" ANSWER},
    {"Signature", "Expires Key-Pair-Id", CLASSIC},
    {"sig", "se",
     "sv ss srt st se sp spr sr sig sip sdd saoid suoid scid skoid sktid skt ske sks skv rscc rscd "
     "rsce rscl rsct"},
    {"temp_url_sig", "temp_url_expires", "temp_url_*"},
    {EDGE, NULL, EDGE},
    {"hm", "ex", "hm ex is"},
    {TOKENS, EXPIRY, TOKENS " " EXPIRY},
};

/* The parameters of a query, one by one. */
struct query {
    const char *at; /* NULL: at the end */
    const struct scheme *scheme;
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

/* @return the length of the parameter at *at, which is set to the next one, or to NULL. */
static size_t param_next(const char **at)
{
    size_t len = strcspn(*at, "&#");
    *at = (*at)[len] == '&' ? *at + len + 1 : NULL;
    return len;
}

/* Whether the name of a parameter is one of a list. */
static bool param_is_one_of(const char *param, size_t len, const char *names)
{
    const char *equals = memchr(param, '=', len);
    size_t name = equals ? (size_t)(equals - param) : len;
    while (*names) {
        size_t n = strcspn(names, " ");
        bool any = names[n - 1] == '*';
        size_t same = any ? n - 1 : n;
        if ((any ? name >= same : name == same) && strncasecmp(param, names, same) == 0)
            return true;
        names += n + strspn(names + n, " ");
    }
    return false;
}

/* Any of the names is enough, as a scheme may spell its parameter in several ways. */
static bool query_has(const char *query, const char *names)
{
    while (query) {
        const char *param = query;
        size_t len = param_next(&query);
        if (param_is_one_of(param, len, names))
            return true;
    }
    return false;
}

/* The first scheme wins: those with long, unmistakable names come first. */
static const struct scheme *query_scheme(const char *query)
{
    for (size_t i = 0; query && i < sizeof(schemes) / sizeof(*schemes); ++i)
        if (query_has(query, schemes[i].needs) &&
            (!schemes[i].with || query_has(query, schemes[i].with)))
            return &schemes[i];
    return NULL;
}

static struct query query_of(const char *url)
{
    const char *text = url_query(url);
    return (struct query){text, query_scheme(text)};
}

/* @return the next parameter that counts, and its length; or NULL. */
static const char *query_next(struct query *query, size_t *ret_len)
{
    while (query->at) {
        const char *param = query->at;
        *ret_len = param_next(&query->at);
        if (!query->scheme || !param_is_one_of(param, *ret_len, query->scheme->skips))
            return param;
    }
    return NULL;
}

bool fa_identity_is_signed(const char *url)
{
    return query_scheme(url_query(url)) != NULL;
}

/* Without memory the whole URL is the key: then a new signature is a new file, which is safe. */
uint64_t fa_identity_key(const char *url)
{
    struct query query = query_of(url);
    struct fa_buf buf;
    size_t len;
    const char *param;
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

/* With `out` the name always decides; but only the same file can be resumed or compared. */
enum fa_kin fa_identity_kin(enum fa_match match, const struct fa_entry *entry, const char *recorded)
{
    const char *url = entry->urls[0];
    bool named = match == FA_MATCH_NAME || entry->out;
    bool related =
        named || match == FA_MATCH_PATH || (match == FA_MATCH_AUTO && fa_identity_is_signed(url));
    bool same = related && recorded && urls_have_same_path(url, recorded) &&
                (match == FA_MATCH_PATH || urls_have_same_query(url, recorded));
    return same ? FA_KIN_URL : named ? FA_KIN_NAME : FA_KIN_NONE;
}

/* URLs that are not signed keep the names that they have always had. */
uint32_t fa_identity_name_hash(const char *url, uint64_t key, const char *range,
                               enum fa_match match, unsigned n)
{
    if (n > 0)
        return (uint32_t)(key >> 32);
    if (match == FA_MATCH_AUTO && fa_identity_is_signed(url))
        key = fa_identity_key(url) ^ (range ? fa_key_str(range) : 0);
    return (uint32_t)key;
}
