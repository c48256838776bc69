/*
 * Both ends are the same program, but a worker process handles hostile data and may be compromised.
 * So the reader checks every length, enumerator and boolean, and that texts that end up in a
 * request or in a C string buffer are well-formed.  An error only sets reader->failed, which is
 * checked once at the end.
 */
#include "transfer/wire.h"

#include <stdlib.h>
#include <string.h>

static void wire_get_text(struct fa_reader *reader, char *ret, size_t size)
{
    const char *text = fa_reader_str(reader);
    if (!text || strlen(text) >= size)
        reader->failed = true;
    else
        memcpy(ret, text, strlen(text) + 1);
}

static bool wire_get_bool(struct fa_reader *reader)
{
    uint8_t value = fa_reader_u8(reader);
    reader->failed |= value > 1;
    return value == 1;
}

/* Read a number; -1: unknown. */
static int64_t wire_get_known(struct fa_reader *reader)
{
    int64_t value = (int64_t)fa_reader_u64(reader);
    reader->failed |= value < -1;
    return value;
}

static void wire_put_validator(struct fa_buf *buf, const struct fa_validator *validator)
{
    fa_buf_put_str(buf, validator->etag);
    fa_buf_put_u64(buf, (uint64_t)validator->modified);
    fa_buf_put_u8(buf, validator->strong);
}

/* The entity tag is sent in requests as it is: accept only a well-formed one. */
static void wire_get_validator(struct fa_reader *reader, struct fa_validator *ret)
{
    char if_range[FA_ETAG_MAX];
    wire_get_text(reader, ret->etag, sizeof(ret->etag));
    ret->modified = wire_get_known(reader);
    ret->strong = wire_get_bool(reader);
    if (reader->failed)
        return;
    fa_validator_if_range(ret, if_range);
    reader->failed = (ret->etag[0] && !fa_etag_is_good(ret->etag, strlen(ret->etag))) ||
                     (ret->strong && !if_range[0]);
}

static void wire_put_representation(struct fa_buf *buf, const struct fa_representation *rep)
{
    wire_put_validator(buf, &rep->validator);
    fa_buf_put_str(buf, rep->coding);
    fa_buf_put_u64(buf, (uint64_t)rep->total);
}

static void wire_get_representation(struct fa_reader *reader, struct fa_representation *ret)
{
    wire_get_validator(reader, &ret->validator);
    wire_get_text(reader, ret->coding, sizeof(ret->coding));
    ret->total = wire_get_known(reader);
    reader->failed = reader->failed || !fa_coding_is_good(ret->coding);
}

void fa_wire_put_head(struct fa_buf *buf, const struct fa_head *head)
{
    wire_put_representation(buf, &head->rep);
    fa_buf_put_u64(buf, head->kept);
}

static void wire_get_head(struct fa_reader *reader, struct fa_head *ret)
{
    wire_get_representation(reader, &ret->rep);
    ret->kept = fa_reader_u64(reader);
    reader->failed |= ret->rep.total >= 0 && ret->kept > (uint64_t)ret->rep.total;
}

int fa_wire_get_head(struct fa_head *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    memset(ret, 0, sizeof(*ret));
    wire_get_head(&reader, ret);
    return fa_reader_ok(&reader) ? 0 : -1;
}

/* The order of the fields is the format: fa_wire_get_attempt() reads them in the same order. */
void fa_wire_put_attempt(struct fa_buf *buf, const struct fa_attempt *attempt)
{
    fa_buf_put_str(buf, attempt->url);
    fa_buf_put_str(buf, attempt->host_port);
    fa_buf_put_str(buf, attempt->addresses);
    fa_buf_put_u8(buf, attempt->foreign);
    fa_buf_put_u8(buf, attempt->http1);
    fa_buf_put_u8(buf, attempt->close);
    fa_buf_put_u64(buf, (uint64_t)attempt->size);
    fa_buf_put_u64(buf, attempt->max_size);
    fa_buf_put_u64(buf, attempt->rate);
    fa_buf_put_u64(buf, attempt->offset);
    fa_buf_put_u8(buf, attempt->whole);
    fa_buf_put_u8(buf, attempt->conditional);
    fa_buf_put_u8(buf, attempt->durable);
    wire_put_representation(buf, &attempt->rep);
    fa_buf_put_u32(buf, (uint32_t)attempt->n_headers);
    for (size_t i = 0; i < attempt->n_headers; ++i)
        fa_buf_put_str(buf, attempt->headers[i]);
}

