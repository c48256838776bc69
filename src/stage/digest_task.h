/**
 * Hashing a file: the task of the stage's workers, who get descriptors and no names.
 */
#ifndef FA_STAGE_DIGEST_TASK_H
#define FA_STAGE_DIGEST_TASK_H

#include "stage/digest.h"

#include <fetchall/pool.h>

/** The task type of the workers; terminated by a row without a name. */
extern const struct fa_task_type fa_digest_tasks[];

/** Hash the whole file, or a member of an archive, as fa_digester_read() and
 * fa_digester_read_member() do.  @range  from may be FA_STAGE_WHOLE. */
int fa_digest_task_read(struct fa_digester *digester, int fd, const struct fa_digest_range *range,
                        unsigned hashes, void (*tick)(void *arg, uint64_t bytes), void *arg,
                        struct fa_digest *ret, struct fa_error *err);

#endif
