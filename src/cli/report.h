/**
 * The report: how each entry ended, as one JSON object.
 *
 * Names, order and meaning of the fields are a contract with the users' scripts.
 */
#ifndef FETCHALL_CLI_REPORT_H
#define FETCHALL_CLI_REPORT_H

#include <stdbool.h>

#include <jansson.h>

#include <fetchall/event.h>

/** @return A new object, or NULL when memory ran out. */
json_t *fa_report_object(const struct fa_result *result);

/** Whether an entry was left behind before any attempt: a stopped run may have a million of them,
 * and seconds to report them all. */
bool fa_report_is_unbegun(const struct fa_result *result);

/**
 * The object as text, in a tenth of the time for an entry that was never begun.
 *
 * @ascii  Escape what is not ASCII.
 * @return What free() releases, or NULL when memory ran out.
 */
char *fa_report_text(const struct fa_result *result, bool ascii);

#endif
