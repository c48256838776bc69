/**
 * Errors: plain values that can be copied, stored, and passed between threads and processes.
 *
 * A function that fails returns -1 or NULL and fills in the struct fa_error of its caller, which is
 * the last parameter, `err`, and may be NULL.  *err means something only after a failure.
 *
 * The functions here can be called from any thread.
 */
#ifndef FETCHALL_ERROR_H
#define FETCHALL_ERROR_H

#include <fetchall/api.h>

FA_API_BEGIN

/** The meaning of fa_error.code. */
enum fa_domain {
    FA_DOMAIN_NONE,     /**< No error. */
    FA_DOMAIN_SYSTEM,   /**< code is an errno. */
    FA_DOMAIN_CURL,     /**< code is a CURLcode (libcurl-errors(3)). */
    FA_DOMAIN_HTTP,     /**< code is an HTTP status (RFC 9110, 15). */
    FA_DOMAIN_FETCHALL, /**< code is 0: only the class counts. */
};

/** The kind of a failure: see fetchall(1).  Names and values are stable. */
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
    FA_CLASS_CONTENT,
    FA_CLASS_HOOK,
    FA_CLASSES /**< How many there are in this version. */
};

/** The size of a message in bytes, including its final zero. */
#define FA_MESSAGE_MAX 240

/** An error.  All zero is no error.  The size of this struct never changes. */
struct fa_error {
    enum fa_domain domain;
    int code;
    enum fa_class FA_CLASS_MEMBER;
    char msg[FA_MESSAGE_MAX]; /**< What failed, the object in quotes, and why.  May contain text
                                 from a server: escape it before printing it on a terminal. */
};

/** The stable name of a class ("dns"); "none" for a class that does not exist. */
const char *fa_class_name(enum fa_class error_class);

/**
 * Set an error of FA_DOMAIN_SYSTEM.  The message gets ": " and strerror(code) appended.
 *
 * @err  NULL: do nothing.
 */
void fa_error_system(struct fa_error *err, enum fa_class error_class, int code, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/**
 * Set an error of any other domain.
 *
 * @err  NULL: do nothing.
 */
void fa_error_set(struct fa_error *err, enum fa_domain domain, int code, enum fa_class error_class,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

FA_API_END

#endif
