/*
 * Characters are replaced and names are cut in place, in the buffer that percent-decoding wrote:
 * no step makes a name longer.  All limits count bytes, and names are cut between UTF-8
 * characters.
 *
 * The buffer records that it ran out of memory, so only the end of fa_name_build() has to check
 * it.
 */
#include "engine/name.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/key.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INDEX         "index.html"
#define STATE_DIR     ".fetchall"
#define EXTENSION_MAX 16
#define SUFFIX_LEN    9 /* "-0123abcd" */

static size_t part_limit(size_t part_max)
{
    if (part_max == 0 || part_max > FA_NAME_PART_MAX)
        return FA_NAME_PART_MAX;
    return part_max < FA_NAME_PART_LEAST ? FA_NAME_PART_LEAST : part_max;
}

/* Decode percent-encoding once (RFC 3986, 2.1); an invalid sequence is kept as it is. */
static void name_put_decoded(struct fa_buf *buf, const char *text, size_t len)
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

/* The length of the extension, its dots included, or 0. */
static size_t name_extension_len(const unsigned char *name, size_t len)
{
    const unsigned char *dot = memrchr(name, '.', len);
    if (!dot || dot == name || !name_is_extension(dot + 1, (size_t)(name + len - dot) - 1))
        return 0;
    if (dot - name > 4 && memcmp(dot - 4, ".tar", 4) == 0)
        dot -= 4;
    return (size_t)(name + len - dot);
}

/* In any case of letters, as on file systems that ignore case. */
static bool name_is_state(const char *name, size_t len)
{
    return len == strlen(STATE_DIR) && strncasecmp(name, STATE_DIR, len) == 0;
}

/* A name hidden at the top of the folder may configure a program (.bashrc); below it, it belongs to
 * a tree that is useless without it (.zattrs of Zarr).  A .fetchall would be the state of a later
 * run whose folder is that directory. */
static bool name_start_is_hostile(const unsigned char *name, size_t len, bool top)
{
    if (name[0] == '.')
        return top || (len > 1 && name[1] == '.') || name_is_state((const char *)name, len);
    return strchr("-~ ", name[0]) != NULL;
}

/* Append a component from a URL; @otherwise replaces one that is empty.  Cutting can expose a dot
 * or space at the end, so those are dropped again. */
static void name_put_clean(struct fa_buf *buf, const char *text, size_t len, size_t max,
                           const char *otherwise)
{
    bool top = buf->len == 0;
    if (len == 0) {
        fa_buf_put(buf, otherwise, strlen(otherwise));
        return;
    }
    size_t start = buf->len;
    name_put_decoded(buf, text, len);
    if (buf->failed)
        return;
    unsigned char *name = buf->data + start;
    len = name_without_end(name, name_clean(name, buf->len - start));
    if (len > 0 && name_start_is_hostile(name, len, top))
        name[0] = '_';
    if (len > max) {
        size_t extension = name_extension_len(name, len);
        size_t stem = fa_utf8_cut(name, len - extension, max - extension);
        memmove(name + stem, name + len - extension, extension);
        len = name_without_end(name, stem + extension);
    }
    buf->len = start + len;
    if (len == 0)
        fa_buf_put(buf, otherwise, strlen(otherwise));
}

/* The last segment of the URL. */
static void name_put_flat(struct fa_buf *buf, const struct fa_name_source *src)
{
    const char *slash = strrchr(src->path, '/');
    const char *last = slash ? slash + 1 : src->path;
    name_put_clean(buf, last, strlen(last), part_limit(src->part_max), INDEX);
}

/* The host, then every segment; the last is the file, even if it is empty. */
static void name_put_tree(struct fa_buf *buf, const struct fa_name_source *src)
{
    size_t max = part_limit(src->part_max);
    name_put_clean(buf, src->host, strlen(src->host), max, "_");
    const char *at = src->path;
    for (;;) {
        size_t len = strcspn(at, "/");
        bool last = at[len] == '\0';
        if (len > 0 || last) {
            fa_buf_put(buf, "/", 1);
            name_put_clean(buf, at, len, max, last ? INDEX : "_");
        }
        if (last)
            break;
        at += len + 1;
    }
}

static int name_refuse(struct fa_error *err, const char *option, const char *given, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s '%.100s' is refused: %s", option,
                 given, why);
    return -1;
}

static int name_refuse_long(struct fa_error *err, const char *option, const char *given, size_t max)
{
    char why[100];
    snprintf(why, sizeof(why), "a part of it is longer than %zu bytes%s", max,
             max < FA_NAME_PART_MAX ? ", the limit of the file system" : "");
    return name_refuse(err, option, given, why);
}

/* Why a component given by the user is refused, or NULL. */
static const char *component_objection(const char *text, size_t len)
{
    if (len == 2 && text[0] == '.' && text[1] == '.')
        return "it has '..' in it";
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = fa_utf8_get(text + i, len - i, &c);
        if (n == 0)
            return "it is not UTF-8";
        if (c < 0x20 || c == 0x7f)
            return "it has a control byte in it";
        i += n;
    }
    return NULL;
}

/* Append the components of a path given by the user.  ".fetchall" is refused in any case of
 * letters, as the file system may ignore case. */
