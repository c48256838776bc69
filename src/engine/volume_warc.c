/*
 * A member of a WARC file is a request and its response, after those of the redirects that led to
 * it. So what belongs together is in one volume, and complete or not there.
 *
 * The digest of a block is in the header before it: the file is read twice, first for its digests.
 * libcurl has joined the chunks of a body that came in chunks, so its header would not fit to it:
 * it is written as one chunk, and has no digest of its payload, as readers do not agree on what
 * that is.
 */
#include "engine/volume_format.h"

#include "archive/masking.h"
#include "base/io.h"
#include "transfer/encode.h"

#include <fetchall/version.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK (64 << 10)
/* Bytes that are taken at once: compressing more would hold up transfers on the same loop. */
#define STEP (1 << 20)
/* More than the header of a record, without its URL, and the overhead of gzip. */
#define RECORD 1024

/* IDs of a request and its response. */
struct pair {
    char request[FA_WARC_ID], response[FA_WARC_ID];
};

static int pair_init(struct pair *pair, const struct fa_volume_writer *w, struct fa_error *err)
{
    if (fa_warc_id(pair->request) || fa_warc_id(pair->response))
        return fa_volume_failed(w, "write", err);
    return 0;
}

static int warc_flush(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_buf *out = &w->warc.packer.out;
    int result =
        out->failed ? fa_volume_no_memory(w, err) : fa_volume_write(w, out->data, out->len, err);
    fa_buf_reset(out);
    return result;
}

/* Write the header of a record, whose block follows. */
static int warc_open_record(struct fa_volume_writer *w, const struct fa_warc_record *record,
                            struct fa_error *err)
{
    struct fa_buf header;
    fa_buf_init(&header);
    fa_warc_put_header(&header, record);
    int result =
        header.failed || fa_warc_packer_begin(&w->warc.packer) ? fa_volume_no_memory(w, err) : 0;
    if (result == 0)
        fa_warc_packer_put(&w->warc.packer, header.data, header.len);
    fa_buf_fini(&header);
    return result;
}

static int warc_put_record(struct fa_volume_writer *w, const struct fa_warc_record *record,
                           const struct fa_buf *block, struct fa_error *err)
{
    if (warc_open_record(w, record, err))
        return -1;
    fa_warc_packer_put(&w->warc.packer, block->data, block->len);
    fa_warc_packer_end(&w->warc.packer);
    return warc_flush(w, err);
}

/* Digest a block that is in memory.  @payload  Where the payload begins. */
static int warc_hash_block(struct fa_volume_writer *w, const struct fa_buf *block, size_t payload,
                           char ret_block[FA_WARC_DIGEST], char ret_payload[FA_WARC_DIGEST],
                           struct fa_error *err)
{
    struct fa_warc_hash *hash = &w->warc.hash;
    fa_warc_hash_begin(hash);
    fa_warc_hash_put(hash, block->data, payload, false);
    fa_warc_hash_put(hash, block->data + payload, block->len - payload, true);
    return block->failed || fa_warc_hash_end(hash, ret_block, ret_payload)
               ? fa_volume_no_memory(w, err)
               : 0;
}

static int warc_put_info(struct fa_volume_writer *w, struct fa_error *err)
{
    char id[FA_WARC_ID], digest[FA_WARC_DIGEST], none[FA_WARC_DIGEST];
    struct fa_buf block;
    if (fa_warc_id(id))
        return fa_volume_failed(w, "write", err);
    const char *name = strrchr(w->volume->state.name, '/');
    char *text = NULL;
    if (asprintf(&text,
                 "software: %s\r\n"
                 "format: WARC File Format 1.1\r\n"
                 "conformsTo: http://iipc.github.io/warc-specifications/specifications/"
                 "warc-format/warc-1.1/\r\n",
                 fa_version()) < 0)
        return fa_volume_no_memory(w, err);
    fa_buf_init(&block);
    fa_buf_put(&block, text, strlen(text));
    free(text);
    int result = warc_hash_block(w, &block, block.len, digest, none, err);
    struct fa_warc_record record = {
        .type = "warcinfo",
        .id = id,
        .date = (int64_t)time(NULL),
        .content_type = "application/warc-fields",
        .length = block.len,
        .filename = name ? name + 1 : w->volume->state.name,
        .block_digest = digest,
    };
    if (result == 0)
        result = warc_put_record(w, &record, &block, err);
    fa_buf_fini(&block);
    return result;
}

static const char *capture_protocol(const struct fa_capture *capture)
{
    return fa_masking_is_http2(capture->head.data, capture->head.len) ? "h2" : NULL;
}

