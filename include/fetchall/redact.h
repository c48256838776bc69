/**
 * Texts without their secrets: what is printed or written down is seen by others.
 *
 * "***" stands for the password of a URL; for the name of its user where there is no password, as
 * it is a token then; and for the values of query keys that sign or authorise, such as
 * X-Amz-Signature, sig, token or password.  URLs in URLs are looked at, too.
 */
#ifndef FETCHALL_REDACT_H
#define FETCHALL_REDACT_H

#include <fetchall/api.h>

FA_API_BEGIN

/**
 * A text that is meant as one URL: of a list, or of a proxy, which may have no scheme.  Of what is
 * no URL, all goes that may be a secret.
 *
 * @keys   Further keys, as fa_config.secret_keys; NULL: none.
 * @return to be freed with free(3), or NULL when memory ran out.
 */
char *fa_redact_url(const char *text, const char *keys);

/** A text in which URLs may stand, such as a message. */
char *fa_redact_text(const char *text, const char *keys);

FA_API_END

#endif
