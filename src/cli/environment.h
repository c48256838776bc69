/**
 * Variables of the environment.
 */
#ifndef FETCHALL_CLI_ENVIRONMENT_H
#define FETCHALL_CLI_ENVIRONMENT_H

/** @return its value; NULL: unset or empty */
const char *fa_environment(const char *name);

#endif
