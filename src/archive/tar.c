/*
 * The fields of a header are texts: numbers are octal digits (POSIX.1-2017, pax, "ustar Interchange
 * Format").  A pax header is a member of type x with lines "LENGTH KEY=VALUE\n" as data, in which
 * the length counts itself.
 */
#include "archive/tar.h"

#include "base/io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest size that 11 octal digits express. */
#define USTAR_SIZE_MAX 077777777777ull
/* No pax header of ours is longer: a name has at most 4096 bytes. */
#define PAX_MAX 8192

struct header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char unused[12];
};
_Static_assert(sizeof(struct header) == FA_TAR_BLOCK, "header");

static void field_set(char *field, size_t room, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%0*" PRIo64, (int)room - 1, value);
    memcpy(field, digits, room);
}

/* As if the checksum itself were spaces. */
static unsigned header_sum(const struct header *header)
{
    const unsigned char *byte = (const unsigned char *)header;
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(*header); ++i) {
        bool own = i >= offsetof(struct header, checksum) && i < offsetof(struct header, type);
        sum += own ? ' ' : byte[i];
    }
    return sum;
}

/* Owner and mode are the same in all archives: they say nothing about the machine that wrote it,
 * and the same files make the same archive. */
static void header_put(struct fa_buf *buf, struct header *header, char type, uint64_t size,
                       int64_t modified)
{
    memcpy(header->mode, "0000644", 8);
    field_set(header->uid, sizeof(header->uid), 0);
    field_set(header->gid, sizeof(header->gid), 0);
    field_set(header->size, sizeof(header->size), size);
    field_set(header->mtime, sizeof(header->mtime), (uint64_t)modified & USTAR_SIZE_MAX);
    header->type = type;
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    snprintf(header->checksum, sizeof(header->checksum), "%06o", header_sum(header));
    header->checksum[7] = ' ';
    fa_buf_put(buf, header, sizeof(*header));
}

static bool name_is_ascii(const char *name)
{
    for (; *name; ++name)
        if ((unsigned char)*name >= 0x80)
            return false;
    return true;
}

/* Divide a name at a slash, if it is too long for one field.  @return whether it fits */
static bool header_set_name(struct header *header, const char *name)
{
    size_t len = strlen(name);
    const char *rest = name;
    if (len > sizeof(header->name)) {
        rest = strchr(name + len - sizeof(header->name) - 1, '/');
        if (!rest || rest == name || (size_t)(rest - name) > sizeof(header->prefix) || !rest[1])
            return false;
        memcpy(header->prefix, name, (size_t)(rest - name));
        ++rest;
    }
    memcpy(header->name, rest, strlen(rest));
    return true;
}

