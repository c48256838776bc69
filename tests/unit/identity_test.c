/*
 * Which URLs are those of one file.
 */

#include "base/key.h"
#include "engine/identity.h"

#include <criterion/criterion.h>

static enum fa_kin kin(enum fa_match match, const char *out, const char *url, const char *recorded)
{
    const char *urls[] = {url};
    struct fa_entry entry = {.urls = urls, .n_urls = 1, .out = out};
    return fa_identity_kin(match, &entry, recorded);
}

#define S3 "https://b.s3.amazonaws.com/file0.bin?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="

Test(identity, signatures_are_recognized_by_their_scheme)
{
    static const char *const with[] = {
        S3 "AKIA&X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=abc",
        "http://h/f?x-amz-signature=abc",
        "http://h/f?X-Goog-Signature=abc&generation=1",
        "http://h/f?Expires=1&Signature=abc",
        "http://h/f?Signature=abc&Key-Pair-Id=K",
        "http://h/f?sv=2020&se=2026-01-01&sr=b&sp=r&sig=abc",
        "http://h/f?temp_url_sig=1&temp_url_expires=2",
        "http://h/f?q-sign-algorithm=sha1&q-signature=2",
        "http://h/f?ex=1&is=2&hm=3",
        "http://h/f?hdnts=exp=1~hmac=2",
        "http://h/f?md5=1&expires=2#part",
        "http://h/f?exp=1&hmac=2",
    };
    static const char *const without[] = {
        "http://h/f",
        "http://h/f?",
        "http://h/f?id=1",
        "http://h/f?sig=1",
        "http://h/f?Signature=1",
        "http://h/f?token=1",
        "http://h/f?token=1&expires=2",
        "http://h/f?access_token=1&exp=2",
        "http://h/f?hash=1&expire=2",
        "http://h/f?Expires=1",
        "http://h/f#?X-Amz-Signature=1",
        "http://h/X-Amz-Signature=1",
        "http://h/f?sp=1&se=2",
    };
    for (size_t i = 0; i < sizeof(with) / sizeof(*with); ++i)
        cr_expect(fa_identity_is_signed(with[i]), "%s", with[i]);
    for (size_t i = 0; i < sizeof(without) / sizeof(*without); ++i)
        cr_expect(!fa_identity_is_signed(without[i]), "%s", without[i]);
}

Test(identity, a_new_signature_is_the_same_file)
{
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL,
                     S3 "A&X-Amz-Date=2&X-Amz-Expires=60&X-Amz-Signature=b&versionId=7",
                     S3 "***&X-Amz-Date=1&X-Amz-Signature=***&versionId=7"),
                 FA_KIN_URL);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, "http://h/f?X-Amz-Signature=b",
                     "http://h/f?Expires=1&Signature=***"),
                 FA_KIN_URL);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, "http://h/f?X-Amz-Signature=b", "http://h/f"),
                 FA_KIN_URL);
}

Test(identity, what_does_not_sign_counts)
{
    const char *url = "http://h/f?id=1&X-Amz-Signature=b";
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, url, "http://h/f?id=1&X-Amz-Signature=***"), FA_KIN_URL);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, url, "http://h/f?id=2&X-Amz-Signature=***"), FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, url, "http://h/f?X-Amz-Signature=***"), FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, url, "http://h/g?id=1&X-Amz-Signature=***"), FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, url, "http://g/f?id=1&X-Amz-Signature=***"), FA_KIN_NONE);
}

Test(identity, a_hidden_value_is_no_known_one)
{
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, "http://h/f?key=1&X-Amz-Signature=b",
                     "http://h/f?key=***&X-Amz-Signature=***"),
                 FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_PATH, NULL, "http://u:p@h/f?a", "http://u:***@h/f?b"), FA_KIN_NONE);
}

Test(identity, without_a_signature_the_query_counts_unless_the_user_says_otherwise)
{
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, "http://h/f?a", "http://h/f?b"), FA_KIN_NONE);
    cr_expect_eq(
        kin(FA_MATCH_URL, NULL, "http://h/f?X-Amz-Signature=b", "http://h/f?X-Amz-Signature=***"),
        FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_PATH, NULL, "http://h/f?a", "http://h/f?b"), FA_KIN_URL);
    cr_expect_eq(kin(FA_MATCH_PATH, NULL, "http://h/f?a", "http://h/g?a"), FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_NAME, NULL, "http://h/f?a", "http://h/g?a"), FA_KIN_NAME);
}

