/**
 * The file of --config: long options, one on each line, as "name" or "name = value".
 */
#ifndef FETCHALL_CLI_CONFIG_FILE_H
#define FETCHALL_CLI_CONFIG_FILE_H

#include <fetchall/error.h>

#include "cli/options.h"

/**
 * Takes an option of the file.
 *
 * @value  NULL: none.  Valid until it returns.
 * @return 0, or -1 with a message, to which the line is added.
 */
typedef int fa_config_file_take(void *ctx, unsigned line, const char *name, const char *value,
                                struct fa_error *err);

/**
 * Read the file that options name, or that the environment does; without either it need not exist.
 * Sets options->config_path if there is one.
 */
int fa_config_file_read(struct fa_options *options, fa_config_file_take *take, void *ctx,
                        struct fa_error *err);

/** The name of that file, which need not exist, to be freed; NULL: no memory, or no place. */
char *fa_config_file_path(const struct fa_options *options);

#endif
