/**
 * Files without a name (O_TMPFILE), which get one when they are complete.
 *
 * A small file then needs no part: four system calls create, write, publish and close it, and no
 * other process can exchange it before.  If the process dies, nothing of it is left.
 */
#ifndef FA_ENGINE_UNNAMED_H
#define FA_ENGINE_UNNAMED_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * Whether files without a name can be used: created in a folder, with a given mode, and linked.
 *
 * @at    The folder for parts, which is locked.
 * @mode  That a new file is to have.
 */
bool fa_unnamed_probe(int at, mode_t mode);

/** @return a descriptor, or -1 with errno. */
int fa_unnamed_open(int at);

/** Give the open file a name, which must be free.  @return 0, or -1 with errno. */
int fa_unnamed_link(int fd, int at, const char *name);

#endif
