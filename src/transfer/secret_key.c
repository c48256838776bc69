#include "transfer/secret_key.h"

#include "base/hex.h"

#include <ctype.h>
#include <string.h>

/* Longer ones are known by their end. */
#define NAME_MAX_LEN 64

#define EXACTLY(text)                 \
    {                                 \
        text, sizeof(text) - 1, false \
    }
#define ENDING(text)                 \
    {                                \
        text, sizeof(text) - 1, true \
    } /* whatever ends so */

/* In lower case, letters and digits only. */
static const struct {
    const char *text;
    size_t len;
    bool ending;
} names[] = {
    /* of requests that are signed: Amazon, Google, Azure (sig), Alibaba, OpenStack */
    ENDING("signature"),
    ENDING("securitytoken"),
    EXACTLY("sig"),
    EXACTLY("hmac"),
    EXACTLY("xamzcredential"),
    EXACTLY("xgoogcredential"),
    EXACTLY("xosscredential"),
    EXACTLY("awsaccesskeyid"),
    EXACTLY("ossaccesskeyid"),
    EXACTLY("googleaccessid"),
    EXACTLY("tempurlsig"),
    /* tokens */
    ENDING("accesstoken"),
    ENDING("authtoken"),
    ENDING("apitoken"),
    EXACTLY("token"),
    EXACTLY("refreshtoken"),
    EXACTLY("idtoken"),
    EXACTLY("oauthtoken"),
    EXACTLY("bearertoken"),
    EXACTLY("privatetoken"),
    EXACTLY("jobtoken"),
    EXACTLY("usertoken"),
    EXACTLY("sessiontoken"),
    EXACTLY("downloadtoken"),
    EXACTLY("sastoken"),
    EXACTLY("jwt"),
    EXACTLY("bearer"),
    /* keys */
    ENDING("apikey"),
    EXACTLY("key"),
    EXACTLY("accesskey"),
    EXACTLY("accesskeyid"),
    EXACTLY("authkey"),
    EXACTLY("secretkey"),
    EXACTLY("privatekey"),
    EXACTLY("subscriptionkey"),
    EXACTLY("licensekey"),
    EXACTLY("resourcekey"),
    EXACTLY("rlkey"),
    /* who asks */
    ENDING("password"),
    ENDING("secret"),
    ENDING("sessionid"),
    EXACTLY("sid"),
    EXACTLY("ticket"),
    EXACTLY("auth"),
    EXACTLY("authorization"),
    EXACTLY("credential"),
    EXACTLY("credentials"),
    EXACTLY("passwd"),
    EXACTLY("passphrase"),
    EXACTLY("pwd"),
    EXACTLY("pass"),
    EXACTLY("session"),
    EXACTLY("phpsessid"),
};

/* The name as it is compared: its last letters and digits.  @return how many there are */
static size_t fold(const char *name, size_t len, char ret[NAME_MAX_LEN])
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

static bool is_built_in(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i) {
        size_t n = names[i].len;
        if ((names[i].ending ? n <= len : n == len) &&
            memcmp(name + len - n, names[i].text, n) == 0)
            return true;
    }
    return false;
}

static bool is_more(const char *name, size_t len, const char *more)
{
    char other[NAME_MAX_LEN];
    for (;; ++more) {
        size_t n = strcspn(more, ",");
        size_t folded = fold(more, n, other);
        if (folded == len && memcmp(name, other, len) == 0)
            return true;
        more += n;
        if (!*more)
            return false;
    }
}

bool fa_secret_key(const char *name, size_t len, const char *more)
{
    char folded[NAME_MAX_LEN];
    size_t used = fold(name, len, folded);
    return used > 0 && (is_built_in(folded, used) || (more && is_more(folded, used, more)));
}
