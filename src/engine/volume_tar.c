/*
 * A member of a tar archive is the file, and a file KEY.json with what is known of it: WebDataset
 * takes neighbours with the same name up to the first dot for one sample.  If the volume has that
 * name already, it is NAME.json.  A name is in a volume at most once, as readers would take the
 * last of two: if both are taken, or that of the file is, the next volume begins.
 *
 * Names of an open volume of an earlier run are read back from its headers.
 */
#include "engine/volume_format.h"

#include <fetchall/redact.h>

#include "archive/metadata.h"
#include "archive/tar.h"
#include "base/io.h"
#include "base/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

_Static_assert(FA_TAR_END <= FA_VOLUME_ZEROS, "end");

#define CHUNK (128 << 10)

/* The names that the members of an earlier run have. */
static int tar_read_names(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_tar_found found;
    enum fa_claim claim;
    const struct fa_state_archive *archive = &w->volume->state;
    int result = 0;
    int fd = archive->bytes > 0 ? fa_store_part_read(w->store, w->volume->key, err) : -1;
    if (fd < 0)
        return archive->bytes > 0 ? -1 : 0;
    for (uint64_t at = 0; result == 0 && at < archive->bytes; at = found.next) {
        int read = fa_tar_read(fd, at, &found);
        result = read == 1 ? fa_names_claim(w->names, fa_key_str(found.name), 1, &claim, err)
                           : fa_volume_failed(w, "continue", err);
        free(found.name);
    }
    close(fd);
    return result;
}

/* @length  Of the name that KEY.json is derived from. */
static char *metadata_name(const char *path, size_t length)
{
    char *name = NULL;
    return asprintf(&name, "%.*s.json", (int)length, path) < 0 ? NULL : name;
}

/* Up to the first dot of the last component, as WebDataset does. */
static size_t sample_key(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    return (size_t)(base - path) + strcspn(base, ".");
}

/* @return 1: the name is the job's in this volume; 0: it is taken; -1: error */
static int tar_claim(struct fa_volume_writer *w, const char *name, struct fa_error *err)
{
    enum fa_claim claim;
    if (fa_names_claim(w->names, fa_key_str(name), w->job->place.key | 2, &claim, err))
        return -1;
    return claim != FA_CLAIM_TAKEN;
}

/* @ret_metadata  To be freed.  @return as tar_claim() */
static int tar_claim_names(struct fa_volume_writer *w, char **ret_metadata, struct fa_error *err)
{
    const char *path = w->job->place.path;
    size_t lengths[] = {sample_key(path), strlen(path)};
    int result = tar_claim(w, path, err);
    *ret_metadata = NULL;
    if (result <= 0)
        return result;
    for (size_t i = 0; i < 2; ++i) {
        char *name = metadata_name(path, lengths[i]);
        if (!name) {
            return fa_volume_no_memory(w, err);
        }
        result = strcmp(name, path) == 0 ? 0 : tar_claim(w, name, err);
        if (result == 1)
            *ret_metadata = name;
        else
            free(name);
        if (result != 0)
            return result;
    }
    return 0;
}

/* @return NULL: no memory */
static char *tar_describe(const struct fa_volume_writer *w)
{
    const struct fa_job *job = w->job;
    size_t n = job->entry->n_columns;
    struct fa_list_column *columns = calloc(n + 1, sizeof(*columns));
    char *url = fa_redact_url(job->entry->urls[0], w->config->secret_keys), *text = NULL;
    for (size_t i = 0; columns && i < n; ++i)
        columns[i] = (struct fa_list_column){
            .name = job->entry->columns[i].name,
            .value = fa_emit_redact_column(w->emitter, &job->entry->columns[i]),
        };
    if (columns && url) {
        struct fa_metadata metadata = {
            .url = url,
            .path = job->place.path,
            .line = job->entry->line,
            .size = (uint64_t)job->place.size,
            .modified = job->part.rep.validator.modified,
            .encoding = job->part.rep.coding[0] ? job->part.rep.coding : NULL,
            .digests = job->hashed ? job->hashed->digests : NULL,
            .n_digests = job->hashed ? job->hashed->n_digests : 0,
            .columns = columns,
            .n_columns = n,
        };
        text = fa_metadata_text(&metadata);
    }
    for (size_t i = 0; columns && i < n; ++i)
        free((char *)columns[i].value);
    free(columns);
    free(url);
    return text;
}

