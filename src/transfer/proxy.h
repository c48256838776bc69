/**
 * Proxies: the one that is named, or those of the environment (libcurl-env(3)).
 *
 * libcurl 7.88 prints the password of a proxy that it cannot read, and passes by one whose name or
 * password has control characters in it.  So they are looked at before.
 */
#ifndef FA_TRANSFER_PROXY_H
#define FA_TRANSFER_PROXY_H

#include <fetchall/error.h>

#include <stdbool.h>

/** @return 0, or -1 with FA_CLASS_REFUSED; no password is in its text. */
int fa_proxy_check(const char *proxy, struct fa_error *err);

/** The same for each that the environment names. */
int fa_proxy_check_environment(struct fa_error *err);

/** Whether the environment names one. */
bool fa_proxy_in_environment(void);

#endif
