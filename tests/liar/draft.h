#ifndef FETCHALL_LIAR_DRAFT_H
#define FETCHALL_LIAR_DRAFT_H

/*
 * An answer on its way from words to steps. It begins as the honest answer to a request; words
 * change it; then it is mended so that the truth can be decided, and rendered.
 *
 * The truth can be decided if a client that keeps to the RFCs, and remembers what it has been told,
 * can tell that what it got is not the whole. A close-delimited body over plain TCP that is cut
 * cannot be told from a whole one, nor can wrong bytes of the right length: the server never sends
 * these. What is cut must be cut against a length, within chunks, without close_notify, or by a
 * reset.
 */

#include "liar/case.h"
#include "liar/script.h"

/* Where the servers are. */
struct liar_places {
    unsigned short ports[LIAR_HOSTS][2]; /* plain, TLS */
};

/* A request, as far as answers depend on it. */
struct liar_ask {
    const struct liar_case *of;
    const struct liar_entry *entry;
    const struct liar_places *places;
    bool ranged;
    uint64_t from;
    bool announced; /* the client has been told the whole size by an answer that was cut */
    bool loop;      /* the path is one that always redirects */
    bool tls;
    unsigned stream; /* of HTTP/2; 0: HTTP/1.1 */
};

enum liar_framing { LIAR_BY_LENGTH, LIAR_BY_CHUNKS, LIAR_BY_CLOSE };

enum liar_flood { LIAR_NO_FLOOD, LIAR_FLOOD_BEFORE, LIAR_FLOOD_HEAD, LIAR_FLOOD_TRAILERS };

/* Chunk lines that are not as they should be. */
enum liar_chunk {
    LIAR_CHUNK_GOOD,
    LIAR_CHUNK_EXTENSION,
    LIAR_CHUNK_LONG_EXTENSION,
    LIAR_CHUNK_ZEROS,
    LIAR_CHUNK_SPACES,
    LIAR_CHUNK_HEX,
    LIAR_CHUNK_NEGATIVE,
    LIAR_CHUNK_HUGE,
    LIAR_CHUNK_SMALL,
    LIAR_CHUNK_BIG,
    LIAR_CHUNK_NO_CRLF,
    LIAR_CHUNK_LF,
    LIAR_CHUNK_NO_LAST,
    LIAR_CHUNK_KINDS,
};

/* How the frames of an answer are not as they should be. */
enum liar_frame_lie {
    LIAR_PADDED = 1,
    LIAR_CONTINUED = 2,
    LIAR_ENDED_EARLY = 4,
    LIAR_NEVER_ENDED = 8,
    LIAR_WRONG_STREAM = 16,
    LIAR_DATA_FIRST = 32,
    LIAR_TWO_HEADS = 64,
};

enum liar_frames_at { LIAR_AT_START, LIAR_AFTER_HEAD, LIAR_AMID_DATA, LIAR_AT_END };

struct liar_draft {
    const struct liar_ask *ask;
    int status;
    const char *line;         /* the status line in full; NULL: of the status; "": none */
    struct liar_bytes before; /* ahead of it */
    struct liar_bytes first;  /* lines of the head right after it */
    struct liar_bytes late;   /* lines after those of the framing */
    enum liar_flood flood;
    struct liar_bytes unit; /* of it */
    uint64_t flood_count;
    bool bare;        /* no validators */
    const char *etag; /* instead of the entry's */
    char range[96];   /* value of Content-Range; "": none */
    bool coded;       /* the body is in gzip, and says so */
    enum liar_framing framing;
    enum liar_chunk chunk;
    bool unframed;     /* no line says how the body is framed */
    bool two_lengths;  /* a line says another length */
    uint64_t from, to; /* what is sent of the body, of SIZE bytes */
    uint64_t size;
    uint64_t declared; /* bytes that the length says from FROM on */
    bool no_body;
    const char *seed;       /* of other bytes than the truth; NULL: the truth */
    struct liar_bytes body; /* if not empty, the body as it is, whatever FROM and TO say */
    struct liar_bytes trailers;
    int end; /* enum liar_op, or -1: the connection is kept */
    enum liar_op post;
    bool has_post;
    unsigned post_ms;
    struct liar_bytes poison;
    unsigned piece, pause; /* of writes */
    unsigned param;
    unsigned frame_lies; /* of enum liar_frame_lie, as bits */
    enum liar_frames_at frames_at;
    void (*frames)(const struct liar_draft *draft, struct liar_script *script); /* more of them */
};

/* The steps that answer ASK with the words of ANSWER (NULL: honestly). */
void liar_draft_script(const struct liar_ask *ask, const struct liar_answer *answer,
                       struct liar_script *out);

/* The steps for a CONNECT; *TUNNEL: whether there is a tunnel after them. */
void liar_connect_script(const struct liar_answer *answer, struct liar_script *out, bool *tunnel);

/* Whether ANSWER tells the client the whole size: 1, 0; -1: what it knows stays as it is. */
int liar_draft_announces(const struct liar_ask *ask, const struct liar_answer *answer);

/* For frames.c: the lines of the head but for the framing, and what is sent of the body. */
void liar_draft_lines(const struct liar_draft *draft, struct liar_bytes *out);
void liar_draft_body(const struct liar_draft *draft, struct liar_bytes *out);
bool liar_draft_is_short(const struct liar_draft *draft);

/* frames.c: renders the draft as frames of its stream. */
void liar_frames_render(const struct liar_draft *draft, struct liar_script *out);

#endif