Test(identity, an_opaque_token_may_say_which_file_is_meant)
{
    cr_expect_eq(kin(FA_MATCH_AUTO, NULL, "http://h/download?token=3&expires=2",
                     "http://h/download?token=***&expires=1"),
                 FA_KIN_NONE);
    cr_expect_eq(kin(FA_MATCH_PATH, NULL, "http://h/download?token=3&expires=2",
                     "http://h/download?token=***&expires=1"),
                 FA_KIN_URL);
    cr_expect_neq(fa_identity_key("http://h/f?token=1&exp=2", FA_MATCH_AUTO),
                  fa_identity_key("http://h/f?token=2&exp=2", FA_MATCH_AUTO));
}

static uint32_t name_hash(const char *url, enum fa_match match)
{
    return fa_identity_name_hash(url, fa_key_str(url), NULL, match, 0);
}

/* So that its file is found again with the next query. */
Test(identity, an_alternative_name_has_the_hash_of_what_counts)
{
    cr_expect_eq(name_hash("http://h/f?a", FA_MATCH_PATH),
                 name_hash("http://h/f?b", FA_MATCH_PATH));
    cr_expect_eq(name_hash("http://h/f?a", FA_MATCH_PATH), name_hash("http://h/f", FA_MATCH_PATH));
    cr_expect_neq(name_hash("http://h/f?a", FA_MATCH_PATH),
                  name_hash("http://g/f?a", FA_MATCH_PATH));
    cr_expect_neq(name_hash("http://h/f?a", FA_MATCH_URL), name_hash("http://h/f?b", FA_MATCH_URL));
    cr_expect_neq(name_hash("http://h/f?a", FA_MATCH_AUTO),
                  name_hash("http://h/f?b", FA_MATCH_AUTO));
    cr_expect_eq(name_hash("http://h/f?md5=a&exp=1", FA_MATCH_AUTO),
                 name_hash("http://h/f?md5=b&exp=2", FA_MATCH_AUTO));
}

Test(identity, a_name_given_by_the_user_decides)
{
    cr_expect_eq(kin(FA_MATCH_AUTO, "x", "http://h/f", "http://i/g"), FA_KIN_NAME);
    cr_expect_eq(kin(FA_MATCH_URL, "x", "http://h/f", "http://i/g"), FA_KIN_NAME);
    cr_expect_eq(kin(FA_MATCH_AUTO, "x", "http://h/f?id=1", "http://h/f?id=2"), FA_KIN_NAME);
    cr_expect_eq(
        kin(FA_MATCH_AUTO, "x", "http://h/f?X-Amz-Signature=b", "http://h/f?X-Amz-Signature=***"),
        FA_KIN_URL);
}

Test(identity, a_new_url_of_the_same_file_differs_only_in_what_signs_it)
{
    const char *listed = "http://h/f?id=1", *renewed = "http://h/f?id=1&X-Amz-Signature=a";
    cr_expect(fa_identity_is_same(FA_MATCH_AUTO, listed, renewed));
    cr_expect(fa_identity_is_same(FA_MATCH_NAME, listed, renewed));
    cr_expect_not(fa_identity_is_same(FA_MATCH_URL, listed, renewed));
    cr_expect_not(fa_identity_is_same(FA_MATCH_AUTO, "http://h/f?id=2", renewed));
    cr_expect_not(fa_identity_is_same(FA_MATCH_AUTO, "http://h/g?id=1", renewed));
    cr_expect(fa_identity_is_same(FA_MATCH_PATH, "http://h/f?id=2", renewed));
    cr_expect_not(fa_identity_is_same(FA_MATCH_AUTO, "http://h/f?v=1", "http://h/f?v=2"));
}

static uint64_t key(const char *url)
{
    return fa_identity_key(url, FA_MATCH_AUTO);
}

Test(identity, the_key_is_the_same_for_every_signature)
{
    cr_expect_eq(key("http://h/f?id=1&X-Amz-Signature=a"),
                 key("http://h/f?X-Amz-Signature=b&id=1&X-Amz-Date=3"));
    cr_expect_neq(key("http://h/f?id=1&X-Amz-Signature=a"),
                  key("http://h/f?id=2&X-Amz-Signature=a"));
    cr_expect_neq(key("http://h/f?X-Amz-Signature=a"), key("http://h/g?X-Amz-Signature=a"));
}
