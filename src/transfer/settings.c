/*
 * The table below is the only list of the settings: they are taken from the config, and written and
 * read for worker processes, in its order.  A new one is a member of struct fa_settings and a row.
 */
#include "transfer/settings.h"

#include "base/field.h"
#include "transfer/proxy.h"

#include <stdlib.h>

/* A setting with the name and type that it has in the config. */
#define SETTING(kind, type_, name)                                                       \
    {                                                                                    \
        .type = FA_FIELD_##kind, .offset = FA_FIELD_AT(type_, struct fa_settings, name), \
        .source = FA_FIELD_AT(type_, struct fa_config, name),                            \
    }

static const struct fa_field taken[] = {
    SETTING(F64, double, connect_timeout),
    SETTING(F64, double, stall_timeout),
    SETTING(F64, double, timeout),
    SETTING(U64, uint64_t, speed_limit),
    SETTING(F64, double, speed_time),
    SETTING(BOOL, bool, expect_length),
    SETTING(BOOL, bool, netrc),
    SETTING(BOOL, bool, insecure),
    SETTING(STR, const char *, user_agent),
    SETTING(STR, const char *, proxy),
    SETTING(STR, const char *, cacert),
    SETTING(STR, const char *, cert),
    SETTING(STR, const char *, key),
    SETTING(STR, const char *, retry_on),
};

/* Settings that are computed from the config. */
static const struct fa_field computed[] = {
    FA_FIELD(BOOL, bool, struct fa_settings, http2),
    FA_FIELD(BOOL, bool, struct fa_settings, cookies),
    FA_FIELD(BOOL, bool, struct fa_settings, confined),
    FA_FIELD_ENUM(enum fa_family, FA_FAMILY_V6 + 1, struct fa_settings, family),
    FA_FIELD_ENUM(enum fa_tls, FA_TLS_1_3 + 1, struct fa_settings, tls_min),
};

void fa_settings_init(struct fa_settings *settings, const struct fa_config *config)
{
    *settings = (struct fa_settings){
        .http2 = config->http == FA_HTTP_2,
        .cookies = config->cookies != NULL,
        .confined = config->sandbox != FA_SANDBOX_OFF,
        .family = config->family,
        .tls_min = config->tls_min == FA_TLS_DEFAULT ? FA_TLS_1_2 : config->tls_min,
    };
    fa_fields_copy(taken, FA_FIELD_COUNT(taken), settings, config);
}

const struct fa_settings *fa_settings_of(const struct fa_settings *settings, unsigned rule)
{
    return rule > 0 && rule <= settings->n_hosts ? &settings->hosts[rule - 1] : settings;
}

bool fa_settings_any_http2(const struct fa_settings *settings)
{
    bool any = settings->http2;
    for (unsigned i = 0; i < settings->n_hosts; ++i)
        any |= settings->hosts[i].http2;
    return any;
}

static void settings_put(const struct fa_settings *settings, struct fa_buf *buf)
{
    fa_fields_put(taken, FA_FIELD_COUNT(taken), settings, buf);
    fa_fields_put(computed, FA_FIELD_COUNT(computed), settings, buf);
}

static void settings_get(struct fa_settings *ret, struct fa_reader *reader)
{
    *ret = (struct fa_settings){0};
    fa_fields_get(taken, FA_FIELD_COUNT(taken), ret, reader);
    fa_fields_get(computed, FA_FIELD_COUNT(computed), ret, reader);
}

void fa_settings_encode(const struct fa_settings *settings, struct fa_buf *buf)
{
    settings_put(settings, buf);
    fa_buf_put_u32(buf, settings->n_hosts);
    for (unsigned i = 0; i < settings->n_hosts; ++i)
        settings_put(&settings->hosts[i], buf);
}

/* The strings are not copied: they point into the bytes, which have to outlive the settings.  Each
 * host takes at least a byte, so a wrong number cannot allocate much. */
int fa_settings_decode(struct fa_settings *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    settings_get(ret, &reader);
    unsigned n = fa_reader_u32(&reader);
    if (reader.failed || n > (size_t)(reader.end - reader.at))
        return -1;
    struct fa_settings *hosts = calloc(n + 1u, sizeof(*hosts));
    if (!hosts)
        return -1;
    for (unsigned i = 0; i < n; ++i)
        settings_get(&hosts[i], &reader);
    if (!fa_reader_ok(&reader)) {
        free(hosts);
        return -1;
    }
    ret->hosts = hosts;
    ret->n_hosts = n;
    return 0;
}

void fa_settings_fini(struct fa_settings *settings)
{
    free((void *)settings->hosts);
    *settings = (struct fa_settings){0};
}

/* An empty --proxy disables the proxies of the environment, as with CURLOPT_PROXY(3). */
bool fa_settings_use_proxy(const struct fa_settings *settings)
{
    if (settings->proxy)
        return settings->proxy[0] != '\0';
    return fa_proxy_in_environment();
}
