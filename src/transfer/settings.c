#include "transfer/settings.h"

#include "transfer/proxy.h"

void fa_settings_init(struct fa_settings *settings, const struct fa_config *config)
{
    *settings = (struct fa_settings){
        .connect_timeout = config->connect_timeout,
        .stall_timeout = config->stall_timeout,
        .timeout = config->timeout,
        .speed_limit = config->speed_limit,
        .speed_time = config->speed_time,
        .expect_length = config->expect_length,
        .netrc = config->netrc,
        .insecure = config->insecure,
        .http2 = config->http == FA_HTTP_2,
        .family = config->family,
        .user_agent = config->user_agent,
        .proxy = config->proxy,
        .cacert = config->cacert,
        .cert = config->cert,
        .key = config->key,
    };
}

void fa_settings_encode(const struct fa_settings *settings, struct fa_buf *buf)
{
    fa_buf_put_f64(buf, settings->connect_timeout);
    fa_buf_put_f64(buf, settings->stall_timeout);
    fa_buf_put_f64(buf, settings->timeout);
    fa_buf_put_u64(buf, settings->speed_limit);
    fa_buf_put_f64(buf, settings->speed_time);
    fa_buf_put_u8(buf, settings->expect_length);
    fa_buf_put_u8(buf, settings->netrc);
    fa_buf_put_u8(buf, settings->insecure);
    fa_buf_put_u8(buf, settings->http2);
    fa_buf_put_u8(buf, (uint8_t)settings->family);
    fa_buf_put_str(buf, settings->user_agent);
    fa_buf_put_str(buf, settings->proxy);
    fa_buf_put_str(buf, settings->cacert);
    fa_buf_put_str(buf, settings->cert);
    fa_buf_put_str(buf, settings->key);
}

int fa_settings_decode(struct fa_settings *ret, const void *data, size_t len)
{
    struct fa_reader reader;
    fa_reader_init(&reader, data, len);
    *ret = (struct fa_settings){0};
    ret->connect_timeout = fa_reader_f64(&reader);
    ret->stall_timeout = fa_reader_f64(&reader);
    ret->timeout = fa_reader_f64(&reader);
    ret->speed_limit = fa_reader_u64(&reader);
    ret->speed_time = fa_reader_f64(&reader);
    ret->expect_length = fa_reader_u8(&reader);
    ret->netrc = fa_reader_u8(&reader);
    ret->insecure = fa_reader_u8(&reader);
    ret->http2 = fa_reader_u8(&reader);
    ret->family = fa_reader_u8(&reader);
    ret->user_agent = fa_reader_str(&reader);
    ret->proxy = fa_reader_str(&reader);
    ret->cacert = fa_reader_str(&reader);
    ret->cert = fa_reader_str(&reader);
    ret->key = fa_reader_str(&reader);
    return fa_reader_ok(&reader) ? 0 : -1;
}

bool fa_settings_use_proxy(const struct fa_settings *settings)
{
    if (settings->proxy)
        return settings->proxy[0] != '\0';
    return fa_proxy_in_environment();
}
