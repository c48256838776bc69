#include "pattern.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK     sizeof(uint64_t)
#define GZIP_BITS (15 + 16) /* zlib's way to ask for a gzip frame */

uint64_t fa_pattern_key(const char *seed)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *seed; seed++) {
        hash = (hash ^ (unsigned char)*seed) * 0x100000001b3u;
    }
    return hash;
}

/* The output step of splitmix64, which needs no state but its counter. */
static uint64_t block_at(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void fa_pattern_fill_key(uint64_t key, uint64_t offset, void *buf, size_t len)
{
    unsigned char *out = buf;
    while (len > 0) {
        uint64_t block = block_at(key, offset / BLOCK);
        size_t skip = (size_t)(offset % BLOCK);
        size_t n = BLOCK - skip < len ? BLOCK - skip : len;
        memcpy(out, (unsigned char *)&block + skip, n);
        out += n;
        offset += n;
        len -= n;
    }
}

void fa_pattern_fill(const char *seed, uint64_t offset, void *buf, size_t len)
{
    fa_pattern_fill_key(fa_pattern_key(seed), offset, buf, len);
}

unsigned char *fa_pattern_gzip(const char *seed, size_t size, size_t *gzip_size)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return NULL;
    }
    size_t room = deflateBound(&stream, size);
    unsigned char *plain = malloc(size + 1);
    unsigned char *out = malloc(room);
    int done = Z_MEM_ERROR;
    if (plain && out) {
        fa_pattern_fill(seed, 0, plain, size);
        stream.next_in = plain;
        stream.avail_in = (uInt)size;
        stream.next_out = out;
        stream.avail_out = (uInt)room;
        done = deflate(&stream, Z_FINISH);
        *gzip_size = stream.total_out;
    }
    deflateEnd(&stream);
    free(plain);
    if (done != Z_STREAM_END) {
        free(out);
        return NULL;
    }
    return out;
}
