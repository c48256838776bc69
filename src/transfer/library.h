/**
 * libcurl as a whole.
 */
#ifndef FA_TRANSFER_LIBRARY_H
#define FA_TRANSFER_LIBRARY_H

/** To be called before any other use of libcurl; thread-safe, and harmless to repeat. */
int fa_library_init(void);

#endif
