#include "liar/conn.h"

#include "support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX 200000
#define RACE_S   0.06 /* so long after a poison a request may have been on its way */

void liar_request_path(struct liar_request *request, const char *path, size_t len)
{
    char text[256];
    snprintf(text, sizeof(text), "%.*s", (int)(len < 4096 ? len : 4096), path);
    text[strcspn(text, "?# ")] = '\0';
    if (len >= sizeof(text)) { /* a long way through folders; its end is what counts */
        snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, path + len - sizeof(text) + 1);
    }
    const char *name = strrchr(text, '/');
    request->loop = strstr(text, "/loop/") != NULL;
    request->known = name && sscanf(name, "/f%u", &request->id) == 1;
}

void liar_request_range(struct liar_request *request, const char *value, size_t len)
{
    char text[64];
    unsigned long long from;
    snprintf(text, sizeof(text), "%.*s", (int)(len < 63 ? len : 63), value);
    request->ranged = sscanf(text, "bytes=%llu-", &from) == 1;
    request->from = request->ranged ? from : 0;
}

/* The value of a field of a head that has a NUL after it. */
static const char *head_field(const char *head, const char *name, size_t *len)
{
    size_t name_len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
            const char *value = line + name_len + 1;
            value += strspn(value, " ");
            *len = strcspn(value, "\r");
            return value;
        }
    }
    return NULL;
}

static void request_read(struct liar_request *request, const char *head)
{
    *request = (struct liar_request){0};
    const char *path = strchr(head, ' ');
    if (path) {
        liar_request_path(request, path + 1, strcspn(path + 1, " \r\n"));
    }
    size_t len;
    const char *value = head_field(head, "Range", &len);
    if (value) {
        liar_request_range(request, value, len);
    }
    value = head_field(head, "If-Range", &len);
    if (value) {
        snprintf(request->if_range, sizeof(request->if_range), "%.*s", (int)(len < 63 ? len : 63),
                 value);
    }
}

/* A head, free() it; NULL at the end of the connection. */
static char *conn_head(struct liar_conn *conn)
{
    const char *end;
    while (!conn->in.at || !(end = strstr(conn->in.at, "\r\n\r\n"))) {
        if (conn->in.len > HEAD_MAX || !liar_conn_read(conn)) {
            return NULL;
        }
    }
    size_t len = (size_t)(end - conn->in.at) + 4;
    char *head = strndup(conn->in.at, len);
    memmove(conn->in.at, conn->in.at + len, conn->in.len - len + 1);
    conn->in.len -= len;
    return head;
}

static bool conn_begin_tls(struct liar_conn *conn)
{
    conn->ssl = SSL_new(liar_server_context(conn->server));
    return conn->ssl && SSL_set_app_data(conn->ssl, conn->server) == 1 &&
           SSL_set_fd(conn->ssl, conn->fd) == 1 && SSL_accept(conn->ssl) == 1;
}

static bool conn_is_http2(const struct liar_conn *conn)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    if (conn->ssl) {
        SSL_get0_alpn_selected(conn->ssl, &name, &len);
    }
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

static bool conn_connect(struct liar_conn *conn)
{
    struct liar_script script = {.count = 0};
    bool tunnel;
    liar_server_connect(conn->server, &script, &tunnel);
    bool good = liar_conn_play(conn, &script) && tunnel && conn_begin_tls(conn);
    liar_script_fini(&script);
    return good;
}

static bool conn_answer(struct liar_conn *conn, const char *head)
{
    struct liar_request request;
    request_read(&request, head);
    if (conn->poisoned > 0) {
        /* The client has the poison, and takes it for its answer, or not: we say nothing. */
        double came = fa_now() - liar_conn_idle_ms(conn) / 1e3;
        if (request.known && came - conn->poisoned < RACE_S) {
            liar_server_race(conn->server, request.id);
        }
        return false;
    }
    struct liar_script script = {.count = 0};
    liar_server_answer(conn->server, conn, &request, 0, &script);
    bool good = liar_conn_play(conn, &script);
    liar_script_fini(&script);
    return good;
}

void liar_conn_serve(struct liar_conn *conn)
{
    bool good = !conn->begins_tls || conn_begin_tls(conn);
    while (good && !conn_is_http2(conn)) {
        char *head = conn_head(conn);
        if (!head) {
            return;
        }
        good = strncmp(head, "CONNECT ", 8) == 0 && conn->is_proxy ? conn_connect(conn)
                                                                   : conn_answer(conn, head);
        free(head);
    }
    if (good) {
        liar_session_serve(conn);
    }
}
