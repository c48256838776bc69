/* Checksums, digests and the manifest. Each test runs once for each mode. */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/nginx.h"
#include "support/pattern.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(checksums, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

FA_TEST_MODES(checksums, wrong_checksum_is_retried_once_and_fails_as_integrity)
{
    char good[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/ok/1000/a", 1000, good);
    add_path("/ok/1000/a");
    fa_lines_add(&list, " checksum=sha256=%s", good);
    add_path("/ok/1000/b");
    fa_lines_add(&list, " checksum=sha256=%s", good);
    add_path("/ok/1000/c");
    fa_lines_add(&list, " size=999");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, 3);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 3, "failed", "integrity");
    fa_fetch_expect_entry(&fetch, 5, "failed", "integrity");
    cr_expect_eq(fa_report_int(entry, "attempts"), 2, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/ok/1000/b"), 2, "%s", mode);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"a", "/ok/1000/a", 1000}}, 1);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(checksums, file_with_a_wrong_checksum_is_not_replaced)
{
    const char *dir = fa_scratch_path(&scratch, "dir");
    fa_scratch_write(&scratch, "dir/b", "the old one");
    add_path("/ok/1000/b");
    fa_lines_add(&list, " checksum=md5=00000000000000000000000000000000");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--overwrite", NULL);
    fa_fetch_expect(&fetch, 10, 3);
    char *text = fa_file_read(fa_scratch_path(&scratch, "dir/b"), NULL);
    cr_expect_str_eq(text, "the old one");
    free(text);
}

/* The second entry is not taken for the first one, as it says something else. */
FA_TEST_MODES(checksums, wrong_checksum_of_a_repeated_url_is_seen)
{
    char good[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/ok/1000/a", 1000, good);
    add_path("/ok/1000/a");
    add_path("/ok/1000/a");
    fa_lines_add(&list, " checksum=md5=00000000000000000000000000000000");
    add_path("/ok/1000/a");
    fa_lines_add(&list, " checksum=sha256=%s", good);
    add_path("/status/404/gone");
    char second[256];
    snprintf(second, sizeof(second), "%s", fa_server_url(&server, "/ok/2000/b"));
    fa_lines_add(&list, "%s\t%s", fa_server_url(&server, "/status/404/gone"), second);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 3);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 2, "failed", "integrity");
    fa_fetch_expect_entry(&fetch, 4, "duplicate", NULL);
    fa_fetch_expect_entry(&fetch, 6, "failed", "http");
    fa_fetch_expect_entry(&fetch, 7, "ok", NULL);
    cr_expect_eq(fa_server_requests(&server, "/ok/1000/a"), 1, "%s", mode);
    fa_expect_files(
        fetch.dir, (struct fa_truth[]){{"a", "/ok/1000/a", 1000}, {"gone", "/ok/2000/b", 2000}}, 2);
}

/* Runs sha256sum -c in the folder. */
static void check_manifest(const char *manifest, size_t lines)
{
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "sha256sum", .cwd = fetch.dir},
                 "--strict", "-c", manifest, NULL);
    int status = fa_run_wait(&run, 10);
    size_t count = 0;
    for (const char *at = fa_run_out(&run); (at = strstr(at, ": OK")); at++) {
        count++;
    }
    cr_expect_eq(status, 0, "%s: %s", fetch.mode, fa_run_err(&run));
    cr_expect_eq(count, lines, "%s: %zu lines", fetch.mode, count);
    fa_run_end(&run);
}

FA_TEST_MODES(checksums, manifest_is_what_sha256sum_accepts)
{
    for (int i = 0; i < 50; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/f%d", i * 1000, i);
        add_path(path);
    }
    add_path("/ok/10/x");
    fa_lines_add(&list, " out=back\\slash\\n");
    add_path("/ok/10/x");
    fa_lines_add(&list, " out= leading and \xc3\xa9 * odd");
    const char *manifest = fa_scratch_path(&scratch, "sums");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--manifest", manifest, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    check_manifest(manifest, 52);
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--manifest", manifest, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "exists", 52);
    check_manifest(manifest, 52);
}

