/**
 * Writes volumes: the files of a tar archive that downloaded files are members of.
 *
 * A member is complete only after fa_volume_writer_finish(); see engine/pack.h about the order of
 * what is written and what is recorded.
 */
#ifndef FA_ENGINE_VOLUME_WRITER_H
#define FA_ENGINE_VOLUME_WRITER_H

#include "base/buf.h"
#include "engine/emit.h"
#include "engine/job.h"
#include "engine/names.h"
#include "engine/volumes.h"

#include <fetchall/config.h>

struct fa_volume_writer {
    const char *prefix;               /**< Of the names of volumes.  Borrowed. */
    const struct fa_config *config;   /**< Borrowed. */
    const struct fa_emitter *emitter; /**< Borrowed. */
    struct fa_store *store;           /**< Borrowed. */
    struct fa_volumes *volumes;       /**< Borrowed. */
    struct fa_volume *volume;         /**< The open one; NULL: none. */
    int fd;                           /**< Of it. */
    struct fa_inode inode;            /**< Of it. */
    struct fa_names *names;           /**< Names of its members. */
    const struct fa_job *job;         /**< Is being appended.  Borrowed. */
    struct fa_buf head, tail;         /**< Before and after its bytes. */
};

/** The borrowed members but job are set. */
void fa_volume_writer_init(struct fa_volume_writer *w);
void fa_volume_writer_fini(struct fa_volume_writer *w);

/**
 * Begin the next member, in the open volume or a new one.
 *
 * @return 1; 0: the open volume is full, or has the name: close it first; or -1
 */
int fa_volume_writer_begin(struct fa_volume_writer *w, const struct fa_job *job,
                           struct fa_error *err);

/** Append some of its bytes.  @source  A file with them.  @return 0, or -1 */
int fa_volume_writer_copy(struct fa_volume_writer *w, int source, uint64_t from, uint64_t until,
                          struct fa_error *err);

/** End the member.  @ret_offset  Of its first byte.  @return 0, or -1 */
int fa_volume_writer_finish(struct fa_volume_writer *w, uint64_t *ret_offset, struct fa_error *err);

/** Remove what was written of a member that failed. */
void fa_volume_writer_cancel(struct fa_volume_writer *w);

/** Open the volume of a run that was killed or stopped, if there is one, so that it can be
 * closed. */
int fa_volume_writer_reopen(struct fa_volume_writer *w, struct fa_error *err);

/** Give the open volume, all of whose members are committed, its end and its name.
 *
 * @ret  It; NULL: none is open. */
int fa_volume_writer_close(struct fa_volume_writer *w, const struct fa_volume **ret,
                           struct fa_error *err);

#endif
