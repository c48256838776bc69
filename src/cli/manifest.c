/*
 * Lines in the format of coreutils, which sha256sum -c and similar programs read.  In a name, a
 * backslash, a line feed and a carriage return are escaped, and the line then starts with a
 * backslash: otherwise a name could contain a forged line.
 *
 * These programs expect one algorithm per file, so a manifest has the first digest of --hash only.
 * A file without that digest is counted, for a message at the end.
 */
#include "cli/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/digest_hex.h"

int fa_manifest_open(struct fa_manifest *manifest, const char *path, unsigned hash,
                     struct fa_error *err)
{
    *manifest = (struct fa_manifest){.hash = hash};
    return fa_whole_open(&manifest->whole, "manifest", path, err);
}

static bool is_special(char c)
{
    return c == '\\' || c == '\n' || c == '\r';
}

char *fa_manifest_line(const struct fa_digest *digest, const char *name)
{
    char hex[2 * FA_DIGEST_MAX + 1];
    fa_digest_hex(digest, hex);
    /* At most: a backslash, two spaces, every character escaped, and the zero. */
    size_t size = strlen(hex) + 2 * strlen(name) + 4;
    char *line = malloc(size);
    if (!line)
        return NULL;
    bool special = name[strcspn(name, "\\\n\r")] != '\0';
    char *out = line + snprintf(line, size, "%s%s  ", special ? "\\" : "", hex);
    for (; *name; ++name) {
        if (is_special(*name))
            *out++ = '\\';
        *out++ = *name;
        if (*name == '\n')
            out[-1] = 'n';
        else if (*name == '\r')
            out[-1] = 'r';
    }
    *out = '\0';
    return line;
}

static const struct fa_digest *find_digest(const struct fa_result *result, unsigned hash)
{
    for (size_t i = 0; i < result->n_digests; ++i)
        if (result->digests[i].hash == hash)
            return &result->digests[i];
    return NULL;
}

int fa_manifest_add(struct fa_manifest *manifest, const struct fa_result *result,
                    struct fa_error *err)
{
    if (!manifest->whole.output.file || !fa_status_has_file(result->status) || !result->path)
        return 0;
    const struct fa_digest *digest = find_digest(result, manifest->hash);
    if (!digest) {
        ++manifest->missing;
        return 0;
    }
    char *line = fa_manifest_line(digest, result->path);
    if (!line)
        return fa_output_fail(&manifest->whole.output, ENOMEM, err);
    int rc = fa_output_line(&manifest->whole.output, line, err);
    free(line);
    return rc;
}

/* Also after an interrupted run: each line is of a file that exists. */
int fa_manifest_publish(struct fa_manifest *manifest, struct fa_error *err)
{
    return fa_whole_publish(&manifest->whole, err);
}

void fa_manifest_fini(struct fa_manifest *manifest)
{
    fa_whole_fini(&manifest->whole);
}
