/**
 * Percent-encoding in URLs (RFC 3986, 2.1).
 */
#ifndef FA_TRANSFER_PERCENT_H
#define FA_TRANSFER_PERCENT_H

#include "base/buf.h"

#include <stdbool.h>

/** Whether decoding would change the text.  %00 and malformed triples are kept. */
bool fa_percent_is_encoded(const char *at, const char *end);

/** @return the decoded text, to be released with free(3), or NULL when memory ran out. */
char *fa_percent_decode(const char *at, const char *end);

/** Append a text, encoding everything except letters, digits and "+-._~*". */
void fa_percent_put(struct fa_buf *buf, const char *text);

#endif
