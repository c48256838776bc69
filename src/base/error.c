/*
 * An error is a value of fixed size: it can be copied, stored and sent to another process, and
 * reporting it allocates nothing.  A message that does not fit is truncated.
 */
#include <fetchall/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Reports contain these names, so they must not change. */
static const char *const class_names[FA_CLASSES] = {
    [FA_CLASS_NONE] = "none",
    [FA_CLASS_BAD_URL] = "bad_url",
    [FA_CLASS_DNS] = "dns",
    [FA_CLASS_CONNECT] = "connect",
    [FA_CLASS_TLS] = "tls",
    [FA_CLASS_TIMEOUT] = "timeout",
    [FA_CLASS_STALLED] = "stalled",
    [FA_CLASS_HTTP] = "http",
    [FA_CLASS_REDIRECT] = "redirect",
    [FA_CLASS_PROTOCOL] = "protocol",
    [FA_CLASS_TRUNCATED] = "truncated",
    [FA_CLASS_TOO_LARGE] = "too_large",
    [FA_CLASS_INTEGRITY] = "integrity",
    [FA_CLASS_CHANGED] = "changed",
    [FA_CLASS_LOCAL_IO] = "local_io",
    [FA_CLASS_WORKER_CRASHED] = "worker_crashed",
    [FA_CLASS_REFUSED] = "refused",
    [FA_CLASS_CANCELLED] = "cancelled",
    [FA_CLASS_CONTENT] = "content",
    [FA_CLASS_HOOK] = "hook",
};

const char *fa_class_name(enum fa_class error_class)
{
    return (unsigned)error_class < FA_CLASSES ? class_names[error_class] : "none";
}

/* Format into a copy: the arguments may include the previous message of the same error. */
static void error_set(struct fa_error *err, enum fa_domain domain, int code,
                      enum fa_class error_class, const char *format, va_list args)
{
    char msg[FA_MESSAGE_MAX];
    vsnprintf(msg, sizeof(msg), format, args);
    err->domain = domain;
    err->code = code;
    err->class = error_class;
    memcpy(err->msg, msg, sizeof(msg));
}

/* strerror_r(3) is thread-safe, unlike strerror(3); this is the GNU version, which may return a
 * constant string. */
void fa_error_system(struct fa_error *err, enum fa_class error_class, int code, const char *format,
                     ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, format);
    error_set(err, FA_DOMAIN_SYSTEM, code, error_class, format, args);
    va_end(args);

    char why[80];
    const char *text = strerror_r(code, why, sizeof(why));
    size_t len = strlen(err->msg);
    snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", text);
}

/* NULL: the caller needs only the fact that something failed. */
void fa_error_set(struct fa_error *err, enum fa_domain domain, int code, enum fa_class error_class,
                  const char *format, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, format);
    error_set(err, domain, code, error_class, format, args);
    va_end(args);
}
