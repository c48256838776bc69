/*
 * Reports and logs are passed on, and a signed URL in them is as good as a password.  The two kinds
 * of mistakes are not alike: hiding too much makes a report less clear, hiding too little reveals a
 * secret.
 *
 * A name matches as a suffix where providers put their own prefix before it, as in X-Amz-Signature
 * and X-Goog-Signature, and exactly where a suffix would be too common: "key" must not hide
 * "monkey".
 *
 * A few names are as common for values that identify a file: code=US-TX.  Their values are secrets
 * if they are long enough to be hard to guess.
 */
#include "transfer/secret_key.h"

#include "base/hex.h"

#include <ctype.h>
#include <string.h>

/* Only this many last characters of a name are compared: a suffix decides, and a name in a hostile
 * URL has any length. */
#define NAME_MAX_LEN 64

/* Fewer characters are no key: 48 bits in base64. */
#define SECRET_MIN 8

enum rule {
    RULE_EXACTLY,
    RULE_ENDING, /* any name with this suffix */
    RULE_LONG,   /* exactly, if the value is long */
    RULE_PUBLIC, /* any name with this suffix is not secret */
};

#define NAME(rule, text)             \
    {                                \
        rule, sizeof(text) - 1, text \
    }
#define EXACTLY(text) NAME(RULE_EXACTLY, text)
#define ENDING(text)  NAME(RULE_ENDING, text)
#define LONG(text)    NAME(RULE_LONG, text)
#define PUBLIC(text)  NAME(RULE_PUBLIC, text)

/* In lower case, letters and digits only.  The first one that matches decides. */
static const struct {
    enum rule rule;
    size_t len;
    const char *text;
} names[] = {
    /* positions in a listing */
    PUBLIC("pagetoken"),
    PUBLIC("nexttoken"),
    PUBLIC("continuationtoken"),
    PUBLIC("resumptiontoken"),
    PUBLIC("synctoken"),
    /* signatures: Amazon, Google, Azure (sig), Alibaba, OpenStack */
    ENDING("signature"),
    EXACTLY("sig"),
    EXACTLY("hmac"),
    EXACTLY("awsaccesskeyid"),
    EXACTLY("ossaccesskeyid"),
    EXACTLY("googleaccessid"),
    EXACTLY("tempurlsig"),
    LONG("hm"),
    LONG("oh"),
    LONG("sign"),
    LONG("st"),
    LONG("verify"),
    /* tokens */
    ENDING("token"),
    EXACTLY("tempauth"),
    EXACTLY("authz"),
    EXACTLY("macaroon"),
    EXACTLY("jwt"),
    ENDING("bearer"),
    /* links that are shared, and logins */
    EXACTLY("privatelink"),
    EXACTLY("viewonly"),
    ENDING("assertion"),
    EXACTLY("samlresponse"),
    EXACTLY("samlart"),
    LONG("appid"),
    LONG("code"),
    LONG("ks"),
    /* keys */
    ENDING("apikey"),
    EXACTLY("key"),
    EXACTLY("accesskey"),
    EXACTLY("accesskeyid"),
    EXACTLY("authkey"),
    EXACTLY("secretkey"),
    ENDING("secretaccesskey"),
    EXACTLY("privatekey"),
    EXACTLY("subscriptionkey"),
    EXACTLY("licensekey"),
    EXACTLY("resourcekey"),
    EXACTLY("rlkey"),
    /* credentials and sessions */
    ENDING("password"),
    ENDING("secret"),
    ENDING("sessionid"),
    EXACTLY("sid"),
    EXACTLY("ticket"),
    EXACTLY("auth"),
    EXACTLY("authorization"),
    ENDING("credential"),
    EXACTLY("credentials"),
    ENDING("passwd"),
    EXACTLY("passphrase"),
    EXACTLY("pwd"),
    EXACTLY("pass"),
    EXACTLY("session"),
    EXACTLY("phpsessid"),
};

/* Normalise a name: keep its last letters and digits.  @return their number */
static size_t key_fold(const char *name, size_t len, char ret[NAME_MAX_LEN])
{
    size_t used = 0;
    for (size_t i = 0; i < len; ++i) {
        int byte = name[i] == '%' && i + 2 < len ? fa_hex_byte(name + i + 1) : -1;
        i += byte >= 0 ? 2 : 0;
        unsigned char c = (unsigned char)(byte >= 0 ? byte : name[i]);
        if (!isalnum(c) && c < 0x80)
            continue;
        if (used == NAME_MAX_LEN)
            memmove(ret, ret + 1, --used);
        ret[used++] = (char)tolower(c);
    }
    return used;
}

/* A linear search is enough: a URL has few keys. */
static bool key_is_built_in(const char *name, size_t len, size_t value)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i) {
        size_t n = names[i].len;
        enum rule rule = names[i].rule;
        bool ending = rule == RULE_ENDING || rule == RULE_PUBLIC;
        if ((ending ? n <= len : n == len) && memcmp(name + len - n, names[i].text, n) == 0)
            return rule != RULE_PUBLIC && (rule != RULE_LONG || value >= SECRET_MIN);
    }
    return false;
}

/* Names of the user are normalised like the key, so "X-Api-Key" and "x_api_key" both match. */
static bool key_is_listed(const char *name, size_t len, const char *more)
{
    char other[NAME_MAX_LEN];
    for (;; ++more) {
        size_t n = strcspn(more, ",");
        size_t folded = key_fold(more, n, other);
        if (folded == len && memcmp(name, other, len) == 0)
            return true;
        more += n;
        if (!*more)
            return false;
    }
}

bool fa_secret_key(const char *name, size_t len, size_t value, const char *more)
{
    char folded[NAME_MAX_LEN];
    size_t used = key_fold(name, len, folded);
    return used > 0 &&
           (key_is_built_in(folded, used, value) || (more && key_is_listed(folded, used, more)));
}
