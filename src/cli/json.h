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

/** A size in bytes, or null for a negative one, which is unknown. */
json_t *fa_json_size(int64_t size);

/** Seconds, rounded to microseconds. */
json_t *fa_json_seconds(double seconds);

/**
 * Append a value to an array, which owns it from then on.
 *
 * @value   NULL if memory ran out while it was made.
 * @return  The array; NULL when memory ran out: both are released then.
 */
json_t *fa_json_append(json_t *array, json_t *value);

/** Set a field of an object, under the same rules as fa_json_append(). */
json_t *fa_json_set(json_t *object, const char *name, json_t *value);

/**
 * An object as one line of text, without its newline.
 *
 * @ascii   Escape all that is not ASCII, so that a terminal can show it.
 * @return  To be released with free(); NULL when memory ran out.
 */
char *fa_json_line(const json_t *object, bool ascii);

#endif
