/* A map is short, and is searched once for each column of a list or key of an object. */
#include "list/columns.h"

#include <string.h>
#include <strings.h>

static const char *const names[FA_COLUMNS] = {"url",  "mirror", "out",    "dir", "checksum",
                                              "size", "range",  "header", "type"};

const char *fa_column_name(enum fa_column column)
{
    for (unsigned i = 0; i < FA_COLUMNS; ++i)
        if (column == 1u << i)
            return names[i];
    return column == FA_COLUMN_PIECES ? "pieces" : "";
}

/* One "PART=NAME" of a map. */
struct pair {
    unsigned part; /* 0: there is no such part */
    const char *name;
    size_t len;
};

/* @return what follows the pair, or NULL: the pair is malformed */
static const char *map_next(const char *map, struct pair *ret)
{
    size_t len = strcspn(map, ",");
    const char *equals = memchr(map, '=', len);
    *ret = (struct pair){0};
    if (!equals || equals + 1 == map + len)
        return NULL;
    for (unsigned i = 0; i < FA_COLUMNS; ++i)
        if (strlen(names[i]) == (size_t)(equals - map) &&
            memcmp(names[i], map, (size_t)(equals - map)) == 0)
            ret->part = 1u << i;
    ret->name = equals + 1;
    ret->len = (size_t)(map + len - ret->name);
    return map[len] ? map + len + 1 : map + len;
}

int fa_columns_check(const char *map, struct fa_error *err)
{
    struct pair pair;
    const char *at = map;
    do {
        const char *next = map_next(at, &pair);
        if (!next || !pair.part || (!*next && next[-1] == ',')) {
            fa_error_set(
                err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                "'%.100s' is not a list of PART=NAME, where PART is url, mirror, out, dir, "
                "checksum, size, range, header or type (--columns)",
                map);
            return -1;
        }
        at = next;
    } while (*at);
    return 0;
}

unsigned fa_columns_mapped(const char *map)
{
    unsigned parts = 0;
    struct pair pair;
    while (map && *map && (map = map_next(map, &pair)))
        parts |= pair.part;
    return parts;
}

unsigned fa_columns_find(const char *map, const char *name, size_t len)
{
    unsigned parts = 0, mapped = fa_columns_mapped(map);
    struct pair pair;
    while (map && *map && (map = map_next(map, &pair)))
        if (pair.len == len && memcmp(pair.name, name, len) == 0)
            parts |= pair.part;
    for (unsigned i = 0; i < FA_COLUMNS; ++i)
        if (!((mapped | FA_COLUMN_TYPE) & 1u << i) && strlen(names[i]) == len &&
            strncasecmp(names[i], name, len) == 0)
            parts |= 1u << i;
    return parts;
}
