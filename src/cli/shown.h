/**
 * Options without their secrets, for texts that others may see.
 */
#ifndef FETCHALL_CLI_SHOWN_H
#define FETCHALL_CLI_SHOWN_H

/**
 * The value of an option, with *** for its secrets.
 *
 * @name    Without dashes.
 * @keys    fa_config.secret_keys
 * @return  a text to be freed; NULL: no memory.
 */
char *fa_option_shown(const char *name, const char *value, const char *keys);

#endif
