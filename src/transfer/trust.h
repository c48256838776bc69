/**
 * The trusted certificates, parsed once and shared by all connections.
 *
 * libcurl 7.88 on Debian parses the whole bundle for each connection, which takes 20 ms of CPU.
 * Thread-safe once created.
 */
#ifndef FA_TRANSFER_TRUST_H
#define FA_TRANSFER_TRUST_H

#include <fetchall/error.h>

#include <stdbool.h>

struct fa_trust;

/** Where the trusted certificates are: in both places, if both are set. */
struct fa_trust_places {
    const char *file;     /**< PEM; NULL: none. */
    const char *folders;  /**< Separated by colons, as SSL_CERT_DIR has them; NULL: none. */
    const char *variable; /**< The variable of the environment that names them; NULL: none. */
};

/**
 * Find the certificates, as curl does.
 *
 * @cacert  A file or a folder, borrowed; NULL: those of CURL_CA_BUNDLE; else of SSL_CERT_FILE and
 *          SSL_CERT_DIR, where the system's bundle stands in for a missing SSL_CERT_FILE.
 */
struct fa_trust_places fa_trust_find(const char *cacert);

/**
 * The folders of a list, one by one.
 *
 * @rest    The list; moved on.
 * @return  The next one, to be released with free(3); NULL: none, or no memory.
 */
char *fa_trust_next_folder(const char **rest);

/**
 * @cacert  As for fa_trust_find(), borrowed.
 * @return  To be released with fa_trust_free(), or NULL.
 */
struct fa_trust *fa_trust_new(const char *cacert, struct fa_error *err);
void fa_trust_free(struct fa_trust *trust);

/** Whether certificates are read from a folder, where they may be links to any place. */
bool fa_trust_has_folder(const struct fa_trust *trust);

/** Parse the bundle now instead of at the first connection. */
int fa_trust_load(struct fa_trust *trust, struct fa_error *err);

/**
 * Install the certificates in a new connection.
 *
 * @ssl_ctx An SSL_CTX, as passed to CURLOPT_SSL_CTX_FUNCTION(3).
 */
int fa_trust_install(struct fa_trust *trust, void *ssl_ctx, struct fa_error *err);

/** Records whether a TLS connection has received close_notify.  Shared by the connection and its
 * watcher. */
struct fa_close_notify;

/**
 * Watch for the peer's close_notify: without it, an attacker may have ended the connection (RFC
 * 8446, 6.1).
 *
 * @ssl     An SSL, as returned by CURLINFO_TLS_SSL_PTR(3).
 * @return  To be released with fa_close_notify_put(), also after the connection is closed; NULL
 *          when memory ran out.
 */
struct fa_close_notify *fa_trust_watch(void *ssl);

/** Whether close_notify has been received. */
bool fa_close_notify_received(const struct fa_close_notify *close_notify);
void fa_close_notify_put(struct fa_close_notify *close_notify);

/** Whether OpenSSL has buffered bytes that have not been read. */
bool fa_trust_has_read(void *ssl);

/**
 * Whether the bytes waiting on a connection's socket are application data, as opposed to, say, a
 * session ticket.  Consumes everything else.
 */
bool fa_trust_has_data(void *ssl, int fd);

#endif
