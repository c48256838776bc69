/* Where trusted certificates come from: the command line and the environment, as with curl. */

#include "support/ca.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_server tls;
static struct fa_scratch second;
static struct fa_ca ca, other;
static char folder[PATH_MAX], hashed[PATH_MAX], empty[PATH_MAX];

/* A folder of links to certificates elsewhere, as distributions have it. */
static void link_certificate(const char *name)
{
    char link[PATH_MAX + 16];
    snprintf(link, sizeof(link), "%s/%s", folder, name);
    cr_assert_eq(symlink(ca.file, link), 0);
    snprintf(link, sizeof(link), "%s/%s", hashed, name);
    cr_assert_eq(symlink(ca.file, link), 0);
    char command[2 * PATH_MAX];
    snprintf(command, sizeof(command), "openssl rehash '%s'", hashed);
    cr_assert_eq(system(command), 0);
}

static void begin(void)
{
    struct fa_cert cert;
    fixture_begin();
    fa_scratch_init(&second);
    fa_ca_init(&other, &second);
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "good", FA_CERT_GOOD, "127.0.0.1", &cert);
    fa_server_start(&tls, (const char *[]){"--tls", cert.cert, cert.key, NULL});
    strcpy(folder, fa_scratch_mkdir(&scratch, "folder"));
    strcpy(hashed, fa_scratch_mkdir(&scratch, "hashed"));
    strcpy(empty, fa_scratch_mkdir(&scratch, "empty"));
    fa_scratch_write(&scratch, "folder/README", "not a certificate\n");
    link_certificate("ours.pem");
}

static void end(void)
{
    fa_server_stop(&tls);
    fa_ca_fini(&other);
    fa_ca_fini(&ca);
    fa_scratch_fini(&second);
    fixture_end();
}

TestSuite(trust, .init = begin, .fini = end, .timeout = 90.0);

/* "@" stands for the right file, "!" for that of another authority, "/" for a folder with names by
 * hash, "0" for an empty one. */
static const char *value_of(char code)
{
    return code == '@'   ? ca.file
           : code == '!' ? other.file
           : code == '/' ? hashed
           : code == '0' ? empty
           : code == '?' ? "/nonexistent"
                         : "";
}

struct row {
    const char *bundle, *file, *dir; /* CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR; NULL: unset */
    bool trusted;
};

static const struct row rows[] = {
    {"@", NULL, NULL, true},   {NULL, "@", NULL, true},  {NULL, NULL, "/", true},
    {NULL, NULL, NULL, false}, {NULL, NULL, "0", false}, {"!", "@", "/", false},
    {"", "@", NULL, true},     {NULL, "!", "/", true},   {NULL, "@", "0", true},
    {NULL, "@", "?", true},    {"?", "@", NULL, false},  {NULL, "?", "/", false},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* Fills in NAME=value strings. */
static const char *const *environment(const struct row *row)
{
    static char texts[3][PATH_MAX + 32];
    static const char *env[4];
    const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"};
    const char *const codes[] = {row->bundle, row->file, row->dir};
    size_t n = 0;
    for (size_t i = 0; i < 3; ++i) {
        if (!codes[i])
            continue;
        snprintf(texts[i], sizeof(texts[i]), "%s=%s", names[i], value_of(*codes[i]));
        env[n++] = texts[i];
    }
    env[n] = NULL;
    return env;
}

FA_TEST_MODES(trust, certificates_are_found_where_the_environment_says)
{
    for (size_t i = 0; i < ROWS; ++i) {
        struct fa_run_options options = {.env = environment(&rows[i])};
        fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, fa_server_url(&tls, "/ok/10/a"),
                            "--retries", "0", "--overwrite", NULL);
        fa_fetch_expect(&fetch, 10, rows[i].trusted ? 0 : 1);
        cr_expect_eq(fa_report_count(fetch.entries, "class", "tls"), rows[i].trusted ? 0 : 1,
                     "%s, row %zu", mode, i);
        fa_fetch_end(&fetch);
    }
}

/* curl 7.88 ignores SSL_CERT_FILE where there is SSL_CERT_DIR; OpenSSL and later ones use both. */
Test(trust, curl_finds_the_same_ones)
{
    for (size_t i = 0; i < ROWS; ++i) {
        if (!rows[i].bundle && rows[i].file && rows[i].dir)
            continue;
        struct fa_run run;
        struct fa_run_options options = {.program = "curl", .env = environment(&rows[i])};
        fa_run_start(&run, &options, "-sS", "-o", "/dev/null", fa_server_url(&tls, "/ok/10/a"),
                     NULL);
        int status = fa_run_wait(&run, 10);
        cr_expect_eq(status == 0, rows[i].trusted, "row %zu: %d: %s", i, status, fa_run_err(&run));
        fa_run_end(&run);
    }
}

FA_TEST_MODES(trust, folder_of_cacert_is_read_whatever_its_files_are_named)
{
    fa_fetch_start(&fetch, &scratch, mode, fa_server_url(&tls, "/ok/10/a"), "--retries", "0",
                   "--cacert", folder, NULL);
    fa_fetch_expect(&fetch, 10, 0);
}

Test(trust, folder_without_a_certificate_is_refused_at_once)
{
    fa_fetch_start(&fetch, &scratch, "async", fa_server_url(&tls, "/ok/10/a"), "--cacert", empty,
                   NULL);
    cr_assert_eq(fa_run_wait(&fetch.run, 10), 2);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "cannot read certificates from '"), "%s",
                       fa_run_err(&fetch.run));
}

Test(trust, message_names_the_variable)
{
    const char *env[] = {"CURL_CA_BUNDLE=/nonexistent", NULL};
    struct fa_run_options options = {.env = env};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "async", fa_server_url(&tls, "/ok/10/a"),
                        "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run),
                              "cannot read certificates from '/nonexistent', named by "
                              "CURL_CA_BUNDLE"),
                       "%s", fa_run_err(&fetch.run));
}
