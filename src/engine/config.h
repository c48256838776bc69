/**
 * The config of a session, as a program passes it to the library.
 */
#ifndef FA_ENGINE_CONFIG_H
#define FA_ENGINE_CONFIG_H

#include "base/slice.h"
#include "list/list.h"
#include "engine/shard.h"

#include <fetchall/config.h>

/**
 * Copy a config from a program that may have been compiled with another version of the library.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED.
 */
int fa_config_copy(struct fa_config *to, const struct fa_config *from, struct fa_error *err);

/** The range that a header of the config asks for, if any.  @return 0, or -1 with FA_CLASS_REFUSED:
 * it is invalid, or there are several. */
int fa_config_slice(const struct fa_config *config, struct fa_slice *ret, struct fa_error *err);

/** How the lists of a session are read; borrows from the config. */
void fa_config_list_options(const struct fa_config *config, struct fa_list_options *ret);

/** The shard of a config. */
struct fa_shard fa_config_shard(const struct fa_config *config);

/** @return 0, or -1 with FA_CLASS_REFUSED and a message that starts with the name of a field. */
int fa_config_check(const struct fa_config *config, struct fa_error *err);

#endif
