/**
 * Lines of the files that contain options: --config and --hosts.
 */
#ifndef FETCHALL_CLI_OPTION_LINE_H
#define FETCHALL_CLI_OPTION_LINE_H

#include <fetchall/error.h>

#include <stddef.h>
#include <sys/stat.h>

/**
 * Remove the blanks around a line, and its end.
 *
 * @return the text within line, empty for a comment; NULL: it has a zero byte.
 */
char *fa_option_line_text(char *line, size_t len);

/** Part "name = value" at its first '='.  @ret_value  NULL: there is none.  @return the name. */
char *fa_option_line_part(char *text, char **ret_value);

/**
 * Refuse a file that may have a secret, but is not private.
 *
 * @option  For the message, without its dashes.
 * @line    The first line that may be a secret; 0: none.
 */
int fa_option_line_check_mode(const char *option, const char *path, const struct stat *st,
                              unsigned line, struct fa_error *err);

#endif
