/*
 * Logins: cookies that redirects set, and a login host like that of NASA Earthdata, which is asked
 * for a password on behalf of the host that has the file.
 */

#include "bad_paths.h"
#include "bad_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the client has sent a cookie, "name=value". */
static bool has_cookie(const struct fa_bad_conn *conn, const char *cookie)
{
    const char *sent = fa_bad_request_header(conn->request, "Cookie");
    size_t len = strlen(cookie);
    for (const char *at = sent; at && (at = strstr(at, cookie)); ++at)
        if ((at == sent || at[-1] == ' ') && (at[len] == ';' || !at[len]))
            return true;
    return false;
}

/* Cookies are separated by "|". */
static void serve_cookie(struct fa_bad_conn *conn, const char *const *arg)
{
    char *cookies = fa_bad_decode(arg[0]), *target = fa_bad_decode(arg[1]), *save = NULL;
    char fields[2048] = "";
    size_t len = 0;
    for (char *one = strtok_r(cookies, "|", &save); one; one = strtok_r(NULL, "|", &save))
        len += (size_t)snprintf(fields + len, sizeof(fields) - len, "Set-Cookie: %s\r\n", one);
    fa_bad_reply_head(conn, 302, "%sLocation: %s\r\nContent-Length: 0\r\n", fields, target);
    free(cookies);
    free(target);
}

static void serve_oauth(struct fa_bad_conn *conn, const char *const *arg)
{
    if (has_cookie(conn, "session=granted"))
        fa_bad_reply_small(conn);
    else
        fa_bad_reply_head(conn, 302,
                          "Set-Cookie: state=%s; Path=/; HttpOnly\r\n"
                          "Location: http://%s/authorize/%s/%s\r\nContent-Length: 0\r\n",
                          arg[1], arg[0], conn->request->host, arg[1]);
}

static void serve_authorize(struct fa_bad_conn *conn, const char *const *arg)
{
    const char *sent = fa_bad_request_header(conn->request, "Authorization");
    if (!sent || strcmp(sent, "Basic dXNlcjpwYXNz") != 0) /* user:pass */
        fa_bad_reply_status(conn, 401, "WWW-Authenticate: Basic realm=\"login\"\r\n");
    else
        fa_bad_reply_head(conn, 302,
                          "Set-Cookie: login=s3cret; Path=/; HttpOnly\r\n"
                          "Location: http://%s/granted/%s/%s\r\nContent-Length: 0\r\n",
                          arg[0], conn->request->host, arg[1]);
}

static void serve_granted(struct fa_bad_conn *conn, const char *const *arg)
{
    char state[128];
    snprintf(state, sizeof(state), "state=%s", arg[1]);
    if (!has_cookie(conn, state))
        fa_bad_reply_status(conn, 403, "");
    else
        fa_bad_reply_head(conn, 302,
                          "Set-Cookie: session=granted; Path=/; HttpOnly\r\n"
                          "Location: /oauth/%s/%s\r\nContent-Length: 0\r\n",
                          arg[0], arg[1]);
}

const struct fa_bad_behaviour fa_bad_logins[] = {
    {"cookie", 2, serve_cookie},   {"oauth", 2, serve_oauth}, {"authorize", 2, serve_authorize},
    {"granted", 2, serve_granted}, {NULL, 0, NULL},
};