static int name_put_given(struct fa_buf *buf, const char *option, const char *given, size_t max,
                          struct fa_error *err)
{
    if (given[0] == '/')
        return name_refuse(err, option, given, "it is not relative");
    const char *at = given;
    for (;;) {
        size_t len = strcspn(at, "/");
        const char *why = component_objection(at, len);
        if (why)
            return name_refuse(err, option, given, why);
        if (len > max)
            return name_refuse_long(err, option, given, max);
        if (len > 0 && !(len == 1 && at[0] == '.')) {
            if (buf->len > 0)
                fa_buf_put(buf, "/", 1);
            else if (name_is_state(at, len))
                return name_refuse(err, option, given, "'.fetchall' keeps the state of the folder");
            fa_buf_put(buf, at, len);
        }
        if (at[len] == '\0')
            return 0;
        at += len + 1;
    }
}

/* The path relative to a folder, or NULL if it is not inside. */
static const char *path_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/')
        --len;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0') ? path + len
                                                                                      : NULL;
}

/* One text for all entries with such a folder, so that it is printed once. */
static int name_put_dir(struct fa_buf *buf, const struct fa_name_source *src, struct fa_error *err)
{
    const char *dir = src->dir;
    size_t max = part_limit(src->part_max);
    if (dir[0] != '/' || !src->roots[0])
        return name_put_given(buf, "dir", dir, max, err);
    const char *below = path_below(dir, src->roots[0]);
    if (!below && src->roots[1])
        below = path_below(dir, src->roots[1]);
    if (below)
        return name_put_given(buf, "dir", below + strspn(below, "/"), max, err);
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "an absolute dir= is refused: it is not below '%.200s' (see --dir)",
                 src->roots[0]);
    return -1;
}

/* The last component must be a name; "dir/" would be a folder. */
static int name_put_out(struct fa_buf *buf, const struct fa_name_source *src, struct fa_error *err)
{
    const char *out = src->out;
    const char *slash = strrchr(out, '/');
    const char *last = slash ? slash + 1 : out;
    if (*last == '\0' || strcmp(last, ".") == 0)
        return name_refuse(err, "out", out, "it names no file");
    return name_put_given(buf, "out", out, part_limit(src->part_max), err);
}

/* The first error wins, and nothing of the name is left. */
int fa_name_build(const struct fa_name_source *src, char **ret_path, struct fa_error *err)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    if (src->dir && name_put_dir(&buf, src, err) < 0)
        goto fail;
    if (src->out) {
        if (name_put_out(&buf, src, err) < 0)
            goto fail;
    } else {
        if (buf.len > 0)
            fa_buf_put(&buf, "/", 1);
        if (src->layout == FA_LAYOUT_TREE)
            name_put_tree(&buf, src);
        else
            name_put_flat(&buf, src);
    }
    if (buf.len > FA_NAME_PATH_MAX) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "the name '%.60s...' is refused: it has %zu bytes", buf.data, buf.len);
        goto fail;
    }
    fa_buf_put_u8(&buf, '\0');
    if (buf.failed) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a name");
        goto fail;
    }
    *ret_path = (char *)buf.data;
    return 0;

fail:
    fa_buf_fini(&buf);
    return -1;
}

/* The extension stays at the end, so that programs still recognise the file. */
int fa_name_alternative(const char *path, size_t part_max, uint32_t hash, char **ret)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = strlen(name);
    size_t extension = name_extension_len((const unsigned char *)name, len);
    size_t stem = fa_utf8_cut(name, len - extension, part_limit(part_max) - SUFFIX_LEN - extension);
    *ret = NULL;
    int rc = asprintf(ret, "%.*s-%08x%s", (int)((name - path) + (ptrdiff_t)stem), path, hash,
                      name + len - extension);
    if (rc < 0)
        *ret = NULL;
    return rc < 0 ? -1 : 0;
}

/* Not by tolower(3), which depends on the locale.  A path that is too long for open(2) names no
 * file, so that its case does not matter. */
uint64_t fa_name_key(const char *path, bool folded)
{
    char lower[PATH_MAX];
    size_t len = strlen(path);
    if (!folded || len >= sizeof(lower))
        return fa_key(path, len);
    for (size_t i = 0; i < len; ++i)
        lower[i] = (char)(path[i] >= 'A' && path[i] <= 'Z' ? path[i] + ('a' - 'A') : path[i]);
    return fa_key(lower, len);
}

int fa_name_fan_out(char **path, unsigned folders, struct fa_error *err)
{
    unsigned last = folders - 1;
    int digits = snprintf(NULL, 0, "%x", last);
    const char *slash = strrchr(*path, '/'), *name = slash ? slash + 1 : *path;
    char *longer = NULL;
    if (asprintf(&longer, "%.*s%0*x/%s", (int)(name - *path), *path, digits,
                 (unsigned)(fa_key_str(*path) % folders), name) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot name a file");
        return -1;
    }
    if (strlen(longer) > FA_NAME_PATH_MAX) {
        free(longer);
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "the path is too long");
        return -1;
    }
    free(*path);
    *path = longer;
    return 0;
}
