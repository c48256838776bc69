/*
 * One X509_STORE is loaded on first use and shared by reference with each SSL_CTX.
 *
 * All files of a folder are read at once, whatever their names are.  OpenSSL would look for the
 * hash of each issuer when a certificate is verified, in files that c_rehash(1) has to name, and
 * that a sandbox would have to let through.
 *
 * close_notify is tracked with a small object that is attached to the SSL as ex_data, and freed
 * when both the SSL and the watcher have released it: libcurl may keep the connection after the
 * transfer, and may close it before the transfer asks.
 *
 * OpenSSL's error queue belongs to the thread, and SSL_get_error(3) looks into it: an entry that is
 * left there is taken for an error of the next connection.  So it is cleared after each failure
 * here.
 */
#include "transfer/trust.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

struct fa_trust {
    struct fa_trust_places places;
    pthread_mutex_t lock; /* guards store while it is loaded */
    X509_STORE *store;
};

static const char *variable_get(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static struct fa_trust_places places_of(const char *path, const char *variable)
{
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    return (struct fa_trust_places){
        .file = folder ? NULL : path, .folders = folder ? path : NULL, .variable = variable};
}

struct fa_trust_places fa_trust_find(const char *cacert)
{
    const char *bundle = variable_get("CURL_CA_BUNDLE");
    if (cacert)
        return places_of(cacert, NULL);
    if (bundle)
        return places_of(bundle, "CURL_CA_BUNDLE");
    const char *file = variable_get("SSL_CERT_FILE");
    return (struct fa_trust_places){.file = file ? file : SYSTEM_BUNDLE,
                                    .folders = variable_get("SSL_CERT_DIR"),
                                    .variable = file ? "SSL_CERT_FILE" : NULL};
}

char *fa_trust_next_folder(const char **rest)
{
    *rest += strspn(*rest, ":");
    size_t len = strcspn(*rest, ":");
    char *folder = len > 0 ? strndup(*rest, len) : NULL;
    *rest += len;
    return folder;
}

struct fa_trust *fa_trust_new(const char *cacert, struct fa_error *err)
{
    struct fa_trust *trust = calloc(1, sizeof(*trust));
    if (!trust) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up TLS");
        return NULL;
    }
    trust->places = fa_trust_find(cacert);
    pthread_mutex_init(&trust->lock, NULL);
    return trust;
}

void fa_trust_free(struct fa_trust *trust)
{
    if (!trust)
        return;
    X509_STORE_free(trust->store);
    pthread_mutex_destroy(&trust->lock);
    free(trust);
}

bool fa_trust_has_folder(const struct fa_trust *trust)
{
    return trust->places.folders != NULL;
}

/* What is not a certificate is skipped: a folder may also have lists of revoked ones, or a note. */
static void store_add_folder(X509_STORE *store, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat st;
        char *file = NULL;
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
            asprintf(&file, "%s/%s", folder, entry->d_name) >= 0) {
            X509_STORE_load_file(store, file);
            free(file);
        }
    }
    if (dir)
        closedir(dir);
}

/* As curl does, a folder that the environment names may be missing or empty. */
static bool store_add_places(X509_STORE *store, const struct fa_trust_places *places)
{
    char *folder;
    for (const char *rest = places->folders; rest && (folder = fa_trust_next_folder(&rest));) {
        store_add_folder(store, folder);
        free(folder);
    }
    if (places->file)
        return X509_STORE_load_file(store, places->file) == 1;
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 0;
}

static X509_STORE *store_load(const struct fa_trust_places *places, struct fa_error *err)
{
    X509_STORE *store = X509_STORE_new();
    bool good = store && store_add_places(store, places);
    ERR_clear_error();
    if (!good) {
        X509_STORE_free(store);
        fa_error_set(
            err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TLS, "cannot read certificates from '%s'%s%s",
            places->file ? places->file : places->folders, places->variable ? ", named by " : "",
            places->variable ? places->variable : "");
        return NULL;
    }
    /* Accept an intermediate certificate as trust anchor, as curl does. */
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    return store;
}

