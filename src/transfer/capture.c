/*
 * libcurl shows the header of a request in one piece or in several, as the socket takes them, and
 * shows those of all requests of a transfer: to a proxy, on a connection that turned out to be
 * dead, and before a challenge.  The last one is answered by the response that counts.
 */
#include "transfer/capture.h"

#include "base/field.h"

#include <stdlib.h>
#include <string.h>

static const struct fa_field fields[] = {
    FA_FIELD(I64, int64_t, struct fa_capture, began),
    FA_FIELD(BOOL, bool, struct fa_capture, chunked),
    FA_FIELD(BOOL, bool, struct fa_capture, cut),
    FA_FIELD_TEXT(struct fa_capture, ip),
};

struct fa_capture *fa_capture_new(void)
{
    struct fa_capture *capture = calloc(1, sizeof(*capture));
    if (!capture)
        return NULL;
    fa_buf_init(&capture->request);
    fa_buf_init(&capture->head);
    fa_buf_init(&capture->body);
    return capture;
}

/* With those of the redirects before it, which belong to it. */
void fa_capture_free(struct fa_capture *capture)
{
    while (capture) {
        struct fa_capture *earlier = capture->earlier;
        fa_buf_fini(&capture->request);
        fa_buf_fini(&capture->head);
        fa_buf_fini(&capture->body);
        free(capture->url);
        free(capture);
        capture = earlier;
    }
}

static bool header_is_complete(const struct fa_buf *buf)
{
    return buf->len >= 4 && memcmp(buf->data + buf->len - 4, "\r\n\r\n", 4) == 0;
}

void fa_capture_sent(struct fa_capture *capture, const void *data, size_t len, int64_t now)
{
    struct fa_buf *request = &capture->request;
    if (request->len == 0 || header_is_complete(request)) {
        fa_buf_reset(request);
        fa_buf_reset(&capture->body);
        capture->began = now;
    }
    fa_buf_put(request, data, len);
}

/* An interim response (1xx), or one to a challenge, is replaced by the next header. */
void fa_capture_line(struct fa_capture *capture, const char *line, size_t len, bool first)
{
    if (first)
        fa_buf_reset(&capture->head);
    fa_buf_put(&capture->head, line, len);
}

bool fa_capture_failed(const struct fa_capture *capture)
{
    return capture->request.failed || capture->head.failed || capture->body.failed;
}

static void capture_put_bytes(struct fa_buf *buf, const struct fa_buf *bytes)
{
    fa_buf_put_u32(buf, (uint32_t)bytes->len);
    fa_buf_put(buf, bytes->data, bytes->len);
}

static void capture_get_bytes(struct fa_reader *reader, struct fa_buf *ret)
{
    size_t len = fa_reader_u32(reader);
    const void *bytes = fa_reader_get(reader, len);
    if (bytes)
        fa_buf_put(ret, bytes, len);
}

/* For a worker process, which sends it with its outcome; fa_capture_get() reads it in the same
 * order, and trusts no length. */
void fa_capture_put(struct fa_buf *buf, const struct fa_capture *capture)
{
    fa_buf_put_u8(buf, capture != NULL);
    if (!capture)
        return;
    fa_fields_put(fields, FA_FIELD_COUNT(fields), capture, buf);
    capture_put_bytes(buf, &capture->request);
    capture_put_bytes(buf, &capture->head);
    capture_put_bytes(buf, &capture->body);
}

struct fa_capture *fa_capture_get(struct fa_reader *reader)
{
    uint8_t there = fa_reader_u8(reader);
    reader->failed |= there > 1;
    if (there == 0 || reader->failed)
        return NULL;
    struct fa_capture *capture = fa_capture_new();
    if (!capture) {
        reader->failed = true;
        return NULL;
    }
    fa_fields_get(fields, FA_FIELD_COUNT(fields), capture, reader);
    capture_get_bytes(reader, &capture->request);
    capture_get_bytes(reader, &capture->head);
    capture_get_bytes(reader, &capture->body);
    reader->failed |= fa_capture_failed(capture);
    return capture;
}
