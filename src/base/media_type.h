/**
 * Lists of media types (RFC 9110, 8.3.1), in which "*" may be any subtype.  Pure.
 */
#ifndef FA_BASE_MEDIA_TYPE_H
#define FA_BASE_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

/** Whether a text is a list of types, separated by commas. */
bool fa_media_types_are_good(const char *types);

/** Whether the value of a Content-Type is of one of the types; its parameters do not count. */
bool fa_media_types_have(const char *types, const char *value, size_t len);

/** Bytes of a type as it is shown, with its final zero. */
#define FA_MEDIA_TYPE_MAX 64

/** Copy the type of a Content-Type for a message, without its parameters: bytes that no type has
 * become '?', and a long one is cut. */
void fa_media_type_show(const char *value, size_t len, char ret[FA_MEDIA_TYPE_MAX]);

#endif
