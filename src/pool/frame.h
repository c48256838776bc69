/**
 * Messages between a pool, its nursery and its workers: one frame per message of a SOCK_SEQPACKET
 * pair (unix(7)), with descriptors attached (SCM_RIGHTS).
 *
 * The size of a message is limited.  From the pool to its nursery and workers, a larger payload is
 * passed as a memory file, whose descriptor comes last: they trust the pool.  In the other
 * direction it is split into several frames: the pool must not read from a file that a worker can
 * change.
 *
 * Everything received is validated before use: size, magic, type, number of descriptors.  A peer
 * that violates the protocol must be killed.
 */
#ifndef FA_POOL_FRAME_H
#define FA_POOL_FRAME_H

#include <fetchall/pool.h>

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fa_frame_type {
    /* pool to worker */
    FA_FRAME_TASK = 1, /**< id of the task; payload: name of its type and its input, see
                            fa_frame_load(); descriptors: the task's. */
    FA_FRAME_CANCEL,   /**< id of the task. */
    FA_FRAME_TUNE,     /**< id of the task; value. */
    /* worker to pool */
    FA_FRAME_PROGRESS, /**< id of the task; value; payload: the note, in one of these frames. */
    FA_FRAME_PIECE,    /**< id of the task; payload: a part of the reply, except the last. */
    FA_FRAME_RESULT,   /**< id of the task; payload: the reply, or its last part. */
    FA_FRAME_FAILURE,  /**< id of the task; payload: a struct fa_error. */
    /* pool to nursery */
    FA_FRAME_ROLE,  /**< id of the role; payload: names of its types, setup; see fa_frame_load(). */
    FA_FRAME_DROP,  /**< id of a role that is no longer needed. */
    FA_FRAME_SPAWN, /**< id of the child; value: the role; descriptor: the child's socket. */
    /* nursery to pool */
    FA_FRAME_SPAWNED, /**< id of the child; value: its pid; descriptor: its pidfd. */
    FA_FRAME_EXITED,  /**< id of the child; value: its wait status. */
    FA_FRAME_REFUSED, /**< id of the child, or 0 for a role; payload: a struct fa_error. */
    /* to the keeper */
    FA_FRAME_PROGRAMS, /**< payload: what it may execute; once. */
    FA_FRAME_RUN,      /**< id of the command; value: the program; payload: see keeper.c;
                            descriptors: standard input, standard output. */
    /* from the keeper */
    FA_FRAME_LINE,  /**< id of the command; payload: a line of its output, with a final zero. */
    FA_FRAME_ENDED, /**< id of the command; value: its wait status, and FA_KEEPER_TIMED_OUT. */
    FA_FRAME_TYPES
};

/** Maximum payload of a frame. */
#define FA_FRAME_PAYLOAD_MAX 65512
/** Maximum payload of fa_frame_send_large(): a task's input and some names. */
#define FA_FRAME_LARGE_MAX (FA_TASK_BYTES_MAX + 4096)
/** Maximum number of descriptors: a task's, and a memory file. */
#define FA_FRAME_FDS_MAX (FA_TASK_FDS_MAX + 1)

struct fa_frame {
    enum fa_frame_type type;
    uint64_t id;
    uint64_t value;
    const void *payload;
    size_t len;
    int fds[FA_FRAME_FDS_MAX];
    size_t n_fds;
};

/** A buffer to receive one frame. */
struct fa_frame_buffer {
    unsigned char bytes[32 + FA_FRAME_PAYLOAD_MAX];
};

/**
 * Create a connected pair of close-on-exec sockets.
 *
 * @ret_ends  The first is non-blocking, for an event loop; the second blocks.
 * @return 0, or -1 and errno.
 */
int fa_frame_pair(int ret_ends[2]);

/**
 * Send a frame.  Its descriptors remain the caller's.
 *
 * @return 0, or -1 and errno (EAGAIN: the queue is full; EPIPE, ECONNRESET: the peer is gone).
 */
int fa_frame_send(int sock, const struct fa_frame *frame, int flags);

/**
 * The same for a payload of up to FA_FRAME_LARGE_MAX.  value must be 0: it indicates whether the
 * payload is in a memory file.
 */
int fa_frame_send_large(int sock, const struct fa_frame *frame, int flags);

/**
 * Load the payload of a frame sent by fa_frame_send_large().  Blocks: not for use by a pool.
 *
 * @large  Holds the payload afterwards, if it was in a memory file.
 * @return 0, or -1 if it cannot be read.
 */
int fa_frame_load(struct fa_frame *frame, struct fa_buf *large);

/**
 * Receive a frame.
 *
 * @room   The buffer that ret->payload will point into.
 * @flags  0 or MSG_DONTWAIT.
 * @return 1; or 0 at the end of the stream; or -1 and errno: EAGAIN, or EPROTO if malformed
 *         (its descriptors have been closed).
 */
int fa_frame_recv(int sock, struct fa_frame_buffer *room, struct fa_frame *ret, int flags);

/** Close the descriptors received with a frame. */
void fa_frame_close(struct fa_frame *frame);

/** Read the struct fa_error of a frame's payload.  @return 0, or -1 if it is malformed. */
int fa_frame_error(const struct fa_frame *frame, struct fa_error *ret);

/** Parse a message of n bytes, without its descriptors.  @return 0, or -1 if it is malformed. */
int fa_frame_parse(const void *bytes, size_t n, struct fa_frame *ret);

#endif
