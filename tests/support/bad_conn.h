#ifndef FETCHALL_SUPPORT_BAD_CONN_H
#define FETCHALL_SUPPORT_BAD_CONN_H

/*
 * One connection of the bad server, and the one answer that it gives at a time.
 *
 * A behaviour does not write to the socket. It puts literal bytes (the head, or whatever it sends
 * in a head's place) into `text` with fa_bad_conn_say(), and describes the rest in `answer`: a
 * stretch of pattern, a literal tail, how fast, where to hold, and how the connection ends. The
 * connection then sends text, body and tail in that order as the socket takes them, so that a
 * body of any size costs no memory.
 */

#include "bad_request.h"
#include "bad_server.h"

#include <event2/bufferevent.h>
#include <stdbool.h>
#include <stdint.h>

enum fa_bad_end {
    FA_BAD_KEEP,  /* wait for the next request */
    FA_BAD_CLOSE, /* close as one should: with TLS, close_notify first */
    FA_BAD_RUDE,  /* close without close_notify */
    FA_BAD_RESET, /* RST, once the peer's kernel has acknowledged all that was sent */
    FA_BAD_HANG,  /* do nothing more until the peer closes */
};

struct fa_bad_answer {
    uint64_t key; /* of the body's pattern */
    uint64_t at;  /* the stretch of it still to be sent */
    uint64_t end;
    bool chunked;
    const char *tail;    /* literal, after the body; NULL: none */
    const char *endless; /* literal, after the tail, again and again; NULL: none */
    uint64_t hold_at;    /* stop here until released; UINT64_MAX: never */
    const char *gate;    /* whose opening releases it, part of the request; NULL: /_release */
    unsigned delay_ms;   /* before the first byte */
    unsigned text_ms;    /* not 0: send the text byte for byte, this far apart */
    unsigned body_ms;    /* not 0: send the body in blocks, this far apart */
    uint64_t body_piece; /* bytes of such a block */
    enum fa_bad_end then;
};

struct fa_bad_conn {
    LIST_ENTRY(fa_bad_conn) link;
    struct fa_bad_server *server;
    struct bufferevent *bev;
    struct event *timer;
    struct evbuffer *text;
    struct fa_bad_request *request; /* in service; NULL between requests */
    struct fa_bad_answer answer;
    unsigned id;
    char peer[80];
    bool control;        /* the request in service is a control request */
    bool counted;        /* this connection is in the statistics */
    bool waiting;        /* for the timer */
    bool held;           /* for a release */
    bool ending;         /* polling for the moment of a reset */
    const char *unasked; /* after the answer, as if it were another one; NULL: none */
    unsigned unasked_ms; /* this long after it */
    struct event *speak; /* of that */
    bool ticket;         /* a session ticket follows the answer */
    bool doomed;         /* close at the next request, without an answer */
    bool idled;          /* /idle408 has sent its file */
};

/* Takes FD over. SECURE: speak TLS. */
void fa_bad_conn_new(struct fa_bad_server *server, int fd, const char *peer, bool secure);

/* Ends the connection at once, without close_notify. */
void fa_bad_conn_free(struct fa_bad_conn *conn);

/* Adds literal bytes to the text of the answer. */
void fa_bad_conn_say(struct fa_bad_conn *conn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the body: bytes AT to END of the pattern of SEED. */
void fa_bad_conn_body(struct fa_bad_conn *conn, const char *seed, uint64_t at, uint64_t end);

/*
 * Lets go every held answer whose gate is GATE; with GATE NULL, those without a gate whose path
 * ends in "/NAME", or all of them with NAME NULL. Returns how many.
 */
unsigned fa_bad_conns_release(struct fa_bad_server *server, const char *gate, const char *name);

/* How many answers are held now. */
unsigned fa_bad_conns_held(const struct fa_bad_server *server);

#endif
