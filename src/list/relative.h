/**
 * URLs of names that are relative to a base URL (RFC 3986, 5.2).
 *
 * Pure.
 */
#ifndef FA_LIST_RELATIVE_H
#define FA_LIST_RELATIVE_H

#include <stddef.h>

/** The maximum size of the URL of a name of len bytes, with its final zero. */
size_t fa_relative_max(const char *base, size_t len);

/**
 * Write the URL of a name: the base up to the last slash of its path, and the name percent-encoded.
 *
 * @base  An absolute URL.
 * @name  A path of names, not of encoded ones, without "." and ".." in it.
 * @to    fa_relative_max() bytes.
 * @return The length of the URL.
 */
size_t fa_relative_write(const char *base, const char *name, size_t len, char *to);

#endif
