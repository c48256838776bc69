/**
 * libcurl as a whole.
 */
#ifndef FA_TRANSFER_LIBRARY_H
#define FA_TRANSFER_LIBRARY_H

#include <stdbool.h>

/** To be called before any other use of libcurl; thread-safe, and harmless to repeat. */
int fa_library_init(void);

/** Whether this libcurl has HTTP/2. */
bool fa_library_http2(void);

/**
 * The faults of libcurl that are worked around, and the version in which each ended.
 *
 * Asked for at run time, as the work-around costs something:
 */
enum fa_fault {
    FA_FAULT_UNASKED_ANSWER, /**< 8.0.0: bytes that wait on a kept connection answer the next request
                                  (connections.c looks for them). */
    FA_FAULT_LAST_HEADER,    /**< 8.1.0: a handle keeps a pointer to the last header of its previous
                                  transfer, which a folded first line reads and writes (transfer.c
                                  uses a handle once). */
    FA_FAULT_HTTP2_ENDS,     /**< 8.4.0: an aborted stream may look like one that has ended (such an
                                  answer without a length is asked for again over HTTP/1.1). */
};
/*
 * Worked around in every version, as that costs nothing:
 *  - before 8.1.0: SIGPIPE is blocked by system calls around each call (CURLOPT_NOSIGNAL).
 *  - before 8.14.0: trailers have no limit (transfer.c counts all header bytes).
 *  - at least in 7.88, and not known to have ended:
 *      - A certificate bundle is parsed for each connection (trust.c).
 *      - An end of TLS without close_notify is a good end (trust.c).
 *      - The body of a 407 to CONNECT is read in one loop (watchdog.c).
 *      - CURLOPT_RESUME_FROM_LARGE takes a wrong answer for a complete one (request.c).
 *      - Its own retries are counted over the life of a handle (transfer.c).
 *      - Out of descriptors, it cannot "resolve" or "connect" (transfer.c, classify.c).
 *      - Passwords of a proxy that cannot be read are printed (proxy.c).
 *      - A connection of HTTP/2 is used for HTTP/1.1 (transfer.c).
 *      - A scan over all names known follows each transfer (setup.c).
 *      - Too long a header line is out of memory (classify.c).
 *      - A list of transfer codings with chunked anywhere in it is taken for chunks (response.c).
 * Not worked around, as nothing of it can be seen from outside: at least in 7.88, a line of a head
 * that begins with NUL ends the reading of what has come with it, and is dropped with it.
 */

/** Whether the libcurl that runs has a fault. */
bool fa_library_has(enum fa_fault fault);

#endif
