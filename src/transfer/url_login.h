/**
 * The user and password of a URL in a handle of libcurl's parser: what a redirect, or a new URL,
 * may do to them.
 */
#ifndef FA_TRANSFER_URL_LOGIN_H
#define FA_TRANSFER_URL_LOGIN_H

#include <curl/curl.h>

#include <stdbool.h>

/** Whether neither has a control character. */
bool fa_url_login_is_clean(CURLU *handle);

/** Give a URL the login of another one if both have the same origin, and it has none itself. */
CURLUcode fa_url_login_keep(CURLU *handle, const char *base);

/** Replace the login of a URL by that of another one, or by none if that has none. */
CURLUcode fa_url_login_replace(CURLU *handle, CURLU *from);

#endif
