/**
 * Errors: a value that can cross threads and processes, be stored and printed.
 */
#ifndef FETCHALL_ERROR_H
#define FETCHALL_ERROR_H

#include <fetchall/api.h>

FA_API_BEGIN

/** Where a code comes from. */
enum fa_domain {
    FA_DOMAIN_NONE,     /**< No error. */
    FA_DOMAIN_SYSTEM,   /**< code is an errno. */
    FA_DOMAIN_CURL,     /**< code is a CURLcode (libcurl-errors(3)). */
    FA_DOMAIN_HTTP,     /**< code is an HTTP status (RFC 9110, 15). */
    FA_DOMAIN_FETCHALL, /**< code is 0: the class says it all. */
};

/** What kind of failure it is.  The names printed for them are stable. */
enum fa_class {
    FA_CLASS_NONE,
    FA_CLASS_BAD_URL,
    FA_CLASS_DNS,
    FA_CLASS_CONNECT,
    FA_CLASS_TLS,
    FA_CLASS_TIMEOUT,
    FA_CLASS_STALLED,
    FA_CLASS_HTTP,
    FA_CLASS_REDIRECT,
    FA_CLASS_PROTOCOL,
    FA_CLASS_TRUNCATED,
    FA_CLASS_TOO_LARGE,
    FA_CLASS_INTEGRITY,
    FA_CLASS_CHANGED,
    FA_CLASS_LOCAL_IO,
    FA_CLASS_WORKER_CRASHED,
    FA_CLASS_REFUSED,
    FA_CLASS_CANCELLED,
    FA_CLASSES /**< How many there are. */
};

/** Room for a message, its final zero included. */
#define FA_MESSAGE_MAX 240

/** An error.  All zero means that there is none. */
struct fa_error {
    enum fa_domain domain;
    int code;
    enum fa_class FA_CLASS_MEMBER;
    char msg[FA_MESSAGE_MAX]; /**< What failed, the object in quotes, and why.  May hold text from
                                 a server: escape it before it reaches a terminal. */
};

/** The stable name of a class ("dns"), or "none". */
const char *fa_class_name(enum fa_class error_class);

/**
 * Fill in an error of FA_DOMAIN_SYSTEM; ": " and strerror(code) are appended.
 *
 * @err  May be NULL.
 */
void fa_error_system(struct fa_error *err, enum fa_class error_class, int code, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/**
 * Fill in an error of any other domain.
 *
 * @err  May be NULL.
 */
void fa_error_set(struct fa_error *err, enum fa_domain domain, int code, enum fa_class error_class,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

FA_API_END

#endif
