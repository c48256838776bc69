/**
 * Variables of the environment.
 */
#ifndef FETCHALL_CLI_ENVIRONMENT_H
#define FETCHALL_CLI_ENVIRONMENT_H

/** @return its value; NULL: unset or empty */
const char *fa_environment(const char *name);

/** The variables that name a proxy.  http_proxy has no upper-case form (libcurl-env(3)). */
#define FA_PROXY_VARIABLES 5
extern const char *const fa_proxy_variables[FA_PROXY_VARIABLES];

#endif