int fa_wire_get_attempt(struct fa_attempt *ret, const char ***ret_headers, const void *data,
                        size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    memset(ret, 0, sizeof(*ret));
    ret->fd = -1;
    ret->url = fa_reader_str(&reader);
    ret->host_port = fa_reader_str(&reader);
    ret->addresses = fa_reader_str(&reader);
    ret->foreign = fa_reader_u8(&reader);
    ret->http1 = wire_get_bool(&reader);
    ret->close = fa_reader_u8(&reader);
    ret->size = (int64_t)fa_reader_u64(&reader);
    ret->max_size = fa_reader_u64(&reader);
    ret->rate = fa_reader_u64(&reader);
    ret->offset = fa_reader_u64(&reader);
    ret->whole = wire_get_bool(&reader);
    ret->conditional = wire_get_bool(&reader);
    ret->durable = wire_get_bool(&reader);
    wire_get_representation(&reader, &ret->rep);
    ret->n_headers = fa_reader_u32(&reader);
    /* Each header takes at least one byte, so a wrong number cannot allocate more than the
     * message size. */
    if (reader.failed || !ret->url || !ret->host_port ||
        ret->n_headers > (size_t)(reader.end - reader.at))
        return -1;

    const char **headers = calloc(ret->n_headers + 1, sizeof(*headers));
    if (!headers)
        return -1;
    for (size_t i = 0; i < ret->n_headers; ++i) {
        headers[i] = fa_reader_str(&reader);
        reader.failed |= !headers[i];
    }
    if (!fa_reader_ok(&reader)) {
        free(headers);
        return -1;
    }
    ret->headers = headers;
    *ret_headers = headers;
    return 0;
}

static void wire_put_error(struct fa_buf *buf, const struct fa_error *error)
{
    fa_buf_put_u8(buf, (uint8_t)error->domain);
    fa_buf_put_u32(buf, (uint32_t)error->code);
    fa_buf_put_u8(buf, (uint8_t)error->class);
    fa_buf_put_str(buf, error->msg);
}

static void wire_get_error(struct fa_reader *reader, struct fa_error *ret)
{
    ret->domain = fa_reader_u8(reader);
    ret->code = (int)fa_reader_u32(reader);
    ret->class = fa_reader_u8(reader);
    wire_get_text(reader, ret->msg, sizeof(ret->msg));
    if (ret->class >= FA_CLASSES || ret->domain > FA_DOMAIN_FETCHALL)
        reader->failed = true;
}

void fa_wire_put_outcome(struct fa_buf *buf, const struct fa_outcome *outcome)
{
    wire_put_error(buf, &outcome->error);
    fa_buf_put_u8(buf, (uint8_t)outcome->retryable);
    fa_buf_put_str(buf, outcome->location);
    fa_buf_put_f64(buf, outcome->retry_after);
    fa_buf_put_u32(buf, (uint32_t)outcome->http);
    fa_buf_put_u64(buf, outcome->received);
    fa_buf_put_u64(buf, outcome->size);
    fa_buf_put_f64(buf, outcome->time.dns);
    fa_buf_put_f64(buf, outcome->time.connect);
    fa_buf_put_f64(buf, outcome->time.tls);
    fa_buf_put_f64(buf, outcome->time.ttfb);
    fa_buf_put_f64(buf, outcome->time.total);
    fa_buf_put_str(buf, outcome->ip);
    fa_buf_put_str(buf, outcome->version);
    fa_wire_put_head(buf, &outcome->head);
    fa_buf_put_u8(buf, outcome->unchanged);
    fa_buf_put_u8(buf, outcome->doubtful);
    fa_buf_put_u8(buf, (uint8_t)outcome->restart);
}

int fa_wire_get_outcome(struct fa_outcome *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    memset(ret, 0, sizeof(*ret));
    wire_get_error(&reader, &ret->error);
    ret->retryable = fa_reader_u8(&reader);
    const char *location = fa_reader_str(&reader);
    ret->retry_after = fa_reader_f64(&reader);
    ret->http = (int)fa_reader_u32(&reader);
    ret->received = fa_reader_u64(&reader);
    ret->size = fa_reader_u64(&reader);
    ret->time.dns = fa_reader_f64(&reader);
    ret->time.connect = fa_reader_f64(&reader);
    ret->time.tls = fa_reader_f64(&reader);
    ret->time.ttfb = fa_reader_f64(&reader);
    ret->time.total = fa_reader_f64(&reader);
    wire_get_text(&reader, ret->ip, sizeof(ret->ip));
    wire_get_text(&reader, ret->version, sizeof(ret->version));
    wire_get_head(&reader, &ret->head);
    ret->unchanged = wire_get_bool(&reader);
    ret->doubtful = wire_get_bool(&reader);
    ret->restart = fa_reader_u8(&reader);
    if (!fa_reader_ok(&reader) || ret->retryable >= FA_RETRYABILITIES ||
        ret->restart >= FA_RESTARTS)
        return -1;
    if (location && !(ret->location = strdup(location)))
        return -1;
    return 0;
}
