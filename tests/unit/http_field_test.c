#include "base/http_field.h"

#include <criterion/criterion.h>
#include <string.h>

Test(http_field, a_challenge_is_found_by_its_scheme)
{
    static const struct {
        const char *value;
        bool digest;
    } rows[] = {
        {"Digest realm=\"a\", nonce=\"b\"", true},
        {"digest realm=\"a\"", true},
        {"Digest", true},
        {"Basic realm=\"a\", Digest realm=\"b\"", true},
        {"Basic realm=\"a\",Digest realm=\"b\"", true},
        {"Negotiate, Digest realm=\"b\"", true},
        {"Negotiate abc==, Digest realm=\"b\"", true},
        {", ,\tDigest realm=\"b\"", true},
        {"Basic realm=\"a\\\", b\", Digest realm=\"b\"", true},
        {"Basic realm=\"a\"", false},
        {"Basic realm=\"a, Digest b\"", false},
        {"Basic realm=\"a\\\", Digest b\"", false},
        {"Basic realm=\"a, Digest b", false},
        {"Basic realm=a, Digest=b", false},
        {"Basic realm=a, Digest =b", false},
        {"Digester realm=a", false},
        {"Basic Digest", false},
        {"=, Digest", true},
        {"\"Digest\"", false},
        {"", false},
        {",", false},
        {"=", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_eq(fa_http_has_challenge(rows[i].value, strlen(rows[i].value), "Digest"),
                     rows[i].digest, "%s", rows[i].value);
    cr_expect(fa_http_has_challenge("a\0b, Digest x", 13, "Digest"));
}
