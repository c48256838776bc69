/*
 * Text of lists may be any bytes, but JSON is UTF-8: invalid bytes become \xNN, as in the report.
 */
#include "archive/metadata.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *text_value(const char *text)
{
    char *repaired = text ? fa_utf8_repair(text) : NULL;
    json_t *value = !text ? json_null() : repaired ? json_string_nocheck(repaired) : NULL;
    free(repaired);
    return value;
}

static json_t *digests_value(const struct fa_metadata *m)
{
    json_t *object = json_object();
    for (size_t i = 0; i < m->n_digests; ++i) {
        const struct fa_digest *digest = &m->digests[i];
        char hex[2 * FA_DIGEST_MAX + 1];
        fa_hex_write(digest->bytes, fa_hash_size(digest->hash), hex);
        json_object_set_new(object, fa_hash_name(digest->hash), json_string(hex));
    }
    return object;
}

/* RFC 3339.  @return NULL if it has no such form */
static json_t *modified_value(int64_t modified)
{
    char text[40];
    struct tm tm;
    time_t at = (time_t)modified;
    if (modified < 0 || !gmtime_r(&at, &tm) ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return json_null();
    return json_string(text);
}

static json_t *columns_value(const struct fa_metadata *m)
{
    json_t *object = json_object();
    for (size_t i = 0; i < m->n_columns; ++i)
        json_object_set_new(object, m->columns[i].name, text_value(m->columns[i].value));
    return object;
}

char *fa_metadata_text(const struct fa_metadata *m)
{
    /* clang-format off */
    json_t *object = json_pack(
        "{s:o, s:o, s:I, s:I, s:o, s:o, s:o}",
        "url", text_value(m->url),
        "path", text_value(m->path),
        "line", (json_int_t)m->line,
        "size", (json_int_t)m->size,
        "modified", modified_value(m->modified),
        "encoding", text_value(m->encoding),
        "digest", digests_value(m));
    /* clang-format on */
    if (object && m->n_columns > 0 && json_object_set_new(object, "columns", columns_value(m))) {
        json_decref(object);
        object = NULL;
    }
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL, *line = NULL;
    json_decref(object);
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}
