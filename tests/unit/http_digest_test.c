/* Digests of "hello\n", as servers declare them. */

#include "transfer/http_digest.h"

#include "base/hex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SHA256 "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="
#define SHA512 \
    "58IrmUxZ2c8rSOVJseJGZmNgRZMNPafBrLKZ0cO3+TH5Sq5B7dosKyB6NuEPi8uNRSI+VIePWzFufOO2vAGWKQ=="
#define SHA1   "9XLTlvrpIGYocU+yzgD3LpTyJY8="
#define MD5    "sZRqySSS0jR8YjW00mERhA=="
#define CRC32  "NjowIA=="
#define CRC32C "NT3Yvg=="

static const struct {
    enum fa_hash hash;
    const char *hex;
} truths[] = {
    {FA_HASH_SHA256, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
    {FA_HASH_SHA1, "f572d396fae9206628714fb2ce00f72e94f2258f"},
    {FA_HASH_MD5, "b1946ac92492d2347c6235b4d2611184"},
    {FA_HASH_CRC32, "363a3020"},
    {FA_HASH_CRC32C, "353dd8be"},
    {FA_HASH_ADLER32, "084b021f"},
};

/* Fields are separated by "|". */
static struct fa_digest choose(const char *fields, const char *coding, bool whole)
{
    struct fa_http_digests digests = {0};
    for (const char *at = fields; *at;) {
        size_t len = strcspn(at, "|"), name = strcspn(at, ":");
        cr_assert_lt(name + 1, len, "%s", at);
        fa_http_digests_field(&digests, at, name, at + name + 2, len - name - 2);
        at += len + (at[len] == '|');
    }
    return fa_http_digests_choose(&digests, coding, whole);
}

static void expect_with(const char *fields, const char *coding, bool whole, enum fa_hash hash)
{
    struct fa_digest digest = choose(fields, coding, whole);
    cr_expect_eq(digest.hash, hash, "%s: %s", fields, hash ? fa_hash_name(hash) : "none");
    for (size_t i = 0; i < sizeof(truths) / sizeof(*truths); ++i) {
        char hex[2 * FA_DIGEST_MAX + 1];
        if (truths[i].hash != digest.hash)
            continue;
        fa_hex_write(digest.bytes, fa_hash_size(hash), hex);
        cr_expect_str_eq(hex, truths[i].hex, "%s", fields);
    }
}

static void expect(const char *fields, enum fa_hash hash)
{
    expect_with(fields, "", true, hash);
}

Test(http_digest, each_field_is_read)
{
    expect("Repr-Digest: sha-256=:" SHA256 ":", FA_HASH_SHA256);
    expect("content-digest: sha-512=:" SHA512 ":", FA_HASH_SHA512);
    expect("Repr-Digest: sha=:" SHA1 ":;x=1, md5=:" MD5 ":", FA_HASH_SHA1);
    expect("Digest: SHA-256=" SHA256, FA_HASH_SHA256);
    expect("Digest: md5=" MD5 " , SHA=" SHA1, FA_HASH_SHA1);
    expect("Digest: adler32=084b021f", FA_HASH_ADLER32);
    expect("Digest: crc32c=353DD8BE", FA_HASH_CRC32C);
    expect("Content-MD5: " MD5, FA_HASH_MD5);
    expect("x-goog-hash: crc32c=" CRC32C, FA_HASH_CRC32C);
    expect("x-goog-hash: crc32c=" CRC32C "|x-goog-hash: md5=" MD5, FA_HASH_MD5);
    expect("x-goog-hash: crc32c=" CRC32C ",md5=" MD5, FA_HASH_MD5);
    expect("x-amz-checksum-sha256: " SHA256, FA_HASH_SHA256);
    expect("x-amz-checksum-sha1: " SHA1, FA_HASH_SHA1);
    expect("x-amz-checksum-crc32: " CRC32, FA_HASH_CRC32);
    expect("X-Amz-Checksum-Crc32c: " CRC32C, FA_HASH_CRC32C);
}

Test(http_digest, best_one_of_all_fields_is_taken)
{
    expect("Digest: md5=" MD5 "|Repr-Digest: sha-512=:" SHA512 ":, sha-256=:" SHA256 ":",
           FA_HASH_SHA256);
    expect("x-amz-checksum-crc32c: " CRC32C "|Digest: SHA-512=" SHA512, FA_HASH_SHA512);
}

Test(http_digest, malformed_and_unknown_ones_are_ignored)
{
    static const char *const rows[] = {
        "Repr-Digest: sha-256=" SHA256,
        "Repr-Digest: sha-256=::",
        "Repr-Digest: sha-256=:",
        "Repr-Digest: sha-256",
        "Repr-Digest: ,,=,",
        "Repr-Digest: unixsum=:AAAA:",
        "Repr-Digest: sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vg==:",
        "Repr-Digest: sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM:",
        "Repr-Digest: sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgN=:",
        "Repr-Digest: sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0-HFjrzTQgoai6Eb2vgM=:",
        "Digest: md5=b1946ac92492d2347c6235b4d2611184",
        "Content-MD5: b1946ac92492d2347c6235b4d2611184",
        "x-goog-hash: crc32c=353dd8be",
        "x-amz-checksum-crc32c: " CRC32C "-12",
        "x-amz-checksum-sha256: " SHA256 "-3",
        "x-amz-checksum-crc64nvme: AAAAAAAAAAA=",
        "x-amz-checksum-: x",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect(rows[i], 0);
}

Test(http_digest, two_that_differ_are_none)
{
    expect("Repr-Digest: md5=:" MD5 ":|Repr-Digest: md5=:sZRqySSS0jR8YjW00mERhQ==:", 0);
    expect("Repr-Digest: md5=:" MD5 ":|Digest: md5=" MD5, FA_HASH_MD5);
}

Test(http_digest, of_the_content_counts_only_for_a_whole_answer)
{
    expect_with("Content-Digest: sha-256=:" SHA256 ":", "", false, 0);
    expect_with("Content-MD5: " MD5, "", false, 0);
    expect_with("Repr-Digest: sha-256=:" SHA256 ":", "gzip", false, FA_HASH_SHA256);
}

/* Google decompresses what is stored as gzip, unless the request accepts that. */
Test(http_digest, of_what_is_stored_counts_only_in_that_coding)
{
    static const char zipped[] = "x-goog-hash: md5=" MD5 "|x-goog-stored-content-encoding: gzip";
    static const char plain[] = "x-goog-stored-content-encoding: identity|x-goog-hash: md5=" MD5;
    expect_with(zipped, "", true, 0);
    expect_with(zipped, "gzip", false, FA_HASH_MD5);
    expect_with(plain, "", false, FA_HASH_MD5);
    expect_with(plain, "gzip", true, 0);
    expect_with("x-amz-checksum-sha1: " SHA1, "gzip", true, 0);
}

Test(http_digest, other_fields_are_not_taken)
{
    struct fa_http_digests digests = {0};
    cr_expect_not(fa_http_digests_field(&digests, "ETag", 4, "x", 1));
    cr_expect_not(fa_http_digests_field(&digests, "Want-Digest", 11, "x", 1));
    cr_expect(fa_http_digests_field(&digests, "REPR-DIGEST", 11, "", 0));
}
