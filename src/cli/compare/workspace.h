/**
 * A temporary folder.
 */
#ifndef FETCHALL_CLI_COMPARE_WORKSPACE_H
#define FETCHALL_CLI_COMPARE_WORKSPACE_H

#include <fetchall/error.h>

struct fa_workspace {
    char *path; /**< NULL: none. */
    int parent; /**< Descriptor of the folder that contains it. */
    int lock;   /**< Descriptor of the folder itself; locked with flock(2) while in use. */
};

/**
 * Create a folder of mode 0700 on the file system of another one, and remove those that killed
 * programs have left there.
 *
 * @beside The other folder; if it is missing, the nearest existing parent.
 * @return 0, or -1.
 */
int fa_workspace_init(struct fa_workspace *workspace, const char *beside, struct fa_error *err);

/** Remove the folder.  All zero: does nothing. */
void fa_workspace_fini(struct fa_workspace *workspace);

/** The path of a name in a folder, to be freed; NULL: no memory. */
char *fa_workspace_path(const char *folder, const char *name);

/** Remove a file or folder in the workspace, recursively, and ignore failures.  Links are not
 * followed; folders of other users or on other file systems are not entered. */
void fa_workspace_remove(const struct fa_workspace *workspace, const char *name);

#endif
