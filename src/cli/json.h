/**
 * JSON values (jansson) for the contents of events.
 */
#ifndef FETCHALL_CLI_JSON_H
#define FETCHALL_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/** A string, or null for NULL.  Bytes that are not UTF-8 become the text \xNN. */
json_t *fa_json_text(const char *text);

/** The same as JSON text with quotes, to be freed.  NULL: no memory. */
char *fa_json_string(const char *text, bool ascii);

/** A count. */
json_t *fa_json_count(uint64_t count);

/** A size in bytes, or null if it is negative, that is unknown. */
json_t *fa_json_size(int64_t size);

/** Seconds, rounded to microseconds. */
json_t *fa_json_seconds(double seconds);

/**
 * Append a value to an array, which takes ownership.
 *
 * @value   NULL: no memory when it was created.
 * @return  The array; NULL: no memory, and both are freed.
 */
json_t *fa_json_append(json_t *array, json_t *value);

/** Set a field of an object, with the same rules as fa_json_append(). */
json_t *fa_json_set(json_t *object, const char *name, json_t *value);

/**
 * An object as one line of text, without a newline.
 *
 * @ascii   Escape everything that is not ASCII, so that it is safe for a terminal.
 * @return  To be freed; NULL: no memory.
 */
char *fa_json_line(const json_t *object, bool ascii);

/**
 * Print an object as a line on standard output, in ASCII if that is a terminal, and free it.
 *
 * @object  NULL: no memory when it was created.
 * @return  0, or -1 without memory.
 */
int fa_json_print(json_t *object);

#endif
