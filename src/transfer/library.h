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

/** Whether it never takes the end of a stream that was aborted for the end of the file. */
bool fa_library_http2_ends(void);

#endif
