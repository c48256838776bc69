#ifndef FETCHALL_SUPPORT_BAD_REQUEST_H
#define FETCHALL_SUPPORT_BAD_REQUEST_H

/*
 * One request as the bad server reads it. Bodies of requests are not read: its clients only
 * download.
 */

#include <event2/buffer.h>
#include <stddef.h>

#define FA_BAD_HEADERS 64
#define FA_BAD_PARTS   8

struct fa_bad_header {
    const char *name;
    const char *value;
};

struct fa_bad_request {
    char *head; /* what came, cut up in place; the pointers below point into it */
    const char *method;
    const char *target; /* as it came */
    const char *path;   /* the target without "http://host" (a proxy's client sends that) */
    const char *host;   /* the Host header, or "" */
    struct fa_bad_header headers[FA_BAD_HEADERS];
    size_t header_count;
    char *route;                     /* a copy of path, cut into its segments */
    const char *parts[FA_BAD_PARTS]; /* segments; the last slot keeps what is left over */
    size_t part_count;
};

enum fa_bad_taken { FA_BAD_TAKEN, FA_BAD_NOT_YET, FA_BAD_NONSENSE };

/* Takes one head off IN. *REQUEST is new and the caller's if, and only if, it returns
 * FA_BAD_TAKEN. */
enum fa_bad_taken fa_bad_request_take(struct evbuffer *in, struct fa_bad_request **request);

/* Accepts NULL. */
void fa_bad_request_free(struct fa_bad_request *request);

/* The value of the first header of that name, or NULL. */
const char *fa_bad_request_header(const struct fa_bad_request *request, const char *name);

#endif
