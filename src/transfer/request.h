/**
 * The request of an attempt: its header fields, and which range of the file.
 */
#ifndef FA_TRANSFER_REQUEST_H
#define FA_TRANSFER_REQUEST_H

#include "transfer/attempt.h"
#include "transfer/response.h"

#include <curl/curl.h>

#include <fetchall/error.h>

/** Append a copy of text.  @return 0, or -1 when memory ran out. */
int fa_request_append(struct curl_slist **list, const char *text);

/** Whether the header lines of the user have a field of that name. */
bool fa_request_has_field(const struct fa_attempt *attempt, const char *name);

/**
 * Choose the range and the condition of the request.
 *
 * The offset is dropped if the part file is shorter, if its validator is not strong, or if the
 * user's own header fields set a range.  A condition is used only without an offset.  The part file
 * is truncated to the bytes that are kept.
 *
 * @ret  Borrows from the attempt.
 */
int fa_request_choose(const struct fa_attempt *attempt, struct fa_asked *ret, struct fa_error *err);

/** The header lines of a request.  Initialise to zero. */
struct fa_request_lines {
    struct curl_slist *list; /**< Owned; borrowed by the handle. */
    const char *agent;       /**< The value of User-Agent; NULL: no line.  Borrowed. */
    bool usual;              /**< The list has only what each request has. */
};

void fa_request_lines_fini(struct fa_request_lines *lines);

/** Apply the request to an easy handle. */
int fa_request_set(CURL *easy, struct fa_request_lines *lines, const struct fa_attempt *attempt,
                   const struct fa_asked *asked);

#endif
