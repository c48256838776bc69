#ifndef FETCHALL_LIAR_SCRIPT_H
#define FETCHALL_LIAR_SCRIPT_H

/* What a server does on a connection to answer one request: a list of steps, a plain value. */

#include "liar/bytes.h"

#include <stdbool.h>

enum liar_op {
    LIAR_SEND,   /* the bytes, in writes of PIECE bytes (0: one write) that are MS apart */
    LIAR_FLOOD,  /* the bytes, NUMBER times, or until the client leaves */
    LIAR_WAIT,   /* MS */
    LIAR_POISON, /* the bytes, if no request waits: what nobody asked for */
    LIAR_NOTIFY, /* close_notify of TLS, and nothing else; nothing without TLS */
    LIAR_HALF,   /* end our direction only, then wait MS */
    LIAR_CLOSE,  /* with close_notify */
    LIAR_CUT,    /* without it */
    LIAR_RESET,
};

struct liar_step {
    enum liar_op op;
    struct liar_bytes bytes;
    unsigned piece;
    unsigned ms;
    uint64_t number;
};

#define LIAR_STEPS 32

struct liar_script {
    struct liar_step steps[LIAR_STEPS];
    size_t count;
};

/* Adds an empty step; it lives until the next one is added. */
struct liar_step *liar_script_add(struct liar_script *script, enum liar_op op);

/* Adds a step that takes the bytes, and leaves none. */
struct liar_step *liar_script_take(struct liar_script *script, enum liar_op op,
                                   struct liar_bytes *bytes);

bool liar_script_same(const struct liar_script *a, const struct liar_script *b);
void liar_script_fini(struct liar_script *script);

#endif
