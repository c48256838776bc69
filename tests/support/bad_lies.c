/* Answers that look like others, or never end. */

#include "bad_paths.h"
#include "bad_reply.h"
#include "pattern.h"

#include <inttypes.h>
#include <string.h>

/* More than a client drops of a body that it does not want. */
#define BIG_BODY 200000

static void serve_unasked(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    conn->unasked = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nNOT ASKE";
    conn->unasked_ms = fa_bad_ms(arg[0]);
}

static void serve_ticket(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[0]));
    conn->ticket = true;
}

/* The last field of the head looks like a status line. */
static void serve_status_field(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t size = fa_bad_number(arg[1]);
    fa_bad_reply_head(conn, (unsigned)fa_bad_number(arg[0]),
                      "Content-Length: %" PRIu64 "\r\nHTTP/1.1 200 OK: x\r\n", size);
    fa_bad_conn_body(conn, conn->request->path, 0, size);
}

static void serve_coding(struct fa_bad_conn *conn, const char *const *arg)
{
    const char *coding = strcmp(arg[0], "empty") == 0 ? "" : arg[0];
    fa_bad_reply_head(conn, 200, "Transfer-Encoding: %s\r\n", coding);
    fa_bad_conn_body(conn, conn->request->path, 0, fa_bad_number(arg[1]));
    conn->answer.then = FA_BAD_RUDE;
}

static void serve_fold_first(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_conn_say(conn, "HTTP/1.1 200 OK\r\n f: x\r\nContent-Length: %d\r\n\r\n",
                    FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void chunked_small(struct fa_bad_conn *conn)
{
    fa_bad_reply_head(conn, 200, "Transfer-Encoding: chunked\r\n");
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
    conn->answer.chunked = true;
}

static void serve_endless_trailers(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    chunked_small(conn);
    conn->answer.tail = "0\r\n";
    conn->answer.endless = "X-Trailer: and one more that nobody needs\r\n";
}

static void serve_long_trailer(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    chunked_small(conn);
    conn->answer.tail = "0\r\nX-Trailer: ";
    conn->answer.endless = "a line that has no end ";
}

static void serve_endless_interim(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    conn->answer.endless = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
}

static void serve_endless_body(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_head(conn, (unsigned)fa_bad_number(arg[0]), "Location: /ok/10/x\r\n");
    conn->answer.endless = "Nobody wants to read this page.\n";
}

/* The same, a byte at a time. */
static void serve_dripping_body(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_head(conn, (unsigned)fa_bad_number(arg[1]),
                      "Location: /ok/10/x\r\nContent-Length: %d\r\n", BIG_BODY);
    fa_bad_conn_body(conn, conn->request->path, 0, BIG_BODY);
    conn->answer.body_ms = fa_bad_ms(arg[0]);
    conn->answer.body_piece = 1;
}

static void serve_switch(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_conn_say(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    fa_bad_conn_body(conn, conn->request->path, 0, BIG_BODY);
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_bad_status(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_conn_say(conn, "HTTP/1.1 2x0 OK\r\nContent-Length: %d\r\n\r\n", BIG_BODY);
    fa_bad_conn_body(conn, conn->request->path, 0, BIG_BODY);
    conn->answer.then = FA_BAD_CLOSE;
}

void fa_bad_lies_connect(struct fa_bad_conn *conn)
{
    if (strncmp(conn->request->target, "flood.", 6) != 0) {
        fa_bad_reply_text(conn, 407, "Proxy-Authenticate: Basic realm=\"proxy\"\r\n", "");
        return;
    }
    fa_bad_reply_head(conn, 407, "Content-Length: 1000000000000\r\n");
    conn->answer.endless = "No login, no tunnel, and a lot to read.\n";
}

const struct fa_bad_behaviour fa_bad_lies[] = {
    {"unasked", 2, serve_unasked},
    {"ticket", 1, serve_ticket},
    {"statusfield", 2, serve_status_field},
    {"coding", 2, serve_coding},
    {"foldfirst", 0, serve_fold_first},
    {"endlesstrailers", 0, serve_endless_trailers},
    {"longtrailer", 0, serve_long_trailer},
    {"endless1xx", 0, serve_endless_interim},
    {"endlessbody", 1, serve_endless_body},
    {"drippingbody", 2, serve_dripping_body},
    {"switch", 0, serve_switch},
    {"badstatus", 0, serve_bad_status},
    {NULL, 0, NULL},
};
