/**
 * A temporary folder.
 */
#ifndef FETCHALL_CLI_COMPARE_WORKSPACE_H
#define FETCHALL_CLI_COMPARE_WORKSPACE_H

#include <fetchall/error.h>

struct fa_workspace {
    char *path; /**< NULL: there is none. */
    int parent; /**< The folder that it lies in. */
    int lock;   /**< Itself; held while it is in use, flock(2). */
};

/**
 * Make a folder of mode 0700 on the file system of another, and remove there what programs that
 * were killed have left.
 *
 * @beside That one; if it is missing, the nearest one above it.
 * @return 0, or -1.
 */
int fa_workspace_init(struct fa_workspace *workspace, const char *beside, struct fa_error *err);

/** Remove it.  All zero, there is nothing to remove. */
void fa_workspace_fini(struct fa_workspace *workspace);

/** The path of a name below a folder, to be freed; NULL when memory ran out. */
char *fa_workspace_path(const char *folder, const char *name);

/** Remove what has that name in it, a folder with all that is in it, as far as that goes.  No link
 * is followed, and no folder of another user or on another file system is entered. */
void fa_workspace_remove(const struct fa_workspace *workspace, const char *name);

#endif
