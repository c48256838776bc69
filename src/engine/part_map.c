/*
 * The file ends with two slots, each with a map and its checksum; they are written alternately.  So
 * a map that was torn by a kill, a full disk or a power cut leaves the one before it, which claims
 * fewer bytes.  A process that is killed loses no completed write(2), so bytes that were written
 * before the map are there with it.  A power cut may lose them: then only a map counts that was
 * written after fdatasync(2).
 *
 * The slots begin at a multiple of SLOT after the bytes of the file.  The size of the file is that
 * of no plain part: a program that takes it for a number of bytes asks for more than the server
 * has.
 */
#include "engine/part_map.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT  4096
#define SLOTS 2
/* Format 1; its letters make a slot recognisable in a dump. */
#define MAGIC UINT64_C(0x31304d5041544146)

uint64_t fa_part_map_version(const struct fa_representation *rep)
{
    char text[FA_ETAG_MAX + FA_CODING_MAX + 64];
    int len = snprintf(text, sizeof(text), "%s\n%lld\n%s\n%lld", rep->validator.etag,
                       (long long)rep->validator.modified, rep->coding, (long long)rep->total);
    return fa_key(text, (size_t)len);
}

static uint64_t map_offset(uint64_t size)
{
    return (size + SLOT - 1) / SLOT * SLOT;
}

uint64_t fa_part_map_file_size(uint64_t size)
{
    return map_offset(size) + SLOTS * SLOT;
}

static void map_encode(const struct fa_part_map *map, struct fa_buf *buf)
{
    const struct fa_extents *extents = &map->extents;
    fa_buf_put_u64(buf, MAGIC);
    fa_buf_put_u64(buf, map->sequence);
    fa_buf_put_u64(buf, map->size);
    fa_buf_put_u64(buf, map->version);
    fa_buf_put_u8(buf, map->synced);
    fa_buf_put_u32(buf, (uint32_t)extents->count);
    for (size_t i = 0; i < extents->count; ++i) {
        fa_buf_put_u64(buf, extents->items[i].first);
        fa_buf_put_u64(buf, extents->items[i].end);
    }
    if (!buf->failed)
        fa_buf_put_u64(buf, fa_key(buf->data, buf->len));
}

/* The sequence advances only after a complete write, so that a slot that failed is written again
 * instead of the good one. */
int fa_part_map_write(int fd, struct fa_part_map *map, bool sync)
{
    struct fa_part_map next = *map;
    struct fa_buf buf;
    if (sync && fdatasync(fd))
        return -1;
    ++next.sequence;
    next.synced = sync;
    fa_buf_init(&buf);
    map_encode(&next, &buf);
    uint64_t at = map_offset(next.size) + next.sequence % SLOTS * SLOT;
    int result = -1;
    if (buf.failed)
        errno = ENOMEM;
    else
        result = fa_io_pwrite(fd, buf.data, buf.len, at);
    fa_buf_fini(&buf);
    if (result == 0)
        *map = next;
    return result;
}

static int map_decode(const unsigned char *slot, struct fa_part_map *ret)
{
    struct fa_reader reader;
    fa_reader_init(&reader, slot, SLOT);
    uint64_t magic = fa_reader_u64(&reader);
    ret->sequence = fa_reader_u64(&reader);
    ret->size = fa_reader_u64(&reader);
    ret->version = fa_reader_u64(&reader);
    ret->synced = fa_reader_u8(&reader);
    ret->extents.count = fa_reader_u32(&reader);
    if (magic != MAGIC || reader.failed || ret->extents.count > FA_EXTENTS_MAX)
        return -1;
    for (size_t i = 0; i < ret->extents.count; ++i) {
        ret->extents.items[i].first = fa_reader_u64(&reader);
        ret->extents.items[i].end = fa_reader_u64(&reader);
    }
    size_t len = (size_t)(reader.at - slot);
    bool good = fa_reader_u64(&reader) == fa_key(slot, len) && !reader.failed;
    return good && fa_extents_are_valid(&ret->extents, ret->size) ? 0 : -1;
}

int fa_part_map_read(int fd, struct fa_part_map *map, bool synced)
{
    unsigned char slot[SLOT];
    struct fa_part_map best = {0}, one;
    struct stat st;
    if (fstat(fd, &st) || (uint64_t)st.st_size != fa_part_map_file_size(map->size))
        return -1;
    for (uint64_t i = 0; i < SLOTS; ++i) {
        if (fa_io_pread(fd, slot, SLOT, SLOT, map_offset(map->size) + i * SLOT) < 0 ||
            map_decode(slot, &one) || one.size != map->size || one.version != map->version)
            continue;
        if (one.sequence > best.sequence && (one.synced || !synced))
            best = one;
    }
    if (best.sequence == 0)
        return -1;
    *map = best;
    return 0;
}