/* The lock is held while the bundle is parsed, so that threads that start together parse it once.
 * A failure is not remembered: the next connection reports it again. */
int fa_trust_load(struct fa_trust *trust, struct fa_error *err)
{
    pthread_mutex_lock(&trust->lock);
    if (!trust->store)
        trust->store = store_load(&trust->places, err);
    int result = trust->store ? 0 : -1;
    pthread_mutex_unlock(&trust->lock);
    return result;
}

/* SSL_CTX_set_cert_store(3) takes over a reference, hence the additional one. */
int fa_trust_install(struct fa_trust *trust, void *ssl_ctx, struct fa_error *err)
{
    if (fa_trust_load(trust, err))
        return -1;
    X509_STORE_up_ref(trust->store);
    SSL_CTX_set_cert_store(ssl_ctx, trust->store);
    return 0;
}

struct fa_close_notify {
    atomic_uint holders;
    atomic_bool received;
};

static pthread_once_t close_notify_once = PTHREAD_ONCE_INIT;
static int close_notify_index = -1;

void fa_close_notify_put(struct fa_close_notify *close_notify)
{
    if (close_notify && --close_notify->holders == 0)
        free(close_notify);
}

bool fa_close_notify_received(const struct fa_close_notify *close_notify)
{
    return close_notify->received;
}

static void close_notify_free(void *ssl, void *close_notify, CRYPTO_EX_DATA *data, int index,
                              long argl, void *argp)
{
    (void)ssl, (void)data, (void)index, (void)argl, (void)argp;
    fa_close_notify_put(close_notify);
}

/* OpenSSL calls close_notify_free() when libcurl frees the SSL, also if a transfer still refers to
 * the object. */
static void close_notify_register(void)
{
    close_notify_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, close_notify_free);
}

/* libcurl 7.88 accepts an end without close_notify, because its BIO cannot report end of file. */
static void close_notify_on_alert(const SSL *ssl, int where, int alert)
{
    struct fa_close_notify *close_notify = SSL_get_ex_data(ssl, close_notify_index);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (alert & 0xff) == SSL_AD_CLOSE_NOTIFY &&
        close_notify)
        close_notify->received = true;
}

/* The object has two holders: the SSL, which may outlive the transfer, and the caller. */
struct fa_close_notify *fa_trust_watch(void *ssl)
{
    pthread_once(&close_notify_once, close_notify_register);
    struct fa_close_notify *close_notify = SSL_get_ex_data(ssl, close_notify_index);
    if (!close_notify) {
        close_notify = calloc(1, sizeof(*close_notify));
        if (!close_notify || SSL_set_ex_data(ssl, close_notify_index, close_notify) != 1) {
            free(close_notify);
            return NULL;
        }
        close_notify->holders = 1;
        SSL_set_info_callback(ssl, close_notify_on_alert);
    }
    ++close_notify->holders;
    return close_notify;
}

bool fa_trust_has_read(void *ssl)
{
    return SSL_pending(ssl) > 0;
}

/* libcurl's BIO works only during its calls, so read from the socket through another one.
 * Nothing is written: the reply to a key update may be lost, which merely ends the connection. */
bool fa_trust_has_data(void *ssl, int fd)
{
    char byte;
    BIO *socket = BIO_new_socket(fd, BIO_NOCLOSE);
    BIO *nowhere = BIO_new(BIO_s_null());
    BIO *read = SSL_get_rbio(ssl), *write = SSL_get_wbio(ssl);
    if (!socket || !nowhere || !BIO_up_ref(read) || !BIO_up_ref(write)) {
        BIO_free(socket);
        BIO_free(nowhere);
        return true;
    }
    SSL_set0_rbio(ssl, socket);
    SSL_set0_wbio(ssl, nowhere);
    bool data = SSL_peek(ssl, &byte, 1) > 0;
    SSL_set0_rbio(ssl, read);
    SSL_set0_wbio(ssl, write);
    ERR_clear_error();
    return data;
}
