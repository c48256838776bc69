/*
 * Members of a compressed archive are hashed from where their bytes begin, which is a point where
 * the writer has ended a block of deflate (archive/warc.c): no earlier byte is needed to read on.
 */
#include "stage/inflated.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* zlib: there is no header. */
#define RAW_BITS (-15)

struct fa_inflated {
    z_stream z;
    int fd;
    uint64_t at;
    bool ended;
    unsigned char in[16 << 10];
};

struct fa_inflated *fa_inflated_new(void)
{
    struct fa_inflated *inflated = calloc(1, sizeof(*inflated));
    if (inflated && inflateInit2(&inflated->z, RAW_BITS) == Z_OK)
        return inflated;
    free(inflated);
    return NULL;
}

void fa_inflated_free(struct fa_inflated *inflated)
{
    if (inflated)
        inflateEnd(&inflated->z);
    free(inflated);
}

void fa_inflated_begin(struct fa_inflated *inflated, int fd, uint64_t from)
{
    inflateReset(&inflated->z);
    inflated->z.avail_in = 0;
    inflated->fd = fd;
    inflated->at = from;
    inflated->ended = false;
}

/* The end of the file is the end of what can be read. */
static int inflated_fill(struct fa_inflated *inflated)
{
    ssize_t n;
    do
        n = pread(inflated->fd, inflated->in, sizeof(inflated->in), (off_t)inflated->at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    inflated->z.next_in = inflated->in;
    inflated->z.avail_in = (uInt)n;
    inflated->at += (uint64_t)n;
    inflated->ended = n == 0;
    return 0;
}

/* Damage ends the data, as the end of the file does: the digest then tells that bytes are missing
 * or wrong. */
ssize_t fa_inflated_read(struct fa_inflated *inflated, void *data, size_t most)
{
    z_stream *z = &inflated->z;
    z->next_out = data;
    z->avail_out = (uInt)most;
    while (z->avail_out > 0 && !inflated->ended) {
        if (z->avail_in == 0 && inflated_fill(inflated))
            return -1;
        int rc = inflated->ended ? Z_OK : inflate(z, Z_NO_FLUSH);
        inflated->ended |= rc != Z_OK && rc != Z_BUF_ERROR;
    }
    return (ssize_t)(most - z->avail_out);
}
