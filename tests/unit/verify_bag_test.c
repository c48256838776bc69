/* fa_verify_bag(): a whole bag, and each way in which one is not whole. */

#include <fetchall/verify.h>

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MD5_EMPTY  "d41d8cd98f00b204e9800998ecf8427e"
#define MD5_ABC    "900150983cd24fb0d6963f7d28e17f72"
#define SHA1_EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA1_ABC   "a9993e364706816aba3e25717850c26c9cd0d89d"

#define BAGIT     "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#define BAGIT_97  "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
#define MD5_BAGIT "eaa2c609ff6371712f623f5531945b44"

static struct fa_scratch scratch;
static struct fa_config config;
static char found[4096]; /* "finding path: why" lines, but those of good files */
static size_t found_len, good;

/* The bag: an empty file, one of three bytes, two manifests of each kind. */
static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_scratch_write(&scratch, "bag/bagit.txt", BAGIT);
    fa_scratch_write(&scratch, "bag/data/a", "");
    fa_scratch_write(&scratch, "bag/data/b c/d%\n.txt", "abc");
    fa_scratch_write(&scratch, "bag/manifest-md5.txt",
                     MD5_EMPTY "  data/a\n" MD5_ABC "  data/b c/d%25%0A.txt\n");
    fa_scratch_write(&scratch, "bag/manifest-sha1.txt",
                     SHA1_ABC " *./data/b c/d%25%0a.txt\r\n" SHA1_EMPTY "\tdata/a");
    fa_scratch_write(&scratch, "bag/tagmanifest-md5.txt", MD5_BAGIT "  bagit.txt\n");
    fa_scratch_write(&scratch, "bag/bag-info.txt", "Contact-Name: x\nPayload-Oxum: 3.2\n");
    fa_scratch_write(&scratch, "bag/fetch.txt",
                     "http://h/a 0 data/a\nhttp://h/d - data/b c/d%25%0A.txt\n");
    fa_config_init(&config);
    config.dir = fa_scratch_path(&scratch, "bag");
    config.hash_with = FA_HASH_WITH_INLINE;
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(verify_bag, .init = begin, .fini = end, .timeout = 60.0);

static void on_checked(void *ctx, const struct fa_checked *checked)
{
    (void)ctx;
    good += checked->finding == FA_FINDING_GOOD;
    if (checked->finding != FA_FINDING_GOOD)
        found_len += (size_t)snprintf(found + found_len, sizeof(found) - found_len, "%s %s: %s\n",
                                      fa_finding_name(checked->finding), checked->path,
                                      checked->why ? checked->why : "");
}

static void expect(size_t n_good, const char *expected)
{
    struct fa_error err = {0};
    int64_t busy = -2;
    found_len = good = 0;
    found[0] = '\0';
    cr_assert_eq(fa_verify_bag(&config, on_checked, NULL, &busy, &err), 0, "%s", err.msg);
    cr_expect_eq(busy, 0);
    cr_expect_str_eq(found, expected);
    cr_expect_eq(good, n_good, "%zu good", good);
}

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "bag/%s", name);
    fa_scratch_write(&scratch, path, text);
}

Test(verify_bag, a_whole_bag_has_only_good_files)
{
    expect(3, "");
    cr_expect(fa_verify_has_bag(config.dir));
    cr_expect_not(fa_verify_has_bag(scratch.path));
}

Test(verify_bag, files_that_are_missing_or_damaged_are_named)
{
    unlink(fa_scratch_path(&scratch, "bag/data/a"));
    put("data/b c/d%\n.txt", "abd");
    put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: utf-8\n");
    expect(0, "missing data/a: \nchanged data/b c/d%\n.txt: its md5 is another\n"
              "changed bagit.txt: its md5 is another\n"
              "invalid bag-info.txt: Payload-Oxum is 3.2, but the payload is 3.1\n");
}

Test(verify_bag, every_manifest_is_checked)
{
    put("manifest-sha1.txt", SHA1_ABC "  data/b c/d%25%0A.txt\n" SHA1_ABC "  data/a\n");
    put("tagmanifest-sha1.txt", SHA1_ABC "  bagit.txt\n" SHA1_ABC "  about/x.txt\n");
    expect(1, "missing about/x.txt: \nchanged data/a: its sha1 is another\n"
              "changed bagit.txt: its sha1 is another\n");
}

