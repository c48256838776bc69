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

/** How a TLS connection ended; shared by the connection and who asks. */
struct fa_goodbye;

/**
 * Watch a connection for its peer's close_notify: an end without it may have been made by somebody
 * on the way (RFC 8446, 6.1).
 *
 * @ssl     An SSL, as CURLINFO_TLS_SSL_PTR(3) gives it.
 * @return  To release with fa_goodbye_put(), also after the connection is closed; NULL when memory
 *          ran out.
 */
struct fa_goodbye *fa_trust_watch(void *ssl);

/** Whether close_notify has come. */
bool fa_goodbye_came(const struct fa_goodbye *goodbye);
void fa_goodbye_put(struct fa_goodbye *goodbye);

/** Whether bytes of the peer have been read from the socket, and not been taken yet. */
bool fa_trust_has_read(void *ssl);

/**
 * Whether what waits on the socket of a connection is data, as opposed to a session ticket, say.
 * Takes all that is not.
 */
bool fa_trust_has_data(void *ssl, int fd);

#endif
