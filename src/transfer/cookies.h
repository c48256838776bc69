/**
 * The cookies of a chain of redirects.
 *
 * A server can set a cookie with a redirect, and expect it when the client comes back: so logins
 * work.  Each request of a chain may be made by another handle, thread or process, so the cookies
 * are a text that an outcome brings and the next attempt takes along: a line for each, as libcurl
 * writes them (CURLINFO_COOKIELIST(3)), which ends with "\n".  libcurl decides which cookies a host
 * may set and which ones it gets: by domain, path, Secure and the list of public suffixes.
 */
#ifndef FA_TRANSFER_COOKIES_H
#define FA_TRANSFER_COOKIES_H

#include <curl/curl.h>

#include <stdbool.h>

/** Maximum size of the text.  Further cookies are dropped. */
#define FA_COOKIES_MAX (64 * 1024)

/** Whether a text is such cookies, and no command of CURLOPT_COOKIELIST(3).  Pure. */
bool fa_cookies_are_good(const char *cookies);

/** Give a handle these cookies, and no others.  @cookies  NULL: none. */
int fa_cookies_set(CURL *easy, const char *cookies);

/** Store cookies that the response sets from now on.  May be called in a callback of the header. */
void fa_cookies_collect(CURL *easy);

/** The cookies of a handle.
 *
 * @ret  To be released with free(3); NULL: none.
 * @return 0, or -1 when memory ran out. */
int fa_cookies_get(CURL *easy, char **ret);

#endif
