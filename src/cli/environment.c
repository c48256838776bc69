#include "cli/environment.h"

#include <stdlib.h>

const char *const fa_proxy_variables[FA_PROXY_VARIABLES] = {
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

const char *fa_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}
