/**
 * JSON values (jansson) from what events hold.
 */
#ifndef FETCHALL_CLI_JSON_H
#define FETCHALL_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/** A string, or null for NULL.  Bytes that are not UTF-8 become the text \xNN. */
json_t *fa_json_text(const char *text);

/** The same as JSON text, quotes included; free() it.  NULL when memory ran out. */
char *fa_json_string(const char *text, bool ascii);

/** A number of bytes or things. */
json_t *fa_json_count(uint64_t count);

/** Seconds, rounded to microseconds. */
json_t *fa_json_seconds(double seconds);

/**
 * Add a value to an object, which takes it.
 *
 * @return false when memory ran out, now or while the value was made (it is NULL then).
 */
bool fa_json_add(json_t *object, const char *name, json_t *value);

/**
 * An object as one line of text, without its newline.
 *
 * @ascii   Escape all that is not ASCII, so that a terminal can show it.
 * @return  To be released with free(); NULL when memory ran out.
 */
char *fa_json_line(const json_t *object, bool ascii);

#endif
