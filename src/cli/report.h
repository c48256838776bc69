/**
 * The report: how each entry ended, as one JSON object.
 *
 * Names, order and meaning of the fields are a contract with the users' scripts.
 */
#ifndef FETCHALL_CLI_REPORT_H
#define FETCHALL_CLI_REPORT_H

#include <jansson.h>

#include <fetchall/event.h>

/** @return A new object, or NULL when memory ran out. */
json_t *fa_report_object(const struct fa_result *result);

#endif
