/**
 * The failed entries of the state, as a list.
 */
#ifndef FA_ENGINE_FAILED_H
#define FA_ENGINE_FAILED_H

#include "state/state.h"

/**
 * Write the list to an unlinked file.
 *
 * @state         NULL: no failed entries.
 * @dirfd         A folder for the file.
 * @served        The server may name an entry that has no out of its own: it gets none.
 * @ret_left_out  Entries with a password or header that the state does not have: older versions did
 *                not record those.
 * @return        A descriptor at the start of the list, or -1.
 */
int fa_failed_list(struct fa_state *state, int dirfd, bool served, uint64_t *ret_left_out,
                   struct fa_error *err);

#endif
