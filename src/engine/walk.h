/**
 * All files of the folder, those of its own .fetchall left out.  No link is followed.
 */
#ifndef FA_ENGINE_WALK_H
#define FA_ENGINE_WALK_H

#include "engine/folder.h"

/**
 * @each  path: relative to the folder, borrowed; code: 0, or the errno of a folder that cannot be
 *        read (an empty path: the folder itself).
 */
void fa_walk(const struct fa_folder *folder, void (*each)(void *arg, const char *path, int code),
             void *arg);

#endif
