/* Any bytes are a frame that keeps to its limits, or none; what arrives by a socket is the same. */
#undef NDEBUG
#include "pool/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct fa_frame *frame, const uint8_t *data, size_t len)
{
    assert(frame->type > 0 && frame->type < FA_FRAME_TYPES);
    assert(frame->len <= FA_FRAME_PAYLOAD_MAX && frame->len + 32 == len);
    assert(frame->len == 0 || memcmp(frame->payload, data + 32, frame->len) == 0);
    assert(frame->n_fds <= FA_FRAME_FDS_MAX);
}

static void expect_same(const struct fa_frame *a, const struct fa_frame *b)
{
    assert(a->type == b->type && a->id == b->id && a->value == b->value && a->len == b->len);
    assert(a->len == 0 || memcmp(a->payload, b->payload, a->len) == 0);
}

/* The bytes as a message. */
static int pass(const int ends[2], const uint8_t *data, size_t len, struct fa_frame_buffer *room,
                struct fa_frame *ret)
{
    assert(send(ends[1], data, len, 0) == (ssize_t)len);
    return fa_frame_recv(ends[0], room, ret, MSG_DONTWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct fa_frame_buffer room;
    static int ends[2];
    if (!ends[0])
        assert(fa_frame_pair(ends) == 0);
    if (len == 0 || len > sizeof(room.bytes))
        return 0;

    struct fa_frame parsed, received, again;
    int result = fa_frame_parse(data, len, &parsed);
    assert(result == 0 || result == -1);
    int got = pass(ends, data, len, &room, &received);
    assert(got == (result == 0 ? 1 : -1) && (got == 1 || errno == EPROTO));
    if (result)
        return 0;
    check(&parsed, data, len);
    expect_same(&parsed, &received);

    static struct fa_frame_buffer other;
    assert(fa_frame_send(ends[1], &parsed, 0) == 0);
    assert(fa_frame_recv(ends[0], &other, &again, MSG_DONTWAIT) == 1);
    expect_same(&parsed, &again);
    return 0;
}
