#include "ca.h"

#include "fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY (24L * 60 * 60)

static void need(bool good, const char *what)
{
    if (!good) {
        fa_test_fail("cannot %s: %s", what, ERR_error_string(ERR_get_error(), NULL));
    }
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension && X509_add_ext(cert, extension, -1) == 1, "add an extension");
    X509_EXTENSION_free(extension);
}

/* A certificate for KEY, valid from FROM to TO in seconds from now, without issuer or signature. */
static X509 *new_cert(EVP_PKEY *key, const char *common_name, long from, long to)
{
    X509 *cert = X509_new();
    need(cert, "make a certificate");
    uint32_t serial;
    RAND_bytes((unsigned char *)&serial, sizeof(serial));
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), to);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)common_name, -1, -1, 0);
    return cert;
}

static void sign(X509 *cert, X509 *issuer, EVP_PKEY *key)
{
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    add_extension(cert, issuer, NID_subject_key_identifier, "hash");
    if (cert != issuer) {
        add_extension(cert, issuer, NID_authority_key_identifier, "keyid");
    }
    need(X509_sign(cert, key, EVP_sha256()) > 0, "sign a certificate");
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        fa_test_fail("cannot write \"%s\": %s", path, strerror(errno));
    }
    return file;
}

static void write_cert(const char *path, X509 *cert)
{
    FILE *file = create(path);
    need(PEM_write_X509(file, cert) == 1, "write a certificate");
    fclose(file);
}

static void write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = create(path);
    need(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1, "write a key");
    fclose(file);
}

void fa_ca_init(struct fa_ca *ca, struct fa_scratch *scratch)
{
    ca->key = EVP_EC_gen("P-256");
    need(ca->key, "make a key");
    ca->cert = new_cert(ca->key, "fetchall test CA", -DAY, 30 * DAY);
    add_extension(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(ca->cert, ca->cert, ca->key);
    ca->file = fa_scratch_path(scratch, "ca.pem");
    write_cert(ca->file, ca->cert);
}

void fa_ca_fini(struct fa_ca *ca)
{
    X509_free(ca->cert);
    EVP_PKEY_free(ca->key);
    *ca = (struct fa_ca){0};
}

/* "a,127.0.0.1" as "DNS:a,IP:127.0.0.1". */
static void add_names(X509 *cert, X509 *issuer, const char *names)
{
    char *copy = strdup(names);
    char *value = NULL;
    size_t len;
    FILE *out = open_memstream(&value, &len);
    need(copy && out, "keep the names");
    char *rest = copy;
    for (char *name; (name = strsep(&rest, ","));) {
        struct in_addr address;
        bool is_ip = inet_pton(AF_INET, name, &address) == 1;
        fprintf(out, "%s%s:%s", name == copy ? "" : ",", is_ip ? "IP" : "DNS", name);
    }
    fclose(out);
    add_extension(cert, issuer, NID_subject_alt_name, value);
    free(value);
    free(copy);
}

void fa_ca_issue(const struct fa_ca *ca, struct fa_scratch *scratch, const char *file,
                 enum fa_cert_kind kind, const char *names, struct fa_cert *out)
{
    static const struct {
        long from;
        long to;
    } valid[] = {
        [FA_CERT_GOOD] = {-DAY, 20 * DAY},
        [FA_CERT_EXPIRED] = {-20 * DAY, -DAY},
        [FA_CERT_NOT_YET] = {DAY, 20 * DAY},
        [FA_CERT_SELF_SIGNED] = {-DAY, 20 * DAY},
    };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    need(key, "make a key");
    X509 *cert = new_cert(key, "fetchall test", valid[kind].from, valid[kind].to);
    bool self = kind == FA_CERT_SELF_SIGNED;
    X509 *issuer = self ? cert : ca->cert;
    add_names(cert, issuer, names);
    sign(cert, issuer, self ? key : ca->key);
    out->cert = fa_scratch_path(scratch, "%s.pem", file);
    out->key = fa_scratch_path(scratch, "%s.key", file);
    write_cert(out->cert, cert);
    write_key(out->key, key);
    X509_free(cert);
    EVP_PKEY_free(key);
}
