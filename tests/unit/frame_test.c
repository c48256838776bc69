#include "pool/frame.h"

#include "support/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static struct fa_frame_buffer room;

static void begin(void)
{
    cr_assert_eq(fa_frame_pair(ends), 0);
}

TestSuite(frame, .init = begin, .timeout = 60.0);

static int receive(struct fa_frame *frame)
{
    return fa_frame_recv(ends[0], &room, frame, MSG_DONTWAIT);
}

Test(frame, ends_are_close_on_exec_and_only_the_first_does_not_block)
{
    for (int i = 0; i < 2; ++i) {
        cr_assert(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
        cr_assert_eq(!(fcntl(ends[i], F_GETFL) & O_NONBLOCK), i == 1);
    }
}

Test(frame, frames_come_as_they_were_sent)
{
    static char payload[FA_FRAME_PAYLOAD_MAX];
    static const struct {
        enum fa_frame_type type;
        uint64_t id, value;
        size_t len, n_fds;
    } rows[] = {
        {FA_FRAME_TASK, 1, 2, 0, 0},
        {FA_FRAME_REFUSED, UINT64_MAX, UINT64_MAX, 1, 1},
        {FA_FRAME_RESULT, 0, 0, FA_FRAME_PAYLOAD_MAX, FA_TASK_FDS_MAX},
    };
    for (size_t i = 0; i < sizeof(payload); ++i)
        payload[i] = (char)(i * 7);
    int before = fa_process_fds(getpid());
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_frame sent = {.type = rows[i].type,
                                .id = rows[i].id,
                                .value = rows[i].value,
                                .payload = payload,
                                .len = rows[i].len,
                                .n_fds = rows[i].n_fds};
        for (size_t j = 0; j < sent.n_fds; ++j)
            sent.fds[j] = ends[1];
        struct fa_frame got;
        cr_assert_eq(fa_frame_send(ends[1], &sent, 0), 0);
        cr_assert_eq(receive(&got), 1);
        cr_assert(got.type == sent.type && got.id == sent.id && got.value == sent.value);
        cr_assert(got.len == sent.len && got.n_fds == sent.n_fds);
        cr_assert_eq(memcmp(got.payload, payload, got.len), 0);
        for (size_t j = 0; j < got.n_fds; ++j)
            cr_assert(fcntl(got.fds[j], F_GETFD) & FD_CLOEXEC);
        fa_frame_close(&got);
        fa_frame_close(&got);
    }
    cr_assert_eq(fa_process_fds(getpid()), before);
}

Test(frame, what_is_too_large_is_not_sent)
{
    static char payload[FA_FRAME_PAYLOAD_MAX + 1];
    struct fa_frame large = {.type = FA_FRAME_TASK, .payload = payload, .len = sizeof(payload)};
    struct fa_frame many = {.type = FA_FRAME_TASK, .n_fds = FA_FRAME_FDS_MAX + 1};
    cr_assert_eq(fa_frame_send(ends[1], &large, 0), -1);
    cr_assert_eq(errno, EMSGSIZE);
    cr_assert_eq(fa_frame_send(ends[1], &many, 0), -1);
    cr_assert_eq(errno, EMSGSIZE);
    many.payload = payload;
    many.len = sizeof(payload);
    many.n_fds = FA_FRAME_FDS_MAX;
    cr_assert_eq(fa_frame_send_large(ends[1], &many, 0), -1, "there is no place for the file");
    cr_assert_eq(errno, EMSGSIZE);
    large.len = FA_FRAME_LARGE_MAX + 1;
    cr_assert_eq(fa_frame_send_large(ends[1], &large, 0), -1);
    cr_assert_eq(errno, EMSGSIZE);
}

Test(frame, large_payload_comes_as_it_was_sent)
{
    static char payload[FA_FRAME_LARGE_MAX];
    static const size_t sizes[] = {0, 1, FA_FRAME_PAYLOAD_MAX, FA_FRAME_PAYLOAD_MAX + 1,
                                   FA_FRAME_LARGE_MAX};
    struct fa_buf large;
    fa_buf_init(&large);
    for (size_t i = 0; i < sizeof(payload); ++i)
        payload[i] = (char)(i * 7 + i / 255);
    int before = fa_process_fds(getpid());
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i) {
        struct fa_frame got, sent = {.type = FA_FRAME_TASK,
                                     .id = 5,
                                     .payload = payload,
                                     .len = sizes[i],
                                     .fds = {ends[0], ends[1]},
                                     .n_fds = 2};
        cr_assert_eq(fa_frame_send_large(ends[1], &sent, 0), 0);
        cr_assert_eq(receive(&got), 1);
        cr_assert_eq(fa_frame_load(&got, &large), 0);
        cr_assert(got.id == 5 && got.len == sizes[i] && got.n_fds == 2);
        cr_assert(got.len == 0 || memcmp(got.payload, payload, got.len) == 0);
        fa_frame_close(&got);
        cr_assert_eq(fa_process_fds(getpid()), before);
    }
    fa_buf_fini(&large);
}

