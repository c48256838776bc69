/**
 * What all transfers of a session have in common: the part of fa_config that libcurl needs.
 */
#ifndef FA_TRANSFER_SETTINGS_H
#define FA_TRANSFER_SETTINGS_H

#include "base/buf.h"

#include <fetchall/config.h>

/** Strings are borrowed from the config, or from the bytes they were read from. */
struct fa_settings {
    double connect_timeout;
    double stall_timeout;
    double timeout;
    uint64_t speed_limit;
    double speed_time;
    bool expect_length;
    bool netrc;
    bool insecure;
    bool http2;
    bool cookies;  /**< Outcomes bring the cookies of all responses. */
    bool confined; /**< A process that works for this gives up what it does not need. */
    enum fa_family family;
    enum fa_tls tls_min; /**< Not FA_TLS_DEFAULT. */
    const char *user_agent;
    const char *proxy;
    const char *cacert;
    const char *cert;
    const char *key;
    const char *retry_on;
    const struct fa_settings *hosts; /**< Those of hosts with a rule, n_hosts of them, which have
                                        no such list.  Borrowed, or of fa_settings_decode(). */
    unsigned n_hosts;
};

/** Without hosts. */
void fa_settings_init(struct fa_settings *settings, const struct fa_config *config);

/** The settings of a rule, or the general ones for number 0. */
const struct fa_settings *fa_settings_of(const struct fa_settings *settings, unsigned rule);

/** Whether some requests use HTTP/2. */
bool fa_settings_any_http2(const struct fa_settings *settings);

void fa_settings_encode(const struct fa_settings *settings, struct fa_buf *buf);

/** @return 0, or -1 if the bytes are malformed, or no memory.  With 0, call fa_settings_fini(). */
int fa_settings_decode(struct fa_settings *ret, const void *data, size_t len);

/** Release the list of hosts of decoded settings. */
void fa_settings_fini(struct fa_settings *settings);

/** Whether names are looked up by a proxy, so that we need not. */
bool fa_settings_use_proxy(const struct fa_settings *settings);

#endif
