/* Whatever a URL and a list hold, a name stays inside the folder, and is a good one. */
#undef NDEBUG
#include "engine/name.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Another way to tell well-formed UTF-8 than the one under test. */
static bool is_utf8(const unsigned char *p)
{
    while (*p) {
        unsigned n = *p < 0x80 ? 0 : *p >> 5 == 6 ? 1 : *p >> 4 == 14 ? 2 : *p >> 3 == 30 ? 3 : 9;
        if (n == 9)
            return false;
        uint32_t c = n ? *p & (0x3fu >> n) : *p;
        for (++p; n > 0; --n, ++p) {
            if (*p >> 6 != 2)
                return false;
            c = c << 6 | (*p & 0x3f);
            if (c < 2 || (n == 2 && c < 0x20) || (n == 3 && c < 0x10))
                return false; /* longer than it needs to be */
        }
        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return false;
    }
    return true;
}

static void check(const char *path, size_t part_max, bool from_url)
{
    assert(*path && *path != '/' && strlen(path) < 4096);
    assert(is_utf8((const unsigned char *)path));
    for (const char *p = path; *p; ++p)
        assert((unsigned char)*p >= 0x20 && *p != 0x7f);
    size_t len = strcspn(path, "/");
    assert(len != 9 || strncasecmp(path, ".fetchall", 9) != 0 || (!from_url && !path[9]));
    for (bool top = true;; top = false) {
        len = strcspn(path, "/");
        assert(len > 0 && len <= (part_max ? part_max : 255));
        assert(!(len == 1 && path[0] == '.') && !(len == 2 && memcmp(path, "..", 2) == 0));
        if (from_url) {
            assert(!strchr(top ? ".-~ " : "-~ ", path[0]) && !memchr(path, '\\', len));
            assert(len != 9 || strncasecmp(path, ".fetchall", 9) != 0);
            assert(path[len - 1] != '.' && path[len - 1] != ' ');
        }
        if (!path[len])
            break;
        path += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    /* The first byte tells what there is, then come strings with zeros between them. */
    uint8_t flags = data[0];
    char *text = malloc(len + 4);
    memcpy(text, data + 1, len - 1);
    memset(text + len - 1, 0, 5);
    const char *parts[4];
    size_t at = 0;
    for (int i = 0; i < 4; ++i) {
        parts[i] = text + (at < len ? at : len);
        at += strlen(parts[i]) + 1;
    }
    struct fa_list_column column = {"c", parts[2]};
    const struct fa_entry entry = {.columns = &column, .n_columns = 1};
    struct fa_name_source src = {
        .layout = flags & 1 ? FA_LAYOUT_TREE : FA_LAYOUT_FLAT,
        .path = parts[0],
        .host = parts[1],
        .out = flags & 2 ? parts[2] : NULL,
        .dir = flags & 4 ? parts[3] : NULL,
        .roots = {"/r", flags & 8 ? "/" : NULL},
        .part_max = flags & 16 ? 143 : 0,
        .name = flags & 32 ? "{c}{name}/.{path}{c}/{ext}" : NULL,
        .whole = parts[0],
        .entry = &entry,
    };
    char *path = NULL, *other = NULL;
    struct fa_error err = {0};
    if (fa_name_build(&src, &path, &err) == 0) {
        bool from_url = !src.out && !src.dir;
        check(path, src.part_max, from_url);
        char suffix[16];
        uint32_t hash = 0x01234567u * flags;
        snprintf(suffix, sizeof(suffix), "-%08x", hash);
        assert(fa_name_alternative(path, src.part_max, hash, &other) == 0);
        check(other, src.part_max, from_url);
        assert(strlen(other) <= strlen(path) + 9);
        assert(strcmp(path, other) != 0 || strstr(path, suffix));
    } else {
        assert(!path && err.class == FA_CLASS_REFUSED && err.msg[0]);
        assert(src.out || src.dir || src.layout == FA_LAYOUT_TREE || src.name);
    }
    free(path);
    free(other);
    free(text);
    return 0;
}
