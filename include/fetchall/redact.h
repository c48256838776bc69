/**
 * Remove secrets from text that is printed, logged or stored.
 *
 * "***" replaces the password of a URL, its user name if it has no password (it is a token then),
 * and the values of query keys that sign or authorize a request, such as X-Amz-Signature, sig,
 * token or password.  URLs inside URLs are redacted, too.
 *
 * The functions here can be called from any thread.
 */
#ifndef FETCHALL_REDACT_H
#define FETCHALL_REDACT_H

#include <fetchall/api.h>

FA_API_BEGIN

/**
 * Redact a text that is meant as one URL, with or without a scheme.  If it is not a valid URL,
 * everything that may be a secret is removed.
 *
 * @keys   Further secret keys, as in fa_config.secret_keys; NULL: none.
 * @return A string to release with free(3), or NULL if memory ran out.
 */
char *fa_redact_url(const char *text, const char *keys);

/** Redact all URLs in a text, such as a message.  Parameters and result as fa_redact_url(). */
char *fa_redact_text(const char *text, const char *keys);

FA_API_END

#endif
