/**
 * What the state says failed, as a list.
 */
#ifndef FA_ENGINE_FAILED_H
#define FA_ENGINE_FAILED_H

#include "state/state.h"

/**
 * Write the list to an unlinked file.
 *
 * @state         NULL: nothing failed.
 * @dirfd         A folder for the file.
 * @ret_left_out  Entries whose password or header only their list has: states of older versions did
 *                not keep those.
 * @return        A descriptor at the start of the list, or -1.
 */
int fa_failed_list(struct fa_state *state, int dirfd, uint64_t *ret_left_out, struct fa_error *err);

#endif
