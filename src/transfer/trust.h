/**
 * The certificates that we trust, parsed once and shared by every connection.
 *
 * Left to itself, libcurl 7.88 on Debian parses the whole bundle for each connection: 20 ms of CPU.
 * Thread-safe once made.
 */
#ifndef FA_TRANSFER_TRUST_H
#define FA_TRANSFER_TRUST_H

#include <fetchall/error.h>

#include <stdbool.h>

struct fa_trust;

/**
 * @bundle  A file of PEM certificates, borrowed; NULL: the system's.
 * @return  To release with fa_trust_free(), or NULL.
 */
struct fa_trust *fa_trust_new(const char *bundle, struct fa_error *err);
void fa_trust_free(struct fa_trust *trust);

/** Parse the bundle now, not at the first connection. */
int fa_trust_load(struct fa_trust *trust, struct fa_error *err);

/** @return the place of the system's bundle: what SSL_CERT_FILE says, or Debian's. */
const char *fa_trust_system_bundle(void);

/**
 * Give the certificates to a new connection.
 *
 * @ssl_ctx An SSL_CTX, as CURLOPT_SSL_CTX_FUNCTION(3) hands it out.
 */
int fa_trust_install(struct fa_trust *trust, void *ssl_ctx, struct fa_error *err);

/**
 * Watch a connection for its peer's close_notify: an end without it may have been made by somebody
 * on the way (RFC 8446, 6.1).
 *
 * @ssl       An SSL, as CURLINFO_TLS_SSL_PTR(3) gives it.
 * @goodbye   Set to true when it comes; borrowed until the connection is closed.
 */
void fa_trust_watch(void *ssl, bool *goodbye);

#endif
