/**
 * Files by their digest (--output cas): each is an object NAME/sha256/ab/cdef..., and names are
 * hard links to it, so that twins are stored once.
 *
 * An object is read-only for everybody, since all of its names change with it.  It exists before
 * its first name: a run that is killed in between leaves an object without a name, which the next
 * run uses.
 */
#ifndef FA_ENGINE_OBJECTS_H
#define FA_ENGINE_OBJECTS_H

#include "engine/store.h"

#include <fetchall/event.h>

/** Space for the path of an object. */
#define FA_OBJECT_PATH 300

/** @digest  A SHA-256. */
void fa_object_path(const char *name, const struct fa_digest *digest, char ret[FA_OBJECT_PATH]);

/** Open an object of that size.  @return a descriptor; or -1: there is none, or it is damaged */
int fa_object_open(struct fa_store *store, const char *object, uint64_t size);

/** Make an object read-only, which a run that was killed may not have done.  @return 0, or -1 */
int fa_object_seal(struct fa_store *store, const char *object, struct fa_error *err);

/**
 * Give an object a name.
 *
 * @replace  Replace an existing regular file; else it is an error (FA_CLASS_REFUSED).
 * @return   0; -1; or 1: it has as many names as the file system allows.
 */
int fa_object_link(struct fa_store *store, const char *object, const char *path, bool replace,
                   struct fa_error *err);

#endif
