/*
 * libcurl decides in the worker which cookies a response may set, with the list of public suffixes;
 * here they are only kept, and selected so that a request is not given those of other sites.
 *
 * The fields of a line of a file, separated by TABs: domain, whether the hosts below it are meant
 * (TRUE, FALSE), path, whether TLS is required, when it expires, name, value.  The prefix
 * "#HttpOnly_" is part of the line; other lines that begin with "#" are comments.
 */
#include "transfer/jar.h"

#include "base/buf.h"
#include "transfer/cookies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELDS 7
/* Of the file. */
#define SIZE_MAX_FILE (16 * 1024 * 1024)

static const char http_only[] = "#HttpOnly_";

/* The text of a line was split by zeros, so its length is not that of the string. */
static void cookie_fini(struct fa_cookie *cookie)
{
    if (cookie->value)
        explicit_bzero((char *)cookie->value, strlen(cookie->value));
    free(cookie->line);
    *cookie = (struct fa_cookie){0};
}

void fa_jar_fini(struct fa_jar *jar)
{
    for (size_t i = 0; i < jar->count; ++i)
        cookie_fini(&jar->cookies[i]);
    free(jar->cookies);
    *jar = (struct fa_jar){0};
}

static bool flag_parse(const char *text, bool *ret)
{
    *ret = strcasecmp(text, "TRUE") == 0;
    return *ret || strcasecmp(text, "FALSE") == 0;
}

