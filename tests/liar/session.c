/* A connection of HTTP/2, frame by frame. Only the fields of requests are left to a library. */

#include "liar/conn.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#define PREFACE 24
#define FRAME   9

enum { HEADERS = 1, SETTINGS = 4, PING = 6, CONTINUATION = 9 };

struct session {
    struct liar_conn *conn;
    nghttp2_hd_inflater *inflater;
    struct liar_bytes block;
    bool good;
};

/* The next LEN bytes are there. */
static bool session_have(struct session *session, size_t len)
{
    while (session->conn->in.len < len) {
        if (!liar_conn_read(session->conn)) {
            return false;
        }
    }
    return true;
}

static void session_drop(struct session *session, size_t len)
{
    struct liar_bytes *in = &session->conn->in;
    memmove(in->at, in->at + len, in->len - len + 1);
    in->len -= len;
}

static bool is_field(const nghttp2_nv *field, const char *name)
{
    return field->namelen == strlen(name) && memcmp(field->name, name, field->namelen) == 0;
}

static void request_field(struct liar_request *request, const nghttp2_nv *field)
{
    const char *value = (const char *)field->value;
    if (is_field(field, ":path")) {
        liar_request_path(request, value, field->valuelen);
    } else if (is_field(field, "range")) {
        liar_request_range(request, value, field->valuelen);
    } else if (is_field(field, "if-range") && field->valuelen < sizeof(request->if_range)) {
        memcpy(request->if_range, value, field->valuelen);
    }
}

static bool session_fields(struct session *session, struct liar_request *request)
{
    const uint8_t *at = (const uint8_t *)session->block.at;
    size_t left = session->block.len;
    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(session->inflater, &field, &flags, at, left, 1);
        if (used < 0) {
            return false;
        }
        at += used;
        left -= (size_t)used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            request_field(request, &field);
        }
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(session->inflater);
            return true;
        }
        if (left == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)) {
            return false;
        }
    }
}

static void session_headers(struct session *session, unsigned flags, unsigned stream,
                            const char *payload, size_t len)
{
    size_t skip = (flags & 8 ? 1u : 0u) + (flags & 32 ? 5u : 0u);
    size_t pad = flags & 8 && len ? (unsigned char)payload[0] : 0;
    if (skip + pad <= len) {
        liar_bytes_add(&session->block, payload + skip, len - skip - pad);
    }
    if (!(flags & 4)) {
        return;
    }
    struct liar_request request = {0};
    struct liar_script script = {.count = 0};
    session->good = session_fields(session, &request);
    liar_bytes_fini(&session->block);
    if (session->good) {
        liar_server_answer(session->conn->server, session->conn, &request, stream, &script);
        session->good = liar_conn_play(session->conn, &script);
        liar_script_fini(&script);
    }
}

static void session_frame(struct session *session, unsigned type, unsigned flags, unsigned stream,
                          const char *payload, size_t len)
{
    static const char settings_ack[FRAME] = {0, 0, 0, SETTINGS, 1};
    char ping_ack[FRAME + 8] = {0, 0, 8, PING, 1};
    if (type == HEADERS || type == CONTINUATION) {
        session_headers(session, type == HEADERS ? flags : flags & 4, stream, payload, len);
    } else if (type == SETTINGS && !(flags & 1)) {
        session->good = liar_conn_write(session->conn, settings_ack, FRAME);
    } else if (type == PING && !(flags & 1) && len == 8) {
        memcpy(ping_ack + FRAME, payload, 8);
        session->good = liar_conn_write(session->conn, ping_ack, sizeof(ping_ack));
    }
}

static bool session_step(struct session *session)
{
    if (!session_have(session, FRAME)) {
        return false;
    }
    const unsigned char *head = (const unsigned char *)session->conn->in.at;
    size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    unsigned type = head[3];
    unsigned flags = head[4];
    unsigned stream =
        (head[5] & 127u) << 24 | (unsigned)head[6] << 16 | (unsigned)head[7] << 8 | head[8];
    if (!session_have(session, FRAME + len)) {
        return false;
    }
    char *payload = malloc(len + 1);
    if (!payload) {
        return false;
    }
    memcpy(payload, session->conn->in.at + FRAME, len);
    session_drop(session, FRAME + len);
    session_frame(session, type, flags, stream, payload, len);
    free(payload);
    return session->good;
}

void liar_session_serve(struct liar_conn *conn)
{
    static const char settings[FRAME] = {0, 0, 0, SETTINGS};
    struct session session = {.conn = conn, .good = true};
    if (nghttp2_hd_inflate_new(&session.inflater) == 0) {
        if (session_have(&session, PREFACE) && liar_conn_write(conn, settings, FRAME)) {
            session_drop(&session, PREFACE);
            while (session_step(&session)) {
            }
        }
        nghttp2_hd_inflate_del(session.inflater);
    }
    liar_bytes_fini(&session.block);
}
