#include <fetchall/config.h>

#include "transfer/proxy.h"

void fa_config_init(struct fa_config *config)
{
    *config = (struct fa_config){
        .mode = FA_MODE_ASYNC,
        .jobs = 64,
        .per_host = 16,
        .dir = ".",
        .layout = FA_LAYOUT_FLAT,
        .disk_wait = 60,
        .retries = 5,
        .retry_wait = 1,
        .connect_timeout = 15,
        .stall_timeout = 30,
        .hash = FA_HASH_SHA256,
        .hash_first = FA_HASH_SHA256,
        .hash_with = FA_HASH_WITH_PROCESS,
    };
}

int fa_config_check_proxy(const char *proxy, struct fa_error *err)
{
    return fa_proxy_check(proxy, err);
}
