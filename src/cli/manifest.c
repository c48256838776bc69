#include "cli/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/digest.h"

/* One name, so that killed runs do not leave one file each; its lock keeps a second run off it. */
static int lock_temp(const char *temp)
{
    int fd = open(temp, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) || ftruncate(fd, 0))) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static FILE *open_temp(struct fa_manifest *manifest)
{
    if (asprintf(&manifest->temp, "%s.tmp", manifest->path) < 0)
        manifest->temp = NULL;
    int fd = manifest->temp ? lock_temp(manifest->temp) : -1;
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        close(fd);
    if (!file) {
        free(manifest->temp); /* it may be another's */
        manifest->temp = NULL;
    }
    return file;
}

int fa_manifest_open(struct fa_manifest *manifest, const char *path, unsigned hash,
                     struct fa_error *err)
{
    struct stat st;
    *manifest = (struct fa_manifest){.hash = hash};
    bool there = stat(path, &st) == 0;
    FILE *file = NULL;
    if (there && !S_ISREG(st.st_mode)) {
        file = fopen(path, "we");
    } else {
        manifest->path = there ? realpath(path, NULL) : strdup(path);
        if (manifest->path)
            file = open_temp(manifest);
    }
    if (!file) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot create the manifest '%s'", path);
        fa_manifest_fini(manifest);
        return -1;
    }
    fa_output_take(&manifest->output, "manifest", path, file);
    return 0;
}

static bool is_special(char c)
{
    return c == '\\' || c == '\n' || c == '\r';
}

char *fa_manifest_line(const struct fa_digest *digest, const char *name)
{
    char hex[2 * FA_DIGEST_MAX + 1];
    fa_digest_hex(digest, hex);
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
    bool there = result->status == FA_STATUS_OK || result->status == FA_STATUS_EXISTS ||
                 result->status == FA_STATUS_UNCHANGED;
    if (!manifest->output.file || !there || !result->path)
        return 0;
    const struct fa_digest *digest = find_digest(result, manifest->hash);
    if (!digest) {
        ++manifest->missing;
        return 0;
    }
    char *line = fa_manifest_line(digest, result->path);
    if (!line)
        return fa_output_fail(&manifest->output, ENOMEM, err);
    int rc = fa_output_line(&manifest->output, line, err);
    free(line);
    return rc;
}

int fa_manifest_publish(struct fa_manifest *manifest, struct fa_error *err)
{
    if (!manifest->output.file)
        return 0;
    int rc = fa_output_close(&manifest->output, err);
    if (rc != 0 || manifest->output.failed || !manifest->temp)
        return rc;
    if (rename(manifest->temp, manifest->path) != 0)
        return fa_output_fail(&manifest->output, errno, err);
    free(manifest->temp);
    manifest->temp = NULL;
    return 0;
}

void fa_manifest_fini(struct fa_manifest *manifest)
{
    fa_output_close(&manifest->output, NULL);
    if (manifest->temp)
        unlink(manifest->temp);
    free(manifest->temp);
    free(manifest->path);
    *manifest = (struct fa_manifest){0};
}
