/*
 * SOCK_SEQPACKET keeps message boundaries and reports the end of the peer, so a frame needs no
 * reassembly.  A frame is a header of HEAD bytes in little-endian order (magic, type, id, value,
 * length, reserved) and the payload.
 *
 * Received descriptors are open as soon as recvmsg(2) returns, even if the message is malformed, so
 * all of them are collected and closed then.  The buffer for control data has space for as many as
 * the kernel delivers; a truncated one would leak the rest.
 *
 * A message has to fit into the send buffer of the socket as a whole, else sendmsg(2) fails with
 * EMSGSIZE; the default buffer (net.core.wmem_default) holds a few of the largest frames.  So
 * larger payloads go other ways: see frame.h.
 */
#include "pool/frame.h"

#include "base/buf.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Rejects a message that is not a frame, for example if a library writes to the wrong
 * descriptor. */
#define MAGIC 0x4c414846u /* "FHAL" */
#define HEAD  32

/* A hostile peer may send more descriptors than allowed: have space for the kernel's maximum. */
#define KERNEL_FDS 253

/* SOCK_CLOEXEC on both ends: the worker's end is passed to it by descriptor, not inherited. */
int fa_frame_pair(int ret_ends[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends))
        return -1;
    if (fcntl(ret_ends[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    int code = errno;
    close(ret_ends[0]);
    close(ret_ends[1]);
    ret_ends[0] = ret_ends[1] = -1;
    errno = code;
    return -1;
}

/* Byte by byte: a struct could have padding, whose contents would leak to the peer. */
static void header_put(unsigned char *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; ++i)
        at[i] = (unsigned char)(value >> (8 * i));
}

/* A message is sent as a whole or not at all, so there is no short write.  MSG_NOSIGNAL: the death
 * of a peer is an error to handle, not a reason for SIGPIPE. */
int fa_frame_send(int sock, const struct fa_frame *frame, int flags)
{
    if (frame->len > FA_FRAME_PAYLOAD_MAX || frame->n_fds > FA_FRAME_FDS_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    unsigned char head[HEAD] = {0};
    header_put(head, MAGIC, 4);
    header_put(head + 4, frame->type, 4);
    header_put(head + 8, frame->id, 8);
    header_put(head + 16, frame->value, 8);
    header_put(head + 24, frame->len, 4);

    struct iovec parts[2] = {
        {.iov_base = head, .iov_len = HEAD},
        {.iov_base = (void *)(uintptr_t)frame->payload, .iov_len = frame->len},
    };
    _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(frame->fds))];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = frame->len ? 2 : 1};
    if (frame->n_fds) {
        size_t size = frame->n_fds * sizeof(int);
        memset(control, 0, sizeof(control));
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(cmsg), frame->fds, size);
    }
    ssize_t n;
    do {
        n = sendmsg(sock, &message, flags | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

/* The sender's copy of the descriptor is closed at once; the receiver's keeps the memory alive. */
int fa_frame_send_large(int sock, const struct fa_frame *frame, int flags)
{
    if (frame->len <= FA_FRAME_PAYLOAD_MAX)
        return fa_frame_send(sock, frame, flags);
    if (frame->len > FA_FRAME_LARGE_MAX || frame->n_fds >= FA_FRAME_FDS_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    struct fa_frame head = *frame;
    int file = memfd_create("fetchall-frame", MFD_CLOEXEC);
    if (file < 0)
        return -1;
    head.value = frame->len;
    head.payload = NULL;
    head.len = 0;
    head.fds[head.n_fds++] = file;
    /* Write by offset, so that the file offset remains 0 for the receiver. */
    int result = fa_io_pwrite(file, frame->payload, frame->len, 0);
    if (result == 0)
        result = fa_frame_send(sock, &head, flags);
    int saved = errno;
    close(file);
    errno = saved;
    return result;
}

/* Read until the end, not by the announced size, and compare afterwards. */
int fa_frame_load(struct fa_frame *frame, struct fa_buf *large)
{
    unsigned char bytes[4096];
    if (frame->value == 0)
        return 0;
    if (frame->value > FA_FRAME_LARGE_MAX || frame->n_fds == 0)
        return -1;
    int file = frame->fds[--frame->n_fds];
    ssize_t n;
    fa_buf_reset(large);
    while ((n = read(file, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            fa_buf_put(large, bytes, (size_t)n);
    close(file);
    if (n < 0 || large->failed || large->len != frame->value)
        return -1;
    frame->payload = large->data;
    frame->len = large->len;
    return 0;
}

/* Apart from fa_frame_recv(), so that the fuzzer needs no socket.  Reserved bytes must be zero: a
 * later version may give them a meaning. */
int fa_frame_parse(const void *bytes, size_t n, struct fa_frame *ret)
{
    struct fa_reader reader;
    fa_reader_init(&reader, bytes, n);
    uint32_t magic = fa_reader_u32(&reader);
    uint32_t type = fa_reader_u32(&reader);
    ret->id = fa_reader_u64(&reader);
    ret->value = fa_reader_u64(&reader);
    ret->len = fa_reader_u32(&reader);
    uint32_t reserved = fa_reader_u32(&reader);
    ret->payload = fa_reader_get(&reader, ret->len);
    ret->n_fds = 0;
    if (!fa_reader_ok(&reader) || magic != MAGIC || reserved || type == 0 ||
        type >= FA_FRAME_TYPES || ret->len > FA_FRAME_PAYLOAD_MAX)
        return -1;
    ret->type = type;
    return 0;
}

/* A message may carry several control headers; close-on-exec is set by the caller's flags. */
static size_t frame_collect_fds(struct msghdr *message, int fds[KERNEL_FDS])
{
    size_t n = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t came = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < came && n < KERNEL_FDS; ++i, ++n)
            memcpy(&fds[n], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    return n;
}

/* recvmsg(2) returns 0 at the end of the stream and for an empty message.  They need not be told
 * apart, because a frame is never empty. */
int fa_frame_recv(int sock, struct fa_frame_buffer *room, struct fa_frame *ret, int flags)
{
    _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(KERNEL_FDS * sizeof(int))];
    struct iovec part = {.iov_base = room->bytes, .iov_len = sizeof(room->bytes)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n;
    do {
        n = recvmsg(sock, &message, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return (int)n;

    int fds[KERNEL_FDS];
    size_t n_fds = frame_collect_fds(&message, fds);
    bool whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    if (!whole || n_fds > FA_FRAME_FDS_MAX || fa_frame_parse(room->bytes, (size_t)n, ret)) {
        for (size_t i = 0; i < n_fds; ++i)
            close(fds[i]);
        errno = EPROTO;
        return -1;
    }
    memcpy(ret->fds, fds, n_fds * sizeof(int));
    ret->n_fds = n_fds;
    return 1;
}

/* Check the numbers before using them as enumerators. */
int fa_frame_error(const struct fa_frame *frame, struct fa_error *ret)
{
    if (frame->len != sizeof(*ret))
        return -1;
    memcpy(ret, frame->payload, sizeof(*ret));
    ret->msg[sizeof(ret->msg) - 1] = '\0';
    bool good = ret->domain > FA_DOMAIN_NONE && ret->domain <= FA_DOMAIN_FETCHALL &&
                ret->class > FA_CLASS_NONE && ret->class < FA_CLASSES;
    return good ? 0 : -1;
}

/* Descriptors that the receiver wants to keep are taken out before. */
void fa_frame_close(struct fa_frame *frame)
{
    for (size_t i = 0; i < frame->n_fds; ++i)
        close(frame->fds[i]);
    frame->n_fds = 0;
}
