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
 * Set up a new connection: the certificates, and that an end without close_notify is an error, as
 * it may have been cut by somebody on the way (RFC 8446, 6.1).
 *
 * @verify  Give it the certificates.
 * @ssl_ctx An SSL_CTX, as CURLOPT_SSL_CTX_FUNCTION(3) hands it out.
 */
int fa_trust_install(struct fa_trust *trust, bool verify, void *ssl_ctx, struct fa_error *err);

#endif
