#ifndef FETCHALL_SUPPORT_CA_H
#define FETCHALL_SUPPORT_CA_H

/*
 * A certificate authority of the test's own, made anew each time. Keys are P-256, files are PEM
 * and live in the scratch. Errors fail the test.
 *
 *     fa_ca_init(&ca, &scratch);
 *     fa_ca_issue(&ca, &scratch, "good", FA_CERT_GOOD, "localhost,127.0.0.1", &cert);
 *     ... "--tls", cert.cert, cert.key ... "--cacert", ca.file ...
 *     fa_ca_fini(&ca);
 */

#include "scratch.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct fa_ca {
    EVP_PKEY *key;
    X509 *cert;
    const char *file; /* the authority's certificate */
};

enum fa_cert_kind {
    FA_CERT_GOOD,
    FA_CERT_EXPIRED,
    FA_CERT_NOT_YET,
    FA_CERT_SELF_SIGNED, /* by its own key, with the authority's no part in it */
};

struct fa_cert {
    const char *cert; /* paths, as long as the scratch lives */
    const char *key;
};

void fa_ca_init(struct fa_ca *ca, struct fa_scratch *scratch);
void fa_ca_fini(struct fa_ca *ca);

/*
 * Makes FILE.pem and FILE.key for NAMES, DNS names and IPv4 addresses separated by commas.  One for
 * a wrong host is a good one for another name; a good one serves as a client's, too.
 */
void fa_ca_issue(const struct fa_ca *ca, struct fa_scratch *scratch, const char *file,
                 enum fa_cert_kind kind, const char *names, struct fa_cert *out);

#endif
