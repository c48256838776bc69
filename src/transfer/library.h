/**
 * Global state and known faults of libcurl.
 */
#ifndef FA_TRANSFER_LIBRARY_H
#define FA_TRANSFER_LIBRARY_H

#include <stdbool.h>

/** Call before any other use of libcurl.  Thread-safe and idempotent. */
int fa_library_init(void);

/** Whether this libcurl supports HTTP/2. */
bool fa_library_http2(void);

/**
 * Faults of libcurl that are worked around, and the version that fixed each.
 *
 * These are checked at run time, because their workarounds cost something:
 */
enum fa_fault {
    FA_FAULT_UNASKED_ANSWER, /**< 8.0.0: bytes waiting on a kept connection are taken for the
                                  next response (connections.c checks for them). */
    FA_FAULT_LAST_HEADER,    /**< 8.1.0: a handle keeps a pointer to the last header of its
                                  previous transfer; a folded first line reads and writes there
                                  (transfer.c uses each handle once). */
    FA_FAULT_HTTP2_ENDS,     /**< 8.4.0: an aborted stream may look complete (a response without
                                  a length is requested again over HTTP/1.1). */
};
/*
 * Worked around in every version, because that costs nothing:
 *  - before 8.1.0: SIGPIPE is blocked by system calls around each call (CURLOPT_NOSIGNAL).
 *  - before 8.14.0: the size of trailers is unlimited (transfer.c counts all header bytes).
 *  - at least in 7.88, and not known to be fixed:
 *      - A certificate bundle is parsed for each connection (trust.c).
 *      - The end of a TLS connection without close_notify is accepted (trust.c).
 *      - The body of a 407 to CONNECT is read in one loop (watchdog.c).
 *      - CURLOPT_RESUME_FROM_LARGE accepts a wrong response as complete (request.c).
 *      - Internal retries are counted over the life of a handle (transfer.c).
 *      - Running out of descriptors is reported as a failure to resolve or connect (transfer.c,
 *        classify.c).
 *      - Passwords in a malformed proxy URL are printed (proxy.c).
 *      - An HTTP/2 connection is reused for HTTP/1.1 (transfer.c).
 *      - Each transfer scans the whole DNS cache (setup.c).
 *      - After a refused address, the next one is not tried at once (transfer.c).
 *      - An oversized header line is reported as out of memory (classify.c).
 *      - Any list of transfer codings that contains chunked is decoded as chunks (response.c).
 *
 * Not worked around, because it cannot be observed from outside: at least in 7.88, a header line
 * that begins with NUL ends the parsing of the bytes that arrived with it, and they are dropped.
 */

/** Whether the libcurl in use has a fault. */
bool fa_library_has(enum fa_fault fault);

#endif