FA_TEST_MODES(checksums, every_way_to_hash_gives_the_same_digests)
{
    static const char *const ways[] = {"process", "thread", "inline", "auto"};
    add_path("/ok/300000/a");
    add_path("/ok/0/b");
    char sum[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/ok/300000/a", 300000, sum);
    for (size_t i = 0; i < 4; i++) {
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--hash-with", ways[i], "--hash",
                       "md5,sha1,sha256,sha512,blake2b,xxh128", NULL);
        fa_fetch_expect(&fetch, 10, 0);
        const json_t *entry = fa_report_by_line(fetch.entries, 1);
        cr_expect_str_eq(fa_report_str(entry, "digest.sha256"), sum);
        cr_expect_eq(strlen(fa_report_str(entry, "digest.blake2b")), 128);
        cr_expect_eq(strlen(fa_report_str(entry, "digest.xxh128")), 32);
        cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 2), "digest.md5"),
                         "d41d8cd98f00b204e9800998ecf8427e");
        fa_fetch_end(&fetch);
    }
}

/* Reading back takes time. */
Test(checksums, only_files_that_were_resumed_are_read_back)
{
    static const char *const paths[] = {"/ok/3000000/a", "/truncate/1000000/3000000/b"};
    for (size_t i = 0; i < 2; ++i)
        add_path(paths[i]);
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--segments", "1", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    for (size_t i = 0; i < 2; ++i) {
        char sum[FA_SHA256_HEX];
        const json_t *entry = fa_report_by_line(fetch.entries, (long long)i + 1);
        fa_truth_sha256_pattern(paths[i], 3000000, sum);
        cr_expect_str_eq(fa_report_str(entry, "digest.sha256"), sum);
        cr_expect_eq(fa_report_real(entry, "time.hash") > 0, i == 1, "%s", paths[i]);
    }
}

/* The algorithm is known only once the response has begun. */
Test(checksums, file_of_a_server_that_declares_its_digest_is_not_read_back)
{
    static const char *const hashes[] = {"sha256", "none"};
    static unsigned char bytes[3000000];
    struct fa_nginx nginx;
    char directives[128];
    fa_pattern_fill("/a", 0, bytes, sizeof(bytes));
    fa_scratch_write_bytes(&scratch, "www/a", bytes, sizeof(bytes));
    unsigned sum = (unsigned)adler32(adler32(0, NULL, 0), bytes, sizeof(bytes));
    snprintf(directives, sizeof(directives), "add_header Digest adler32=%08x;", sum);
    fa_nginx_start(
        &nginx, &scratch,
        &(struct fa_nginx_options){.root = fa_scratch_path(&scratch, "www"), .server = directives});
    fa_lines_add(&list, "http://127.0.0.1:%d/a", nginx.port);
    for (size_t i = 0; i < 2; ++i) {
        fa_fetch_start(&fetch, &scratch, "async", list.text, "--segments", "1", "--hash", hashes[i],
                       NULL);
        fa_fetch_expect(&fetch, 20, 0);
        const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        cr_expect_eq(strlen(fa_report_str(entry, "digest.adler32")), 8);
        cr_expect_eq(fa_report_real(entry, "time.hash"), 0, "%s", hashes[i]);
        fa_fetch_end(&fetch);
    }
    fa_nginx_stop(&nginx);
}