/* Browsers' extensions write fractions, and -1 for the end of the session. */
static bool expires_parse(const char *text, int64_t *ret)
{
    char *end;
    long long seconds = strtoll(text, &end, 10);
    *ret = seconds > 0 ? seconds : 0;
    if (end != text && *end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return end != text && !*end;
}

/* Control characters could end a header field, or a line of the file. */
static bool line_is_text(const char *line, size_t len)
{
    for (size_t i = 0; i < len; ++i)
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
            return false;
    return true;
}

/* @return 0, or -1: it is not a cookie, or there is no memory */
static int cookie_parse(struct fa_cookie *ret, const char *line, size_t len)
{
    char *fields[FIELDS] = {0};
    size_t n = 0;
    *ret = (struct fa_cookie){.line = line_is_text(line, len) ? strndup(line, len) : NULL};
    char *rest = ret->line;
    while (rest && n < FIELDS)
        fields[n++] = strsep(&rest, "\t");
    /* The TAB before an empty value may have been trimmed. */
    if (n == FIELDS - 1)
        fields[n++] = ret->line + len;
    if (n < FIELDS || rest)
        goto fail;
    ret->http_only = strncmp(fields[0], http_only, sizeof(http_only) - 1) == 0;
    ret->domain = fields[0] + (ret->http_only ? sizeof(http_only) - 1 : 0);
    ret->domain += *ret->domain == '.';
    ret->path = fields[2];
    ret->name = fields[5];
    ret->value = fields[6];
    if (*ret->domain && *ret->domain != '#' && *ret->path == '/' && *ret->name &&
        flag_parse(fields[1], &ret->below) && flag_parse(fields[3], &ret->secure) &&
        expires_parse(fields[4], &ret->expires))
        return 0;
fail:
    free(ret->line);
    *ret = (struct fa_cookie){0};
    return -1;
}

/* RFC 6265, 5.3 (11): name, domain and path; and whether it is for that host only, as in
 * browsers. */
static bool cookie_is_same(const struct fa_cookie *a, const struct fa_cookie *b)
{
    return a->below == b->below && strcmp(a->name, b->name) == 0 &&
           strcasecmp(a->domain, b->domain) == 0 && strcmp(a->path, b->path) == 0;
}

static bool cookie_is_equal(const struct fa_cookie *a, const struct fa_cookie *b)
{
    return cookie_is_same(a, b) && strcmp(a->value, b->value) == 0 && a->expires == b->expires &&
           a->secure == b->secure;
}

static struct fa_cookie *jar_find(const struct fa_jar *jar, const struct fa_cookie *cookie)
{
    for (size_t i = 0; i < jar->count; ++i)
        if (cookie_is_same(&jar->cookies[i], cookie))
            return &jar->cookies[i];
    return NULL;
}

/* @cookie  Taken. */
static int jar_put(struct fa_jar *jar, struct fa_cookie *cookie)
{
    struct fa_cookie *at = jar_find(jar, cookie);
    if (at) {
        cookie_fini(at);
        *at = *cookie;
        return 0;
    }
    /* Grow to powers of two. */
    if ((jar->count & (jar->count - 1)) == 0) {
        size_t room = jar->count ? 2 * jar->count : 1;
        struct fa_cookie *longer = realloc(jar->cookies, room * sizeof(*longer));
        if (!longer) {
            cookie_fini(cookie);
            return -1;
        }
        jar->cookies = longer;
    }
    jar->cookies[jar->count++] = *cookie;
    return 0;
}

static int jar_refuse(struct fa_error *err, const char *name, unsigned line)
{
    fa_error_set(
        err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
        "line %u of '%s' is not a cookie: it requires domain, TRUE or FALSE, path, TRUE or "
        "FALSE, expiry, name and value, separated by TABs (--cookies)",
        line, name);
    return -1;
}

int fa_jar_read(struct fa_jar *jar, const char *text, size_t len, const char *name,
                struct fa_error *err)
{
    const char *end = text + len;
    for (unsigned line = 1; text < end; ++line) {
        const char *next = memchr(text, '\n', (size_t)(end - text));
        size_t size = (size_t)((next ? next : end) - text);
        size -= size > 0 && text[size - 1] == '\r';
        bool comment = *text == '#' && (size < sizeof(http_only) - 1 ||
                                        strncmp(text, http_only, sizeof(http_only) - 1) != 0);
        struct fa_cookie cookie;
        if (size > 0 && !comment) {
            if (cookie_parse(&cookie, text, size))
                return jar_refuse(err, name, line);
            if (jar_put(jar, &cookie)) {
                fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep cookies");
                return -1;
            }
        }
        text = next ? next + 1 : end;
    }
    jar->read = jar->count;
    return 0;
}

/* @return the text, to be freed; NULL with errno */
static char *file_read(const char *path, size_t *ret_len)
{
    struct stat st;
    size_t len = 0, room = 0;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        goto out;
    errno = S_ISDIR(st.st_mode) ? EISDIR : 0;
    for (ssize_t got = 1; errno == 0 && got > 0; len += got > 0 ? (size_t)got : 0) {
        if (len == room) {
            room = room ? 2 * room : 65536;
            char *longer = room <= SIZE_MAX_FILE ? realloc(text, room) : NULL;
            if (!longer) {
                errno = room <= SIZE_MAX_FILE ? ENOMEM : EFBIG;
                break;
            }
            text = longer;
        }
        got = read(fd, text + len, room - len);
    }
    if (errno != 0) {
        free(text);
        text = NULL;
    }
out:
    if (fd >= 0)
        close(fd);
    *ret_len = len;
    return text;
}

int fa_jar_open(struct fa_jar *jar, const char *path, struct fa_error *err)
{
    size_t len;
    char *text = file_read(path, &len);
    if (!text) {
        int number = errno;
        fa_error_set(err, FA_DOMAIN_SYSTEM, number, FA_CLASS_REFUSED, "cannot read '%s': %s", path,
                     strerror(number));
        return -1;
    }
    int result = fa_jar_read(jar, text, len, path, err);
    explicit_bzero(text, len);
    free(text);
    return result;
}

/* RFC 6265, 5.1.3: an address is no domain, so nothing is below it. */
static bool domain_matches(const struct fa_cookie *cookie, const struct fa_url *url)
{
    size_t len = strlen(url->host), wanted = strlen(cookie->domain);
    if (len < wanted || strcasecmp(url->host + len - wanted, cookie->domain) != 0)
        return false;
    return len == wanted || (cookie->below && !url->numeric && url->host[len - wanted - 1] == '.');
}

/* RFC 6265, 5.1.4: "/a" is for "/a" and "/a/b", and not for "/ab". */
static bool path_matches(const struct fa_cookie *cookie, const struct fa_url *url)
{
    size_t wanted = strlen(cookie->path);
    if (strncmp(url->path, cookie->path, wanted) != 0)
        return false;
    return cookie->path[wanted - 1] == '/' || strchr("/?", url->path[wanted]);
}

static bool cookie_is_for(const struct fa_cookie *cookie, const struct fa_url *url, int64_t now)
{
    return domain_matches(cookie, url) && path_matches(cookie, url) &&
           (!cookie->secure || url->secure) && (cookie->expires == 0 || cookie->expires > now);
}

static void cookie_print(const struct fa_cookie *cookie, struct fa_buf *buf)
{
    char expires[32];
    int len = snprintf(expires, sizeof(expires), "%lld", (long long)cookie->expires);
    const char *const parts[] = {
        cookie->http_only ? http_only : "",
        cookie->below ? "." : "",
        cookie->domain,
        "\t",
        cookie->below ? "TRUE" : "FALSE",
        "\t",
        cookie->path,
        "\t",
        cookie->secure ? "TRUE" : "FALSE",
        "\t",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i)
        fa_buf_put(buf, parts[i], strlen(parts[i]));
    fa_buf_put(buf, expires, (size_t)len);
    fa_buf_put(buf, "\t", 1);
    fa_buf_put(buf, cookie->name, strlen(cookie->name));
    fa_buf_put(buf, "\t", 1);
    fa_buf_put(buf, cookie->value, strlen(cookie->value));
    fa_buf_put(buf, "\n", 1);
}

/* Cookies beyond the size of a text are left out. */
int fa_jar_select(const struct fa_jar *jar, const struct fa_url *url, int64_t now, char **ret)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    *ret = NULL;
    for (size_t i = 0; i < jar->count; ++i) {
        size_t before = buf.len;
        if (cookie_is_for(&jar->cookies[i], url, now))
            cookie_print(&jar->cookies[i], &buf);
        if (buf.len > FA_COOKIES_MAX)
            buf.len = before;
    }
    if (buf.len > 0 && !buf.failed)
        *ret = strndup((const char *)buf.data, buf.len);
    int result = buf.failed || (buf.len > 0 && !*ret) ? -1 : 0;
    fa_buf_fini(&buf);
    return result;
}

