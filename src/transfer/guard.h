/**
 * The content guard: a web page in place of a file that is none, as from a login or a captive
 * portal, which answer 200.
 */
#ifndef FA_TRANSFER_GUARD_H
#define FA_TRANSFER_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/** Whether a name, or a percent-encoded path of a URL, ends like a file that is surely no web page:
 * an archive, a picture, a package. */
bool fa_guard_covers(const char *name);

/** Whether the value of a Content-Type (RFC 9110, 8.3) is that of a web page. */
bool fa_guard_is_page(const char *type, size_t len);

#endif
