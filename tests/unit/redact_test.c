#include <fetchall/redact.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *text, *redacted; /* NULL: as it is */
};

static void check(char *(*redact)(const char *, const char *), const char *keys,
                  const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const char *wanted = rows[i].redacted ? rows[i].redacted : rows[i].text;
        char *once = redact(rows[i].text, keys);
        cr_expect_str_eq(once, wanted, "'%s' becomes '%s', not '%s'", rows[i].text, once, wanted);
        char *twice = redact(once, keys);
        cr_expect_str_eq(twice, once, "'%s' becomes '%s' and then '%s'", rows[i].text, once, twice);
        free(once);
        free(twice);
    }
}

#define CHECK(redact, keys, rows) check(redact, keys, rows, sizeof(rows) / sizeof(*(rows)))

Test(redact, passwords_of_urls_are_hidden_whatever_they_hold)
{
    static const struct row rows[] = {
        {"http://u:secret@a/b", "http://u:***@a/b"},
        {"HTTPS://u:secret@A:1/b?c#d", "HTTPS://u:***@A:1/b?c#d"},
        {"http://u:s&cret@a/b", "http://u:***@a/b"},
        {"http://u:s&c@ret@a/b", "http://u:***@a/b"},
        {"http://u:s=c&r;e,t!$'()*+~@a/", "http://u:***@a/"},
        {"http://u:sec:ret@a/", "http://u:***@a/"},
        {"https://u:s%40c%3Ar%2Fe%26t@a:1/b?c", "https://u:***@a:1/b?c"},
        {"http://u:***@a/", NULL},
        {"http://u:p@[::1]:80/", "http://u:***@[::1]:80/"},
        {"http://u:p@a", "http://u:***@a"},
        {"http://u:p@a?q", "http://u:***@a?q"},
        {"http://u:p@a/@scope/b@1.0", "http://u:***@a/@scope/b@1.0"},
        {"ftp://u:secret@a", "ftp://u:***@a"},
        {"socks5h://u:p@a:1080", "socks5h://u:***@a:1080"},
        {"http:/u:secret@a/x", "http:/u:***@a/x"},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, users_without_a_password_are_tokens)
{
    static const struct row rows[] = {
        {"https://ghp_token@a/b", "https://***@a/b"},
        {"https://token:@a/b", "https://***@a/b"},
        {"https://token:x-oauth-basic@a/b", "https://***@a/b"},
        {"https://a%3Ab@a/b", "https://***@a/b"},
        {"https://***@a/b", NULL},
        {"token@a:80/b", "***@a:80/b"},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, what_has_no_scheme_may_be_a_proxy)
{
    static const struct row rows[] = {
        {"user:secret@proxy:3128", "user:***@proxy:3128"},
        {"user:secret@proxy", "user:***@proxy"},
        {"user:s&c@ret@proxy:3128", "user:***@proxy:3128"},
        {"user:s/cret@proxy:3128", "user:***@proxy:3128"},
        {"user:secret@127.0.0.1:99999", "user:***@127.0.0.1:99999"},
        {"user:secret @127.0.0.1", "user:***@127.0.0.1"},
        {"proxy:3128", NULL},
        {"a.example/b?sig=c", "a.example/b?sig=***"},
    };
    CHECK(fa_redact_url, NULL, rows);
}

/* A file of another program that is given as a list. */
Test(redact, lines_with_a_secret_after_its_name_are_hidden_from_there)
{
    static const struct row rows[] = {
        {"machine h login u password s3cret", "machine h login u password ***"},
        {"machine h login u password s3:c@ret x", "machine h login u password ***"},
        {"machine\th\tlogin\tu\tpassword\ts3cret", "machine\th\tlogin\tu\tpassword\t***"},
        {"password \"s3 cret\"", "password ***"},
        {"machine h login u:s3cret password s3cret", "machine h login u:***"},
        {"login u", NULL},
        {"--oauth2-bearer s3cret", "--oauth2-bearer ***"},
        {"http-passwd s3cret", "http-passwd ***"},
        {"proxy-user = u:s3cret", "proxy-user = ***"},
        {"pass = s3cret", "pass = ***"},
        {"aws_secret_access_key = s3cret", "aws_secret_access_key = ***"},
        {"Authorization: Bearer s3cret", "Authorization: ***"},
        {"header Authorization: Basic s3cret", "header Authorization: ***"},
        {"the password", NULL},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, values_of_keys_that_sign_or_authorise_are_hidden)
{
    static const char *const keys[] = {
        "X-Amz-Signature",
        "X-Amz-Credential",
        "X-Amz-Security-Token",
        "X-Goog-Signature",
        "X-Goog-Credential",
        "GoogleAccessId",
        "AWSAccessKeyId",
        "Signature",
        "sig",
        "SIG",
        "token",
        "access_token",
        "accessToken",
        "refresh_token",
        "id_token",
        "private_token",
        "key",
        "api_key",
        "apikey",
        "api-key",
        "x-api-key",
        "access_key",
        "password",
        "passwd",
        "pwd",
        "pass",
        "secret",
        "client_secret",
        "auth",
        "Authorization",
        "jwt",
        "session",
        "sessionid",
        "user[password]",
        "%70assword",
        "p%61ss%77ord",
        "temp_url_sig",
        "OSSAccessKeyId",
        "license_key",
        "X-Plex-Token",
        "dtoken",
        "tempauth",
        "private_link",
        "view_only",
        "authz",
        "SAMLResponse",
        "client_assertion",
        "code",
        "ks",
        "st",
        "verify",
        "sign",
        "hm",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); ++i) {
        char text[128], wanted[128];
        snprintf(text, sizeof(text), "https://a/b?x=1&%s=S3/cr+et%%2F=&y=2#z", keys[i]);
        snprintf(wanted, sizeof(wanted), "https://a/b?x=1&%s=***&y=2#z", keys[i]);
        CHECK(fa_redact_url, NULL, ((struct row[]){{text, wanted}}));
    }
}

Test(redact, values_that_sign_by_a_scheme_are_hidden_and_no_others)
{
    static const struct row rows[] = {
        {"https://a/b?ex=68&is=67&hm=abc&", "https://a/b?ex=68&is=67&hm=***&"},
        {"https://a/b?md5=abc&expires=17", "https://a/b?md5=***&expires=17"},
        {"https://a/b?expires=17&hash=abc#c", "https://a/b?expires=17&hash=***#c"},
        {"https://a/b?Hash=abc&EXP=17", "https://a/b?Hash=***&EXP=17"},
        {"https://a/b?hdnts=exp=17~acl=/*~hmac=abc", "https://a/b?hdnts=***"},
        {"https://a/b?x=exp=17~acl=/*~hmac=abc", "https://a/b?x=exp=17~acl=/*~hmac=***"},
        {"https://a/exp=17~acl=%2Fb%2F~hmac=abc/b", "https://a/exp=17~acl%3D%2Fb%2F~hmac%3D***/b"},
        {"https://a/exp=17~hmac=abc/~b/c", "https://a/exp=17~hmac=***/~b/c"},
        {"https://a/b?__token__=exp=17~hmac=abc", "https://a/b?__token__=***"},
        {"https://a/b?st=2026-01-01T00:00Z&se=2026-01-02T00:00Z&sig=abc",
         "https://a/b?st=2026-01-01T00:00Z&se=2026-01-02T00:00Z&sig=***"},
        {"https://a/b?to=https%3A%2F%2Fc%2Fd%3Fmd5%3Dabc%26expires%3D17",
         "https://a/b?to=https%3A%2F%2Fc%2Fd%3Fmd5%3D***%26expires%3D17"},
        {"https://a/b?md5=abc&expires=17\thttps://c;md5=d/e?md5=f",
         "https://a/b?md5=***&expires=17\thttps://c;md5=d/e?md5=f"},
        {"https://a/b?md5=abc&hash=def&hmac", NULL},
        {"https://a/b?code=US-TX&verify=false&st=TX&ks=2&hm=1&sign=leo", NULL},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, other_keys_are_left)
{
    static const struct row rows[] = {
        {"https://a/b?v=1&keyword=x&monkey=y&design=z&tokens=3&author=me&passage=1&se=2", NULL},
        {"https://a/b?X-Amz-Date=1&X-Amz-Expires=60&X-Amz-SignedHeaders=host&page_token=4", NULL},
        {"https://a/b?nextPageToken=1&continuation-token=2&resumptionToken=3", NULL},
        {"https://a/token=b/c", NULL},
        {"https://a/b?key&sig", NULL},
        {"https://a/b?key=&sig=", NULL},
        {"https://a/b%20c/%C3%BC?d=%41+%2520#e", NULL},
        {"http://a/b:c@d", NULL},
        {"http://a:80/b@c", NULL},
        {"http://a/u:tag@b", NULL},
        {"http://a?u:p@b", NULL},
        {"http://a/b#c@d", NULL},
        {"http://a:/b", NULL},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, keys_are_found_in_fragments_and_parameters_of_paths_too)
{
    static const struct row rows[] = {
        {"https://a/b#access_token=c&d=e", "https://a/b#access_token=***&d=e"},
        {"https://a/b;jsessionid=c?d=e", "https://a/b;jsessionid=***?d=e"},
        {"https://a/b?c;sig=d", "https://a/b?c;sig=***"},
        {"https://a/b?c=d;sig=e", "https://a/b?c=d;sig=***"},
        {"https://a/b?c=d?sig=e", "https://a/b?c=d?sig=***"},
        {"https://a/b?sig=d;e?f", "https://a/b?sig=***"},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, keys_may_be_added)
{
    static const struct row rows[] = {
        {"https://a/b?code=c&my-Key=d&x=e", "https://a/b?code=***&my-Key=***&x=e"},
        {"https://a/b?CO%44E=c&MYKEY=d&sig=e", "https://a/b?CO%44E=***&MYKEY=***&sig=***"},
        {"https://a/b?code2=c&xmykey=d", NULL},
    };
    CHECK(fa_redact_url, "code,my_key", rows);
    CHECK(fa_redact_url, ",code,,my_key,", rows);
}

Test(redact, urls_in_urls_are_looked_at)
{
    static const struct row rows[] = {
        {"http://u:one@a/b?to=http://v:two@c/d", "http://u:***@a/b?to=http://v:***@c/d"},
        {"http://a/b?to=http://v:t&wo@c/d&e", "http://a/b?to=http://v:***@c/d&e"},
        {"http://a/b?to=http://tok@c/d&e", "http://a/b?to=http://***@c/d&e"},
        {"http://a/b?to=http://v:t/wo@c/d", "http://a/b?to=http://v:***@c/d"},
        {"http://a/b?to=http://c/d?sig=e", "http://a/b?to=http://c/d?sig=***"},
        {"http://a/b?http://v:two@c/d", "http://a/b?http://v:***@c/d"},
        {"http://a/b?http://v:two@c/?x=y", "http://a/b?http://v:***@c/?x=y"},
        {"http://a/b?to=http%3A%2F%2Fv%3Atwo%40c%2Fd&e",
         "http://a/b?to=http%3A%2F%2Fv%3A***%40c%2Fd&e"},
        {"http://a/b?to=http%3a%2f%2fc%2fd%3fsig%3De%26f=g",
         "http://a/b?to=http%3A%2F%2Fc%2Fd%3Fsig%3D***%26f%3Dg"},
        {"http://a/b?to=http%253A%252F%252Fv%253Atwo%2540c",
         "http://a/b?to=http%253A%252F%252Fv%253A***%2540c"},
        {"http://a/web/1/http://v:two@c/d?sig=e", "http://a/web/1/http://v:***@c/d?sig=***"},
        {"http://a/http%3A%2F%2Fv%3Atwo%40c%2Fd/e", "http://a/http%3A%2F%2Fv%3A***%40c%2Fd/e"},
        {"http://a/http://b/http://v:two@c", "http://a/http://b/http://v:***@c"},
        {"http://a/http://b/@d/e", NULL},
        {"http://a/b?q=%2525252540&r=%253D", NULL},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, text_that_is_not_a_url_shows_nothing_that_may_be_a_secret)
{
    static const struct row rows[] = {
        {"", NULL},
        {"plain", NULL},
        {"no URL at all", NULL},
        {"/a/b", NULL},
        {"http://a:80/b", NULL},
        {"http://u:sec:ret@a\\/b", "http://u:***@a\\/b"},
        {"http://u:sec#ret@a/", "http://u:***@a/"},
        {"http://u:sec?ret@a/", "http://u:***@a/"},
        {"http://u:sec/ret@a/x?sig=y", "http://u:***@a/x?sig=***"},
        {"http:\\\\u:secret@a\\x", "http:\\\\u:***@a\\x"},
        {"://u:sec@ret@a/x", "://u:***@a/x"},
        {"u:secret@a:80/x", "u:***@a:80/x"},
        {"http://u:secret@[nonsense/f", "http://u:***@[nonsense/f"},
        {"http://u:secret", "http://u:***"},
        {"http://a:port/", "http://a:***"},
        {"http://a b/c d?sig=e f", "http://a b/c d?sig=***"},
        {"http://tok@a/x y\thttp://u:p@b/z", "http://***@a/x y\thttp://u:***@b/z"},
        {"http://tok@a/x http://u:p@b/z", "http://***@a/x http://u:***@b/z"},
        {"Authorization: Bearer s3@cret", "Authorization: ***"},
        {"header=X-Token:s3@cret", "header=X-Token:***"},
        {"header=X-Token: s3cret", "header=X-Token: ***"},
        {"token=s3cret", "token=***"},
        {"a token=s3 cret", "a token=***"},
        {"sig=s3cret u:p@h", "***@h"},
        {"sig=s3cret a: b", "sig=***"},
    };
    CHECK(fa_redact_url, NULL, rows);
}

Test(redact, texts_keep_all_but_the_secrets_in_their_urls)
{
    static const struct row rows[] = {
        {"", NULL},
        {"no secret: 10:30, 100 % of a = b", NULL},
        {"cannot open '/a/b:c@d/e': No such file", NULL},
        {"me@list.txt", NULL},
        {"cannot open the list 'http://u:p@h/x?sig=y': No such file",
         "cannot open the list 'http://u:***@h/x?sig=***': No such file"},
        {"cannot open the list 'user:secret@host/x'.", "cannot open the list 'user:***@host/x'."},
        {"there is no option -x in '-xuser:secret@host'",
         "there is no option -x in '-xuser:***@host'"},
        {"see (https://token@h/x) and https://h/y?a=b.",
         "see (https://***@h/x) and https://h/y?a=b."},
        {"two\nlines with token=abc, and password=def",
         "two\nlines with token=***, and password=***"},
    };
    CHECK(fa_redact_text, NULL, rows);
}

Test(redact, depth_has_a_limit_beyond_which_nothing_shows)
{
    enum { LEVELS = 2000, STEP = sizeof("http://h/?a=") - 1 };
    static char text[LEVELS * STEP + 32];
    for (size_t i = 0; i < LEVELS; ++i)
        memcpy(text + i * STEP, "http://h/?a=", STEP);
    strcpy(text + LEVELS * STEP, "http://u:secret@h/?sig=secret");
    char *redacted = fa_redact_url(text, NULL);
    cr_assert_not_null(redacted);
    cr_expect_null(strstr(redacted, "secret"), "%s", redacted);
    free(redacted);
}
