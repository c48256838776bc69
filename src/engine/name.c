/*
 * The buffer records that it ran out of memory, so only the end of fa_name_build() has to check
 * it.
 */
#include "engine/name.h"

#include "base/buf.h"
#include "base/key.h"
#include "base/utf8.h"
#include "engine/name_template.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX_LEN 9 /* "-0123abcd" */

/* The host, then every segment; the last is the file, even if it is empty. */
static void name_put_tree(struct fa_buf *buf, const struct fa_name_source *src)
{
    size_t max = fa_name_part_limit(src->part_max);
    fa_name_put_part(buf, src->host, strlen(src->host), max, "_");
    const char *at = src->path;
    for (;;) {
        size_t len = strcspn(at, "/");
        bool last = at[len] == '\0';
        if (len > 0 || last) {
            fa_buf_put(buf, "/", 1);
            fa_name_put_part(buf, at, len, max, last ? FA_NAME_INDEX : "_");
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
            else if (fa_name_is_state(at, len))
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
    size_t max = fa_name_part_limit(src->part_max);
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
    return name_put_given(buf, "out", out, fa_name_part_limit(src->part_max), err);
}

static int name_put_layout(struct fa_buf *buf, const struct fa_name_source *src)
{
    if (src->layout == FA_LAYOUT_TREE)
        name_put_tree(buf, src);
    else
        fa_name_put_last(buf, src->path, src->part_max);
    return 0;
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
        if (src->name ? fa_name_put_template(&buf, src, err) : name_put_layout(&buf, src))
            goto fail;
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
    if (src->fan_out == 0 || src->out || fa_name_fan_out(ret_path, src->fan_out, err) == 0)
        return 0;
    free(*ret_path);
    *ret_path = NULL;
    return -1;

fail:
    fa_buf_fini(&buf);
    return -1;
}

/* The folder of a path as fa_name_build() made it: without that of --fan-out. */
static size_t path_folder_len(const char *path, unsigned folders)
{
    const char *slash = strrchr(path, '/');
    if (slash && folders > 0)
        slash = memrchr(path, '/', (size_t)(slash - path));
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The name is cleaned in a buffer of its own, as one at the top of the folder. */
int fa_name_serve(const char *path, const char *name, size_t part_max, unsigned folders, char **ret,
                  struct fa_error *err)
{
    struct fa_buf buf;
    struct fa_error why = {0};
    size_t folder = path_folder_len(path, folders);
    *ret = NULL;
    fa_buf_init(&buf);
    fa_buf_put(&buf, name, strlen(name));
    fa_name_end_part(&buf, 0, false, fa_name_part_limit(part_max), "");
    bool usable = buf.len > 0 && folder + buf.len <= FA_NAME_PATH_MAX;
    if (usable && asprintf(ret, "%.*s%.*s", (int)folder, path, (int)buf.len, buf.data) < 0)
        *ret = NULL;
    bool failed = buf.failed || (usable && !*ret);
    fa_buf_fini(&buf);
    if (failed) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot name a file");
        return -1;
    }
    if (!*ret || folders == 0 || fa_name_fan_out(ret, folders, &why) == 0)
        return 0;
    free(*ret);
    *ret = NULL;
    return 0;
}

/* The extension stays at the end, so that programs still recognise the file. */
int fa_name_alternative(const char *path, size_t part_max, uint32_t hash, char **ret)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = strlen(name);
    size_t extension = fa_name_extension_len((const unsigned char *)name, len);
    size_t stem =
        fa_utf8_cut(name, len - extension, fa_name_part_limit(part_max) - SUFFIX_LEN - extension);
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
