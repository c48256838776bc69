/*
 * One table serves for writing, reading and copying, so that they cannot disagree on a field or on
 * the order.
 *
 * The bytes may come from a worker process that was taken over, so each value is checked when it is
 * read.  A bool that is neither 0 nor 1 would be undefined behaviour, and an enumerator out of
 * range would index past the end of a table.
 */
#include "base/field.h"

#include <string.h>

/* An enum is accessed as unsigned: FA_FIELD_ENUM() checks that it has that size. */
static void field_put(const struct fa_field *field, const void *at, struct fa_buf *buf)
{
    switch (field->type) {
    case FA_FIELD_BOOL:
        fa_buf_put_u8(buf, *(const bool *)at);
        break;
    case FA_FIELD_ENUM:
        fa_buf_put_u8(buf, (uint8_t) * (const unsigned *)at);
        break;
    case FA_FIELD_INT:
        fa_buf_put_u32(buf, (uint32_t) * (const int *)at);
        break;
    case FA_FIELD_U64:
        fa_buf_put_u64(buf, *(const uint64_t *)at);
        break;
    case FA_FIELD_I64:
    case FA_FIELD_KNOWN:
        fa_buf_put_u64(buf, (uint64_t) * (const int64_t *)at);
        break;
    case FA_FIELD_F64:
        fa_buf_put_f64(buf, *(const double *)at);
        break;
    case FA_FIELD_STR:
    case FA_FIELD_NAME:
        fa_buf_put_str(buf, *(const char *const *)at);
        break;
    case FA_FIELD_TEXT:
        fa_buf_put_str(buf, at);
        break;
    }
}

void fa_fields_put(const struct fa_field *fields, size_t n, const void *from, struct fa_buf *buf)
{
    for (size_t i = 0; i < n; ++i)
        field_put(&fields[i], (const char *)from + fields[i].offset, buf);
}

/* fa_reader_u8() returns 0 after a failure, so the caller gets a number out of range only together
 * with reader->failed. */
static unsigned read_below(struct fa_reader *reader, size_t limit)
{
    unsigned value = fa_reader_u8(reader);
    reader->failed |= value >= limit;
    return value;
}

static int64_t read_known(struct fa_reader *reader)
{
    int64_t value = (int64_t)fa_reader_u64(reader);
    reader->failed |= value < -1;
    return value;
}

static const char *read_name(struct fa_reader *reader)
{
    const char *name = fa_reader_str(reader);
    reader->failed |= !name;
    return name;
}

/* After a failure ret stays as the caller has initialised it, which includes its final zero. */
static void read_text(struct fa_reader *reader, char *ret, size_t size)
{
    const char *text = fa_reader_str(reader);
    size_t len = text ? strlen(text) : size;
    if (len >= size)
        reader->failed = true;
    else
        memcpy(ret, text, len + 1);
}

static void field_get(const struct fa_field *field, void *at, struct fa_reader *reader)
{
    switch (field->type) {
    case FA_FIELD_BOOL:
        *(bool *)at = read_below(reader, 2) == 1;
        break;
    case FA_FIELD_ENUM:
        *(unsigned *)at = read_below(reader, field->limit);
        break;
    case FA_FIELD_INT:
        *(int *)at = (int)fa_reader_u32(reader);
        break;
    case FA_FIELD_U64:
        *(uint64_t *)at = fa_reader_u64(reader);
        break;
    case FA_FIELD_I64:
        *(int64_t *)at = (int64_t)fa_reader_u64(reader);
        break;
    case FA_FIELD_KNOWN:
        *(int64_t *)at = read_known(reader);
        break;
    case FA_FIELD_F64:
        *(double *)at = fa_reader_f64(reader);
        break;
    case FA_FIELD_STR:
        *(const char **)at = fa_reader_str(reader);
        break;
    case FA_FIELD_NAME:
        *(const char **)at = read_name(reader);
        break;
    case FA_FIELD_TEXT:
        read_text(reader, at, field->limit);
        break;
    }
}

void fa_fields_get(const struct fa_field *fields, size_t n, void *to, struct fa_reader *reader)
{
    for (size_t i = 0; i < n; ++i)
        field_get(&fields[i], (char *)to + fields[i].offset, reader);
}

/* Only for copying, where both structs have the same type of field. */
static size_t field_size(const struct fa_field *field)
{
    static const size_t sizes[] = {
        [FA_FIELD_BOOL] = sizeof(bool),   [FA_FIELD_ENUM] = sizeof(unsigned),
        [FA_FIELD_INT] = sizeof(int),     [FA_FIELD_U64] = sizeof(uint64_t),
        [FA_FIELD_I64] = sizeof(int64_t), [FA_FIELD_KNOWN] = sizeof(int64_t),
        [FA_FIELD_F64] = sizeof(double),  [FA_FIELD_STR] = sizeof(char *),
        [FA_FIELD_NAME] = sizeof(char *), [FA_FIELD_TEXT] = 0,
    };
    return field->type == FA_FIELD_TEXT ? field->limit : sizes[field->type];
}

void fa_fields_copy(const struct fa_field *fields, size_t n, void *to, const void *from)
{
    for (size_t i = 0; i < n; ++i)
        memcpy((char *)to + fields[i].offset, (const char *)from + fields[i].source,
               field_size(&fields[i]));
}