/* The cookies of a text; what cannot be read is left out. */
static void jar_parse(struct fa_jar *ret, const char *text)
{
    struct fa_cookie cookie;
    *ret = (struct fa_jar){0};
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        if (cookie_parse(&cookie, text, len) == 0)
            (void)jar_put(ret, &cookie);
        text += len + (text[len] == '\n');
    }
}

static void jar_remove(struct fa_jar *jar, struct fa_cookie *cookie)
{
    size_t at = (size_t)(cookie - jar->cookies);
    cookie_fini(cookie);
    jar->read -= at < jar->read;
    --jar->count;
    memmove(cookie, cookie + 1, (jar->count - at) * sizeof(*cookie));
}

/* Whether there is a place for one more of a domain: a server must not push out the cookies of
 * others, nor those of the file. */
static bool jar_has_place(const struct fa_jar *jar, const struct fa_cookie *cookie)
{
    size_t same = 0;
    for (size_t i = jar->read; i < jar->count; ++i)
        same += strcasecmp(jar->cookies[i].domain, cookie->domain) == 0;
    return jar->count - jar->read < FA_JAR_MAX && same < FA_JAR_DOMAIN_MAX;
}

/* Transfers run at once, each with a copy of the jar as it was when it started.  So not the copies
 * are compared with the jar, but what each response has changed is applied to it.
 * A cookie that the server removed is removed here, unless another transfer has changed it. */
void fa_jar_merge(struct fa_jar *jar, const struct fa_url *url, const char *given, const char *got)
{
    struct fa_jar before, after;
    jar_parse(&before, given);
    jar_parse(&after, got);
    for (size_t i = 0; i < before.count; ++i) {
        struct fa_cookie *own = jar_find(jar, &before.cookies[i]);
        if (own && !jar_find(&after, &before.cookies[i]) &&
            cookie_is_equal(own, &before.cookies[i]))
            jar_remove(jar, own);
    }
    for (size_t i = 0; i < after.count; ++i) {
        struct fa_cookie *cookie = &after.cookies[i];
        const struct fa_cookie *known = jar_find(&before, cookie);
        bool changed = !known || !cookie_is_equal(known, cookie);
        if (!changed || !domain_matches(cookie, url) || (cookie->secure && !url->secure) ||
            (!jar_find(jar, cookie) && !jar_has_place(jar, cookie)))
            continue;
        struct fa_cookie copy = *cookie;
        *cookie = (struct fa_cookie){0};
        (void)jar_put(jar, &copy);
    }
    fa_jar_fini(&before);
    fa_jar_fini(&after);
}
