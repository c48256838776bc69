#ifndef FETCHALL_SUPPORT_REPORT_H
#define FETCHALL_SUPPORT_REPORT_H

/* Reading JSON Lines: reports, event files, the bad server's log. What is missing fails the
 * test. */

#include <jansson.h>
#include <stdbool.h>

/* An array of the objects, one for each line; json_decref() it. */
json_t *fa_report_parse(const char *text);
json_t *fa_report_read(const char *path);

/* The one object whose "line" or "url" is this; borrowed from REPORT. */
json_t *fa_report_by_line(const json_t *report, long long line);
json_t *fa_report_by_url(const json_t *report, const char *url);

/*
 * A member of an object, borrowed from it. NAME may go down with dots: "digest.sha256". A string
 * that is null comes as NULL.
 */
const char *fa_report_str(const json_t *object, const char *name);
long long fa_report_int(const json_t *object, const char *name);
double fa_report_real(const json_t *object, const char *name);
bool fa_report_is_null(const json_t *object, const char *name);

/* How many objects have STRING as the member NAME. */
size_t fa_report_count(const json_t *report, const char *name, const char *string);

#endif
