#include "archive/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *const kinds[FA_SINK_KINDS] = {[FA_SINK_TAR] = "tar:", [FA_SINK_CAS] = "cas:"};

/* A name of up to that many bytes leaves space for what is appended to it. */
#define NAME_MAX_BYTES 200

/* It is opened below the folder, like the names of files. */
static bool name_is_good(const char *name)
{
    size_t len;
    if (strlen(name) > NAME_MAX_BYTES)
        return false;
    for (;; name += len + 1) {
        len = strcspn(name, "/");
        if (len == 0 || name[0] == '.')
            return false;
        for (size_t i = 0; i < len; ++i)
            if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
                return false;
        if (!name[len])
            return true;
    }
}

int fa_sink_parse(const char *value, struct fa_sink *ret, struct fa_error *err)
{
    *ret = (struct fa_sink){0};
    if (!value)
        return 0;
    for (unsigned kind = 0; kind < FA_SINK_KINDS; ++kind) {
        size_t len = kinds[kind] ? strlen(kinds[kind]) : 0;
        if (len == 0 || strncmp(value, kinds[kind], len) != 0)
            continue;
        *ret = (struct fa_sink){(enum fa_sink_kind)kind, value + len};
        if (name_is_good(ret->name))
            return 0;
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "--output: '%.100s' must be a path below DIR, without parts that begin with "
                     "a dot",
                     ret->name);
        return -1;
    }
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "--output requires tar:PREFIX or cas:NAME, not '%.100s'", value);
    return -1;
}
