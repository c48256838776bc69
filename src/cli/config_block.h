/**
 * The lines that fetchall itself writes into the config file (compare --tune --write), between two
 * comments that mark them.
 */
#ifndef FETCHALL_CLI_CONFIG_BLOCK_H
#define FETCHALL_CLI_CONFIG_BLOCK_H

#include <stdbool.h>

#include <fetchall/error.h>

/** Follow the marked lines of a file; all zero at its start. */
struct fa_config_block {
    bool inside;
};

/** Whether a line belongs to the marked ones, the comments included. */
bool fa_config_block_holds(struct fa_config_block *block, const char *line);

/**
 * Replace the marked lines of a file, or add them at its end; all other lines stay.  The file is
 * replaced atomically and keeps its mode.  A missing file is created with its folder, of modes 0600
 * and 0700.
 *
 * @lines  Ends with a newline; "": remove them.
 * @return 0; or -1, with FA_CLASS_REFUSED if the file has the first comment without the last one.
 */
int fa_config_block_write(const char *path, const char *lines, struct fa_error *err);

/** Find out whether that is possible.  Changes no file, but creates a missing folder.
 * @return 0, or -1 as above */
int fa_config_block_check(const char *path, struct fa_error *err);

#endif
