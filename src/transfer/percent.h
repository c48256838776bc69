/**
 * Percent-encoding (RFC 3986, 2.1), as it is found in URLs.
 */
#ifndef FA_TRANSFER_PERCENT_H
#define FA_TRANSFER_PERCENT_H

#include "base/buf.h"

#include <stdbool.h>

/** Whether decoding would change the text.  %00 stays as it is, and so does what is no code. */
bool fa_percent_is_encoded(const char *at, const char *end);

/** @return the decoded text, to be freed, or NULL when memory ran out. */
char *fa_percent_decode(const char *at, const char *end);

/** Append a text, encoding all but letters, digits and "+-._~*". */
void fa_percent_put(struct fa_buf *buf, const char *text);

#endif
