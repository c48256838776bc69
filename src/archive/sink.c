#include "archive/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *const kinds[FA_SINK_KINDS] = {
    [FA_SINK_TAR] = "tar:",
    [FA_SINK_WARC] = "warc:",
    [FA_SINK_CAS] = "cas:",
};

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

/* A file name is never taken for a kind: all of them end in a colon. */
enum fa_sink_kind fa_sink_kind(const char *value)
{
    for (unsigned kind = 0; value && kind < FA_SINK_KINDS; ++kind)
        if (kinds[kind] && strncmp(value, kinds[kind], strlen(kinds[kind])) == 0)
            return (enum fa_sink_kind)kind;
    return FA_SINK_FILES;
}

/* The name of an archive has a number before that ending. */
static bool name_is_warc(const char *name)
{
    size_t len = strlen(name), ending = 0;
    if (len > 3 && strcmp(name + len - 3, ".gz") == 0)
        ending = 3;
    return len > 5 + ending && strncmp(name + len - ending - 5, ".warc", 5) == 0;
}

int fa_sink_parse(const char *value, struct fa_sink *ret, struct fa_error *err)
{
    const char *why = NULL;
    *ret = (struct fa_sink){.kind = fa_sink_kind(value)};
    if (!value)
        return 0;
    if (ret->kind == FA_SINK_FILES) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "--output requires tar:PREFIX, warc:FILE or cas:NAME, not '%.100s'", value);
        return -1;
    }
    ret->name = value + strlen(kinds[ret->kind]);
    if (!name_is_good(ret->name))
        why = "be a path below DIR, without parts that begin with a dot";
    else if (ret->kind == FA_SINK_WARC && !name_is_warc(ret->name))
        why = "end in .warc.gz or .warc";
    if (!why)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "--output: '%.100s' must %s",
                 ret->name, why);
    return -1;
}
