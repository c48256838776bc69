/**
 * The race of --tune in the JSON of a comparison.
 */
#ifndef FETCHALL_CLI_COMPARE_RACE_FILE_H
#define FETCHALL_CLI_COMPARE_RACE_FILE_H

#include <jansson.h>

#include "cli/compare/race.h"

/** @race    NULL: none.
 * @return  null if there is no race; NULL: no memory. */
json_t *fa_race_file_object(const struct fa_race *race);

/**
 * The opposite, from a file that may come from anywhere: what has another type is not measured.
 *
 * @ret     To be freed; NULL: no race.
 * @return  0, or -1: no memory.
 */
int fa_race_file_read(const json_t *object, struct fa_race **ret);

#endif