static int warc_put_request(struct fa_volume_writer *w, const struct fa_capture *capture,
                            const char *url, const struct pair *pair, struct fa_error *err)
{
    char digest[FA_WARC_DIGEST], none[FA_WARC_DIGEST];
    struct fa_buf block;
    fa_buf_init(&block);
    fa_masking_put_request(&block, capture->request.data, capture->request.len,
                           w->config->secret_keys);
    int result = warc_hash_block(w, &block, block.len, digest, none, err);
    struct fa_warc_record record = {
        .type = "request",
        .id = pair->request,
        .date = capture->began,
        .content_type = "application/http; msgtype=request",
        .length = block.len,
        .url = url,
        .ip = capture->ip,
        .concurrent = pair->response,
        .protocol = capture_protocol(capture),
        .block_digest = digest,
    };
    if (result == 0)
        result = warc_put_record(w, &record, &block, err);
    fa_buf_fini(&block);
    return result;
}

static struct fa_warc_record response_record(const struct fa_capture *capture, const char *url,
                                             const struct pair *pair)
{
    return (struct fa_warc_record){
        .type = "response",
        .id = pair->response,
        .date = capture->began,
        .content_type = "application/http; msgtype=response",
        .url = url,
        .ip = capture->ip,
        .concurrent = pair->request,
        .protocol = capture_protocol(capture),
        .truncated = capture->cut ? "unspecified" : NULL,
    };
}

/* What is before and after a body of that size. */
static void put_frame(const struct fa_capture *capture, uint64_t size, struct fa_buf *before,
                      struct fa_buf *after)
{
    static const char last[] = "\r\n0\r\n\r\n";
    char line[24];
    if (!capture->chunked)
        return;
    int len = snprintf(line, sizeof(line), "%llx\r\n", (unsigned long long)size);
    if (size > 0)
        fa_buf_put(before, line, (size_t)len);
    fa_buf_put(after, size > 0 ? last : last + 2, strlen(size > 0 ? last : last + 2));
}

static int warc_put_redirect_response(struct fa_volume_writer *w, const struct fa_capture *capture,
                                      const char *url, const struct pair *pair,
                                      struct fa_error *err)
{
    char digest[FA_WARC_DIGEST], payload[FA_WARC_DIGEST];
    struct fa_buf block, after;
    fa_buf_init(&block);
    fa_buf_init(&after);
    fa_masking_put_response(&block, capture->head.data, capture->head.len, w->config->secret_keys);
    size_t head = block.len;
    put_frame(capture, capture->body.len, &block, &after);
    fa_buf_put(&block, capture->body.data, capture->body.len);
    fa_buf_put(&block, after.data, after.len);
    block.failed |= after.failed;
    int result = warc_hash_block(w, &block, head, digest, payload, err);
    struct fa_warc_record record = response_record(capture, url, pair);
    record.length = block.len;
    record.block_digest = digest;
    record.payload_digest = capture->chunked ? NULL : payload;
    if (result == 0)
        result = warc_put_record(w, &record, &block, err);
    fa_buf_fini(&block);
    fa_buf_fini(&after);
    return result;
}

/* A URI as the standard wants it, without secrets.  @return to be freed; NULL: no memory */
static char *warc_url(const struct fa_volume_writer *w, const char *url)
{
    char *encoded = url ? fa_encode_url(url) : NULL;
    char *masked = encoded ? fa_masking_url(encoded, w->config->secret_keys) : NULL;
    free(encoded);
    return masked;
}

static int warc_put_redirect(struct fa_volume_writer *w, const struct fa_capture *capture,
                             struct fa_error *err)
{
    struct pair pair;
    char *url = warc_url(w, capture->url);
    int result = url ? pair_init(&pair, w, err) : fa_volume_no_memory(w, err);
    if (result == 0)
        result = warc_put_request(w, capture, url, &pair, err);
    if (result == 0)
        result = warc_put_redirect_response(w, capture, url, &pair, err);
    free(url);
    return result;
}

static const struct fa_capture *redirect_at(const struct fa_job *job, unsigned at)
{
    const struct fa_capture *capture = job->redirects;
    for (; capture && at > 0; --at)
        capture = capture->earlier;
    return capture;
}

/* The first one first; the job has the last one first. */
static int warc_put_redirects(struct fa_volume_writer *w, struct fa_error *err)
{
    unsigned n = 0;
    int result = 0;
    while (redirect_at(w->job, n))
        ++n;
    while (result == 0 && n > 0)
        result = warc_put_redirect(w, redirect_at(w->job, --n), err);
    return result;
}

