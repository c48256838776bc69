/*
 * Logins: cookies that redirects set, and a login host like that of NASA Earthdata, which is asked
 * for a password on behalf of the host that has the file.  And URLs that expire.
 */

#include "bad_paths.h"
#include "bad_reply.h"

#include <openssl/evp.h>
#include <stdarg.h>
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

/* The hash of a text, in hex. */
static void hash_hex(const char *algorithm, char hex[2 * EVP_MAX_MD_SIZE + 1], const char *format,
                     ...)
{
    char text[2048];
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    bool sha = strcmp(algorithm, "SHA-256") == 0;
    EVP_Digest(text, strlen(text), hash, &len, sha ? EVP_sha256() : EVP_md5(), NULL);
    for (unsigned i = 0; i < len; i++)
        sprintf(hex + 2 * i, "%02x", hash[i]);
}

/* The value of a parameter, without quotation marks; "" if there is none. */
static void parameter(const char *sent, const char *name, char value[256])
{
    size_t len = strlen(name);
    value[0] = '\0';
    for (const char *at = sent; (at = strstr(at, name)); at += len) {
        if (at[len] != '=' || (at[-1] != ' ' && at[-1] != ','))
            continue;
        at += len + 1;
        bool quoted = *at == '"';
        at += quoted;
        snprintf(value, 256, "%.*s", (int)strcspn(at, quoted ? "\"" : ", "), at);
        return;
    }
}

/* Whether it is the answer of user:pass to the challenge (RFC 7616, 3.4.1). */
static bool is_answer(const struct fa_bad_conn *conn, const char *sent, const char *algorithm,
                      const char *nonce)
{
    char user[256], uri[256], given[256], nc[256], cnonce[256], response[256];
    char secret[2 * EVP_MAX_MD_SIZE + 1], request[2 * EVP_MAX_MD_SIZE + 1],
        expected[2 * EVP_MAX_MD_SIZE + 1];
    parameter(sent, "username", user);
    parameter(sent, "uri", uri);
    parameter(sent, "nonce", given);
    parameter(sent, "nc", nc);
    parameter(sent, "cnonce", cnonce);
    parameter(sent, "response", response);
    hash_hex(algorithm, secret, "user:files, all:pass");
    hash_hex(algorithm, request, "GET:%s", conn->request->path);
    hash_hex(algorithm, expected, "%s:%s:%s:%s:auth:%s", secret, nonce, nc, cnonce, request);
    return strcmp(user, "user") == 0 && strcmp(uri, conn->request->path) == 0 &&
           strcmp(given, nonce) == 0 && strcmp(response, expected) == 0;
}

/* "stale": the first nonce is refused as one that is too old. */
static void serve_digest(struct fa_bad_conn *conn, const char *const *arg)
{
    const char *sent = fa_bad_request_header(conn->request, "Authorization");
    const char *algorithm = strcmp(arg[0], "SHA-256") == 0 ? arg[0] : "MD5";
    bool digest = sent && strncmp(sent, "Digest ", 7) == 0;
    bool renewed = strcmp(arg[0], "stale") == 0 && digest;
    char fields[512], nonce[64];
    snprintf(nonce, sizeof(nonce), renewed ? "new+%s" : "old+%s", conn->request->host);
    snprintf(fields, sizeof(fields),
             "%sWWW-Authenticate: Digest realm=\"files, all\", qop=\"auth\", algorithm=%s, "
             "nonce=\"%s\"%s\r\nSet-Cookie: asked=1; Path=/\r\n",
             strcmp(arg[0], "both") == 0 ? "WWW-Authenticate: Basic realm=\"files\"\r\n" : "",
             algorithm, nonce, renewed ? ", stale=true" : "");
    if (digest && is_answer(conn, sent, algorithm, nonce))
        fa_bad_reply_path(conn, 1000);
    else
        fa_bad_reply_status(conn, 401, fields);
}

static void serve_expiring(struct fa_bad_conn *conn, const char *const *arg)
{
    const char *path = conn->request->path, *query = strchr(path, '?');
    char seed[512];
    if (!query || strstr(query, "=old") || fa_bad_log_count(&conn->server->log, path) > 0) {
        fa_bad_reply_status(conn, 403, "");
        return;
    }
    snprintf(seed, sizeof(seed), "%.*s#%u", (int)(query - path), path, conn->server->version);
    fa_bad_reply_file(conn, seed, fa_bad_number(arg[1]));
    struct fa_bad_answer *answer = &conn->answer;
    uint64_t sent = fa_bad_number(arg[0]);
    if (sent < answer->end - answer->at) {
        answer->end = answer->at + sent;
        answer->then = FA_BAD_CLOSE;
    }
}

const struct fa_bad_behaviour fa_bad_logins[] = {
    {"expiring", 2, serve_expiring},
    {"digest", 1, serve_digest},
    {"cookie", 2, serve_cookie},
    {"oauth", 2, serve_oauth},
    {"authorize", 2, serve_authorize},
    {"granted", 2, serve_granted},
    {NULL, 0, NULL},
};
