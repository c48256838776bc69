/**
 * Frames between a pool, its nursery and its workers: one message on a SOCK_SEQPACKET pair
 * (unix(7)), descriptors beside it (SCM_RIGHTS).
 *
 * A message has one size at most.  Downwards, from a pool to its nursery and workers, what is larger
 * travels in a memory file, whose descriptor comes last: they trust the pool.  Upwards it travels in
 * pieces: the pool reads nothing from what a worker holds.
 *
 * Everything that comes in is checked before it is believed: size, magic, type, the number of
 * descriptors.  A peer that breaks this is to be ended.
 */
#ifndef FA_POOL_FRAME_H
#define FA_POOL_FRAME_H

#include <fetchall/pool.h>

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fa_frame_type {
    /* pool to worker */
    FA_FRAME_TASK = 1, /**< id: of the task; payload: type's name and input, see
                          fa_frame_load(); its descriptors. */
    FA_FRAME_CANCEL,   /**< id: of the task. */
    FA_FRAME_TUNE,     /**< id: of the task; value. */
    /* worker to pool */
    FA_FRAME_PROGRESS, /**< id: of the task; value; payload: its note, in one of them. */
    FA_FRAME_PIECE,    /**< id: of the task; payload: a piece of the reply that is not its last. */
    FA_FRAME_RESULT,   /**< id: of the task; payload: the reply, or its last piece. */
    FA_FRAME_FAILURE,  /**< id: of the task; payload: a struct fa_error. */
    /* pool to nursery */
    FA_FRAME_ROLE,  /**< id: of the role; payload: names of its types, setup, see
                       fa_frame_load(). */
    FA_FRAME_DROP,  /**< id: of a role that is not needed any more. */
    FA_FRAME_SPAWN, /**< id: of the child; value: of the role; the child's socket. */
    /* nursery to pool */
    FA_FRAME_SPAWNED, /**< id: of the child; value: its pid; its pidfd. */
    FA_FRAME_EXITED,  /**< id: of the child; value: its wait status. */
    FA_FRAME_REFUSED, /**< id: of the child, or 0 for a role; payload: a struct fa_error. */
    FA_FRAME_TYPES
};

/** Payload of a frame. */
#define FA_FRAME_PAYLOAD_MAX 65512
/** Payload of fa_frame_send_large(): a task's input, and room for names. */
#define FA_FRAME_LARGE_MAX (FA_TASK_BYTES_MAX + 4096)
/** Descriptors: a task's, and a memory file. */
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

/** Room to receive one frame into. */
struct fa_frame_room {
    unsigned char bytes[32 + FA_FRAME_PAYLOAD_MAX];
};

/**
 * Make a connected pair, both ends close-on-exec.
 *
 * @ret_ends  The first is for an event loop and does not block, the second does.
 * @return 0, or -1 and errno.
 */
int fa_frame_pair(int ret_ends[2]);

/**
 * Send a frame; its descriptors stay the caller's.
 *
 * @return 0, or -1 and errno (EAGAIN: the peer's queue is full; EPIPE, ECONNRESET: it is gone).
 */
int fa_frame_send(int sock, const struct fa_frame *frame, int flags);

/**
 * The same for a payload of up to FA_FRAME_LARGE_MAX.  value must be 0: it tells whether the payload
 * is in a memory file.
 */
int fa_frame_send_large(int sock, const struct fa_frame *frame, int flags);

/**
 * Have the payload of a frame of fa_frame_send_large() at hand.  Blocks: not for a pool.
 *
 * @large  What the payload points into afterwards, if it was in a memory file.
 * @return 0, or -1: it cannot be read.
 */
int fa_frame_load(struct fa_frame *frame, struct fa_buf *large);

/**
 * Receive a frame.
 *
 * @room   What ret->payload will point into.
 * @flags  0 or MSG_DONTWAIT.
 * @return 1; or 0 at the end of the stream; or -1 and errno: EAGAIN, or EPROTO for a message that
 *         is no frame (its descriptors are closed already).
 */
int fa_frame_recv(int sock, struct fa_frame_room *room, struct fa_frame *ret, int flags);

/** Close the descriptors that came with a frame. */
void fa_frame_close(struct fa_frame *frame);

/** The error that is a frame's payload; 0, or -1: it is none that there can be. */
int fa_frame_error(const struct fa_frame *frame, struct fa_error *ret);

/** What a message of n bytes says, without its descriptors; 0, or -1 if it is no frame. */
int fa_frame_parse(const void *bytes, size_t n, struct fa_frame *ret);

#endif
