/*
 * The serialisation used between processes, for spilled list entries and for the state.  Both sides
 * are the same program on the same machine, so there are no tags and no version: the order of the
 * calls is the format.
 *
 * A string is stored as its length (u32), its bytes and a zero, so that a reader can lend it
 * without copying.  The length NO_STRING stands for NULL.
 */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define NO_STRING UINT32_MAX

void fa_buf_init(struct fa_buf *buf)
{
    memset(buf, 0, sizeof(*buf));
}

void fa_buf_fini(struct fa_buf *buf)
{
    free(buf->data);
    fa_buf_init(buf);
}

void fa_buf_reset(struct fa_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

/* Double the capacity, so that appending n bytes copies O(n) bytes in total. */
static bool buf_reserve(struct fa_buf *buf, size_t more)
{
    if (buf->failed)
        return false;
    if (buf->room - buf->len >= more)
        return true;

    size_t room = buf->room ? buf->room : 256;
    while (room - buf->len < more) {
        if (room > SIZE_MAX / 2) {
            buf->failed = true;
            return false;
        }
        room *= 2;
    }
    unsigned char *data = realloc(buf->data, room);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->room = room;
    return true;
}

void fa_buf_put(struct fa_buf *buf, const void *data, size_t len)
{
    if (len == 0 || !buf_reserve(buf, len))
        return;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

/* Byte by byte: a buffer is not aligned. */
static void buf_put_integer(struct fa_buf *buf, uint64_t value, size_t width)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < width; ++i)
        bytes[i] = (unsigned char)(value >> (8 * i));
    fa_buf_put(buf, bytes, width);
}

void fa_buf_put_u8(struct fa_buf *buf, uint8_t value)
{
    buf_put_integer(buf, value, 1);
}

void fa_buf_put_u32(struct fa_buf *buf, uint32_t value)
{
    buf_put_integer(buf, value, 4);
}

void fa_buf_put_u64(struct fa_buf *buf, uint64_t value)
{
    buf_put_integer(buf, value, 8);
}

/* The bits, so that every value is read back exactly. */
void fa_buf_put_f64(struct fa_buf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    fa_buf_put_u64(buf, bits);
}

void fa_buf_put_str(struct fa_buf *buf, const char *str)
{
    if (!str) {
        fa_buf_put_u32(buf, NO_STRING);
        return;
    }
    size_t len = strlen(str);
    if (len >= NO_STRING) {
        buf->failed = true;
        return;
    }
    fa_buf_put_u32(buf, (uint32_t)len);
    fa_buf_put(buf, str, len + 1);
}

/* Point at a dummy byte for empty data, so that NULL remains the sign of failure. */
void fa_reader_init(struct fa_reader *reader, const void *data, size_t len)
{
    static const unsigned char nothing;
    reader->at = data ? data : &nothing;
    reader->end = reader->at + (data ? len : 0);
    reader->failed = false;
}

/* Once failed, the reader returns no more data, so that later fields are not misread. */
const void *fa_reader_get(struct fa_reader *reader, size_t len)
{
    if (reader->failed || (size_t)(reader->end - reader->at) < len) {
        reader->failed = true;
        return NULL;
    }
    const void *data = reader->at;
    reader->at += len;
    return data;
}

/* On failure the result is 0, so that callers need not check each field. */
static uint64_t reader_get_integer(struct fa_reader *reader, size_t width)
{
    const unsigned char *bytes = fa_reader_get(reader, width);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < width; ++i)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t fa_reader_u8(struct fa_reader *reader)
{
    return (uint8_t)reader_get_integer(reader, 1);
}

uint32_t fa_reader_u32(struct fa_reader *reader)
{
    return (uint32_t)reader_get_integer(reader, 4);
}

uint64_t fa_reader_u64(struct fa_reader *reader)
{
    return reader_get_integer(reader, 8);
}

double fa_reader_f64(struct fa_reader *reader)
{
    uint64_t bits = fa_reader_u64(reader);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Reject a string with a zero inside: its users would see only its first part. */
const char *fa_reader_str(struct fa_reader *reader)
{
    uint32_t len = fa_reader_u32(reader);
    if (reader->failed || len == NO_STRING)
        return NULL;
    const char *str = fa_reader_get(reader, (size_t)len + 1);
    if (str && (str[len] != '\0' || memchr(str, '\0', len))) {
        reader->failed = true;
        return NULL;
    }
    return str;
}

bool fa_reader_ok(const struct fa_reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
