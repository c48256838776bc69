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
    bool confined; /**< A process that works for this gives up what it does not need. */
    enum fa_family family;
    enum fa_tls tls_min; /**< Not FA_TLS_DEFAULT. */
    const char *user_agent;
    const char *proxy;
    const char *cacert;
    const char *cert;
    const char *key;
    const char *retry_on;
};

void fa_settings_init(struct fa_settings *settings, const struct fa_config *config);

void fa_settings_encode(const struct fa_settings *settings, struct fa_buf *buf);

/** @return 0, or -1 if the bytes are malformed. */
int fa_settings_decode(struct fa_settings *ret, const void *data, size_t len);

/** Whether names are looked up by a proxy, so that we need not. */
bool fa_settings_use_proxy(const struct fa_settings *settings);

#endif
