/**
 * A temporary folder.
 */
#ifndef FETCHALL_CLI_COMPARE_WORKSPACE_H
#define FETCHALL_CLI_COMPARE_WORKSPACE_H

#include <fetchall/error.h>

/**
 * Make a folder of mode 0700 on the file system of another.
 *
 * @beside That one; if it is missing, the nearest one above it.
 * @return Its path, for fa_workspace_remove(); or NULL.
 */
char *fa_workspace_new(const char *beside, struct fa_error *err);

/** The path of a name below it, to be freed; NULL when memory ran out. */
char *fa_workspace_path(const char *folder, const char *name);

/** Remove it with all that is in it, without following links, as far as that goes. */
void fa_workspace_remove(const char *folder);

#endif