Test(frame, large_payload_that_is_not_as_long_as_declared_is_refused)
{
    static char payload[FA_FRAME_PAYLOAD_MAX + 1];
    static const int more[] = {-1, 1};
    struct fa_buf large;
    fa_buf_init(&large);
    for (size_t i = 0; i < 2; ++i) {
        struct fa_frame got,
            sent = {.type = FA_FRAME_TASK, .payload = payload, .len = sizeof(payload)};
        cr_assert_eq(fa_frame_send_large(ends[1], &sent, 0), 0);
        cr_assert_eq(receive(&got), 1);
        got.value += (uint64_t)more[i];
        cr_assert_eq(fa_frame_load(&got, &large), -1);
    }
    struct fa_frame none = {.type = FA_FRAME_TASK, .value = 70000};
    cr_assert_eq(fa_frame_load(&none, &large), -1, "there is no file");
    fa_buf_fini(&large);
}

Test(frame, the_end_and_silence_are_distinguished)
{
    struct fa_frame frame = {.type = FA_FRAME_CANCEL};
    cr_assert_eq(receive(&frame), -1);
    cr_assert_eq(errno, EAGAIN);
    close(ends[1]);
    cr_assert_eq(receive(&frame), 0);
    frame = (struct fa_frame){.type = FA_FRAME_CANCEL};
    cr_assert_eq(fa_frame_send(ends[0], &frame, 0), -1, "and no SIGPIPE");
    cr_assert_eq(errno, EPIPE);
}

/* A good frame of 40 bytes, as it goes over the socket. */
static size_t good_bytes(unsigned char *bytes)
{
    struct fa_frame frame = {
        .type = FA_FRAME_RESULT, .id = 5, .value = 6, .payload = "12345678", .len = 8};
    cr_assert_eq(fa_frame_send(ends[1], &frame, 0), 0);
    ssize_t n = recv(ends[0], bytes, 64, 0);
    cr_assert_eq(n, 40);
    return (size_t)n;
}

/* Sends bytes with descriptors, which the receiver must close in any case. */
static int pass(const void *bytes, size_t len, struct fa_frame *ret)
{
    int fds[3] = {ends[0], ends[1], ends[1]};
    _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(fds))];
    memset(control, 0, sizeof(control));
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(fds));
    memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
    cr_assert_eq(sendmsg(ends[1], &message, 0), (ssize_t)len);
    return receive(ret);
}

Test(frame, every_truncation_is_refused_and_its_descriptors_are_closed)
{
    unsigned char bytes[64];
    size_t n = good_bytes(bytes);
    int before = fa_process_fds(getpid());
    for (size_t len = 1; len <= n + 1; ++len) {
        struct fa_frame frame;
        int result = pass(bytes, len, &frame);
        if (len == n) {
            cr_assert_eq(result, 1);
            cr_assert_eq(frame.n_fds, 3);
            fa_frame_close(&frame);
        } else {
            cr_assert_eq(result, -1, "%zu bytes", len);
            cr_assert_eq(errno, EPROTO);
        }
        cr_assert_eq(fa_process_fds(getpid()), before, "%zu bytes", len);
    }
}

Test(frame, every_flipped_bit_is_refused_or_a_frame_of_the_same_size)
{
    unsigned char bytes[64];
    size_t n = good_bytes(bytes);
    for (size_t bit = 0; bit < n * 8; ++bit) {
        struct fa_frame frame;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        int result = fa_frame_parse(bytes, n, &frame);
        bool fixed = bit / 8 < 4 || (bit / 8 >= 24 && bit / 8 < 32); /* magic, length, reserve */
        cr_assert(!fixed || result == -1, "bit %zu", bit);
        if (result == 0) {
            cr_assert_eq(frame.len, 8);
            cr_assert(frame.type > 0 && frame.type < FA_FRAME_TYPES);
            cr_assert_eq(frame.n_fds, 0);
        }
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

Test(frame, a_message_larger_than_the_space_is_refused)
{
    int room_wanted = 1 << 20;
    static char bytes[200000];
    struct fa_frame frame;
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room_wanted, sizeof(room_wanted));
    int before = fa_process_fds(getpid());
    cr_assert_eq(pass(bytes, sizeof(bytes), &frame), -1);
    cr_assert_eq(errno, EPROTO);
    cr_assert_eq(fa_process_fds(getpid()), before);
}

Test(frame, more_descriptors_than_a_task_may_have_are_refused_and_closed)
{
    enum { MANY = 253 };
    unsigned char bytes[64];
    size_t n = good_bytes(bytes);
    static _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(MANY * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = n};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(MANY * sizeof(int));
    for (int i = 0; i < MANY; ++i)
        memcpy(CMSG_DATA(cmsg) + (size_t)i * sizeof(int), &ends[0], sizeof(int));
    int before = fa_process_fds(getpid());
    cr_assert_eq(sendmsg(ends[1], &message, 0), (ssize_t)n);
    struct fa_frame frame;
    cr_assert_eq(receive(&frame), -1);
    cr_assert_eq(errno, EPROTO);
    cr_assert_eq(fa_process_fds(getpid()), before);
}