Test(verify_bag, a_payload_file_is_in_each_manifest)
{
    put("manifest-sha1.txt", SHA1_EMPTY "  data/a\n" SHA1_ABC "  data/only\n");
    put("data/only", "abc");
    put("data/none", "");
    put("bag-info.txt", "payload-oxum: 6.4\n");
    expect(4, "invalid data/b c/d%\n.txt: it is not in manifest-sha1.txt\n"
              "invalid data/only: it is not in manifest-md5.txt\n"
              "invalid data/none: it is in no payload manifest\n"
              "invalid data/b c/d%\n.txt: it is in fetch.txt, but not in each payload manifest\n");
}

Test(verify_bag, before_version_1_one_manifest_is_enough_and_percent_is_itself)
{
    put("bagit.txt", BAGIT_97);
    put("tagmanifest-md5.txt", "");
    put("manifest-md5.txt", MD5_ABC "  data/b c/d%%0A.txt\n" MD5_ABC "  data/b c/d%%0A.txt\n");
    put("manifest-sha1.txt", SHA1_EMPTY "  data/a\n");
    put("fetch.txt", "http://h/a 0 data/a\nhttp://h/d - data/b c/d%%0D.txt\n");
    expect(2, "invalid data/b c/d%\r.txt: it is in fetch.txt, but not in any payload manifest\n");
}

Test(verify_bag, a_file_that_is_listed_twice_is_invalid)
{
    put("manifest-md5.txt",
        MD5_EMPTY "  data/a\n" MD5_ABC "  data/b c/d%25%0A.txt\n" MD5_EMPTY "  ./data/a\n");
    expect(3, "invalid data/a: it is in manifest-md5.txt twice\n");
}

Test(verify_bag, lines_that_are_none_are_named)
{
    put("manifest-md5.txt", MD5_EMPTY "  data/a\n" MD5_ABC "  data/b c/d%25%0A.txt\n"
                                      "x\n\n" MD5_ABC "  ../data/a\n" MD5_ABC "  /etc/passwd\n");
    put("tagmanifest-md5.txt", MD5_ABC "  ../outside\n");
    put("fetch.txt", "http://h/a 0x data/a\nhttp://h/a 0 ../data/a\nhttp://h/a 7 data/a\n");
    put("bag-info.txt", "Payload-Oxum: 3\n");
    expect(2, "invalid manifest-md5.txt: line 3 is not a digest (md5) and a path\n"
              "invalid manifest-md5.txt: line 5: the path is not below data/\n"
              "invalid manifest-md5.txt: line 6: the path is not below data/\n"
              "changed ../outside: '../outside' is not the name of a file in the folder\n"
              "invalid bag-info.txt: Payload-Oxum is not BYTES.FILES\n"
              "invalid fetch.txt: line 1 is not a URL, a length and a path below data/\n"
              "invalid fetch.txt: line 2 is not a URL, a length and a path below data/\n"
              "invalid data/a: it has 0 bytes, not 7 as in fetch.txt\n");
}

Test(verify_bag, a_link_is_not_a_payload_file)
{
    unlink(fa_scratch_path(&scratch, "bag/data/a"));
    cr_assert_eq(symlink("/dev/null", fa_scratch_path(&scratch, "bag/data/a")), 0);
    expect(2, "changed data/a: 'data/a' is a symbolic link, which is left alone\n");
}

Test(verify_bag, what_cannot_be_checked_is_not_whole)
{
    put("manifest-whirlpool.txt", "x");
    expect(3, "invalid manifest-whirlpool.txt: digests of this algorithm cannot be checked\n");
    put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n");
    expect(0, "invalid bagit.txt: tag files in UTF-16 are not supported\n");
    put("bagit.txt", "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n");
    expect(0, "invalid bagit.txt: version 2.0 is not supported\n");
    put("bagit.txt", "BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n");
    expect(0, "invalid bagit.txt: the lines are not BagIt-Version and "
              "Tag-File-Character-Encoding\n");
}

Test(verify_bag, a_bag_without_payload_or_manifest_is_invalid)
{
    fa_file_remove(fa_scratch_path(&scratch, "bag"));
    put("bagit.txt", BAGIT);
    expect(0, "invalid manifest-sha512.txt: the bag has no payload manifest\n"
              "invalid data: the bag has no payload folder\n");
}
