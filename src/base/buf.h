/**
 * A growing byte buffer, and a reader that never passes the end of its data.
 *
 * Both remember failure, so that a caller can append or read many fields and check once.  Integers
 * are little-endian.
 */
#ifndef FA_BASE_BUF_H
#define FA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fa_buf {
    unsigned char *data; /**< Owned. */
    size_t len;
    size_t room;
    bool failed; /**< Memory ran out: everything appended since is missing. */
};

void fa_buf_init(struct fa_buf *buf);
void fa_buf_fini(struct fa_buf *buf);

/** Discard the contents, but keep the memory. */
void fa_buf_reset(struct fa_buf *buf);

void fa_buf_put(struct fa_buf *buf, const void *data, size_t len);
void fa_buf_put_u8(struct fa_buf *buf, uint8_t value);
void fa_buf_put_u32(struct fa_buf *buf, uint32_t value);
void fa_buf_put_u64(struct fa_buf *buf, uint64_t value);
void fa_buf_put_f64(struct fa_buf *buf, double value);

/** Append a string with its length.  NULL and "" are distinguished. */
void fa_buf_put_str(struct fa_buf *buf, const char *str);

struct fa_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool failed; /**< Read beyond the end, or a malformed string. */
};

void fa_reader_init(struct fa_reader *reader, const void *data, size_t len);

/** @return len bytes, borrowed from the data, or NULL. */
const void *fa_reader_get(struct fa_reader *reader, size_t len);
uint8_t fa_reader_u8(struct fa_reader *reader);
uint32_t fa_reader_u32(struct fa_reader *reader);
uint64_t fa_reader_u64(struct fa_reader *reader);
double fa_reader_f64(struct fa_reader *reader);

/** @return a string borrowed from the data (it is stored with its zero), or NULL. */
const char *fa_reader_str(struct fa_reader *reader);

/** @return whether everything could be read, and nothing is left. */
bool fa_reader_ok(const struct fa_reader *reader);

#endif
