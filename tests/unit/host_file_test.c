/* The file of --hosts. */

#include "cli/host_file.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

static struct fa_scratch scratch;
static struct fa_host_file file;
static struct fa_error err;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_host_file_fini(&file);
    fa_scratch_fini(&scratch);
}

TestSuite(host_file, .init = begin, .fini = end);

static int read_text(const char *text, size_t len)
{
    FILE *in = fmemopen((void *)text, len, "r");
    cr_assert(in);
    fa_host_file_fini(&file);
    int rc = fa_host_file_read(&file, in, "hosts.conf", &err);
    fclose(in);
    return rc;
}

Test(host_file, sections_have_the_options_of_their_hosts)
{
    static const char text[] = "# comment\r\n"
                               "; another\n"
                               "\n"
                               "[*.example.org:443]\n"
                               "  header = Authorization: Bearer s3cret==\r\n"
                               "header=X-Two: 2\n"
                               "host-rate = 2.5\n"
                               "per-host=auto:7\n"
                               "user-agent = me = you\n"
                               "http=2\n"
                               "netrc\n"
                               "[[2001:db8::1]:80]\n"
                               "insecure = yes\n"
                               "proxy =\n"
                               "netrc = no\n"
                               "[plain.test]";
    cr_assert_eq(read_text(text, sizeof(text) - 1), 0, "%s", err.msg);
    cr_assert_eq(file.count, 3);
    const struct fa_host_config *a = file.configs[0], *b = file.configs[1];
    cr_expect_str_eq(a->pattern, "*.example.org:443");
    cr_expect_eq(a->n_headers, 2);
    cr_expect_str_eq(a->headers[0], "Authorization: Bearer s3cret==");
    cr_expect(a->host_rate == 2.5 && a->per_host == 7 && a->per_host_auto);
    cr_expect_str_eq(a->user_agent, "me = you");
    cr_expect(a->http == FA_HTTP_2 && a->netrc && !a->insecure);
    cr_expect_eq(a->set, FA_HOST_RATE | FA_HOST_PER_HOST | FA_HOST_USER_AGENT | FA_HOST_HTTP |
                             FA_HOST_NETRC);
    cr_expect_str_eq(b->pattern, "[2001:db8::1]:80");
    cr_expect_str_eq(b->proxy, "");
    cr_expect(b->insecure && !b->netrc);
    cr_expect_eq(b->set, FA_HOST_INSECURE | FA_HOST_PROXY | FA_HOST_NETRC);
    cr_expect_eq(file.configs[2]->set, 0);
    cr_expect_eq(file.secret_line, 5);
}

Test(host_file, malformed_lines_are_named_and_never_printed)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"header = X: s3cret", "line 1 of 'hosts.conf': an option before the first section"},
        {"[a.test]\nAuthorization: Bearer s3cret==", "line 2 of 'hosts.conf': unknown option"},
        {"[a.test]\ns3cret", "unknown option; a section has per-host, host-rate, header"},
        {"[a.test]\nheader = s3cret", "line 2 of 'hosts.conf': header requires 'Name: value'"},
        {"[a.test]\nheader", "header requires a value"},
        {"[a.test]\nproxy = ftp://u:s3cret@p:1", "the section in line 1 of 'hosts.conf': "},
        {"[a.test]\nhost-rate = s3cret", "host-rate requires requests per second"},
        {"[a.test]\nper-host = 0", "per-host requires a number"},
        {"[a.test]\nhttp = 3", "http requires 1.1 or 2"},
        {"[a.test]\nnetrc = s3cret", "requires yes or no"},
        {"[a.test]\nnetrc\nnetrc = no", "line 3 of 'hosts.conf': netrc is in this section twice"},
        {"[a.test]\ncert = /nonexistent/c", "cannot read '/nonexistent/c': No such file"},
        {"[a.test]\n\n[A.test]", "line 3 of 'hosts.conf': [A.test] is in line 1, too"},
        {"[*]", "the section in line 1 of 'hosts.conf': '*' is not a host"},
        {"[]", "a section requires a host"},
        {"[a.test", "a section requires a host"},
        {"[a.test]\nkey = /dev/null", "the section in line 1 of 'hosts.conf': "},
        {"[a.test]\nretries = 5", "unknown option"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        cr_expect_eq(read_text(rows[i].text, strlen(rows[i].text)), -1, "%s", rows[i].text);
        cr_expect_not_null(strstr(err.msg, rows[i].says), "%s: %s", rows[i].text, err.msg);
        cr_expect_null(strstr(err.msg, "s3cret"), "%s", err.msg);
    }
    static const char zero[] = "[a.test]\nheader = X: a\0b";
    cr_expect_eq(read_text(zero, sizeof(zero) - 1), -1);
    cr_expect_not_null(strstr(err.msg, "a zero byte"), "%s", err.msg);
}

static int open_mode(const char *text, mode_t mode)
{
    const char *path = fa_scratch_write(&scratch, "hosts", text);
    cr_assert_eq(chmod(path, mode), 0);
    fa_host_file_fini(&file);
    return fa_host_file_open(&file, path, &err);
}

Test(host_file, secrets_that_others_can_read_are_refused)
{
    static const char *const secret[] = {"[a.test]\nheader = X: s3cret\n",
                                         "[a.test]\nproxy = http://u:s3cret@p:1\n"};
    for (size_t i = 0; i < 2; ++i) {
        cr_expect_eq(open_mode(secret[i], 0600), 0, "%s", err.msg);
        cr_expect_eq(open_mode(secret[i], 0400), 0, "%s", err.msg);
        cr_expect_eq(open_mode(secret[i], 0640), -1);
        cr_expect_eq(open_mode(secret[i], 0604), -1);
        cr_expect_not_null(strstr(err.msg, "--hosts: line 2 of '"), "%s", err.msg);
        cr_expect_not_null(strstr(err.msg, "chmod 600"), "%s", err.msg);
        cr_expect_null(strstr(err.msg, "s3cret"), "%s", err.msg);
    }
    cr_expect_eq(open_mode("[a.test]\nhost-rate = 3\nproxy = http://p:1\n", 0644), 0, "%s",
                 err.msg);
    cr_expect_eq(fa_host_file_open(&file, "/nonexistent/hosts", &err), -1);
    cr_expect_not_null(strstr(err.msg, "cannot read '/nonexistent/hosts': No such file"));
}
