/**
 * The report: the result of each entry as a JSON object.
 *
 * Names, order and meaning of the fields are a contract with the scripts of users.
 */
#ifndef FETCHALL_CLI_REPORT_H
#define FETCHALL_CLI_REPORT_H

#include <stdbool.h>

#include <jansson.h>

#include <fetchall/event.h>

/** @return A new object, or NULL: no memory. */
json_t *fa_report_object(const struct fa_result *result);

/** Whether an entry was left before any attempt: a stopped run may have a million of these, and
 * only seconds to report them all. */
bool fa_report_is_unbegun(const struct fa_result *result);

/**
 * The object as text, ten times faster for an entry that was never started.
 *
 * @ascii  Escape everything that is not ASCII.
 * @return To be freed; NULL: no memory.
 */
char *fa_report_text(const struct fa_result *result, bool ascii);

#endif
