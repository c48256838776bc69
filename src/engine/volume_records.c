/*
 * Records follow WARC 1.1 (ISO 28500:2017).  Each one is written in one go: its header, which has
 * the length and the digests of its block, then the block.  A compressed archive is a series of
 * gzip members, one a record, so that a reader can begin at the offset of any record.
 *
 * libcurl has joined the chunks of a body that came in chunks, so its header would not fit to it:
 * it is written as one chunk, and has no digest of its payload, as readers do not agree on what
 * that is.
 */
#include "engine/volume_records.h"

#include "archive/masking.h"
#include "transfer/encode.h"

#include <fetchall/version.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROFILE "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

int fa_records_pair(struct fa_record_pair *pair, const struct fa_volume_writer *w,
                    struct fa_error *err)
{
    if (fa_warc_id(pair->request) || fa_warc_id(pair->response))
        return fa_volume_failed(w, "write", err);
    return 0;
}

/* A lack of memory in any call of the packer shows here. */
int fa_records_flush(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_buf *out = &w->warc.packer.out;
    int result =
        out->failed ? fa_volume_no_memory(w, err) : fa_volume_write(w, out->data, out->len, err);
    fa_buf_reset(out);
    return result;
}

int fa_records_open(struct fa_volume_writer *w, const struct fa_warc_record *record,
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

static int records_put(struct fa_volume_writer *w, const struct fa_warc_record *record,
                       const struct fa_buf *block, struct fa_error *err)
{
    if (fa_records_open(w, record, err))
        return -1;
    fa_warc_packer_put(&w->warc.packer, block->data, block->len);
    fa_warc_packer_end(&w->warc.packer);
    return fa_records_flush(w, err);
}

/* Digest a block that is in memory.  @payload  Where the payload begins. */
static int records_hash(struct fa_volume_writer *w, const struct fa_buf *block, size_t payload,
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

/* It describes the records after it, up to the end of the archive; its name is the final one, not
 * that of the part file. */
int fa_records_put_info(struct fa_volume_writer *w, struct fa_error *err)
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
    int result = records_hash(w, &block, block.len, digest, none, err);
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
        result = records_put(w, &record, &block, err);
    fa_buf_fini(&block);
    return result;
}

/* For HTTP/1.1 nothing is said, as the block shows it; that of HTTP/2 is a translation. */
static const char *capture_protocol(const struct fa_capture *capture)
{
    return fa_masking_is_http2(capture->head.data, capture->head.len) ? "h2" : NULL;
}

int fa_records_put_request(struct fa_volume_writer *w, const struct fa_capture *capture,
                           const char *url, const struct fa_record_pair *pair, struct fa_error *err)
{
    char digest[FA_WARC_DIGEST], none[FA_WARC_DIGEST];
    struct fa_buf block;
    fa_buf_init(&block);
    fa_masking_put_request(&block, capture->request.data, capture->request.len,
                           w->config->secret_keys);
    int result = records_hash(w, &block, block.len, digest, none, err);
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
        result = records_put(w, &record, &block, err);
    fa_buf_fini(&block);
    return result;
}

/* A body that was cut off is still evidence; readers are told that it is not whole. */
struct fa_warc_record fa_records_response(const struct fa_capture *capture, const char *url,
                                          const struct fa_record_pair *pair)
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

/* RFC 9112, 7.1: each chunk ends with CRLF, then comes one of size 0.  An empty body is the latter
 * alone. */
void fa_records_put_frame(const struct fa_capture *capture, uint64_t size, struct fa_buf *before,
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

/* The block is header and body; only the latter is the payload. */
static int records_put_response(struct fa_volume_writer *w, const struct fa_capture *capture,
                                const char *url, const struct fa_record_pair *pair,
                                struct fa_error *err)
{
    char digest[FA_WARC_DIGEST], payload[FA_WARC_DIGEST];
    struct fa_buf block, after;
    fa_buf_init(&block);
    fa_buf_init(&after);
    fa_masking_put_response(&block, capture->head.data, capture->head.len, w->config->secret_keys);
    size_t head = block.len;
    fa_records_put_frame(capture, capture->body.len, &block, &after);
    fa_buf_put(&block, capture->body.data, capture->body.len);
    fa_buf_put(&block, after.data, after.len);
    block.failed |= after.failed;
    int result = records_hash(w, &block, head, digest, payload, err);
    struct fa_warc_record record = fa_records_response(capture, url, pair);
    record.length = block.len;
    record.block_digest = digest;
    record.payload_digest = capture->chunked ? NULL : payload;
    if (result == 0)
        result = records_put(w, &record, &block, err);
    fa_buf_fini(&block);
    fa_buf_fini(&after);
    return result;
}

char *fa_records_url(const struct fa_volume_writer *w, const char *url)
{
    char *encoded = url ? fa_encode_url(url) : NULL;
    char *masked = encoded ? fa_masking_url(encoded, w->config->secret_keys) : NULL;
    free(encoded);
    return masked;
}

int fa_records_put_exchange(struct fa_volume_writer *w, const struct fa_capture *capture,
                            const char *url, struct fa_error *err)
{
    struct fa_record_pair pair;
    char *masked = fa_records_url(w, url);
    int result = masked ? fa_records_pair(&pair, w, err) : fa_volume_no_memory(w, err);
    if (result == 0)
        result = fa_records_put_request(w, capture, masked, &pair, err);
    if (result == 0)
        result = records_put_response(w, capture, masked, &pair, err);
    free(masked);
    return result;
}

/* The block is the header alone: the profile says that the payload is that of the other record. */
int fa_records_put_revisit(struct fa_volume_writer *w, const struct fa_warc_record *response,
                           const struct fa_buf *head, const struct fa_payload *payload,
                           struct fa_error *err)
{
    char digest[FA_WARC_DIGEST], none[FA_WARC_DIGEST];
    struct fa_warc_record record = *response;
    record.type = "revisit";
    record.profile = PROFILE;
    record.refers_to = payload->id;
    record.refers_to_url = payload->url;
    record.refers_to_date = payload->date;
    record.length = head->len;
    record.block_digest = digest;
    record.payload_digest = payload->digest;
    return records_hash(w, head, head->len, digest, none, err) || records_put(w, &record, head, err)
               ? -1
               : 0;
}
