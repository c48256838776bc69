/**
 * The name that a server gives to a file: Content-Disposition (RFC 6266).  Pure.
 */
#ifndef FA_TRANSFER_DISPOSITION_H
#define FA_TRANSFER_DISPOSITION_H

#include <stddef.h>

/** Longer values have no name. */
#define FA_DISPOSITION_MAX 4096

/**
 * The name in the value of a Content-Disposition.
 *
 * `filename*` (RFC 8187) in UTF-8 or ISO-8859-1 is preferred to `filename`, which is UTF-8 if it
 * can be, else ISO-8859-1.  Of a path, only the last component counts; both slashes separate.
 *
 * @return A text in UTF-8 that is not empty, and still has to be made a name of a file; to be
 *         freed.  NULL: there is no name, or no memory.
 */
char *fa_disposition_name(const char *value, size_t len);

#endif
