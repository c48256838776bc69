#ifndef FETCHALL_SUPPORT_REPLAY_H
#define FETCHALL_SUPPORT_REPLAY_H

/* A server that answers from a WARC file, as a replay does: by host and path, with the bytes of the
 * recorded response.  A revisit has the header of its own and the payload of what it refers to. */

#include "warc.h"

#include <sys/types.h>

struct fa_replay {
    pid_t pid;
    int port; /* on all addresses of 127.0.0.0/8 */
};

/* The file is borrowed for the call.  The server ends with the test. */
void fa_replay_start(struct fa_replay *replay, const struct fa_warc_file *file);
void fa_replay_stop(struct fa_replay *replay);

#endif
