/*
 * Any bytes are refused, or a value that encodes to the same bytes. The first byte chooses what
 * they are read as: an attempt, an outcome, settings, or a head.
 */
#undef NDEBUG
#include "transfer/settings.h"
#include "transfer/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect_bytes(struct fa_buf *buf, const uint8_t *data, size_t len)
{
    assert(!buf->failed && buf->len == len);
    assert(len == 0 || memcmp(buf->data, data, len) == 0);
    fa_buf_fini(buf);
}

/* Booleans are read from any byte, so that a first encoding may differ; the second may not. */
static void read_attempt(const uint8_t *data, size_t len, struct fa_buf *buf)
{
    struct fa_attempt attempt;
    const char **headers;
    if (fa_wire_get_attempt(&attempt, &headers, data, len))
        return;
    assert(attempt.url && attempt.host_port && attempt.fd == -1);
    for (size_t i = 0; i < attempt.n_headers; ++i)
        assert(headers[i] == attempt.headers[i] && headers[i]);
    fa_wire_put_attempt(buf, &attempt);
    free(headers);
    assert(!buf->failed && buf->len == len);
    struct fa_buf again;
    fa_buf_init(&again);
    assert(fa_wire_get_attempt(&attempt, &headers, buf->data, buf->len) == 0);
    fa_wire_put_attempt(&again, &attempt);
    free(headers);
    expect_bytes(&again, buf->data, buf->len);
    fa_buf_fini(buf);
}

static void read_outcome(const uint8_t *data, size_t len, struct fa_buf *buf)
{
    struct fa_outcome outcome;
    if (fa_wire_get_outcome(&outcome, data, len))
        return;
    assert(outcome.error.class < FA_CLASSES && outcome.error.domain <= FA_DOMAIN_FETCHALL);
    assert(outcome.retryable < FA_RETRYABILITIES && outcome.restart < FA_RESTARTS);
    assert(memchr(outcome.error.msg, 0, sizeof(outcome.error.msg)));
    assert(memchr(outcome.ip, 0, sizeof(outcome.ip)));
    assert(memchr(outcome.version, 0, sizeof(outcome.version)));
    fa_wire_put_outcome(buf, &outcome);
    fa_outcome_fini(&outcome);
    expect_bytes(buf, data, len);
}

static void read_head(const uint8_t *data, size_t len, struct fa_buf *buf)
{
    struct fa_head head;
    if (fa_wire_get_head(&head, data, len))
        return;
    const struct fa_representation *rep = &head.rep;
    assert(rep->total < 0 || head.kept <= (uint64_t)rep->total);
    assert(!rep->validator.strong || strncmp(rep->validator.etag, "W/", 2) != 0);
    fa_wire_put_head(buf, &head);
    expect_bytes(buf, data, len);
}

static void read_settings(const uint8_t *data, size_t len, struct fa_buf *buf)
{
    struct fa_settings one, two;
    struct fa_buf again;
    if (fa_settings_decode(&one, data, len))
        return;
    fa_settings_encode(&one, buf);
    assert(!buf->failed && buf->len == len);
    assert(fa_settings_decode(&two, buf->data, buf->len) == 0);
    fa_buf_init(&again);
    fa_settings_encode(&two, &again);
    expect_bytes(&again, buf->data, buf->len);
    fa_settings_fini(&two);
    fa_settings_fini(&one);
    fa_buf_fini(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const readers[])(const uint8_t *, size_t, struct fa_buf *) = {
        read_attempt, read_outcome, read_settings, read_head};
    if (len == 0)
        return 0;
    struct fa_buf buf;
    fa_buf_init(&buf);
    readers[data[0] % 4](data + 1, len - 1, &buf);
    return 0;
}