/* The response, up to its body. */
static int warc_open_response(struct fa_volume_writer *w, const char *url, const struct pair *pair,
                              struct fa_error *err)
{
    struct fa_warc_writer *warc = &w->warc;
    const struct fa_capture *capture = w->job->outcome.capture;
    struct fa_warc_record record = response_record(capture, url, pair);
    record.length = w->head.len + (uint64_t)w->job->place.size + w->tail.len;
    record.block_digest = warc->block_digest;
    record.payload_digest = capture->chunked ? NULL : warc->payload_digest;
    if (warc_put_request(w, capture, url, pair, err) || warc_open_record(w, &record, err))
        return -1;
    fa_warc_packer_put(&warc->packer, w->head.data, w->head.len);
    fa_warc_packer_mark(&warc->packer);
    if (warc_flush(w, err))
        return -1;
    warc->offset = w->end;
    return 0;
}

/* All that is before the body of the file. */
static int warc_put_headers(struct fa_volume_writer *w, struct fa_error *err)
{
    struct pair pair;
    if ((w->volume->state.bytes == 0 && warc_put_info(w, err)) || warc_put_redirects(w, err))
        return -1;
    char *url = warc_url(w, w->job->target.url->whole);
    int result = url ? pair_init(&pair, w, err) : fa_volume_no_memory(w, err);
    if (result == 0)
        result = warc_open_response(w, url, &pair, err);
    free(url);
    return result;
}

/* No less than what is written, unless gzip makes it larger by a few bytes. */
static uint64_t warc_need(const struct fa_volume_writer *w)
{
    const struct fa_job *job = w->job;
    const struct fa_capture *last = job->outcome.capture, *redirect;
    uint64_t need = (uint64_t)job->place.size + last->request.len + last->head.len + 4 * RECORD;
    for (redirect = job->redirects; redirect; redirect = redirect->earlier)
        need += redirect->request.len + redirect->head.len + redirect->body.len + 2 * RECORD;
    return need;
}

static int warc_begin(struct fa_volume_writer *w, struct fa_error *err)
{
    const struct fa_capture *capture = w->job->outcome.capture;
    if (!capture)
        return fa_volume_no_memory(w, err);
    if (!fa_volume_has_room(w, warc_need(w)))
        return 0;
    fa_buf_reset(&w->head);
    fa_buf_reset(&w->tail);
    fa_masking_put_response(&w->head, capture->head.data, capture->head.len,
                            w->config->secret_keys);
    put_frame(capture, (uint64_t)w->job->place.size, &w->head, &w->tail);
    if (w->head.failed || w->tail.failed)
        return fa_volume_no_memory(w, err);
    w->warc.headed = false;
    fa_warc_hash_begin(&w->warc.hash);
    fa_warc_hash_put(&w->warc.hash, w->head.data, w->head.len, false);
    return 1;
}

/* The next bytes of the file: to be digested, and later to be written. */
static int warc_take(struct fa_volume_writer *w, int source, size_t len, struct fa_error *err)
{
    char chunk[CHUNK];
    if (fa_io_pread(source, chunk, len, len, w->copied) < 0)
        return fa_volume_failed(w, "write", err);
    w->copied += len;
    if (!w->warc.headed) {
        fa_warc_hash_put(&w->warc.hash, chunk, len, true);
        return 0;
    }
    fa_warc_packer_put_payload(&w->warc.packer, chunk, len);
    return warc_flush(w, err);
}

static int warc_copy(struct fa_volume_writer *w, int source, uint64_t most, struct fa_error *err)
{
    uint64_t size = (uint64_t)w->job->place.size;
    most = most < STEP ? most : STEP;
    while (most > 0 && w->copied < size) {
        uint64_t left = size - w->copied < most ? size - w->copied : most;
        size_t len = left < CHUNK ? (size_t)left : CHUNK;
        if (warc_take(w, source, len, err))
            return -1;
        most -= len;
    }
    if (w->copied < size)
        return 0;
    if (w->warc.headed)
        return 1;
    fa_warc_hash_put(&w->warc.hash, w->tail.data, w->tail.len, false);
    if (fa_warc_hash_end(&w->warc.hash, w->warc.block_digest, w->warc.payload_digest))
        return fa_volume_no_memory(w, err);
    w->warc.headed = true;
    w->copied = 0;
    return warc_put_headers(w, err) ? -1 : size == 0;
}

static int warc_finish(struct fa_volume_writer *w, uint64_t *ret_offset, struct fa_error *err)
{
    *ret_offset = w->warc.offset;
    fa_warc_packer_put(&w->warc.packer, w->tail.data, w->tail.len);
    fa_warc_packer_end(&w->warc.packer);
    return warc_flush(w, err);
}

#define FORMAT(ending)                                                                   \
    {                                                                                    \
        .suffix = (ending), .first_plain = true, .begin = warc_begin, .copy = warc_copy, \
        .finish = warc_finish                                                            \
    }

const struct fa_volume_format fa_volume_warc = FORMAT(".warc");
const struct fa_volume_format fa_volume_warc_gz = FORMAT(".warc.gz");