static void put_zeros(struct fa_buf *buf, size_t n)
{
    static const char zeros[FA_TAR_END];
    fa_buf_put(buf, zeros, n);
}

/* Everything but the bytes of the file. */
static int tar_build(struct fa_volume_writer *w, const char *metadata_path, struct fa_error *err)
{
    const struct fa_job *job = w->job;
    char *text = tar_describe(w);
    size_t len = text ? strlen(text) : 0;
    int64_t modified = job->part.rep.validator.modified;
    int64_t now = (int64_t)time(NULL);
    struct fa_tar_member file = {job->place.path, (uint64_t)job->place.size,
                                 modified >= 0 ? modified : now};
    struct fa_tar_member metadata = {metadata_path, len, now};
    fa_buf_reset(&w->head);
    fa_buf_reset(&w->tail);
    fa_tar_put_header(&w->head, &file);
    put_zeros(&w->tail, fa_tar_padding(file.size));
    fa_tar_put_header(&w->tail, &metadata);
    fa_buf_put(&w->tail, text, len);
    put_zeros(&w->tail, fa_tar_padding(len));
    free(text);
    if (text && !w->head.failed && !w->tail.failed)
        return 0;
    return fa_volume_no_memory(w, err);
}

static int tar_open(struct fa_volume_writer *w, struct fa_error *err)
{
    w->names = fa_names_new(fa_store_scratch(w->store), err);
    return w->names ? tar_read_names(w, err) : -1;
}

static int tar_begin(struct fa_volume_writer *w, struct fa_error *err)
{
    char *metadata = NULL;
    int result = tar_claim_names(w, &metadata, err);
    if (result == 1)
        result = tar_build(w, metadata, err) ? -1 : 1;
    free(metadata);
    if (result != 1)
        return result;
    if (!fa_volume_has_room(w, w->head.len + (uint64_t)w->job->place.size + w->tail.len))
        return 0;
    return fa_volume_write(w, w->head.data, w->head.len, err) ? -1 : 1;
}

/* @return bytes copied; 0: the source ends; or -1 */
static ssize_t tar_copy_some(const struct fa_volume_writer *w, int source, uint64_t from,
                             uint64_t to, size_t most)
{
    char chunk[CHUNK];
    off_t in = (off_t)from, out = (off_t)to;
    ssize_t n = copy_file_range(source, &in, w->fd, &out, most, 0);
    if (n > 0 || (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)))
        return n;
    n = pread(source, chunk, most < CHUNK ? most : CHUNK, (off_t)from);
    if (n > 0 && fa_io_pwrite(w->fd, chunk, (size_t)n, to))
        return -1;
    return n;
}

static int tar_copy(struct fa_volume_writer *w, int source, uint64_t most, struct fa_error *err)
{
    uint64_t left = (uint64_t)w->job->place.size - w->copied, todo = left < most ? left : most;
    while (todo > 0) {
        ssize_t n = tar_copy_some(w, source, w->copied, w->end, (size_t)todo);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* the file has become shorter */
        if (n <= 0)
            return fa_volume_failed(w, "write", err);
        w->copied += (uint64_t)n;
        w->end += (uint64_t)n;
        todo -= (uint64_t)n;
    }
    return w->copied == (uint64_t)w->job->place.size;
}

static int tar_finish(struct fa_volume_writer *w, struct fa_member *ret, struct fa_error *err)
{
    *ret = (struct fa_member){.archive = w->volume->state.id,
                              .offset = w->volume->state.bytes + w->head.len};
    return fa_volume_write(w, w->tail.data, w->tail.len, err);
}

const struct fa_volume_format fa_volume_tar = {
    .suffix = ".tar",
    .zeros = FA_TAR_END,
    .open = tar_open,
    .begin = tar_begin,
    .copy = tar_copy,
    .finish = tar_finish,
};
