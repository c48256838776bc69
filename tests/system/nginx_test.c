/* Whole lists from a real server, with each mode, every file compared with its truth. */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/nginx.h"
#include "support/pattern.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE     (1024 * 1024)
#define TLS_NAMES 20
#define RESUMED   6

static struct fa_scratch scratch;
static struct fa_nginx nginx;
static struct fa_lines list;
static struct fa_truth *truth;
static size_t truths;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_scratch_mkdir(&scratch, "www");
}

static void end(void)
{
    for (size_t i = 0; i < truths; i++) {
        free((void *)(uintptr_t)truth[i].name);
    }
    free(truth);
    fa_lines_fini(&list);
    fa_nginx_stop(&nginx);
    fa_scratch_fini(&scratch);
}

TestSuite(nginx, .init = begin, .fini = end, .timeout = 400.0);

static void write_file(const char *name, uint64_t size)
{
    static unsigned char piece[PIECE];
    int fd = open(fa_scratch_path(&scratch, "www/%s", name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert(fd >= 0);
    for (uint64_t at = 0; at < size; at += PIECE) {
        size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
        fa_pattern_fill(name, at, piece, len);
        cr_assert(write(fd, piece, len) == (ssize_t)len);
    }
    close(fd);
}

/* COUNT files of SIZE bytes on the server, and the expected results. */
static void make_files(const char *prefix, size_t count, uint64_t size)
{
    truth = calloc(count, sizeof(*truth));
    cr_assert(truth);
    for (; truths < count; truths++) {
        char *name = NULL;
        cr_assert(asprintf(&name, "%s%zu.bin", prefix, truths) > 0);
        write_file(name, size);
        truth[truths] = (struct fa_truth){.name = name, .seed = name, .size = size};
    }
}

static void start_nginx(const struct fa_cert *cert)
{
    struct fa_nginx_options options = {
        .root = fa_scratch_path(&scratch, "www"), .listen = "0.0.0.0", .workers = 1};
    if (cert) {
        options.cert = cert->cert;
        options.key = cert->key;
    }
    fa_nginx_start(&nginx, &scratch, &options);
}

/* With every mode: all entries are ok, all files right, and nothing else is there. */
static void expect_all(const char *option, const char *value)
{
    for (size_t i = 0; i < FA_FETCH_MODES; i++) {
        struct fa_fetch fetch = {0};
        fa_fetch_start(&fetch, &scratch, fa_modes[i], list.text, "--stall-timeout", "30",
                       option ? option : "-q", value, NULL);
        fa_fetch_expect(&fetch, 180, 0);
        fa_fetch_expect_count(&fetch, "ok", truths);
        fa_fetch_expect_no_parts(&fetch);
        fa_expect_files(fetch.dir, truth, truths);
        fa_file_remove(fetch.dir);
        fa_fetch_end(&fetch);
    }
}

static void list_files(void)
{
    for (size_t i = 0; i < truths; i++) {
        fa_lines_add(&list, "http://127.0.0.1:%d/%s", nginx.port, truth[i].name);
    }
}

Test(nginx, ten_thousand_small_files_arrive_whole)
{
    make_files("small", 10000, 1024);
    start_nginx(NULL);
    list_files();
    expect_all(NULL, NULL);
}

Test(nginx, two_hundred_files_of_a_mebibyte_arrive_whole)
{
    make_files("medium", 200, 1024 * 1024);
    start_nginx(NULL);
    list_files();
    expect_all(NULL, NULL);
}

Test(nginx, two_files_of_half_a_gibibyte_arrive_whole)
{
    make_files("large", 2, 512 * 1024 * 1024);
    start_nginx(NULL);
    list_files();
    expect_all(NULL, NULL);
}

Test(nginx, five_hundred_origins_are_asked_for_a_file_each)
{
    make_files("origin", 500, 3000);
    start_nginx(NULL);
    for (size_t i = 0; i < truths; i++) {
        fa_lines_add(&list, "http://127.%zu.%zu.%zu:%d/%s", 1 + i / 200, i % 200, 1 + i % 7,
                     nginx.port, truth[i].name);
    }
    expect_all(NULL, NULL);
}

/* The server closes each connection after one answer, which says whether its session was resumed:
 * one transfer at a time, so that it has the session of the one before. */
Test(nginx, tls_sessions_are_resumed_by_further_connections)
{
    struct fa_ca ca;
    struct fa_cert cert;
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "server", FA_CERT_GOOD, "127.0.0.1", &cert);
    struct fa_nginx_options options = {
        .root = fa_scratch_path(&scratch, "www"),
        .cert = cert.cert,
        .key = cert.key,
        .server =
            "ssl_session_cache shared:S:1m; keepalive_requests 1; location / { return 200 $ssl_session_reused; }",
    };
    fa_nginx_start(&nginx, &scratch, &options);
    for (size_t i = 0; i < RESUMED; i++) {
        fa_lines_add(&list, "https://127.0.0.1:%d/f%zu", nginx.port, i);
    }
    for (size_t i = 0; i < FA_FETCH_MODES; i++) {
        struct fa_fetch fetch = {0};
        fa_fetch_start(&fetch, &scratch, fa_modes[i], list.text, "--cacert", ca.file, "-j", "1",
                       NULL);
        fa_fetch_expect(&fetch, 60, 0);
        fa_fetch_expect_count(&fetch, "ok", RESUMED);
        for (size_t n = 0; n < RESUMED; n++) {
            char path[PATH_MAX];
            snprintf(path, sizeof(path), "%s/f%zu", fetch.dir, n);
            char *text = fa_file_read(path, NULL);
            cr_expect_str_eq(text, n == 0 ? "." : "r", "%s: f%zu", fa_modes[i], n);
            free(text);
        }
        fa_fetch_end(&fetch);
    }
    fa_ca_fini(&ca);
}

Test(nginx, names_of_a_private_ca_are_verified_over_tls)
{
    struct fa_ca ca;
    struct fa_cert cert;
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "server", FA_CERT_GOOD, "*.fetch.test", &cert);
    make_files("tls", 200, 20000);
    start_nginx(&cert);
    for (size_t i = 0; i < truths; i++) {
        fa_lines_add(&list, "https://h%zu.fetch.test:%d/%s", i % TLS_NAMES, nginx.port,
                     truth[i].name);
    }
    for (size_t i = 0; i < FA_FETCH_MODES; i++) {
        const char *resolve[TLS_NAMES];
        for (size_t n = 0; n < TLS_NAMES; n++) {
            resolve[n] = fa_scratch_path(&scratch, "--resolve=h%zu.fetch.test:%d:127.0.0.%zu", n,
                                         nginx.port, n + 1);
            resolve[n] = strstr(resolve[n], "--resolve");
        }
        struct fa_fetch fetch = {0};
        fa_fetch_start(&fetch, &scratch, fa_modes[i], list.text, "--cacert", ca.file, resolve[0],
                       resolve[1], resolve[2], resolve[3], resolve[4], resolve[5], resolve[6],
                       resolve[7], resolve[8], resolve[9], resolve[10], resolve[11], resolve[12],
                       resolve[13], resolve[14], resolve[15], resolve[16], resolve[17], resolve[18],
                       resolve[19], NULL);
        fa_fetch_expect(&fetch, 120, 0);
        fa_fetch_expect_count(&fetch, "ok", truths);
        fa_expect_files(fetch.dir, truth, truths);
        fa_fetch_end(&fetch);
    }
    fa_ca_fini(&ca);
}