/* The number of digits of the length is part of the length. */
static void pax_put(struct fa_buf *pax, const char *key, const char *value)
{
    size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
    char digits[24];
    while ((size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest != len)
        ++len;
    fa_buf_put(pax, digits, strlen(digits));
    fa_buf_put_u8(pax, ' ');
    fa_buf_put(pax, key, strlen(key));
    fa_buf_put_u8(pax, '=');
    fa_buf_put(pax, value, strlen(value));
    fa_buf_put_u8(pax, '\n');
}

size_t fa_tar_padding(uint64_t size)
{
    return (size_t)(-size & (FA_TAR_BLOCK - 1));
}

static void pax_put_member(struct fa_buf *buf, const struct fa_buf *pax, int64_t modified)
{
    static const char zeros[FA_TAR_BLOCK];
    struct header header = {.name = "PaxHeader"};
    header_put(buf, &header, 'x', pax->len, modified);
    fa_buf_put(buf, pax->data, pax->len);
    fa_buf_put(buf, zeros, fa_tar_padding(pax->len));
    buf->failed |= pax->failed;
}

/* A reader without pax sees the end of a name that is too long. */
void fa_tar_put_header(struct fa_buf *buf, const struct fa_tar_member *member)
{
    struct header header = {0};
    struct fa_buf pax;
    char size[24];
    size_t len = strlen(member->name);
    fa_buf_init(&pax);
    bool fits = header_set_name(&header, member->name);
    if (!fits) {
        size_t kept = len < sizeof(header.name) ? len : sizeof(header.name);
        header = (struct header){0};
        memcpy(header.name, member->name + len - kept, kept);
    }
    if (!fits || !name_is_ascii(member->name))
        pax_put(&pax, "path", member->name);
    bool large = member->size > USTAR_SIZE_MAX;
    if (large) {
        snprintf(size, sizeof(size), "%" PRIu64, member->size);
        pax_put(&pax, "size", size);
    }
    if (pax.len > 0)
        pax_put_member(buf, &pax, member->modified);
    header_put(buf, &header, '0', large ? 0 : member->size, member->modified);
    fa_buf_fini(&pax);
}

/* Zeros are the end of the archive.  The checksum tells a header from the bytes of a file, in case
 * the state has a wrong position. */
static int header_read(int fd, uint64_t at, struct header *ret)
{
    if (fa_io_pread(fd, ret, sizeof(*ret), sizeof(*ret), at) < 0)
        return -1;
    if (!ret->name[0] && !ret->magic[0])
        return 0;
    if (memcmp(ret->magic, "ustar", 6) == 0 && ret->size[11] == '\0' &&
        strtoul(ret->checksum, NULL, 8) == header_sum(ret))
        return 1;
    errno = EBADMSG;
    return -1;
}

static char *header_name(const struct header *header)
{
    char *name = NULL;
    int prefix = (int)strnlen(header->prefix, sizeof(header->prefix));
    if (asprintf(&name, "%.*s%s%.*s", prefix, header->prefix, prefix > 0 ? "/" : "",
                 (int)sizeof(header->name), header->name) < 0)
        return NULL;
    return name;
}

/* Take what the lines of a pax header say. */
static int pax_read(char *line, size_t left, struct fa_tar_found *ret)
{
    while (left > 0) {
        char *end = NULL;
        unsigned long len = strtoul(line, &end, 10);
        if (*end != ' ' || len > left || len < (size_t)(end - line) + 2 || line[len - 1] != '\n') {
            errno = EBADMSG;
            return -1;
        }
        line[len - 1] = '\0';
        if (strncmp(end, " path=", 6) == 0) {
            free(ret->name);
            ret->name = strdup(end + 6);
            if (!ret->name)
                return -1;
        } else if (strncmp(end, " size=", 6) == 0) {
            ret->size = strtoull(end + 6, NULL, 10);
        }
        line += len;
        left -= len;
    }
    return 0;
}

static int pax_read_member(int fd, uint64_t at, uint64_t size, struct fa_tar_found *ret)
{
    char text[PAX_MAX + 1];
    if (size > PAX_MAX) {
        errno = EBADMSG;
        return -1;
    }
    if (fa_io_pread(fd, text, (size_t)size, (size_t)size, at) < 0)
        return -1;
    text[size] = '\0';
    return pax_read(text, (size_t)size, ret);
}

/* Reads back what fa_tar_put_header() writes, and no other dialect: only volumes of this program
 * are continued. */
int fa_tar_read(int fd, uint64_t at, struct fa_tar_found *ret)
{
    struct header header;
    *ret = (struct fa_tar_found){0};
    int found = header_read(fd, at, &header);
    at += sizeof(header);
    if (found == 1 && header.type == 'x') {
        uint64_t size = strtoull(header.size, NULL, 8);
        found = pax_read_member(fd, at, size, ret) ? -1 : 1;
        at += size + fa_tar_padding(size);
        if (found == 1)
            found = header_read(fd, at, &header);
        at += sizeof(header);
    }
    if (found == 1 && !ret->name)
        ret->name = header_name(&header);
    if (found != 1 || !ret->name) {
        free(ret->name);
        ret->name = NULL;
        return found == 0 ? 0 : -1;
    }
    if (ret->size == 0)
        ret->size = strtoull(header.size, NULL, 8);
    ret->data = at;
    ret->next = at + ret->size + fa_tar_padding(ret->size);
    return 1;
}
