/*
 * Characters are replaced and names are cut in place, in the buffer that percent-decoding wrote:
 * no step makes a name longer.  All limits count bytes, and names are cut between UTF-8
 * characters.
 */
#include "engine/name_part.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

#define STATE_DIR     ".fetchall"
#define EXTENSION_MAX 16

size_t fa_name_part_limit(size_t part_max)
{
    if (part_max == 0 || part_max > FA_NAME_PART_MAX)
        return FA_NAME_PART_MAX;
    return part_max < FA_NAME_PART_LEAST ? FA_NAME_PART_LEAST : part_max;
}

void fa_name_put_decoded(struct fa_buf *buf, const char *text, size_t len)
{
    const char *end = text + len;
    while (text < end) {
        const char *sign = memchr(text, '%', (size_t)(end - text));
        const char *stop = sign ? sign : end;
        fa_buf_put(buf, text, (size_t)(stop - text));
        text = stop;
        if (!sign)
            break;
        int byte = end - sign > 2 ? fa_hex_byte(sign + 1) : -1;
        fa_buf_put_u8(buf, byte >= 0 ? (uint8_t)byte : '%');
        text += byte >= 0 ? 3 : 1;
    }
}

/* Characters that must not be in a name from a URL. */
static bool char_is_hostile(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == '/' || c == '\\')
        return true;
    /* Bidirectional controls (Unicode Standard Annex 9), line separators, invisible characters. */
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* Replace hostile characters by '_', in place: a character never gets longer. */
static size_t name_clean(unsigned char *name, size_t len)
{
    size_t to = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = fa_utf8_get(name + i, len - i, &c);
        if (n == 0 || char_is_hostile(c)) {
            name[to++] = '_';
            i += n ? n : 1;
            continue;
        }
        for (; n > 0; --n)
            name[to++] = name[i++];
    }
    return to;
}

/* Windows and SMB shares drop dots and spaces at the end, so two names could become one. */
static size_t name_without_end(const unsigned char *name, size_t len)
{
    while (len > 0 && (name[len - 1] == '.' || name[len - 1] == ' '))
        len--;
    return len;
}

static bool name_is_extension(const unsigned char *text, size_t len)
{
    for (size_t i = 0; i < len; ++i) {
        unsigned char c = text[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && c != '+' && c != '-' && c != '_')
            return false;
    }
    return len > 0 && len <= EXTENSION_MAX;
}

size_t fa_name_extension_len(const unsigned char *name, size_t len)
{
    const unsigned char *dot = memrchr(name, '.', len);
    if (!dot || dot == name || !name_is_extension(dot + 1, (size_t)(name + len - dot) - 1))
        return 0;
    if (dot - name > 4 && memcmp(dot - 4, ".tar", 4) == 0)
        dot -= 4;
    return (size_t)(name + len - dot);
}

/* In any case of letters, as on file systems that ignore case. */
bool fa_name_is_state(const char *name, size_t len)
{
    return len == strlen(STATE_DIR) && strncasecmp(name, STATE_DIR, len) == 0;
}

/* A name hidden at the top of the folder may configure a program (.bashrc); below it, it belongs to
 * a tree that is useless without it (.zattrs of Zarr).  A .fetchall would be the state of a later
 * run whose folder is that directory. */
static bool name_start_is_hostile(const unsigned char *name, size_t len, bool top)
{
    if (name[0] == '.')
        return top || (len > 1 && name[1] == '.') || fa_name_is_state((const char *)name, len);
    return strchr("-~ ", name[0]) != NULL;
}

/* Cutting can expose a dot or space at the end, so those are dropped again. */
void fa_name_end_part(struct fa_buf *buf, size_t start, bool chosen, size_t max,
                      const char *otherwise)
{
    if (buf->failed)
        return;
    if (buf->len == start) {
        fa_buf_put(buf, otherwise, strlen(otherwise));
        return;
    }
    unsigned char *name = buf->data + start;
    size_t len = name_without_end(name, name_clean(name, buf->len - start));
    if (len > 0 && (chosen ? fa_name_is_state((const char *)name, len)
                           : name_start_is_hostile(name, len, start == 0)))
        name[0] = '_';
    if (len > max) {
        size_t extension = fa_name_extension_len(name, len);
        size_t stem = fa_utf8_cut(name, len - extension, max - extension);
        memmove(name + stem, name + len - extension, extension);
        len = name_without_end(name, stem + extension);
    }
    buf->len = start + len;
    if (len == 0)
        fa_buf_put(buf, otherwise, strlen(otherwise));
}

void fa_name_put_part(struct fa_buf *buf, const char *text, size_t len, size_t max,
                      const char *otherwise)
{
    size_t start = buf->len;
    fa_name_put_decoded(buf, text, len);
    fa_name_end_part(buf, start, false, max, otherwise);
}

void fa_name_put_last(struct fa_buf *buf, const char *path, size_t part_max)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    fa_name_put_part(buf, last, strlen(last), fa_name_part_limit(part_max), FA_NAME_INDEX);
}
