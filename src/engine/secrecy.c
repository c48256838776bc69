/*
 * The origin of the listed URL is asked as if by the list, whichever way led there: a login host
 * sends its clients back.  Anybody on the way may have chosen the target of a plain http response
 * to an https request, so such a chain gets nothing from then on, not even at home.
 */
#include "engine/secrecy.h"

#include "base/host_pattern.h"

#include <string.h>

static bool host_is_trusted(const struct fa_url *url, const struct fa_config *config)
{
    const char *port = strrchr(url->host_port, ':') + 1;
    for (size_t i = 0; i < config->n_trust_hosts; ++i)
        if (fa_host_pattern_match(config->trust_hosts[i], url->host, port))
            return true;
    return false;
}

enum fa_secrecy fa_secrecy_decide(const struct fa_target *target, const struct fa_url *to,
                                  const struct fa_config *config)
{
    if (target->secrecy == FA_SECRECY_DOWNGRADED || (target->secure && !to->secure))
        return FA_SECRECY_DOWNGRADED;
    if (strcmp(to->origin, target->mirrors[target->mirror].url.origin) == 0)
        return FA_SECRECY_HOME;
    return host_is_trusted(to, config) ? FA_SECRECY_TRUSTED : FA_SECRECY_FOREIGN;
}

bool fa_secrecy_allows(enum fa_secrecy secrecy)
{
    return secrecy == FA_SECRECY_HOME || secrecy == FA_SECRECY_TRUSTED;
}
