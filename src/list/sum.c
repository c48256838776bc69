/*
 * Three forms are accepted: "DIGEST  NAME", "DIGEST *NAME" and BSD's "ALG (NAME) = DIGEST".  A line
 * that starts with a backslash has an escaped name (coreutils).  A name outside the directory is
 * rejected: a manifest must not make us read other files.
 */
#include "list/sum.h"

#include "base/hex.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static int sum_refuse(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s", why);
    return -1;
}

/* Unescape a name in place.  @return its length, or -1 */
static long name_unescape(char *name, size_t len)
{
    char *out = name;
    for (const char *in = name, *end = name + len; in < end; ++in) {
        char c = *in;
        if (c == '\\') {
            if (++in == end)
                return -1;
            c = *in == '\\' ? '\\' : *in == 'n' ? '\n' : *in == 'r' ? '\r' : '\0';
            if (!c)
                return -1;
        }
        *out++ = c;
    }
    return out - name;
}

/* Remove empty components and ".", in place.  @return whether the path stays inside the
 * directory */
static bool name_normalise(char *name)
{
    if (name[0] == '/')
        return false;
    char *out = name;
    for (const char *in = name; *in;) {
        size_t len = strcspn(in, "/");
        if (len == 2 && memcmp(in, "..", 2) == 0)
            return false;
        if (len > 0 && !(len == 1 && *in == '.')) {
            if (out > name)
                *out++ = '/';
            memmove(out, in, len);
            out += len;
        }
        in += len;
        in += *in == '/';
    }
    *out = '\0';
    return out > name;
}

/* Digits are counted up to the first other byte: the length of a digest tells where it ends.
 * @return the size of the digest at text, 0 if there is none */
static size_t digest_read(const char *text, size_t len, unsigned char *ret)
{
    size_t size = 0;
    int byte;
    while (2 * size + 1 < len && size < FA_DIGEST_MAX && (byte = fa_hex_byte(text + 2 * size)) >= 0)
        ret[size++] = (unsigned char)byte;
    return fa_sum_hash(size, 0) ? size : 0;
}

/* A name inside the line, perhaps escaped. */
struct span {
    char *at;
    size_t len;
};

static bool sum_read_plain(char *line, size_t len, struct fa_sum *ret, struct span *name)
{
    ret->hash = 0;
    ret->size = digest_read(line, len, ret->bytes);
    size_t used = 2 * ret->size + 2;
    *name = (struct span){line + used, len - used};
    return ret->size > 0 && len > used && line[used - 2] == ' ' &&
           (line[used - 1] == ' ' || line[used - 1] == '*');
}

/* The digest is taken from the end of the line, because a name may contain ") = ". */
static bool sum_read_tagged(char *line, size_t len, struct fa_sum *ret, struct span *name)
{
    static const char open[] = " (", shut[] = ") = ";
    const size_t n_open = sizeof(open) - 1, n_shut = sizeof(shut) - 1;
    char *tag = memmem(line, len, open, n_open);
    ret->hash = tag ? fa_hash_from_name(line, (size_t)(tag - line)) : 0;
    size_t digits = 2 * fa_hash_size(ret->hash);
    if (!ret->hash || len <= (size_t)(tag - line) + n_open + n_shut + digits)
        return false;
    char *end = line + len - digits;
    ret->size = digest_read(end, digits, ret->bytes);
    *name = (struct span){tag + n_open, (size_t)(end - n_shut - (tag + n_open))};
    return ret->size * 2 == digits && memcmp(end - n_shut, shut, n_shut) == 0;
}

/* The name is as in the line, but not escaped. */
static int sum_read(char *line, size_t len, struct fa_sum *ret, struct fa_error *err)
{
    struct span name;
    if (len > 0 && line[len - 1] == '\r')
        --len;
    if (len == 0 || line[0] == '#')
        return 0;
    bool escaped = line[0] == '\\';
    char *at = line + escaped;
    size_t left = len - escaped;
    bool read = sum_read_plain(at, left, ret, &name) || sum_read_tagged(at, left, ret, &name);
    if (!read || memchr(at, '\0', left))
        return sum_refuse(err, "malformed checksum line");
    long length = escaped ? name_unescape(name.at, name.len) : (long)name.len;
    if (length < 0)
        return sum_refuse(err, "invalid escape in the name");
    name.at[length] = '\0';
    ret->name = name.at;
    return 1;
}

int fa_sum_parse(char *line, size_t len, struct fa_sum *ret, struct fa_error *err)
{
    int read = sum_read(line, len, ret, err);
    ret->url = false;
    if (read > 0 && !name_normalise(ret->name))
        return sum_refuse(err, "the name is outside the directory");
    return read;
}

int fa_sum_parse_url(char *line, size_t len, struct fa_sum *ret, struct fa_error *err)
{
    int read = sum_read(line, len, ret, err);
    ret->url = read > 0 && (strncasecmp(ret->name, "http://", 7) == 0 ||
                            strncasecmp(ret->name, "https://", 8) == 0);
    if (read > 0 && !ret->url && !name_normalise(ret->name))
        return sum_refuse(err, "the name is outside the directory");
    return read;
}

bool fa_sum_detect(char *line, size_t len)
{
    struct fa_sum sum;
    return sum_read(line, len, &sum, NULL) > 0;
}

/* Several algorithms have digests of 16 or 64 bytes: the likely one is that of the digest that the
 * state has recorded for the file. */
enum fa_hash fa_sum_hash(size_t size, enum fa_hash likely)
{
    if (likely && fa_hash_size(likely) == size)
        return likely;
    if (size == fa_hash_size(FA_HASH_ADLER32))
        return 0; /* eight digits may be anything */
    for (unsigned i = 0; i < FA_HASHES; ++i)
        if (fa_hash_size((enum fa_hash)(1u << i)) == size)
            return (enum fa_hash)(1u << i);
    return 0;
}
