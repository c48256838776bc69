/*
 * A member of a WARC file is a request and its response, after those of the redirects that led to
 * it. So what belongs together is in one volume, and complete or not there.
 *
 * The digest of a block is in the header before it: the file is read twice, first for its digests.
 * If the digest of its payload is that of one that this run has written, there is no second time:
 * a record of type revisit refers to that one, which is where the state has the file, too.
 *
 * The response to an entry that has failed is small, and in memory, as those of redirects are.
 */
#include "engine/volume_format.h"

#include "archive/masking.h"
#include "base/io.h"
#include "engine/volume_records.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK (64 << 10)
/* Bytes that are taken at once: compressing more would hold up transfers on the same loop. */
#define STEP (1 << 20)
/* More than the header of a record, without its URL, and the overhead of gzip. */
#define RECORD 1024

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
    while (result == 0 && n > 0) {
        const struct fa_capture *redirect = redirect_at(w->job, --n);
        result = fa_records_put_exchange(w, redirect, redirect->url, err);
    }
    return result;
}

/* All that is before the exchange that counts. */
static int warc_put_earlier(struct fa_volume_writer *w, struct fa_error *err)
{
    bool first = w->volume->state.bytes == 0;
    return (first && fa_records_put_info(w, err)) || warc_put_redirects(w, err) ? -1 : 0;
}

/* The response, up to its body. */
static int warc_open_response(struct fa_volume_writer *w, struct fa_warc_record *record,
                              struct fa_error *err)
{
    struct fa_warc_writer *warc = &w->warc;
    record->length = w->head.len + (uint64_t)w->job->place.size + w->tail.len;
    record->block_digest = warc->block_digest;
    record->payload_digest = warc->payload.digest;
    if (fa_records_open(w, record, err))
        return -1;
    fa_warc_packer_put(&warc->packer, w->head.data, w->head.len);
    fa_warc_packer_mark(&warc->packer);
    if (fa_records_flush(w, err))
        return -1;
    warc->payload.offset = w->end;
    return 0;
}

/* All that is before the body of the file, or all if its bytes are in the archive. */
static int warc_put_headers(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_record_pair pair;
    struct fa_warc_writer *warc = &w->warc;
    const struct fa_capture *capture = w->job->outcome.capture;
    free(warc->url);
    warc->url = fa_records_url(w, fa_url_sent(w->job->target.url));
    if (!warc->url)
        return fa_volume_no_memory(w, err);
    if (warc_put_earlier(w, err) || fa_records_pair(&pair, w, err) ||
        fa_records_put_request(w, capture, warc->url, &pair, err))
        return -1;
    struct fa_warc_record record = fa_records_response(capture, warc->url, &pair);
    if (warc->twin)
        return fa_records_put_revisit(w, &record, &w->head, warc->twin, err);
    memcpy(warc->payload.id, pair.response, sizeof(pair.response));
    return warc_open_response(w, &record, err);
}

static uint64_t warc_file_size(const struct fa_job *job)
{
    return job->failed ? 0 : (uint64_t)job->place.size;
}

static uint64_t warc_exchange_need(const struct fa_capture *capture)
{
    return capture->request.len + capture->head.len + capture->body.len + 2 * RECORD;
}

/* No less than what is written, unless gzip makes it larger by a few bytes. */
static uint64_t warc_need(const struct fa_volume_writer *w)
{
    const struct fa_job *job = w->job;
    uint64_t need = warc_file_size(job) + warc_exchange_need(job->outcome.capture) + 2 * RECORD;
    for (const struct fa_capture *at = job->redirects; at; at = at->earlier)
        need += warc_exchange_need(at);
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
    fa_records_put_frame(capture, warc_file_size(w->job), &w->head, &w->tail);
    if (w->head.failed || w->tail.failed)
        return fa_volume_no_memory(w, err);
    w->warc.headed = false;
    w->warc.twin = NULL;
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
    return fa_records_flush(w, err);
}

/* Programs do not agree on what the payload of chunks is, so it has no digest. */
static int warc_end_digests(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_warc_writer *warc = &w->warc;
    struct fa_payload *payload = &warc->payload;
    fa_warc_hash_put(&warc->hash, w->tail.data, w->tail.len, false);
    if (fa_warc_hash_end(&warc->hash, warc->block_digest, payload->digest))
        return fa_volume_no_memory(w, err);
    if (w->job->outcome.capture->chunked)
        payload->digest[0] = '\0';
    else if (w->job->place.size > 0)
        warc->twin = fa_payloads_find(&warc->payloads, payload->digest);
    warc->headed = true;
    return 0;
}

/* The response to an entry that has failed. */
static int warc_put_failure(struct fa_volume_writer *w, struct fa_error *err)
{
    const struct fa_job *job = w->job;
    return warc_put_earlier(w, err) || fa_records_put_exchange(w, job->outcome.capture,
                                                               fa_url_sent(job->target.url), err)
               ? -1
               : 1;
}

static int warc_copy(struct fa_volume_writer *w, int source, uint64_t most, struct fa_error *err)
{
    uint64_t size = warc_file_size(w->job);
    if (w->job->failed)
        return warc_put_failure(w, err);
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
    if (warc_end_digests(w, err) || warc_put_headers(w, err))
        return -1;
    w->copied = 0;
    return size == 0 || w->warc.twin;
}

/* Remember the payload of the response, and end its record. */
static int warc_end_response(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_warc_writer *warc = &w->warc;
    struct fa_payload *payload = &warc->payload;
    fa_warc_packer_put(&warc->packer, w->tail.data, w->tail.len);
    fa_warc_packer_end(&warc->packer);
    if (fa_records_flush(w, err))
        return -1;
    payload->archive = w->volume->state.id;
    payload->date = w->job->outcome.capture->began;
    payload->url = warc->url;
    if (payload->digest[0] && w->job->place.size > 0)
        fa_payloads_add(&warc->payloads, payload);
    return 0;
}

static int warc_finish(struct fa_volume_writer *w, struct fa_member *ret, struct fa_error *err)
{
    const struct fa_payload *twin = w->warc.twin;
    if (w->job->failed)
        return 0;
    if (!twin && warc_end_response(w, err))
        return -1;
    const struct fa_payload *payload = twin ? twin : &w->warc.payload;
    *ret = (struct fa_member){.archive = payload->archive, .offset = payload->offset};
    return 0;
}

#define FORMAT(ending)                                                                   \
    {                                                                                    \
        .suffix = (ending), .first_plain = true, .begin = warc_begin, .copy = warc_copy, \
        .finish = warc_finish                                                            \
    }

const struct fa_volume_format fa_volume_warc = FORMAT(".warc");
const struct fa_volume_format fa_volume_warc_gz = FORMAT(".warc.gz");
