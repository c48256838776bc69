/**
 * Final names: a complete part becomes a file of the user's.
 */
#ifndef FA_ENGINE_STORE_PUBLISH_H
#define FA_ENGINE_STORE_PUBLISH_H

#include "engine/store.h"

/** Returned by fa_store_publish() if only the path is to blame: the folder below DIR that it is in,
 * or the length of its name. */
#define FA_STORE_FOLDER_CLOSED (-2)

/**
 * Rename a part to its final name, and create the folders of that name.
 *
 * @inode    Of the file that was written and hashed: no other file is published.
 * @replace  Replace an existing regular file; else it is an error (FA_CLASS_REFUSED).
 * @return   0, -1, or FA_STORE_FOLDER_CLOSED: other paths may work.
 */
int fa_store_publish(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                     const char *path, bool replace, struct fa_error *err);

/** The same for an open file without a name, which replaces none. */
int fa_store_publish_unnamed(struct fa_store *store, int fd, const char *path,
                             struct fa_error *err);

/** Protect a file, by its inode, from being replaced; a missing file needs none.  @return 0, or -1:
 * no memory. */
int fa_store_keep(struct fa_store *store, const char *file);

/** Whether a file is protected from being replaced. */
bool fa_store_keeps(const struct fa_store *store, const struct stat *st);

#endif
