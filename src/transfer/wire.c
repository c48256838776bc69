/*
 * Both ends are the same program, but a worker process handles hostile data and may be compromised.
 * So the reader checks every length, enumerator and boolean, and that texts that end up in a
 * request or in a C string buffer are well-formed.  An error only sets reader->failed, which is
 * checked once at the end.
 *
 * The tables list the fields once, for both directions, in the order of the bytes.
 *
 * The validator of an attempt comes back in the head of its outcome, so the reader applies the
 * rules of validator.c again: a worker must not be able to inject a header line into a later
 * request.
 */
#include "transfer/wire.h"

#include "base/field.h"
#include "transfer/cookies.h"

#include <stdlib.h>
#include <string.h>

static const struct fa_field validator_fields[] = {
    FA_FIELD_TEXT(struct fa_validator, etag),
    FA_FIELD(KNOWN, int64_t, struct fa_validator, modified),
    FA_FIELD(BOOL, bool, struct fa_validator, strong),
};

static const struct fa_field representation_fields[] = {
    FA_FIELD_TEXT(struct fa_representation, coding),
    FA_FIELD(KNOWN, int64_t, struct fa_representation, total),
};

static const struct fa_field head_fields[] = {
    FA_FIELD(U64, uint64_t, struct fa_head, kept),
};

/* Without rate, which is atomic, and without the headers. */
static const struct fa_field attempt_fields[] = {
    FA_FIELD(NAME, const char *, struct fa_attempt, url),
    FA_FIELD(NAME, const char *, struct fa_attempt, host_port),
    FA_FIELD(STR, const char *, struct fa_attempt, addresses),
    FA_FIELD(STR, const char *, struct fa_attempt, cookies),
    FA_FIELD(STR, const char *, struct fa_attempt, types),
    FA_FIELD(STR, const char *, struct fa_attempt, respect),
    FA_FIELD(U64, uint64_t, struct fa_attempt, rule),
    FA_FIELD_ENUM(enum fa_netrc_use, FA_NETRC_USES, struct fa_attempt, netrc),
    FA_FIELD(BOOL, bool, struct fa_attempt, digest),
    FA_FIELD(BOOL, bool, struct fa_attempt, http1),
    FA_FIELD(BOOL, bool, struct fa_attempt, close),
    FA_FIELD(BOOL, bool, struct fa_attempt, fresh),
    FA_FIELD(BOOL, bool, struct fa_attempt, slice.set),
    FA_FIELD(KNOWN, int64_t, struct fa_attempt, slice.first),
    FA_FIELD(KNOWN, int64_t, struct fa_attempt, slice.last),
    FA_FIELD(I64, int64_t, struct fa_attempt, size),
    FA_FIELD(U64, uint64_t, struct fa_attempt, max_size),
    FA_FIELD(U64, uint64_t, struct fa_attempt, min_size),
    FA_FIELD(U64, uint64_t, struct fa_attempt, offset),
    FA_FIELD(U64, uint64_t, struct fa_attempt, end),
    FA_FIELD(BOOL, bool, struct fa_attempt, shared),
    FA_FIELD(BOOL, bool, struct fa_attempt, whole),
    FA_FIELD(BOOL, bool, struct fa_attempt, conditional),
    FA_FIELD(BOOL, bool, struct fa_attempt, durable),
    FA_FIELD(BOOL, bool, struct fa_attempt, unmarked),
    FA_FIELD(BOOL, bool, struct fa_attempt, guard),
    FA_FIELD(BOOL, bool, struct fa_attempt, named),
    FA_FIELD(BOOL, bool, struct fa_attempt, capture),
};

static const struct fa_field error_fields[] = {
    FA_FIELD_ENUM(enum fa_domain, FA_DOMAIN_FETCHALL + 1, struct fa_error, domain),
    FA_FIELD(INT, int, struct fa_error, code),
    FA_FIELD_ENUM(enum fa_class, FA_CLASSES, struct fa_error, class),
    FA_FIELD_TEXT(struct fa_error, msg),
};

/* Without location, cookies, name and capture, which are owned. */
static const struct fa_field outcome_fields[] = {
    FA_FIELD_ENUM(enum fa_retryability, FA_RETRYABILITIES, struct fa_outcome, retryable),
    FA_FIELD(F64, double, struct fa_outcome, retry_after),
    FA_FIELD(INT, int, struct fa_outcome, http),
    FA_FIELD(U64, uint64_t, struct fa_outcome, received),
    FA_FIELD(U64, uint64_t, struct fa_outcome, size),
    FA_FIELD(F64, double, struct fa_outcome, time.dns),
    FA_FIELD(F64, double, struct fa_outcome, time.connect),
    FA_FIELD(F64, double, struct fa_outcome, time.tls),
    FA_FIELD(F64, double, struct fa_outcome, time.ttfb),
    FA_FIELD(F64, double, struct fa_outcome, time.total),
    FA_FIELD_TEXT(struct fa_outcome, ip),
    FA_FIELD_TEXT(struct fa_outcome, version),
    FA_FIELD(BOOL, bool, struct fa_outcome, unchanged),
    FA_FIELD(BOOL, bool, struct fa_outcome, doubtful),
    FA_FIELD_ENUM(enum fa_restart, FA_RESTARTS, struct fa_outcome, restart),
    FA_FIELD_ENUM(enum fa_login_source, FA_LOGIN_SOURCES, struct fa_outcome, login),
    FA_FIELD(BOOL, bool, struct fa_outcome, digest),
    FA_FIELD(BOOL, bool, struct fa_outcome, idle),
    FA_FIELD(BOOL, bool, struct fa_outcome, limited),
    FA_FIELD_ENUM(enum fa_cache, FA_CACHES, struct fa_outcome, cached.cache),
    FA_FIELD(U64, uint64_t, struct fa_outcome, cached.age),
    FA_FIELD(F64, double, struct fa_outcome, tcp.rtt),
    FA_FIELD(U64, uint64_t, struct fa_outcome, tcp.retransmits),
    FA_FIELD(U64, uint64_t, struct fa_outcome, tcp.reordered),
};