/* Alone, so that nothing else wakes the program once it has the digest. */
FA_TEST_MODES(checksums, existing_file_with_other_bytes_is_fetched_again)
{
    static const char *const hashes[] = {"sha256", "none"};
    char sum[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/ok/1000/a", 1000, sum);
    add_path("/ok/1000/a");
    fa_lines_add(&list, " checksum=sha256=%s", sum);
    char *wrong = calloc(1, 1001);
    memset(wrong, 'x', 1000);
    const char *dir = fa_scratch_path(&scratch, "dir");
    for (size_t i = 0; i < 4; i++) {
        bool known = i >= 2; /* to the state, with the right size */
        if (!known) {
            fa_file_remove(dir);
        }
        fa_scratch_write(&scratch, "dir/a", known ? "short" : wrong);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--hash", hashes[i % 2],
                            NULL);
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        fa_expect_files(dir, (struct fa_truth[]){{"a", "/ok/1000/a", 1000}}, 1);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--hash", hashes[i % 2],
                            NULL);
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
        fa_fetch_end(&fetch);
    }
    free(wrong);
    cr_expect_eq(fa_server_stat(&server, "requests"), 4, "%s", mode);
}

FA_TEST_MODES(checksums, adler32_of_a_list_is_checked)
{
    unsigned char bytes[1000];
    fa_pattern_fill("/ok/1000/a", 0, bytes, sizeof(bytes));
    unsigned good = (unsigned)adler32(adler32(0, NULL, 0), bytes, sizeof(bytes));
    add_path("/ok/1000/a");
    fa_lines_add(&list, " checksum=adler32=%08x", good);
    add_path("/ok/1000/b");
    fa_lines_add(&list, " checksum=ADLER32=%08x", good);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--hash", "none", NULL);
    fa_fetch_expect(&fetch, 10, 3);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 3, "failed", "integrity");
    fa_expect_no_file(fetch.dir, "b");
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "out-0"), mode, list.text,
                        NULL);
    fa_fetch_expect(&fetch, 10, 3);
}

/* The digest of a large file, which is fetched in ranges, is that of the whole file. */
FA_TEST_MODES(checksums, digests_that_the_server_declares_are_checked)
{
    static unsigned char large[4 << 20];
    struct fa_nginx nginx;
    char directives[1024], url[64];
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (unsigned char)(i * i >> 7);
    unsigned sum = (unsigned)adler32(adler32(0, NULL, 0), large, sizeof(large));
    static const char *const names[] = {"www/good", "www/wrong", "www/listed", "www/large",
                                        "www/bad"};
    for (size_t i = 0; i < 3; i++)
        fa_scratch_write(&scratch, names[i], "hello\n");
    fa_scratch_write_bytes(&scratch, "www/large", large, sizeof(large));
    fa_scratch_write_bytes(&scratch, "www/bad", large, sizeof(large));
    snprintf(
        directives, sizeof(directives),
        "location /good { add_header x-goog-hash crc32c=NT3Yvg==; }"
        "location /wrong { add_header Repr-Digest sha-256=:AJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=:; }"
        "location /listed { add_header Content-MD5 AZRqySSS0jR8YjW00mERhA==; }"
        "location /large { add_header Digest adler32=%08x; }"
        "location /bad { add_header Digest adler32=%08x; }",
        sum, sum + 1);
    fa_nginx_start(
        &nginx, &scratch,
        &(struct fa_nginx_options){.root = fa_scratch_path(&scratch, "www"), .server = directives});
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", nginx.port);
    for (size_t i = 0; i < 5; i++)
        fa_lines_add(&list, "%s/%s%s", url, names[i] + 4,
                     i == 2 ? "\n checksum=md5=b1946ac92492d2347c6235b4d2611184" : "");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "0", "--segments", "4", NULL);
    fa_fetch_expect(&fetch, 20, 3);
    const json_t *good = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    cr_expect_str_eq(fa_report_str(good, "digest.crc32c"), "353dd8be");
    const json_t *wrong = fa_fetch_expect_entry(&fetch, 2, "failed", "integrity");
    cr_expect_not_null(strstr(fa_report_str(wrong, "error"), "--http-digest"));
    fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 5, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 6, "failed", "integrity");
    fa_fetch_end(&fetch);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--http-digest", "off", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_nginx_stop(&nginx);
}
