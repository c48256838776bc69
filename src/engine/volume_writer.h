/**
 * Writes volumes: the archive files that downloaded files are members of.
 *
 * A member is complete only after fa_volume_writer_finish(); see engine/pack.h about the order of
 * what is written and what is recorded.
 */
#ifndef FA_ENGINE_VOLUME_WRITER_H
#define FA_ENGINE_VOLUME_WRITER_H

#include "archive/sink.h"
#include "engine/volume_format.h"

/** The borrowed members but job are set.  @return 0, or -1; call fa_volume_writer_fini() either
 * way. */
int fa_volume_writer_init(struct fa_volume_writer *w, const struct fa_sink *sink,
                          struct fa_error *err);
void fa_volume_writer_fini(struct fa_volume_writer *w);

/**
 * Begin the next member, in the open volume or a new one.
 *
 * @return 1; 0: the open volume is full, or has the name: close it first; or -1
 */
int fa_volume_writer_begin(struct fa_volume_writer *w, const struct fa_job *job,
                           struct fa_error *err);

/** Take up to that many bytes of its file.  @source  The file.  @return 1: those were the last; 0:
 * call it again; or -1 */
int fa_volume_writer_copy(struct fa_volume_writer *w, int source, uint64_t most,
                          struct fa_error *err);

/** End the member.  @ret  Not set if the job has failed.  @return 0, or -1 */
int fa_volume_writer_finish(struct fa_volume_writer *w, struct fa_member *ret,
                            struct fa_error *err);

/** Remove what was written of a member that failed. */
void fa_volume_writer_cancel(struct fa_volume_writer *w);

/** Open the volume of a run that was killed or stopped, if there is one, to close it. */
int fa_volume_writer_reopen(struct fa_volume_writer *w, struct fa_error *err);

/** Give the open volume, all of whose members are committed, its end and its name.
 *
 * @ret  It; NULL: none is open. */
int fa_volume_writer_close(struct fa_volume_writer *w, const struct fa_volume **ret,
                           struct fa_error *err);

#endif
