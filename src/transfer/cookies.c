/*
 * The cookie engine of a handle starts with the first line that it is given, so a transfer whose
 * response can have no successor costs nothing.  Nothing is read from a file or written to one.
 *
 * A text may come from a worker process that was compromised, so each line must have the seven
 * fields of a cookie: then it is none of the commands that CURLOPT_COOKIELIST(3) understands, and
 * cannot end a header.
 */
#include "transfer/cookies.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* The separators of: domain, subdomains, path, secure, expires, name, value. */
#define TABS 6

static bool line_is_good(const char *line, size_t len)
{
    static const char http_only[] = "#HttpOnly_";
    size_t tabs = 0;
    for (size_t i = 0; i < len; ++i) {
        tabs += line[i] == '\t';
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
            return false;
    }
    bool comment = line[0] == '#' && strncmp(line, http_only, sizeof(http_only) - 1) != 0;
    return tabs == TABS && !comment;
}

bool fa_cookies_are_good(const char *cookies)
{
    if (strlen(cookies) > FA_COOKIES_MAX)
        return false;
    while (*cookies) {
        size_t len = strcspn(cookies, "\n");
        if (cookies[len] != '\n' || !line_is_good(cookies, len))
            return false;
        cookies += len + 1;
    }
    return true;
}

int fa_cookies_set(CURL *easy, const char *cookies)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    while (code == CURLE_OK && cookies && *cookies) {
        size_t len = strcspn(cookies, "\n");
        char *line = strndup(cookies, len);
        code = line ? curl_easy_setopt(easy, CURLOPT_COOKIELIST, line) : CURLE_OUT_OF_MEMORY;
        free(line);
        cookies += len + (cookies[len] == '\n');
    }
    return code == CURLE_OK ? 0 : -1;
}

/* A comment starts the engine, and adds nothing.  If memory runs out, a cookie is missing. */
void fa_cookies_collect(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "# start");
}

int fa_cookies_get(CURL *easy, char **ret)
{
    struct curl_slist *list = NULL;
    struct fa_buf buf;
    fa_buf_init(&buf);
    *ret = NULL;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    for (const struct curl_slist *item = list; item; item = item->next) {
        size_t len = strlen(item->data);
        if (buf.len + len + 1 > FA_COOKIES_MAX || !line_is_good(item->data, len))
            continue;
        fa_buf_put(&buf, item->data, len);
        fa_buf_put(&buf, "\n", 1);
    }
    curl_slist_free_all(list);
    if (buf.len > 0 && !buf.failed)
        *ret = strndup((const char *)buf.data, buf.len);
    int result = buf.failed || (buf.len > 0 && !*ret) ? -1 : 0;
    fa_buf_fini(&buf);
    return result;
}