#define PUT(fields, from, buf)  fa_fields_put(fields, FA_FIELD_COUNT(fields), from, buf)
#define GET(fields, to, reader) fa_fields_get(fields, FA_FIELD_COUNT(fields), to, reader)

/* The entity tag is sent in requests as it is: accept only a well-formed one. */
static void wire_get_validator(struct fa_reader *reader, struct fa_validator *ret)
{
    char if_range[FA_ETAG_MAX];
    GET(validator_fields, ret, reader);
    if (reader->failed)
        return;
    fa_validator_if_range(ret, if_range);
    reader->failed = (ret->etag[0] && !fa_etag_is_good(ret->etag, strlen(ret->etag))) ||
                     (ret->strong && !if_range[0]);
}

static void wire_put_digest(struct fa_buf *buf, const struct fa_digest *digest)
{
    fa_buf_put_u32(buf, digest->hash);
    fa_buf_put(buf, digest->bytes, fa_hash_size(digest->hash));
}

static void wire_get_digest(struct fa_reader *reader, struct fa_digest *ret)
{
    uint32_t hash = fa_reader_u32(reader);
    size_t size = fa_hash_size((enum fa_hash)hash);
    const void *bytes = fa_reader_get(reader, size);
    *ret = (struct fa_digest){.hash = (enum fa_hash)hash};
    reader->failed = reader->failed || (hash != 0 && size == 0);
    if (!reader->failed)
        memcpy(ret->bytes, bytes, size);
}

static void wire_put_representation(struct fa_buf *buf, const struct fa_representation *rep)
{
    PUT(validator_fields, &rep->validator, buf);
    PUT(representation_fields, rep, buf);
    wire_put_digest(buf, &rep->digest);
}

static void wire_get_representation(struct fa_reader *reader, struct fa_representation *ret)
{
    wire_get_validator(reader, &ret->validator);
    GET(representation_fields, ret, reader);
    wire_get_digest(reader, &ret->digest);
    reader->failed = reader->failed || !fa_coding_is_good(ret->coding);
}

void fa_wire_put_head(struct fa_buf *buf, const struct fa_head *head)
{
    wire_put_representation(buf, &head->rep);
    PUT(head_fields, head, buf);
}

/* A response cannot continue more bytes than the file has. */
static void wire_get_head(struct fa_reader *reader, struct fa_head *ret)
{
    wire_get_representation(reader, &ret->rep);
    GET(head_fields, ret, reader);
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

/* The rate may change while the attempt runs: later values arrive as fa_task_tuned(). */
void fa_wire_put_attempt(struct fa_buf *buf, const struct fa_attempt *attempt)
{
    PUT(attempt_fields, attempt, buf);
    fa_buf_put_u64(buf, attempt->rate);
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
    GET(attempt_fields, ret, &reader);
    ret->rate = fa_reader_u64(&reader);
    wire_get_representation(&reader, &ret->rep);
    ret->n_headers = fa_reader_u32(&reader);
    /* Each header takes at least one byte, so a wrong number cannot allocate more than the
     * message size. */
    if (reader.failed || ret->n_headers > (size_t)(reader.end - reader.at))
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

void fa_wire_put_outcome(struct fa_buf *buf, const struct fa_outcome *outcome)
{
    PUT(error_fields, &outcome->error, buf);
    PUT(outcome_fields, outcome, buf);
    fa_wire_put_head(buf, &outcome->head);
    fa_buf_put_str(buf, outcome->location);
    fa_buf_put_str(buf, outcome->cookies);
    fa_buf_put_str(buf, outcome->name);
    fa_capture_put(buf, outcome->capture);
}

/* The texts are copied last, when nothing is malformed. */
int fa_wire_get_outcome(struct fa_outcome *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    memset(ret, 0, sizeof(*ret));
    GET(error_fields, &ret->error, &reader);
    GET(outcome_fields, ret, &reader);
    wire_get_head(&reader, &ret->head);
    const char *location = fa_reader_str(&reader), *cookies = fa_reader_str(&reader);
    const char *name = fa_reader_str(&reader);
    ret->capture = fa_capture_get(&reader);
    if (fa_reader_ok(&reader) && (!cookies || fa_cookies_are_good(cookies))) {
        ret->location = location ? strdup(location) : NULL;
        ret->cookies = cookies ? strdup(cookies) : NULL;
        ret->name = name ? strdup(name) : NULL;
        if ((!location || ret->location) && (!cookies || ret->cookies) && (!name || ret->name))
            return 0;
    }
    fa_outcome_fini(ret);
    return -1;
}
