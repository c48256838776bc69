/**
 * Validation of proxies: the configured one, and those of the environment (libcurl-env(3)).
 *
 * libcurl 7.88 prints the password of a proxy URL that it cannot parse, and ignores a proxy whose
 * user or password contains control characters.  So proxies are checked before libcurl sees them.
 */
#ifndef FA_TRANSFER_PROXY_H
#define FA_TRANSFER_PROXY_H

#include <fetchall/error.h>

#include <stdbool.h>

/** @return 0, or -1 with FA_CLASS_REFUSED; the error text contains no password. */
int fa_proxy_check(const char *proxy, struct fa_error *err);

/** The same for each proxy in the environment. */
int fa_proxy_check_environment(struct fa_error *err);

/** Whether the environment names a proxy. */
bool fa_proxy_in_environment(void);

#endif
