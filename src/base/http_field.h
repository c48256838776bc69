/**
 * Texts of HTTP header fields (RFC 9110, 5).  Pure.
 */
#ifndef FA_BASE_HTTP_FIELD_H
#define FA_BASE_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/** Remove the spaces and TABs around a text (optional whitespace, RFC 9110, 5.6.3). */
void fa_http_trim(const char **text, size_t *len);

/** Whether a text is that word, in any case of letters.  Inline: the length of a literal is known,
 * and excludes nearly all words without a call. */
static inline bool fa_http_is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/** Whether a header line that the user gave is of that field: "Name: value" or, for a field without
 * a value, "Name;" (CURLOPT_HTTPHEADER(3)). */
bool fa_http_line_is(const char *line, const char *name);

/** Whether two such lines are of one field. */
bool fa_http_lines_match(const char *one, const char *other);

/** Whether the value of a WWW-Authenticate field has a challenge of that scheme (RFC 9110,
 * 11.3). */
bool fa_http_has_challenge(const char *value, size_t len, const char *scheme);

#endif
