/**
 * Visits all files of a folder except those in its .fetchall.  Symbolic links are not followed.
 */
#ifndef FA_ENGINE_WALK_H
#define FA_ENGINE_WALK_H

#include "engine/folder.h"

/** @each  path: relative to the folder, borrowed; code: 0, or the errno of a folder that cannot be
 * read (an empty path: the folder itself). */
void fa_walk(const struct fa_folder *folder, void (*each)(void *arg, const char *path, int code),
             void *arg);

#endif
