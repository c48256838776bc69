/*
 * JSON Lines: an object on each line, whose members are the columns of an entry.
 *
 * A member may also have the form that JSON has for it: an array of URLs or headers, an object of
 * headers or of digests.  Messages do not repeat values: they may be secrets.
 *
 * A line is parsed as a whole, so its length bounds the memory.
 */
#include "list/format.h"
#include "list/record.h"

#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Crawls have the text of a page in a line. */
#define LINE_MAX_JSONL (1u << 20)

struct jsonl {
    struct fa_record record;
};

/* A URL does not begin with a brace, so no entry of text does. */
static enum fa_format_match jsonl_detect(const struct fa_format_look *look)
{
    const char *at;
    size_t len;
    enum fa_format_match match = fa_format_first_byte(look, &at, &len);
    return match == FA_FORMAT_YES && *at != '{' ? FA_FORMAT_NO : match;
}

/* What messages and columns need of a member. */
struct member {
    struct fa_record *record;
    unsigned parts;
    const char *name;
};

static void member_fail(const struct member *member, const char *what)
{
    fa_record_fail(member->record, "the member '%.60s' is %s", member->name, what);
}

static void member_add(const struct member *member, const char *value, size_t len)
{
    fa_record_add(member->record, member->parts, member->name, strlen(member->name), value, len);
}

/* Any value, as JSON writes it. */
static void member_add_json(const struct member *member, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text)
        member_add(member, text, strlen(text));
    else
        member_fail(member, "a value that memory ran out for");
    free(text);
}

/* @return whether it is one */
static bool member_add_scalar(const struct member *member, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        member_add(member, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
    case JSON_REAL:
        member_add_json(member, value);
        return true;
    case JSON_NULL:
        return true;
    default:
        return false;
    }
}

#define SEVERAL (FA_COLUMN_URL | FA_COLUMN_MIRROR | FA_COLUMN_HEADER)

static void member_add_array(const struct member *member, const json_t *array)
{
    if (member->parts & ~(unsigned)SEVERAL) {
        member_fail(member, "an array");
        return;
    }
    for (size_t i = 0; i < json_array_size(array); ++i)
        if (!member_add_scalar(member, json_array_get(array, i)))
            member_fail(member, "an array of more than strings");
}

static void member_add_pair(const struct member *member, const char *key, const char *between,
                            const json_t *value)
{
    char *text = NULL;
    int len = asprintf(&text, "%s%s%s", key, between, json_string_value(value));
    if (len >= 0)
        member_add(member, text, (size_t)len);
    else
        member_fail(member, "an object that memory ran out for");
    if (len >= 0)
        free(text);
}

/* {"Accept": "text/plain"}, or {"md5": "...", "sha256": "..."}, of which the first known one
 * counts. */
static void member_add_object(const struct member *member, json_t *object)
{
    const char *key;
    json_t *value;
    bool known = false;
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value)) {
            member_fail(member, "an object of more than strings");
        } else if (member->parts == FA_COLUMN_HEADER) {
            member_add_pair(member, key, ": ", value);
        } else if (member->parts == FA_COLUMN_CHECKSUM && !known &&
                   fa_hash_from_name(key, strlen(key))) {
            member_add_pair(member, key, "=", value);
            known = true;
        }
    }
    if (member->parts != FA_COLUMN_HEADER && !known)
        member_fail(member, "an object");
}

static void member_add_unknown(const struct member *member, const json_t *value)
{
    size_t len = strlen(member->name);
    if (!fa_record_keeps(member->record, 0, member->name, len))
        fa_record_add_unknown(member->record, member->name, len);
    else if (!member_add_scalar(member, value))
        member_add_json(member, value);
}

static void jsonl_add_member(const struct member *member, json_t *value)
{
    if (!member->parts)
        member_add_unknown(member, value);
    else if (json_is_array(value))
        member_add_array(member, value);
    else if (json_is_object(value))
        member_add_object(member, value);
    else if (!member_add_scalar(member, value))
        member_fail(member, "true or false");
}

static void jsonl_parse(struct fa_record *record, const struct fa_line *line, const char *columns)
{
    json_error_t why;
    const char *name;
    json_t *value;
    if (line->too_long) {
        fa_record_fail(record, "the line is longer than %u bytes", LINE_MAX_JSONL);
        return;
    }
    json_t *object = json_loadb(line->at, line->len, 0, &why);
    if (!object)
        fa_record_fail(record, "malformed JSON after %d bytes of the line", why.position);
    else if (!json_is_object(object))
        fa_record_fail(record, "the line is not a JSON object");
    else
        json_object_foreach(object, name, value)
        {
            unsigned parts = fa_columns_find(columns, name, strlen(name));
            jsonl_add_member(&(struct member){record, parts, name}, value);
        }
    json_decref(object);
}

static bool line_is_empty(const struct fa_line *line)
{
    for (size_t i = 0; i < line->len; ++i)
        if (!strchr(" \t\r", line->at[i]) || !line->at[i])
            return false;
    return true;
}

static enum fa_list_what jsonl_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                    struct fa_error *err)
{
    struct fa_record *record = &((struct jsonl *)reader->state)->record;
    record->options = reader->options;
    struct fa_line line;
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &line);
        if (what != FA_SOURCE_SOME)
            return what == FA_SOURCE_AGAIN ? FA_LIST_AGAIN : FA_LIST_END;
        fa_line_skip_mark(&line);
        if (!line_is_empty(&line))
            break;
        fa_lines_use(reader->lines);
    }
    fa_record_reset(record);
    jsonl_parse(record, &line, reader->options->columns);
    *ret = fa_record_entry(record, fa_source_name(reader->lines->source), line.number, line.at,
                           line.len, err);
    fa_lines_use(reader->lines);
    return FA_LIST_ENTRY;
}

static void jsonl_fini(void *state)
{
    fa_record_fini(&((struct jsonl *)state)->record);
}

const struct fa_format fa_format_jsonl = {
    .name = "jsonl",
    .id = FA_LIST_FORMAT_JSONL,
    .line_max = LINE_MAX_JSONL,
    .state_size = sizeof(struct jsonl),
    .detect = jsonl_detect,
    .next_record = jsonl_next,
    .fini = jsonl_fini,
};
