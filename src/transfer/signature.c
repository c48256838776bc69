/*
 * Names of parameters are short and common ("sp", "token"), so a scheme is recognized by those that
 * it cannot do without, and only its own parameters belong to it.
 */
#include "transfer/signature.h"

#include <string.h>
#include <strings.h>

/* Names are separated by spaces; "x-*" is any name that begins with "x-". */
struct fa_signature {
    const char *needs; /* one of these: the signature */
    const char *with;  /* and one of these; NULL: that is enough */
    const char *has;
};

#define ANSWER " response-*" /* parameters that set header fields of the answer */
#define CLASSIC                                                                            \
    "Signature Expires AWSAccessKeyId GoogleAccessId OSSAccessKeyId x-amz-security-token " \
    "security-token Key-Pair-Id Policy Hash-Algorithm" ANSWER
#define DIGESTS "md5 hmac" /* of the path, among others */
#define TOKENS  "token access_token jwt hash"
#define EXPIRY  "expires expiry expire exp"
#define EDGE    "hdnts hdnea hdntl __token__"

static const struct fa_signature schemes[] = {
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
    {DIGESTS, EXPIRY, DIGESTS " " EXPIRY},
};

static const struct fa_signature opaque = {TOKENS, EXPIRY, TOKENS " " EXPIRY};

size_t fa_signature_param(const char **at)
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
        size_t len = fa_signature_param(&query);
        if (param_is_one_of(param, len, names))
            return true;
    }
    return false;
}

static bool query_is_signed(const char *query, const struct fa_signature *by)
{
    return query_has(query, by->needs) && (!by->with || query_has(query, by->with));
}

/* The first scheme wins: those with long, unmistakable names come first. */
const struct fa_signature *fa_signature_find(const char *query)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); ++i)
        if (query_is_signed(query, &schemes[i]))
            return &schemes[i];
    return query_is_signed(query, &opaque) ? &opaque : NULL;
}

bool fa_signature_is_opaque(const struct fa_signature *signature)
{
    return signature == &opaque;
}

bool fa_signature_has(const struct fa_signature *signature, const char *param, size_t len)
{
    return signature && param_is_one_of(param, len, signature->has);
}

bool fa_signature_signs(const struct fa_signature *signature, const char *param, size_t len)
{
    return signature && param_is_one_of(param, len, signature->needs);
}
