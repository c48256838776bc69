/**
 * What an attempt asks of a server: its header lines, and which part of the file.
 */
#ifndef FA_TRANSFER_REQUEST_H
#define FA_TRANSFER_REQUEST_H

#include "transfer/attempt.h"
#include "transfer/response.h"

#include <curl/curl.h>

#include <fetchall/error.h>

/** Append a copy of text.  @return 0, or -1 when memory ran out. */
int fa_request_append(struct curl_slist **list, const char *text);

/**
 * Choose what to ask for.  An offset is forgotten if the part is shorter, if its validator is not
 * strong, or if the user's own lines speak of ranges; conditions go with an offset of 0 only.
 * With an offset the part is cut to what is built on.
 *
 * @ret  Borrows from the attempt.
 */
int fa_request_choose(const struct fa_attempt *attempt, struct fa_asked *ret, struct fa_error *err);

/** Give all of that to an easy handle.  @headers  Owned by the caller, and lent to the handle. */
int fa_request_set(CURL *easy, struct curl_slist **headers, const struct fa_attempt *attempt,
                   const struct fa_asked *asked);

#endif
